package dockerspec

import (
	"fmt"
	"slices"
	"strings"

	"bantam/internal/linux/capability"
)

// defaultCapabilities is what docker leaves a container.
var defaultCapabilities = [...]string{
	"CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FSETID", "CAP_FOWNER", "CAP_MKNOD", "CAP_NET_RAW", "CAP_SETGID",
	"CAP_SETUID", "CAP_SETFCAP", "CAP_SETPCAP", "CAP_NET_BIND_SERVICE", "CAP_SYS_CHROOT", "CAP_KILL", "CAP_AUDIT_WRITE",
}

// AllCapabilities returns every capability, with CAP_.
func AllCapabilities() []string { return capability.All(capability.Last).Names() }

// Capabilities applies --privileged, --cap-add and --cap-drop to docker's defaults.
func Capabilities(privileged bool, add, drop []string) ([]string, error) {
	if privileged {
		return AllCapabilities(), nil
	}
	adds, err := normalize("CapAdd", add)
	if err != nil {
		return nil, err
	}
	drops, err := normalize("CapDrop", drop)
	if err != nil {
		return nil, err
	}
	base := defaultCapabilities[:]
	switch {
	case slices.Contains(adds, "ALL"):
		base, adds = AllCapabilities(), nil
	case slices.Contains(drops, "ALL"):
		base = nil
	}
	var caps []string
	for _, c := range base {
		if !slices.Contains(drops, c) {
			caps = append(caps, c)
		}
	}
	for _, c := range adds {
		if !slices.Contains(caps, c) {
			caps = append(caps, c)
		}
	}
	return caps, nil
}

func normalize(option string, names []string) ([]string, error) {
	out := make([]string, 0, len(names))
	for _, n := range names {
		short := strings.TrimPrefix(strings.ToUpper(n), "CAP_")
		if short == "ALL" {
			out = append(out, short)
			continue
		}
		if _, ok := capability.Bit("CAP_" + short); !ok {
			return nil, fmt.Errorf("invalid %s: unknown capability: %q", option, "CAP_"+short)
		}
		out = append(out, "CAP_"+short)
	}
	return out, nil
}

// heldBy keeps the capabilities that are in the set. --privileged means all that there are to give.
func heldBy(set capability.Set, caps []string) []string {
	if set == 0 {
		return caps
	}
	return slices.DeleteFunc(slices.Clone(caps), func(c string) bool {
		bit, ok := capability.Bit(c)
		return !ok || !set.Has(bit)
	})
}
