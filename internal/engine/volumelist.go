package engine

import (
	"errors"
	"os"
	"strings"

	"bantam/internal/container/folder"
	"bantam/internal/volume"
)

func isNoVolume(err error) bool {
	var missing *volume.NotFound
	return errors.As(err, &missing)
}

// Volumes lists the volumes that pass the filters dangling, driver, label and name.
func (e *Engine) Volumes(f Filters) ([]*VolumeJSON, error) {
	if err := f.Check("dangling", "driver", "label", "name"); err != nil {
		return nil, err
	}
	dangling, err := f.Bool("dangling")
	if err != nil {
		return nil, err
	}
	return e.listVolumes(dangling, func(v *volume.Volume) bool {
		return f.Is("driver", v.Driver) && f.Labels("label", v.Labels) && f.Any("name", func(part string) bool { return strings.Contains(v.Name, part) })
	})
}

// listVolumes lists the volumes that fit: those that no container has, those that one has, or (nil) both.
func (e *Engine) listVolumes(dangling *bool, fits func(*volume.Volume) bool) ([]*VolumeJSON, error) {
	s, err := e.containers()
	if err != nil {
		return nil, err
	}
	list, err := e.volumes().List()
	if err != nil {
		return nil, err
	}
	var used map[string]int64
	if dangling != nil {
		if used, err = volumeReferences(s); err != nil {
			return nil, err
		}
	}
	var out []*VolumeJSON
	for _, v := range list {
		if fits(v) && (dangling == nil || *dangling == (used[v.Name] == 0)) {
			out = append(out, volumeJSON(v))
		}
	}
	return out, nil
}

// VolumeUsages lists all volumes with their sizes and the number of containers that have them.
func (e *Engine) VolumeUsages() ([]*VolumeJSON, error) {
	list, err := e.Volumes(nil)
	if err != nil {
		return nil, err
	}
	s, err := e.containers()
	if err != nil {
		return nil, err
	}
	used, err := volumeReferences(s)
	if err != nil {
		return nil, err
	}
	for _, v := range list {
		v.UsageData = &VolumeUsage{RefCount: used[v.Name], Size: -1}
		if len(v.Options) > 0 {
			continue
		}
		if v.UsageData.Size, err = treeSize(v.Mountpoint); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// volumeReferences counts the containers of each volume.
func volumeReferences(s *folder.Store) (map[string]int64, error) {
	list, err := s.List()
	if err != nil {
		return nil, err
	}
	used := map[string]int64{}
	for _, f := range list {
		r, err := f.ReadRecord()
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		own := map[string]bool{}
		for _, m := range r.Mounts {
			if m.Type == "volume" && !own[m.Name] {
				own[m.Name] = true
				used[m.Name]++
			}
		}
	}
	return used, nil
}
