package volume

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// Check refuses what docker's local driver refuses.
func (r *Record) Check() error {
	if err := CheckName(r.Name); err != nil {
		return err
	}
	if r.Driver != Driver {
		return fmt.Errorf("create %s: error looking up volume plugin %s: plugin %q not found", r.Name, r.Driver, r.Driver)
	}
	if err := checkOptions(r.Options); err != nil {
		return fmt.Errorf("create %s: %w", r.Name, err)
	}
	_, err := r.Mount()
	return err
}

func checkOptions(options map[string]string) error {
	names := make([]string, 0, len(options))
	for name := range options {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		switch name {
		case "type", "device", "o":
		case "size":
			return errors.New("quota size requested but no quota support: give a tmpfs its size with o=size=...")
		default:
			return fmt.Errorf("invalid option: %q", name)
		}
	}
	for _, needs := range [...][2]string{{"device", "type"}, {"type", "device"}, {"o", "device"}, {"o", "type"}} {
		_, has := options[needs[0]]
		if _, ok := options[needs[1]]; has && !ok {
			return fmt.Errorf("missing required option: %q", needs[1])
		}
	}
	return nil
}

// Mount is what a volume's options mount in the container that uses it.
type Mount struct {
	Bind    string   // the host's folder, or
	Type    string   // the file system's type,
	Device  string   // its source
	Options []string // and its options; of a bind mount its flags
}

// Mount reads the options; nil for a volume that is a folder of its own.
func (r *Record) Mount() (*Mount, error) {
	kind, device := r.Options["type"], r.Options["device"]
	if device == "" && kind == "" {
		return nil, nil
	}
	m := &Mount{Type: kind, Device: device}
	bind := kind == "bind"
	for _, o := range strings.Split(r.Options["o"], ",") {
		switch o {
		case "":
		case "bind", "rbind":
			bind = true
			m.Options = append(m.Options, o)
		default:
			m.Options = append(m.Options, o)
		}
	}
	if !bind {
		if kind == "" || kind == "none" {
			return nil, fmt.Errorf("create %s: a volume of type %q needs o=bind", r.Name, kind)
		}
		return m, nil
	}
	if !strings.HasPrefix(device, "/") {
		return nil, fmt.Errorf("create %s: the device of a bind mount must be an absolute path, not %q", r.Name, device)
	}
	m.Bind, m.Type, m.Device = device, "", ""
	return m, nil
}

// Address is the host that the options of a network file system name (addr=HOST), if it has to be looked up.
func (m *Mount) Address() (host string, at int) {
	if m.Type != "nfs" && m.Type != "nfs4" && m.Type != "cifs" {
		return "", -1
	}
	for i, o := range m.Options {
		if value, ok := strings.CutPrefix(o, "addr="); ok {
			if _, err := netip.ParseAddr(value); err != nil {
				return value, i
			}
		}
	}
	return "", -1
}
