package dockerspec

import (
	"fmt"
	"strings"
)

// Security is what --security-opt asks for.
type Security struct {
	NoNewPrivileges bool
	Unconfined      bool   // seccomp=unconfined
	ProfilePath     string // seccomp=FILE
	AppArmor        string // apparmor=PROFILE
	SystemPaths     bool   // systempaths=unconfined: nothing masked or read-only
}

// ParseSecurity reads docker's --security-opt values, with = or the older : between key and value.
func ParseSecurity(opts []string) (Security, error) {
	var s Security
	for _, o := range opts {
		key, value, has := strings.Cut(o, "=")
		if !has {
			key, value, has = strings.Cut(o, ":")
		}
		switch {
		case key == "no-new-privileges":
			s.NoNewPrivileges = !has || value == "true"
			if has && value != "true" && value != "false" {
				return s, fmt.Errorf("invalid --security-opt 2: %q", o)
			}
		case key == "apparmor" && value != "":
			s.AppArmor = value
			if value == "unconfined" {
				s.AppArmor = ""
			}
		case key == "label" && value != "":
			// SELinux labels; docker passes over them where the kernel has none.
		case key == "systempaths" && value == "unconfined":
			s.SystemPaths = true
		case key == "seccomp" && value == "unconfined":
			s.Unconfined, s.ProfilePath = true, ""
		case key == "seccomp" && value == "builtin":
			s.Unconfined, s.ProfilePath = false, ""
		case key == "seccomp" && value != "":
			s.Unconfined, s.ProfilePath = false, value
		default:
			return s, fmt.Errorf("invalid --security-opt: %q: bantam knows seccomp=FILE|unconfined|builtin, no-new-privileges[=true|false], apparmor=PROFILE, label=OPTION and systempaths=unconfined", o)
		}
	}
	return s, nil
}
