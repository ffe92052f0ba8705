package tree

import (
	"strconv"
	"syscall"

	"bantam/internal/userland/applet"
	"golang.org/x/sys/unix"
)

// Removal removes trees.
type Removal struct {
	// Ask, if set, is asked before a folder is entered (Into), before it is removed
	// (Over) and before any other file is removed (Over).
	Ask func(*Node, Next) bool
	// Done, if set, is told what was removed.
	Done func(*Node)
	// Failed is told what couldn't be removed, and why.
	Failed func(path string, err error)

	walk   Walk
	full   []bool // per depth: something below couldn't be removed
	failed bool
}

// Remove removes the operand and all below it, and says whether nothing failed.
func (r *Removal) Remove(operand string) bool {
	r.failed = false
	r.walk.Visit, r.walk.Leave, r.walk.Failed = r.visit, r.leave, r.unseen
	r.walk.Run(operand)
	return !r.failed
}

// unseen is for what can't be walked to. A folder that can't be read waits for its
// Leave: it can be removed if it is empty.
func (r *Removal) unseen(n *Node, err error) {
	if n.Err == nil {
		r.fail(n, err)
	}
}

// fail tells the error. The folders above stay without a word.
func (r *Removal) fail(n *Node, err error) {
	r.failed = true
	for i := range r.full {
		r.full[i] = true
	}
	r.Failed(n.Path(), err)
}

func (r *Removal) visit(n *Node) Next {
	r.full = append(r.full[:n.Depth], false)
	switch {
	case n.Type != syscall.DT_DIR:
		r.unlink(n, 0)
	case r.Ask != nil && !r.Ask(n, Into):
		return Over
	}
	return Into
}

func (r *Removal) leave(n *Node) Next {
	if !r.full[n.Depth] {
		r.full = r.full[:n.Depth]
		r.unlink(n, unix.AT_REMOVEDIR)
	}
	return Into
}

func (r *Removal) unlink(n *Node, flags int) {
	if r.Ask != nil && !r.Ask(n, Over) {
		return
	}
	err := Unlink(n.Dir, n.Name, flags)
	switch {
	case err == nil && r.Done != nil:
		r.Done(n)
	case err == syscall.ENOTEMPTY && n.Err != nil:
		r.fail(n, n.Err)
	case err != nil:
		r.fail(n, err)
	}
}

// Unlink is unlinkat(2), again after a signal.
func Unlink(dir int, name string, flags int) error {
	for {
		if err := unix.Unlinkat(dir, name, flags); err != syscall.EINTR {
			return err
		}
	}
}

// Readlink returns the target of a link in a folder.
func Readlink(dir int, name string) (string, error) {
	for size := 128; ; size *= 2 {
		buf := make([]byte, size)
		n, err := unix.Readlinkat(dir, name, buf)
		if err != nil {
			return "", err
		}
		if n < size {
			return string(buf[:n]), nil
		}
	}
}

// Chmod changes the mode of a file in a folder, but never what a link leads to:
// that is ELOOP. fchmodat(2) can't refuse links before Linux 6.6, so without
// fchmodat2 it is done through a descriptor.
func Chmod(dir int, name string, mode uint32) error {
	err := unix.Fchmodat(dir, name, mode, unix.AT_SYMLINK_NOFOLLOW)
	if err == syscall.EOPNOTSUPP || err == syscall.EPERM {
		// Old seccomp filters say EPERM for calls that they don't know.
		return chmodByFd(dir, name, mode)
	}
	return err
}

func chmodByFd(dir int, name string, mode uint32) error {
	fd, err := applet.OpenAt(dir, name, unix.O_PATH|unix.O_NOFOLLOW, 0)
	if err != nil {
		return err
	}
	defer syscall.Close(fd)
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return err
	}
	if st.Mode&unix.S_IFMT == unix.S_IFLNK {
		return syscall.ELOOP
	}
	err = syscall.Chmod("/proc/self/fd/"+strconv.Itoa(fd), mode)
	if err == syscall.ENOENT || err == syscall.ENOTDIR {
		return syscall.ENOSYS // no /proc
	}
	return err
}
