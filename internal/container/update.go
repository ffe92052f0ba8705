package container

import (
	"errors"

	"bantam/internal/container/resctrl"
	"bantam/internal/linux/cgroup"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// UpdateOptions are what update changes; nil and empty leave things as they are.
type UpdateOptions struct {
	Resources     *specs.LinuxResources
	L3CacheSchema string
	MemBwSchema   string
}

// Update changes the limits of a container that is not stopped.
func (rt *Runtime) Update(id string, o *UpdateOptions) error {
	f, err := rt.lock(id)
	if err != nil {
		return err
	}
	defer f.Close()
	if s := f.State(); !s.CanSignal() {
		return errors.New("cannot update a container that is " + s.String() + ": " + errNotRunning.Error())
	}
	if o.L3CacheSchema != "" || o.MemBwSchema != "" {
		if err := resctrl.Update(f.Closid, o.L3CacheSchema, o.MemBwSchema); err != nil {
			return err
		}
	}
	g := cgroup.Load(f.Cgroup)
	defer g.Close()
	return g.Apply(o.Resources)
}
