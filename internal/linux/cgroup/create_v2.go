package cgroup

import (
	"errors"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// enableControllers makes every controller of the hierarchy available in a v2
// group, by cgroup.subtree_control of each group above it (cgroups(7)). Those
// that can't be had are an error only when a limit asks for them.
func (g *Group) enableControllers(mount, dir string) error {
	if _, err := g.Dir(); err != nil {
		return err
	}
	all, err := readShort(unix.AT_FDCWD, mount+"/cgroup.controllers")
	if err != nil {
		return err
	}
	have, err := readShort(g.dir, "cgroup.controllers")
	if err != nil {
		return err
	}
	if have != all {
		g.enableAbove(mount, dir, strings.Fields(all))
		if have, err = readShort(g.dir, "cgroup.controllers"); err != nil {
			return err
		}
		if err := g.makeHabitable(dir); err != nil {
			return err
		}
	}
	g.avail, g.known = controllersOf(have, ' '), true
	return nil
}

func (g *Group) enableAbove(mount, dir string, names []string) {
	all := "+" + strings.Join(names, " +")
	for at := mount; ; {
		file := at + "/cgroup.subtree_control"
		if err := write(file, all); err != nil {
			if g.enabling == nil {
				g.enabling = explainEnabling(err, at)
			}
			for _, name := range names {
				write(file, "+"+name) // what can be had; a limit that needs another one says so
			}
		}
		next := strings.IndexByte(dir[min(len(at)+1, len(dir)):], '/')
		if next < 0 {
			return
		}
		at = dir[:len(at)+1+next]
	}
}

func explainEnabling(err error, dir string) error {
	switch {
	case errors.Is(err, unix.EBUSY):
		return errors.New(dir + " has processes of its own, so that its children get no controllers: choose a cgroupsPath elsewhere")
	case errors.Is(err, unix.EOPNOTSUPP):
		return errors.New(dir + " is threaded, and controllers like memory and io are not")
	}
	return err
}

// makeHabitable turns an invalid domain, which takes no process, into a
// threaded group: all that can be had below a group with processes.
func (g *Group) makeHabitable(dir string) error {
	kind, err := readShort(g.dir, "cgroup.type")
	if err != nil || kind != "domain invalid" {
		return nil // the root has no type
	}
	if err := write(dir+"/cgroup.type", "threaded"); err != nil {
		return &os.PathError{Op: "enter cgroup", Path: dir,
			Err: errors.New("it is an invalid domain below a threaded group: choose another cgroupsPath")}
	}
	return nil
}
