package container

import specs "github.com/opencontainers/runtime-spec/specs-go"

// deviceRules are the spec's rules and, behind them, those that every container has as in runc: it may make any
// node, and use the default devices and terminals (config-linux.md, "Default Devices"). A spec without
// rules forbids the others.
func deviceRules(r *specs.LinuxResources) []specs.LinuxDeviceCgroup {
	var own []specs.LinuxDeviceCgroup
	if r != nil {
		own = r.Devices
	}
	if len(own) == 0 {
		own = []specs.LinuxDeviceCgroup{{Access: "rwm"}}
	}
	rules := append(make([]specs.LinuxDeviceCgroup, 0, len(own)+10), own...)
	rules = append(rules, rule("c", -1, -1, "m"), rule("b", -1, -1, "m"))
	for _, minor := range [...]int64{3, 5, 7, 8, 9} { // null, zero, full, random, urandom
		rules = append(rules, rule("c", 1, minor, "rwm"))
	}
	return append(rules, rule("c", 5, 0, "rwm"), rule("c", 5, 2, "rwm"), rule("c", 136, -1, "rwm"))
}

// rule allows; a negative number is any.
func rule(kind string, major, minor int64, access string) specs.LinuxDeviceCgroup {
	d := specs.LinuxDeviceCgroup{Allow: true, Type: kind, Access: access}
	if major >= 0 {
		d.Major = &major
	}
	if minor >= 0 {
		d.Minor = &minor
	}
	return d
}
