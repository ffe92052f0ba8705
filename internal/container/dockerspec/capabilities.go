package dockerspec

import (
	"fmt"
	"slices"
	"strings"
)

// defaultCapabilities is what docker leaves a container.
var defaultCapabilities = [...]string{
	"CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FSETID", "CAP_FOWNER", "CAP_MKNOD", "CAP_NET_RAW", "CAP_SETGID",
	"CAP_SETUID", "CAP_SETFCAP", "CAP_SETPCAP", "CAP_NET_BIND_SERVICE", "CAP_SYS_CHROOT", "CAP_KILL", "CAP_AUDIT_WRITE",
}

// capabilityNames are in the order of capability.h.
var capabilityNames = [...]string{
	"CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP", "LINUX_IMMUTABLE",
	"NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN", "NET_RAW", "IPC_LOCK", "IPC_OWNER", "SYS_MODULE", "SYS_RAWIO",
	"SYS_CHROOT", "SYS_PTRACE", "SYS_PACCT", "SYS_ADMIN", "SYS_BOOT", "SYS_NICE", "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG",
	"MKNOD", "LEASE", "AUDIT_WRITE", "AUDIT_CONTROL", "SETFCAP", "MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG", "WAKE_ALARM",
	"BLOCK_SUSPEND", "AUDIT_READ", "PERFMON", "BPF", "CHECKPOINT_RESTORE",
}

// AllCapabilities returns every capability, with CAP_.
func AllCapabilities() []string {
	all := make([]string, len(capabilityNames))
	for i, n := range capabilityNames {
		all[i] = "CAP_" + n
	}
	return all
}

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
		switch {
		case short == "ALL":
			out = append(out, short)
		case slices.Contains(capabilityNames[:], short):
			out = append(out, "CAP_"+short)
		default:
			return nil, fmt.Errorf("invalid %s: unknown capability: %q", option, "CAP_"+short)
		}
	}
	return out, nil
}

// heldBy keeps the capabilities that are in the set, one bit each in the order of
// capability.h. --privileged means all that there are to give.
func heldBy(set uint64, caps []string) []string {
	if set == 0 {
		return caps
	}
	var held []string
	for i, n := range capabilityNames {
		if set&(1<<i) != 0 && slices.Contains(caps, "CAP_"+n) {
			held = append(held, "CAP_"+n)
		}
	}
	return held
}
