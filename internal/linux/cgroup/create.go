package cgroup

import (
	"errors"
	"os"
	"path"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Create makes the group in every hierarchy. Where a step fails everything that
// the call made is removed again. A directory that was there before is used if
// no process is in it or below it.
func (g *Group) Create() error {
	err := g.CreateFirst()
	if err == nil {
		err = g.CreateRest()
	}
	if err != nil {
		g.Undo()
	}
	return err
}

// CreateFirst makes what has to be there before the group's first process is: on v1 without a systemd unit no more than
// the v2 directory of the hybrid layout, in which it is born; else all of it. [Group.Later] says whether
// something is left for [Group.CreateRest]. Where it fails nothing is left behind.
func (g *Group) CreateFirst() error {
	if g.host == nil {
		return errors.New("create cgroup: the group was loaded, not new")
	}
	g.fresh = true
	g.later = g.state.Mode != V2 && g.unit == nil && !g.state.Rootless && !g.disabled
	err := g.createUnit()
	switch {
	case err != nil:
	case g.later:
		err = g.createEach(true)
	default:
		err = g.createMembers()
	}
	if err != nil {
		g.Undo()
	}
	return err
}

// Later says that [Group.CreateFirst] has left a part to [Group.CreateRest], which has not made it.
func (g *Group) Later() bool { return g.later }

// CreateRest makes what CreateFirst has left, perhaps beside the first process. Where it fails that process has to be
// gone before [Group.Undo] can take back what was made.
func (g *Group) CreateRest() error {
	if !g.later {
		return nil
	}
	err := g.createEach(false)
	g.later = err != nil
	return err
}

// createEach makes the directories of v2, or those of v1.
func (g *Group) createEach(v2 bool) error {
	for i := range g.state.Members {
		m := &g.state.Members[i]
		if (m.Controllers == Unified) != v2 {
			continue
		}
		if err := g.createMember(&g.host.Hierarchies[i], m); err != nil {
			return err
		}
	}
	return nil
}

func (g *Group) createMembers() error {
	if g.disabled {
		return nil
	}
	members := g.state.Members
	g.state.Members = make([]Member, 0, len(members))
	for i := range members {
		g.state.Members = append(g.state.Members, members[i])
		err := g.createMember(&g.host.Hierarchies[i], &members[i])
		if err != nil && !g.mayLack(err) {
			return err
		}
		if err != nil {
			g.state.Members = g.state.Members[:len(g.state.Members)-1]
		}
	}
	return nil
}

// mayLack tells that a rootless container whose spec names no group goes on
// without this one; limits of its controllers are errors later.
func (g *Group) mayLack(err error) bool {
	if !g.state.Rootless || g.state.Explicit {
		return false
	}
	return errors.Is(err, unix.EACCES) || errors.Is(err, unix.EPERM) || errors.Is(err, unix.EROFS)
}

func (g *Group) createMember(h *Hierarchy, m *Member) error {
	existed, err := g.makeDir(m.Path)
	if err != nil {
		return err
	}
	if existed {
		g.fresh = false
		if err := g.checkUnused(m); err != nil {
			return err
		}
	}
	if m.Controllers&CPUSet != 0 {
		if err := fillCPUSet(m.Path, h.Mount, !existed); err != nil {
			return err
		}
	}
	if g.state.Mode == V2 {
		return g.enableControllers(h.Mount, m.Path)
	}
	return nil
}

// makeDir makes a directory and those above it that are missing.
func (g *Group) makeDir(dir string) (existed bool, err error) {
	for range 8 {
		err = mkdir(dir)
		switch err {
		case nil:
			g.made = append(g.made, dir)
			return false, nil
		case unix.EEXIST:
			return true, nil
		case unix.ENOENT:
			// Above it something is missing, or was removed a moment ago.
			if parent := path.Dir(dir); parent != "/" {
				if _, err := g.makeDir(parent); err != nil {
					return false, err
				}
			}
		default:
			return false, &os.PathError{Op: "create cgroup", Path: dir, Err: err}
		}
	}
	return false, &os.PathError{Op: "create cgroup", Path: dir, Err: err}
}

func mkdir(dir string) error {
	for {
		if err := unix.Mkdirat(unix.AT_FDCWD, dir, 0o755); err != unix.EINTR {
			return err
		}
	}
}

// checkUnused refuses a group that others use: killing and removing the
// container would hit them.
func (g *Group) checkUnused(m *Member) error {
	if g.unit != nil {
		return nil // the process that keeps the unit is in it
	}
	pids, err := pidsBelow(m.Path, nil, true)
	if err != nil {
		return err
	}
	if len(pids) > 0 {
		return errors.New("cgroup " + m.Path + " is in use: " + strconv.Itoa(len(pids)) +
			" process(es) in it, the first is " + strconv.Itoa(pids[0]))
	}
	if m.Controllers&Freezer != 0 {
		if s, err := readShort(unix.AT_FDCWD, m.Path+"/freezer.state"); err == nil && s != thawed {
			return errors.New("cgroup " + m.Path + " is frozen: thaw or remove it")
		}
	}
	return nil
}

// cpuSetFiles have to be filled before a v1 cpuset takes a process (cpuset(7)).
var cpuSetFiles = [...]string{"/cpuset.cpus", "/cpuset.mems"}

// fillCPUSet gives a v1 cpuset its parent's processors and memory nodes, unless it has its own; a parent that has none is filled, too. Such
// a parent is ours, and from then on hands them on by itself (cgroup.clone_children): at a write the kernel looks at all groups beside
// this one, and sets up the scheduler's domains anew.
func fillCPUSet(dir, mount string, fresh bool) error {
	parent := path.Dir(dir)
	if dir == mount || !strings.HasPrefix(dir, mount) {
		return nil
	}
	for _, file := range cpuSetFiles {
		if !fresh || parent != mount {
			if own, err := readShort(unix.AT_FDCWD, dir+file); err != nil || own != "" {
				if err != nil {
					return err
				}
				continue
			}
		}
		value, err := readShort(unix.AT_FDCWD, parent+file)
		if err == nil && value == "" {
			if err = fillCPUSet(parent, mount, false); err != nil {
				return err
			}
			_ = write(parent+"/cgroup.clone_children", "1")
			value, err = readShort(unix.AT_FDCWD, parent+file)
		}
		if err == nil {
			err = write(dir+file, value)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Undo removes what this process has made of the group, the innermost first.
func (g *Group) Undo() {
	g.Close()
	for i := len(g.made) - 1; i >= 0; i-- {
		unix.Unlinkat(unix.AT_FDCWD, g.made[i], unix.AT_REMOVEDIR)
	}
	g.made = nil
	g.stopUnit()
}
