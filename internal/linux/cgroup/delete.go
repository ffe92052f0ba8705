package cgroup

import (
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// deletePatience bounds the wait for killed processes to leave the group.
const deletePatience = 5 * time.Second

// Delete kills what is left in the group and removes it with the groups below
// it. Directories above it stay: others may be about to use them. It succeeds
// where the group is gone already. Of one that was never made whole ([Group.Later]) it removes what this process has made: the
// rest may be somebody else's.
func (g *Group) Delete() error {
	if g.later {
		g.Undo()
		return nil
	}
	g.Close()
	var first error
	for i := range g.state.Members {
		if err := g.deleteMember(&g.state.Members[i]); err != nil && first == nil {
			first = err
		}
	}
	if err := g.stopUnit(); err != nil && first == nil {
		first = err
	}
	return first
}

func (g *Group) deleteMember(m *Member) error {
	err := rmdir(m.Path)
	if err == nil || err == unix.ENOENT {
		return nil
	}
	if m.Controllers&Freezer != 0 {
		write(m.Path+"/freezer.state", thawed) // a frozen task does not die
	}
	if err := g.Kill(unix.SIGKILL); err != nil && !gone(err) {
		return err
	}
	return removeTree(m.Path, deadline())
}

func deadline() time.Time { return time.Now().Add(deletePatience) }

// removeTree removes a group and those below it, waiting while the kernel says
// that somebody is in one.
func removeTree(dir string, end time.Time) error {
	for wait := 100 * time.Microsecond; ; wait = min(2*wait, 50*time.Millisecond) {
		err := rmdir(dir)
		switch err {
		case nil, unix.ENOENT:
			return nil
		case unix.EBUSY, unix.ENOTEMPTY:
		default:
			return &os.PathError{Op: "remove cgroup", Path: dir, Err: err}
		}
		children, e := childrenOf(dir)
		if gone(e) {
			return nil
		}
		for _, c := range children {
			if e := removeTree(dir+"/"+c, end); e != nil {
				return e
			}
		}
		if time.Now().After(end) {
			return &os.PathError{Op: "remove cgroup", Path: dir, Err: err}
		}
		if len(children) == 0 {
			time.Sleep(wait)
		}
	}
}

func rmdir(dir string) error {
	for {
		if err := unix.Unlinkat(unix.AT_FDCWD, dir, unix.AT_REMOVEDIR); err != unix.EINTR {
			return err
		}
	}
}
