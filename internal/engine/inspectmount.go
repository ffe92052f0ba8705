package engine

import (
	"cmp"

	"bantam/internal/container/folder"
	"bantam/internal/volume"
)

// MountJSON is a mount point.
type MountJSON struct {
	Type        string
	Name        string `json:",omitempty"`
	Source      string
	Destination string
	Driver      string `json:",omitempty"`
	Mode        string
	RW          bool
	Propagation string
}

func mountJSON(m *folder.Mount) MountJSON {
	v := MountJSON{Type: cmp.Or(m.Type, "bind"), Name: m.Name, Mode: m.Mode, Source: m.Source, Destination: m.Destination, RW: !m.ReadOnly, Propagation: m.Propagation}
	switch v.Type {
	case "volume":
		v.Driver = volume.Driver
	case "bind":
		v.Propagation = cmp.Or(v.Propagation, "rprivate")
	}
	return v
}

// MountPoints are what is mounted in the container.
func (c *Container) MountPoints() []MountJSON {
	list := make([]MountJSON, 0, len(c.Mounts))
	for i := range c.Mounts {
		list = append(list, mountJSON(&c.Mounts[i]))
	}
	return list
}
