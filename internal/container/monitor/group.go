package monitor

import (
	"errors"
	"strings"

	"bantam/internal/container/dockerspec"
	"bantam/internal/container/folder"
	"bantam/internal/launch"
	"bantam/internal/linux/cgroup"
	"bantam/internal/plan"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// group is the container's control group; nil where it has none yet.
type group struct {
	*cgroup.Group
	host *cgroup.Host
}

// newGroup begins the container's group: what has to be there before the child is born.
func newGroup(spec *specs.Spec, id string, cfg *launch.Config) (*group, error) {
	host, err := cgroup.Discover()
	if err != nil {
		return nil, err
	}
	cg, err := cgroup.New(cgroup.Config{Host: host, ID: id, Path: spec.Linux.CgroupsPath})
	if err != nil {
		return nil, err
	}
	g := &group{Group: cg, host: host}
	if err := cg.CreateFirst(); err != nil {
		return nil, err
	}
	if !cg.Later() {
		err = cg.ApplyDevices(spec.Linux.Resources.Devices)
	}
	if err == nil {
		cfg.CgroupDir, err = g.Dir()
	}
	if err != nil {
		_ = cg.Delete()
		return nil, err
	}
	return g, nil
}

// fill makes the rest of the group beside the child, which then enters it, and sets its limits.
func (g *group) fill(proc *launch.Process, r *specs.LinuxResources) error {
	if g.Later() {
		if err := g.CreateRest(); err != nil {
			return err
		}
		if err := g.ApplyDevices(r.Devices); err != nil {
			return err
		}
	}
	tasks, err := g.Tasks()
	if err == nil {
		err = proc.Groups(tasks)
	}
	if err == nil {
		err = g.ApplyLimits(r)
	}
	return err
}

// groupPaths says where the container's mount of type cgroup finds its groups.
func groupPaths(host *cgroup.Host, g *cgroup.Group) []plan.CgroupPath {
	list := make([]plan.CgroupPath, 0, len(host.Hierarchies))
	for _, h := range host.Hierarchies {
		p := plan.CgroupPath{Mount: h.Mount, Path: g.Path(h.Controllers)}
		if h.Mount != cgroup.Root {
			p.Name = strings.TrimPrefix(h.Mount, cgroup.Root+"/")
		}
		if p.Path != "" {
			list = append(list, p)
		}
	}
	return list
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
	return &group{Group: cg}
}

// ranOutOfMemory says that the kernel has killed a process of the group for want of memory.
func (g *group) ranOutOfMemory() bool {
	if g == nil {
		return false
	}
	n, err := g.OOMKilled()
	return err == nil && n > 0
}

func (g *group) remove() error {
	if g == nil {
		return nil
	}
	return g.Delete()
}

// Freeze freezes the processes of a container, or thaws them.
func Freeze(id, path string, on bool) error {
	g := loadGroup(id, path)
	switch {
	case g == nil:
		return errNoGroup
	case on:
		return g.Group.Freeze()
	}
	return g.Thaw()
}

// errNoGroup is about a running container whose group somebody has taken away.
var errNoGroup = errors.New("its control group can't be found")

// Pids are the processes of a container, as the host numbers them.
func Pids(id, path string) ([]int, error) {
	g := loadGroup(id, path)
	if g == nil {
		return nil, errNoGroup
	}
	return g.Group.Pids(true)
}

// Stats is what a container has used so far; brief is for [cgroup.Group.Brief].
func Stats(host *cgroup.Host, id, path string, brief bool) (*cgroup.Stats, error) {
	g, err := cgroup.New(cgroup.Config{Host: host, ID: id, Path: path})
	switch {
	case path == "" || err != nil:
		return nil, errNoGroup
	case brief:
		return g.Brief()
	}
	return g.Stats()
}

// Limit sets a running container's limits anew: those of its record.
func Limit(r *folder.Record, path string) error {
	g := loadGroup(r.ID, path)
	if g == nil {
		return errNoGroup
	}
	block, err := blockDevices(&r.Host.Resources)
	if err != nil {
		return err
	}
	return g.ApplyLimits(dockerspec.Limits(dockerspec.Input{Record: r, Host: hostFacts(false), Block: block}))
}
