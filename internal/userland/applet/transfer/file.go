package transfer

import (
	"syscall"
	"unsafe"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/tree"
	"golang.org/x/sys/unix"
)

// SetTimes gives an open file the times of access and change.
func SetTimes(fd int, st *unix.Stat_t) error {
	times := [2]unix.Timespec{st.Atim, st.Mtim}
	_, _, e := syscall.Syscall6(unix.SYS_UTIMENSAT, uintptr(fd), 0, uintptr(unsafe.Pointer(&times)), 0, 0, 0)
	if e != 0 {
		return e
	}
	return nil
}

// file copies what is no folder.
func (k *Copier) file(n *tree.Node, st, old *unix.Stat_t) {
	if old != nil && k.Remove {
		if !k.unlink(n, syscall.EEXIST) {
			return
		}
		old = nil
	}
	done := false
	switch kind := st.Mode & unix.S_IFMT; {
	case k.Hard || k.Soft:
		done = k.link(n)
	case k.isSecondName(n, st):
		done = k.again(n, st)
	case kind == unix.S_IFREG || !k.Recurse && kind != unix.S_IFLNK:
		done = k.content(n, st, old)
	default:
		done = k.special(n, st, old)
	}
	if done && k.Verbose {
		k.tell(n)
	}
}

// unlink removes what is in the way, if the user agrees, and says whether it did.
// Otherwise why is the error.
func (k *Copier) unlink(n *tree.Node, why error) bool {
	path := k.destPath(n)
	if k.Ask && !k.Call.Confirm("overwrite '"+path+"'") {
		return false
	}
	if tree.Unlink(k.dest.Top(), k.destName(n), 0) != nil {
		k.fail("can't create '"+path+"'", why)
		return false
	}
	if k.Remove && k.Verbose {
		k.Call.Out.Print("removed '", path, "'\n")
	}
	return true
}

// link makes a hard or symbolic link to the source.
func (k *Copier) link(n *tree.Node) bool {
	err := k.tryLink(n)
	if err == syscall.EEXIST && (k.Force || k.Ask) {
		if !k.unlink(n, err) {
			return false
		}
		err = k.tryLink(n)
	}
	if err != nil {
		k.fail("can't create link '"+k.destPath(n)+"'", err)
	}
	return err == nil
}

func (k *Copier) tryLink(n *tree.Node) error {
	if k.Soft {
		return unix.Symlinkat(n.Path(), k.dest.Top(), k.destName(n))
	}
	flags := 0
	if n.Follows() && n.Linked {
		flags = unix.AT_SYMLINK_FOLLOW
	}
	return unix.Linkat(n.Dir, n.Name, k.dest.Top(), k.destName(n), flags)
}

// isSecondName says whether a file with several names was copied by another one of
// them already. If not, this one is noted as the first.
func (k *Copier) isSecondName(n *tree.Node, st *unix.Stat_t) bool {
	if n.Follows() || st.Nlink < 2 {
		return false
	}
	_, found := k.links[id(st)]
	return found
}

// note remembers the first copy of a file with several names.
func (k *Copier) note(n *tree.Node, st *unix.Stat_t, copied inode) {
	if n.Follows() || st.Nlink < 2 {
		return
	}
	if k.links == nil {
		k.links = map[inode]first{}
	}
	k.links[id(st)] = first{k.destPath(n), copied}
}

// again links a second name to the first copy. The path to that is checked by what it
// led to, for a folder on it may have been exchanged meanwhile.
func (k *Copier) again(n *tree.Node, st *unix.Stat_t) bool {
	f := k.links[id(st)]
	dir, name := k.dest.Top(), k.destName(n)
	err := unix.Linkat(unix.AT_FDCWD, f.path, dir, name, 0)
	if err == syscall.EEXIST {
		if !k.unlink(n, err) {
			return false
		}
		err = unix.Linkat(unix.AT_FDCWD, f.path, dir, name, 0)
	}
	if err == nil {
		var now unix.Stat_t
		if unix.Fstatat(dir, name, &now, unix.AT_SYMLINK_NOFOLLOW) == nil && id(&now) == f.id {
			return true
		}
		tree.Unlink(dir, name, 0)
	}
	if st.Mode&unix.S_IFMT == unix.S_IFREG {
		return k.content(n, st, nil)
	}
	return k.special(n, st, nil)
}

// content copies a file's content.
func (k *Copier) content(n *tree.Node, st, old *unix.Stat_t) bool {
	from, ok := k.open(n, st)
	if !ok {
		return false
	}
	defer syscall.Close(from)
	to, ok := k.create(n, st, old)
	if !ok {
		return false
	}
	err, what := k.copyData(to, from, st), "can't copy '"+n.Path()+"' to '"+k.destPath(n)+"'"
	var at unix.Stat_t
	if unix.Fstat(to, &at) == nil {
		k.note(n, st, id(&at))
	}
	if k.Preserve && st.Mode&unix.S_IFMT == unix.S_IFREG {
		k.preserve(to, st, n)
	}
	if e := syscall.Close(to); err == nil {
		err = e
	}
	if err != nil {
		k.fail(what, err)
	}
	return err == nil
}

// open opens the source. In a tree it must still be the regular file that was seen, so
// that a fifo that took its place doesn't stop the copying.
func (k *Copier) open(n *tree.Node, st *unix.Stat_t) (int, bool) {
	flags := syscall.O_RDONLY
	if n.Depth > 0 {
		flags |= syscall.O_NONBLOCK
	}
	if !n.Follows() && !n.Linked {
		flags |= syscall.O_NOFOLLOW
	}
	fd, err := applet.OpenAt(n.Dir, n.Name, flags, 0)
	if err == nil && n.Depth > 0 {
		var now unix.Stat_t
		if unix.Fstat(fd, &now) != nil || now.Mode&unix.S_IFMT != unix.S_IFREG {
			syscall.Close(fd)
			err = tree.ErrMoved
		} else if id(&now) == id(st) {
			*st = now
		}
	}
	if err != nil {
		k.failed = true
		k.Call.CantOpen(n.Path(), err)
		return -1, false
	}
	return fd, true
}

// create opens the destination, empty.
func (k *Copier) create(n *tree.Node, st, old *unix.Stat_t) (int, bool) {
	mode := st.Mode & 0o777
	switch {
	case st.Mode&unix.S_IFMT != unix.S_IFREG:
		mode = 0o666
	case k.Preserve:
		// Nobody else may open it before it has its owner.
		mode &= 0o700
	}
	dir, name := k.dest.Top(), k.destName(n)
	flags := syscall.O_WRONLY | syscall.O_CREAT | syscall.O_NOCTTY
	replace := k.Force || k.Ask
	switch {
	case old == nil && n.Depth > 0 || k.Ask:
		flags |= syscall.O_EXCL
	case old != nil && old.Mode&unix.S_IFMT == unix.S_IFLNK && !(k.Given && n.Depth == 0):
		// POSIX would write through the link.
		flags |= syscall.O_EXCL
		replace = true
	case n.Depth > 0 || !k.Given:
		flags |= syscall.O_TRUNC | syscall.O_NOFOLLOW
	default:
		flags |= syscall.O_TRUNC
	}
	fd, err := applet.OpenAt(dir, name, flags, mode)
	if err != nil && replace {
		if !k.unlink(n, err) {
			return -1, false
		}
		fd, err = applet.OpenAt(dir, name, syscall.O_WRONLY|syscall.O_CREAT|syscall.O_EXCL, mode)
	}
	if err != nil {
		k.fail("can't create '"+k.destPath(n)+"'", err)
		return -1, false
	}
	return fd, true
}

// special copies a symbolic link, a device, a fifo or a socket as what it is.
func (k *Copier) special(n *tree.Node, st, old *unix.Stat_t) bool {
	if old != nil && !k.unlink(n, syscall.EEXIST) {
		return false
	}
	dir, name := k.dest.Top(), k.destName(n)
	link := st.Mode&unix.S_IFMT == unix.S_IFLNK
	if link {
		target, err := tree.Readlink(n.Dir, n.Name)
		if err != nil {
			k.fail(n.Path(), err)
			return false
		}
		if err := unix.Symlinkat(target, dir, name); err != nil {
			k.fail("can't create symlink '"+k.destPath(n)+"' to '"+target+"'", err)
			return false
		}
	} else if err := unix.Mknodat(dir, name, st.Mode, int(st.Rdev)); err != nil {
		k.fail("can't create '"+k.destPath(n)+"'", err)
		return false
	}
	var at unix.Stat_t
	if unix.Fstatat(dir, name, &at, unix.AT_SYMLINK_NOFOLLOW) == nil {
		k.note(n, st, id(&at))
	}
	if k.Preserve {
		k.preserveSpecial(n, st, link)
	}
	return true
}

func (k *Copier) preserveSpecial(n *tree.Node, st *unix.Stat_t, link bool) {
	dir, name := k.dest.Top(), k.destName(n)
	if err := unix.Fchownat(dir, name, int(st.Uid), int(st.Gid), unix.AT_SYMLINK_NOFOLLOW); err != nil {
		k.warn("ownership", k.destPath(n), err)
	}
	if !link {
		if err := tree.Chmod(dir, name, st.Mode&0o7777); err != nil {
			k.warn("permissions", k.destPath(n), err)
		}
	}
	times := []unix.Timespec{st.Atim, st.Mtim}
	if err := unix.UtimesNanoAt(dir, name, times, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		k.warn("times", k.destPath(n), err)
	}
}
