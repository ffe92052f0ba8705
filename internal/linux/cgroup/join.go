package cgroup

import (
	"errors"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Tasks opens the file "tasks" of every v1 hierarchy. A process with one thread
// that writes "0" to each is in the group; unlike cgroup.procs that waits for no
// RCU grace period. The descriptors belong to the group: see [Group.Close].
func (g *Group) Tasks() ([]int, error) {
	if g.tasks != nil || g.state.Mode == V2 {
		return g.tasks, nil
	}
	g.tasks = make([]int, 0, len(g.state.Members))
	for i := range g.state.Members {
		m := &g.state.Members[i]
		if m.Controllers == Unified {
			continue
		}
		fd, err := openFile(unix.AT_FDCWD, m.Path+"/tasks", unix.O_WRONLY)
		if err != nil {
			return nil, &os.PathError{Op: "open", Path: m.Path + "/tasks", Err: err}
		}
		g.tasks = append(g.tasks, fd)
	}
	return g.tasks, nil
}

// TaskCount is how many descriptors Tasks will return; after CreateFirst it is known.
func (g *Group) TaskCount() (n int) {
	for i := range g.state.Members {
		if g.state.Mode != V2 && g.state.Members[i].Controllers != Unified {
			n++
		}
	}
	return n
}

// Dir opens the group's v2 directory for CLONE_INTO_CGROUP; it is -1 where
// there is none (v1, or a rootless container without a group). The descriptor
// belongs to the group: see [Group.Close].
func (g *Group) Dir() (int, error) {
	if g.dir >= 0 {
		return g.dir, nil
	}
	p := g.unified()
	if p == "" {
		return -1, nil
	}
	fd, err := openFile(unix.AT_FDCWD, p, unix.O_PATH|unix.O_DIRECTORY)
	if err != nil {
		return -1, &os.PathError{Op: "open cgroup", Path: p, Err: err}
	}
	g.dir = fd
	return fd, nil
}

// Join moves a process into the group in every hierarchy. It is the slow way
// (see [Group.Tasks]), for processes that are not our children.
func (g *Group) Join(pid int) error {
	text := strconv.Itoa(pid)
	for i := range g.state.Members {
		if err := write(g.state.Members[i].Path+"/cgroup.procs", text); err != nil {
			if errors.Is(err, unix.ESRCH) {
				return unix.ESRCH
			}
			return err
		}
	}
	return nil
}

// Sub returns the group below this one, for exec in a sub-group: in the
// hierarchies of the given controllers (all for 0). It never leads outside.
func (g *Group) Sub(c Controllers, name string) *Group {
	s := &Group{state: g.state, dir: -1}
	s.state.Unit, s.state.Slice = "", ""
	s.state.Members = make([]Member, len(g.state.Members))
	copy(s.state.Members, g.state.Members)
	name = clean(name)
	for i := range s.state.Members {
		m := &s.state.Members[i]
		if name != "/" && (c == 0 || m.Controllers&c != 0) {
			m.Path += name
		}
	}
	return s
}

// ControllersOf reads a list like "cpu,memory" of exec's --cgroup.
func ControllersOf(list string) (Controllers, error) {
	for name := range strings.SplitSeq(list, ",") {
		if controllerByName(name) == 0 {
			return 0, errors.New("unknown cgroup controller " + quote(name))
		}
	}
	return controllersOf(list, ','), nil
}

// Of returns the group that a process is in now, in the same hierarchies as
// this one. A container's init may have moved itself below the container's
// group, which then takes no process (v2: EBUSY): exec joins it there.
func (g *Group) Of(pid int) (*Group, error) {
	text, err := readFile("/proc/" + strconv.Itoa(pid) + "/cgroup")
	if err != nil {
		return nil, err
	}
	host, err := Discover()
	if err != nil {
		return nil, err
	}
	o := &Group{state: g.state, dir: -1}
	o.state.Unit, o.state.Slice, o.state.Members = "", "", nil
	eachLine(text, func(line string) {
		_, rest, _ := strings.Cut(line, ":")
		names, p, _ := strings.Cut(rest, ":")
		at := hierarchyOf(names, p)
		for i := range host.Hierarchies {
			if h := &host.Hierarchies[i]; h.Controllers == at.Controllers {
				o.state.Members = append(o.state.Members, Member{h.Controllers, h.Mount + at.Own})
			}
		}
	})
	return o, nil
}
