package container

import (
	"errors"

	"bantam/internal/container/record"
	"bantam/internal/linux/cgroup"
)

// Pause freezes every process of the container.
func (rt *Runtime) Pause(id string) error {
	f, err := rt.lock(id)
	if err != nil {
		return err
	}
	defer f.Close()
	switch s := truth(f.Record); {
	case s.CanPause():
	case s == record.StatePaused:
		return errors.New("container not running: it is paused already")
	default:
		return errors.New("container not running or created: " + s.String())
	}
	return cgroup.Load(f.Cgroup).Freeze()
}

// Resume lets a paused container go on.
func (rt *Runtime) Resume(id string) error {
	f, err := rt.lock(id)
	if err != nil {
		return err
	}
	defer f.Close()
	if truth(f.Record) != record.StatePaused {
		return errNotPaused
	}
	return cgroup.Load(f.Cgroup).Thaw()
}
