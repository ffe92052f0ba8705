// Package cgroup places a container's processes in control groups, limits and
// counts what they use, freezes, kills and removes them (cgroups(7)).
//
// A [Host] says where the hierarchies are: one on v2; one per controller on v1;
// both kinds in the hybrid layout, where v2 is at /sys/fs/cgroup/unified and has
// no controllers. A [Group] is one directory in each of them. Its life:
//
//	g, err := cgroup.New(cgroup.Config{ID: id, Path: spec.Linux.CgroupsPath})
//	err = g.Create()             // directories; leaves nothing behind where it fails
//	                             // or CreateFirst, and CreateRest beside the first process
//	err = g.ApplyDevices(rules)  // before a process is in it, see there
//	fds, err := g.Tasks()        // v1: the child writes "0" to each
//	fd, err := g.Dir()           // v2 and hybrid: for clone3's CLONE_INTO_CGROUP
//	err = g.ApplyLimits(r)       // may run beside the child
//	g.Close()                    // descriptors; the directories stay
//
// and later, in other processes, [Load] of its [State] and then Apply, Stats,
// Freeze, Thaw, Kill, Pids, OOM and, at the end, Delete.
//
// With the systemd driver the directories come from a transient unit (package
// systemd); everything else is the same.
package cgroup

import (
	"strconv"

	"golang.org/x/sys/unix"
)

// Mode is the layout of the host's control groups.
type Mode uint8

const (
	V1     Mode = 1 + iota // controllers in v1 hierarchies alone
	Hybrid                 // controllers in v1 hierarchies, a v2 hierarchy without controllers beside them
	V2                     // one v2 hierarchy at /sys/fs/cgroup
)

func (m Mode) String() string {
	switch m {
	case V1:
		return "v1"
	case Hybrid:
		return "hybrid"
	case V2:
		return "v2"
	}
	return "unknown mode " + strconv.Itoa(int(m))
}

// Config says which group a container is to have.
type Config struct {
	// Host is what [Discover] found; nil discovers.
	Host *Host
	// ID is the container's id.
	ID string
	// Path is linux.cgroupsPath of the spec: "", relative, absolute, or
	// SLICE:PREFIX:NAME for the systemd driver.
	Path string
	// Systemd selects the systemd driver.
	Systemd bool
	// Rootless: nothing that was not asked for fails for want of permission.
	Rootless bool
	// Disabled: no group is made, and limits are passed over; the container's processes stay where
	// the caller is.
	Disabled bool
	// Annotations of the spec; those named org.systemd.property.* become
	// properties of the unit.
	Annotations map[string]string
	// Bus lists the D-Bus addresses at which systemd is asked; nil for the usual ones.
	Bus []string
}

// Member is a group's directory in one hierarchy.
type Member struct {
	Controllers Controllers `json:"controllers"`
	Path        string      `json:"path"`
}

// State is what a later process needs to know of a group. It is flat and is
// compared by value of its fields; it holds no descriptor.
type State struct {
	Mode     Mode     `json:"mode"`
	Members  []Member `json:"members"`
	Unit     string   `json:"unit,omitempty"`  // of the systemd driver
	Slice    string   `json:"slice,omitempty"` // of the systemd driver
	Rootless bool     `json:"rootless,omitempty"`
	// Explicit: the spec named the group, so that it must be usable even without privilege.
	Explicit bool `json:"explicit,omitempty"`
}

// Group is a container's control group. It is not safe for concurrent use,
// except that Freeze, Thaw, Kill, Pids and Stats may run beside each other.
type Group struct {
	state State
	unit  *unit // systemd driver, nil otherwise
	host  *Host // nil after Load

	dir      int   // v2 directory, -1 when not open
	tasks    []int // open tasks files
	made     []string
	disabled bool // see [Config.Disabled]
	later    bool // see [Group.Later]
	fresh    bool // Create made it in this process: device rules are still the parent's

	avail    Controllers // v2: cgroup.controllers, valid where known
	known    bool
	enabling error // first failure to enable a controller in an ancestor
}

// Load returns the group of a state that [Group.State] gave.
func Load(s State) *Group {
	g := &Group{state: s, dir: -1}
	if s.Unit != "" {
		g.unit = &unit{name: s.Unit, slice: s.Slice}
	}
	return g
}

// State returns what [Load] needs.
func (g *Group) State() State { return g.state }

// Mode returns the layout that the group lives in.
func (g *Group) Mode() Mode { return g.state.Mode }

// Empty tells that the group has no directory at all: a rootless container
// without permission for one, and without limits.
func (g *Group) Empty() bool { return len(g.state.Members) == 0 }

// Path returns the group's directory for the controller, or "".
func (g *Group) Path(c Controllers) string {
	for i := range g.state.Members {
		if g.state.Members[i].Controllers&c != 0 {
			return g.state.Members[i].Path
		}
	}
	return ""
}

// unified returns the group's directory in the v2 hierarchy, or "".
func (g *Group) unified() string { return g.Path(Unified) }

// processes returns the directory whose cgroup.procs lists all of the group's processes.
func (g *Group) processes() string {
	if g.state.Mode != V2 {
		for _, c := range [...]Controllers{Devices, Pids, Memory, ^Unified} {
			if p := g.Path(c); p != "" {
				return p
			}
		}
	}
	return g.unified()
}

// Close closes the descriptors of [Group.Tasks] and [Group.Dir]. With the
// systemd driver it ends the process that kept the unit alive.
func (g *Group) Close() {
	for _, fd := range g.tasks {
		unix.Close(fd)
	}
	g.tasks = nil
	if g.dir >= 0 {
		unix.Close(g.dir)
		g.dir = -1
	}
	g.unit.release()
}
