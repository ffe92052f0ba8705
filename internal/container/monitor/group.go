package monitor

import (
	"bantam/internal/launch"
	"bantam/internal/linux/cgroup"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// group is the container's control group; nil where it has none yet.
type group struct{ *cgroup.Group }

// newGroup makes the container's group and lets the child be born in it.
func newGroup(spec *specs.Spec, id string, cfg *launch.Config) (*group, error) {
	cg, err := cgroup.New(cgroup.Config{ID: id, Path: spec.Linux.CgroupsPath})
	if err != nil {
		return nil, err
	}
	g := &group{cg}
	if err := cg.Create(); err != nil {
		return nil, err
	}
	if err := g.enter(cfg, spec.Linux.Resources); err != nil {
		_ = cg.Delete()
		return nil, err
	}
	return g, nil
}

func (g *group) enter(cfg *launch.Config, r *specs.LinuxResources) (err error) {
	if err = g.ApplyDevices(r.Devices); err != nil {
		return err
	}
	if cfg.CgroupTasks, err = g.Tasks(); err != nil {
		return err
	}
	cfg.CgroupDir, err = g.Dir()
	return err
}

// RemoveGroup removes the control group of a container that has ended.
func RemoveGroup(id, path string) error { return loadGroup(id, path).remove() }

// loadGroup finds the group again by its path.
func loadGroup(id, path string) *group {
	if path == "" {
		return nil
	}
	cg, err := cgroup.New(cgroup.Config{ID: id, Path: path})
	if err != nil {
		return nil
	}
	return &group{cg}
}

func (g *group) remove() error {
	if g == nil {
		return nil
	}
	return g.Delete()
}
