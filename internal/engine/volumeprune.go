package engine

import (
	"errors"
	"strconv"

	"bantam/internal/container/volumes"
	"bantam/internal/volume"
)

// Pruned says what a prune removed.
type Pruned struct {
	Names []string
	Space int64 // bytes
}

// VolumePrune removes the volumes that no container has: the anonymous ones, or with the filter
// all all of them. Further filters are label and label!.
func (e *Engine) VolumePrune(f Filters) (*Pruned, error) {
	if err := f.Check("all", "label", "label!"); err != nil {
		return nil, err
	}
	all, err := f.Bool("all")
	if err != nil {
		return nil, err
	}
	s, err := e.containers()
	if err != nil {
		return nil, err
	}
	unused := true
	list, err := e.listVolumes(&unused, func(v *volume.Volume) bool {
		return f.PruneLabels(v.Labels) && (all != nil && *all || hasLabel(v.Labels, volume.AnonymousLabel))
	})
	if err != nil {
		return nil, err
	}
	p := &Pruned{}
	for _, v := range list {
		size, err := treeSize(v.Mountpoint)
		if err != nil {
			return p, err
		}
		err = e.volumes().Remove(v.Name, func() ([]string, error) { return volumes.Users(s, v.Name) })
		var used *volume.InUse
		switch {
		case isNoVolume(err), errors.As(err, &used):
			continue // somebody was quicker
		case err != nil:
			return p, err
		}
		e.volumeEvent("destroy", v.Name)
		p.Names = append(p.Names, v.Name)
		p.Space += size
	}
	e.event("volume", "prune", "", map[string]string{"reclaimed": strconv.FormatInt(p.Space, 10)})
	return p, nil
}
