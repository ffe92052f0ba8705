package oci

import (
	"errors"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// ValidateResources checks the resources of a spec or of `update`.
func ValidateResources(r *specs.LinuxResources) error {
	if r == nil {
		return nil
	}
	for i := range r.Devices {
		if err := deviceRule(&r.Devices[i]); err != nil {
			return errors.New(at("linux.resources.devices", i) + ": " + err.Error())
		}
	}
	for file := range r.Unified {
		if file == "" || strings.Contains(file, "/") {
			return errors.New("unified resource " + quote(file) + " must be a file name (no slashes)")
		}
	}
	if m := r.Memory; m != nil && m.Swappiness != nil && *m.Swappiness > 100 {
		return errors.New("linux.resources.memory.swappiness must be from 0 to 100")
	}
	return nil
}

func deviceRule(v *specs.LinuxDeviceCgroup) error {
	switch v.Type {
	case "", "a", "b", "c":
	default:
		return errors.New("invalid device type " + quote(v.Type))
	}
	if strings.Trim(v.Access, "rwm") != "" {
		return errors.New("invalid device access " + quote(v.Access) + ": only r, w and m are known")
	}
	for _, n := range [...]*int64{v.Major, v.Minor} {
		if n != nil && *n < -1 {
			return errors.New("major and minor must be -1 (all) or a device number")
		}
	}
	return nil
}
