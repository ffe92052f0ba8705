package oci

import (
	"errors"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

func linux(l *specs.Linux, domain string) error {
	if l == nil {
		return nil
	}
	return first(
		namespaces(l),
		userMappings(l),
		timeOffsets(l),
		sysctls(l, domain),
		propagation(l.RootfsPropagation),
		hiddenPaths(l),
		devices(l.Devices),
		ValidateResources(l.Resources),
		seccomp(l.Seccomp),
		personality(l.Personality),
		memoryPolicy(l.MemoryPolicy),
		intelRdt(l.IntelRdt),
		netDevices(l),
	)
}

func namespaces(l *specs.Linux) error {
	for i, n := range l.Namespaces {
		switch n.Type {
		case specs.PIDNamespace, specs.NetworkNamespace, specs.MountNamespace, specs.IPCNamespace,
			specs.UTSNamespace, specs.UserNamespace, specs.CgroupNamespace, specs.TimeNamespace:
		default:
			return errors.New("namespace " + quote(string(n.Type)) + " does not exist")
		}
		if n.Path != "" && !strings.HasPrefix(n.Path, "/") {
			return errors.New("namespace " + string(n.Type) + ": path " + quote(n.Path) + " must be absolute")
		}
		for j := range i {
			if l.Namespaces[j].Type == n.Type {
				return errors.New("malformed spec file: duplicated ns " + quote(string(n.Type)))
			}
		}
	}
	return nil
}

// userMappings: a new user namespace needs them, and they need one. With a joined one they may stand
// there (Podman writes them) and change nothing.
func userMappings(l *specs.Linux) error {
	user := namespaceOf(l, specs.UserNamespace)
	mapped := len(l.UIDMappings) != 0 || len(l.GIDMappings) != 0
	switch {
	case user == nil && mapped:
		return errors.New("user namespace mappings specified, but user namespace isn't enabled in the config")
	case user != nil && user.Path == "" && len(l.UIDMappings) == 0:
		return errors.New("user namespaces enabled, but no user mapping found")
	case user != nil && user.Path == "" && len(l.GIDMappings) == 0:
		return errors.New("user namespaces enabled, but no group mapping found")
	}
	return first(mappings("linux.uidMappings", l.UIDMappings), mappings("linux.gidMappings", l.GIDMappings))
}

func timeOffsets(l *specs.Linux) error {
	if len(l.TimeOffsets) != 0 && namespaceOf(l, specs.TimeNamespace) == nil {
		return errors.New("time namespace offsets specified, but time namespace isn't enabled in the config")
	}
	for clock, offset := range l.TimeOffsets {
		if clock != "monotonic" && clock != "boottime" {
			return errors.New("time namespace offset for unknown clock " + quote(clock) + ": only monotonic and boottime can have one")
		}
		if offset.Nanosecs >= 1_000_000_000 {
			return errors.New("time namespace offset for " + clock + ": nanosecs must be below 1000000000")
		}
	}
	return nil
}

func propagation(name string) error {
	switch name {
	case "", "private", "rprivate", "shared", "rshared", "slave", "rslave", "unbindable", "runbindable":
		return nil
	}
	return errors.New("rootfsPropagation=" + name + " is not supported")
}

// hiddenPaths: masking is mounting, which must not happen in the host's namespace.
func hiddenPaths(l *specs.Linux) error {
	if len(l.MaskedPaths)+len(l.ReadonlyPaths) != 0 && namespaceOf(l, specs.MountNamespace) == nil {
		return errors.New("unable to restrict sys entries without a private MNT namespace")
	}
	for i, list := range [...][]string{l.MaskedPaths, l.ReadonlyPaths} {
		for _, path := range list {
			if !strings.HasPrefix(path, "/") {
				return errors.New([...]string{"linux.maskedPaths", "linux.readonlyPaths"}[i] + ": " + quote(path) + " must be an absolute path")
			}
		}
	}
	return nil
}

func devices(list []specs.LinuxDevice) error {
	for i := range list {
		v := &list[i]
		switch v.Type {
		case "c", "u", "b", "p":
		default:
			return errors.New(at("linux.devices", i) + ": invalid device type " + quote(v.Type))
		}
		if !strings.HasPrefix(v.Path, "/") {
			return errors.New(at("linux.devices", i) + ".path " + quote(v.Path) + " must be an absolute path")
		}
		if v.Type != "p" && (v.Major < 0 || v.Minor < 0) {
			return errors.New(at("linux.devices", i) + ": major and minor must not be negative")
		}
	}
	return nil
}

func personality(p *specs.LinuxPersonality) error {
	if p == nil {
		return nil
	}
	if p.Domain != specs.PerLinux && p.Domain != specs.PerLinux32 {
		return errors.New("invalid personality domain: " + quote(string(p.Domain)))
	}
	if len(p.Flags) != 0 {
		return errors.New("personality flag " + quote(string(p.Flags[0])) + " is not supported: none is defined")
	}
	return nil
}

func memoryPolicy(m *specs.LinuxMemoryPolicy) error {
	if m == nil {
		return nil
	}
	switch m.Mode {
	case specs.MpolDefault, specs.MpolLocal:
		if m.Nodes != "" {
			return errors.New("memoryPolicy: mode " + string(m.Mode) + " takes no nodes")
		}
	case specs.MpolBind, specs.MpolInterleave, specs.MpolWeightedInterleave, specs.MpolPreferred, specs.MpolPreferredMany:
	default:
		return errors.New("invalid memoryPolicy.mode: " + quote(string(m.Mode)))
	}
	for _, f := range m.Flags {
		switch f {
		case specs.MpolFNumaBalancing, specs.MpolFRelativeNodes, specs.MpolFStaticNodes:
		default:
			return errors.New("invalid memoryPolicy flag: " + quote(string(f)))
		}
	}
	return nil
}

func intelRdt(r *specs.LinuxIntelRdt) error {
	if r == nil {
		return nil
	}
	if r.ClosID == "." || r.ClosID == ".." || strings.Contains(r.ClosID, "/") {
		return errors.New("invalid intelRdt.ClosID " + quote(r.ClosID))
	}
	return nil
}

// netDevices: names as the kernel takes them (dev_valid_name), each new name once.
func netDevices(l *specs.Linux) error {
	if len(l.NetDevices) == 0 {
		return nil
	}
	if namespaceOf(l, specs.NetworkNamespace) == nil {
		return errors.New("unable to move network devices without a private NET namespace")
	}
	taken := map[string]string{}
	for name, v := range l.NetDevices {
		inside := v.Name
		if inside == "" {
			inside = name
		}
		for _, n := range [...]string{name, inside} {
			if n == "" || len(n) > 15 || n == "." || n == ".." || strings.ContainsAny(n, "/: \t\n\v\f\r") {
				return errors.New("invalid network device name " + quote(n))
			}
		}
		if other, dup := taken[inside]; dup {
			return errors.New("network devices " + min(name, other) + " and " + max(name, other) + " are both to be named " + inside)
		}
		taken[inside] = name
	}
	return nil
}
