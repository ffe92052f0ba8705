package cgroup

import (
	"errors"
	"strings"

	"golang.org/x/sys/unix"
)

// Root is where control groups are mounted.
const Root = "/sys/fs/cgroup"

// Hierarchy is one mounted tree of groups.
type Hierarchy struct {
	Controllers Controllers
	Mount       string // its root directory
	Own         string // this process's group, "/" based, below Mount
}

// Host is the set of hierarchies of this machine, in the order of /proc/self/cgroup.
type Host struct {
	Mode        Mode
	Hierarchies []Hierarchy
}

// ErrNone is returned where the machine has no control groups to use.
var ErrNone = errors.New("no control groups: nothing is mounted at " + Root)

// Detect returns the layout of this machine's control groups.
func Detect() (Mode, error) {
	switch fs := typeOf(Root); fs {
	case unix.CGROUP2_SUPER_MAGIC:
		return V2, nil
	case 0:
		return 0, ErrNone
	}
	if typeOf(Root+"/unified") == unix.CGROUP2_SUPER_MAGIC {
		return Hybrid, nil
	}
	h, err := Discover()
	if err != nil {
		return 0, err
	}
	return h.Mode, nil
}

// typeOf returns the type of the file system at path, 0 where there is none.
func typeOf(path string) int64 {
	var fs unix.Statfs_t
	for {
		switch err := unix.Statfs(path, &fs); err {
		case nil:
			return int64(fs.Type)
		case unix.EINTR:
		default:
			return 0
		}
	}
}

// Discover finds the hierarchies and this process's group in each.
func Discover() (*Host, error) {
	mode := typeOf(Root)
	if mode == 0 {
		return nil, ErrNone
	}
	own, err := readFile("/proc/self/cgroup")
	if err != nil {
		return nil, err
	}
	if mode == unix.CGROUP2_SUPER_MAGIC {
		h := Hierarchy{Controllers: Unified, Mount: Root, Own: "/"}
		eachLine(own, func(line string) {
			if p, ok := strings.CutPrefix(line, "0::"); ok {
				h.Own = clean(p)
			}
		})
		return &Host{Mode: V2, Hierarchies: []Hierarchy{h}}, nil
	}
	return discoverV1(own)
}

// discoverV1 takes the usual place of each hierarchy that /proc/self/cgroup
// lists, and asks mountinfo only for those that are elsewhere.
func discoverV1(own string) (*Host, error) {
	host := &Host{Mode: V1, Hierarchies: make([]Hierarchy, 0, 12)}
	var mounts *mountTable
	eachLine(own, func(line string) {
		_, rest, _ := strings.Cut(line, ":")
		names, path, ok := strings.Cut(rest, ":")
		if !ok {
			return
		}
		h := hierarchyOf(names, path)
		if h.Mount = usualMount(names); h.Mount == "" || h.Own != "/" && !exists(h.Mount+h.Own) {
			if mounts == nil {
				mounts = readMounts()
			}
			if !mounts.locate(&h, names) {
				return
			}
		}
		if h.Controllers == Unified {
			host.Mode = Hybrid
		}
		host.Hierarchies = append(host.Hierarchies, h)
	})
	if len(host.Hierarchies) == 0 {
		return nil, ErrNone
	}
	return host, nil
}

func hierarchyOf(names, path string) Hierarchy {
	h := Hierarchy{Controllers: Unified, Own: clean(path)}
	if names != "" {
		h.Controllers = controllersOf(names, ',')
	}
	return h
}

// usualMount returns the mount point that systemd and everybody after it uses
// for a v1 hierarchy, or "" where there is none of the right type.
func usualMount(names string) string {
	if names == "" {
		return ofType(Root+"/unified", unix.CGROUP2_SUPER_MAGIC)
	}
	if m := ofType(Root+"/"+strings.TrimPrefix(names, "name="), unix.CGROUP_SUPER_MAGIC); m != "" {
		return m
	}
	first, _, more := strings.Cut(names, ",")
	if !more {
		return ""
	}
	return ofType(Root+"/"+first, unix.CGROUP_SUPER_MAGIC)
}

func ofType(path string, magic int64) string {
	if typeOf(path) == magic {
		return path
	}
	return ""
}

// eachLine calls f for every line that is not empty.
func eachLine(s string, f func(line string)) {
	for s != "" {
		line := s
		if i := strings.IndexByte(s, '\n'); i >= 0 {
			line, s = s[:i], s[i+1:]
		} else {
			s = ""
		}
		if line != "" {
			f(line)
		}
	}
}
