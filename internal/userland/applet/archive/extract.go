package archive

import (
	"strings"
	"syscall"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/transfer"
	"bantam/internal/userland/applet/tree"
	"bantam/internal/userland/applet/users"
	"golang.org/x/sys/unix"
)

// Extractor makes the files of an archive below a folder. Links that lead elsewhere,
// and hard links, are made at the end, so that no member is written through them, and so
// are the modes and times of folders, which later members would change.
type Extractor struct {
	Call *applet.Call
	// Keep doesn't replace files that exist already; Truncate writes over them; with
	// Newer they are replaced only by younger ones. Otherwise they are removed first.
	Keep, Truncate, Newer bool
	// These leave the owner, the mode and the time as they come.
	NoOwner, NoMode, NoTime bool
	// NoParents doesn't make the folders that an entry is in.
	NoParents bool
	// Numbers takes the owner's number even if there is a name.
	Numbers bool

	place   place
	folders []Entry
	links   []Entry
	failed  bool

	owner, group string // the last names, and their numbers
	uid, gid     uint32
}

// Open begins to extract below a folder.
func (x *Extractor) Open(dir string) error { return x.place.open(dir) }

// Close makes what was put off, and returns 1 if anything has failed.
func (x *Extractor) Close() int {
	for i := range x.links {
		x.link(&x.links[i])
	}
	for i := len(x.folders) - 1; i >= 0; i-- {
		x.finishFolder(&x.folders[i])
	}
	x.place.close()
	if x.failed {
		return 1
	}
	return 0
}

// Fail tells what went wrong, and makes Close return 1.
func (x *Extractor) Fail(text string, err error) {
	x.failed = true
	x.Call.Warn(text, err)
}

// Lstat returns the mode of a file below the folder.
func (x *Extractor) Lstat(path string) (mode uint32, err error) {
	dir, name, err := x.place.parent(path, false)
	if err != nil {
		return 0, err
	}
	var st unix.Stat_t
	err = unix.Fstatat(dir, name, &st, unix.AT_SYMLINK_NOFOLLOW)
	return st.Mode, err
}

// Remove removes a file below the folder if it is there.
func (x *Extractor) Remove(path string) {
	if dir, name, err := x.place.parent(path, false); err == nil {
		unlink(dir, name)
	}
}

// Put makes an entry's file. data gives the content of a regular file, in pieces; it
// is called at most once, and its errors are the caller's.
func (x *Extractor) Put(e *Entry, data func(write func([]byte) error)) {
	if e.Hard || e.Type() == unix.S_IFLNK && leadsOut(e.Target) {
		x.later(e)
		return
	}
	dir, name, err := x.place.parent(e.Name, !x.NoParents)
	if err != nil {
		x.Fail("can't open '"+e.Name+"'", err)
		return
	}
	if e.Type() == unix.S_IFDIR {
		x.folder(e, dir, name)
		return
	}
	if e.Type() == unix.S_IFREG && !x.Newer {
		x.regular(e, dir, name, data)
		return
	}
	if !x.clear(e, dir, name) {
		return
	}
	switch e.Type() {
	case unix.S_IFREG:
		x.regular(e, dir, name, data)
	case unix.S_IFLNK:
		x.symlink(e, dir, name)
	case unix.S_IFCHR, unix.S_IFBLK, unix.S_IFIFO, unix.S_IFSOCK:
		if err := unix.Mknodat(dir, name, e.Mode, int(e.Device)); err != nil {
			x.Fail("can't create node "+e.Name, err)
			return
		}
		x.attributes(e, dir, name)
	default:
		x.Fail("unrecognized file type", nil)
	}
}

// leadsOut says whether a link may lead out of the folder.
func leadsOut(target string) bool {
	return strings.HasPrefix(target, "/") || strings.Contains(target, "..")
}

// later remembers a link, and takes away what has its name.
func (x *Extractor) later(e *Entry) {
	if e.Hard && e.Target == e.Name {
		return // the same file twice in the archive
	}
	if dir, name, err := x.place.parent(e.Name, !x.NoParents); err != nil {
		x.Fail("can't open '"+e.Name+"'", err)
	} else if x.clear(e, dir, name) {
		x.links = append(x.links, *e)
	}
}

// clear removes the old file, and says whether the new one may be made.
func (x *Extractor) clear(e *Entry, dir int, name string) bool {
	if x.Newer {
		var st unix.Stat_t
		if unix.Fstatat(dir, name, &st, unix.AT_SYMLINK_NOFOLLOW) == nil && st.Mtim.Sec >= e.Time.Sec {
			x.Call.Complain(e.Name + " not created: newer or same age file exists")
			return false
		}
	}
	if x.Keep || x.Truncate {
		return true
	}
	if err := unlink(dir, name); err != nil {
		x.Fail("can't remove old file "+e.Name, err)
		return false
	}
	return true
}

// regular makes a regular file.
func (x *Extractor) regular(e *Entry, dir int, name string, data func(func([]byte) error)) {
	flags := syscall.O_WRONLY | syscall.O_CREAT | syscall.O_EXCL | syscall.O_NOFOLLOW
	if x.Truncate {
		flags = syscall.O_WRONLY | syscall.O_CREAT | syscall.O_TRUNC | syscall.O_NOFOLLOW | syscall.O_NONBLOCK
	}
	mode := e.Mode & 0o7777
	if !x.NoMode {
		mode &= 0o700 // the rest once the owner is right
	}
	fd, err := applet.OpenAt(dir, name, flags, mode)
	if err == syscall.EEXIST && !x.Keep && !x.Truncate {
		if err := unlink(dir, name); err != nil {
			x.Fail("can't remove old file "+e.Name, err)
			return
		}
		fd, err = applet.OpenAt(dir, name, flags, mode)
	}
	if err != nil {
		x.Fail("can't open '"+e.Name+"'", err)
		return
	}
	w := writer{fd: fd, parts: e.Sparse}
	data(w.write)
	if e.Sparse != nil && w.err == nil {
		w.err = syscall.Ftruncate(fd, e.Full)
	}
	x.finish(e, fd)
	if err := syscall.Close(fd); w.err == nil {
		w.err = err
	}
	if w.err != nil {
		x.Fail(e.Name, w.err)
	}
}

// writer writes a file's data, to its parts if it has holes.
type writer struct {
	fd    int
	parts []Part
	at    int64 // in the first part
	err   error
}

func (w *writer) write(p []byte) error {
	for len(p) > 0 && w.err == nil {
		n := len(p)
		if w.parts != nil {
			for len(w.parts) > 0 && w.at == w.parts[0].Size {
				w.parts, w.at = w.parts[1:], 0
			}
			if len(w.parts) == 0 {
				return nil
			}
			n = int(min(int64(n), w.parts[0].Size-w.at))
			n, w.err = syscall.Pwrite(w.fd, p[:n], w.parts[0].Offset+w.at)
		} else {
			n, w.err = syscall.Write(w.fd, p)
		}
		if w.err == syscall.EINTR {
			w.err = nil
		}
		n = max(n, 0)
		w.at += int64(n)
		p = p[n:]
	}
	return w.err
}

// ids are the owner's numbers here.
func (x *Extractor) ids(e *Entry) (uid, gid int) {
	uid, gid = int(e.UID), int(e.GID)
	if x.Numbers {
		return uid, gid
	}
	if e.Owner != "" {
		if e.Owner != x.owner {
			x.owner, x.uid = e.Owner, users.Unchanged
			if u := users.ByName(e.Owner); u != nil {
				x.uid = u.UID
			}
		}
		if x.uid != users.Unchanged {
			uid = int(x.uid)
		}
	}
	if e.Group != "" {
		if e.Group != x.group {
			x.group, x.gid = e.Group, users.Unchanged
			if g := users.GroupByName(e.Group); g != nil {
				x.gid = g.GID
			}
		}
		if x.gid != users.Unchanged {
			gid = int(x.gid)
		}
	}
	return uid, gid
}

// finish gives an open file its owner, mode and time. Who can't give it away gives no
// set-id bits, either.
func (x *Extractor) finish(e *Entry, fd int) {
	mode := e.Mode & 0o7777
	if !x.NoOwner {
		uid, gid := x.ids(e)
		if unix.Fchown(fd, uid, gid) != nil {
			mode &= 0o1777
		}
	}
	if !x.NoMode {
		unix.Fchmod(fd, mode)
	}
	if !x.NoTime {
		transfer.SetTimes(fd, &unix.Stat_t{Atim: e.Time, Mtim: e.Time})
	}
}

// attributes is finish for what isn't opened.
func (x *Extractor) attributes(e *Entry, dir int, name string) {
	if !x.NoOwner {
		uid, gid := x.ids(e)
		unix.Fchownat(dir, name, uid, gid, unix.AT_SYMLINK_NOFOLLOW)
	}
	if !x.NoMode && e.Type() != unix.S_IFLNK {
		tree.Chmod(dir, name, e.Mode&0o7777)
	}
	if !x.NoTime {
		unix.UtimesNanoAt(dir, name, []unix.Timespec{e.Time, e.Time}, unix.AT_SYMLINK_NOFOLLOW)
	}
}

// folder makes a folder that can be filled, and remembers what it shall be.
func (x *Extractor) folder(e *Entry, dir int, name string) {
	mode := e.Mode & 0o7777
	if !x.NoMode {
		mode &= 0o700
	}
	err := unix.Mkdirat(dir, name, mode|0o700)
	if err == syscall.EEXIST {
		var st unix.Stat_t
		if unix.Fstatat(dir, name, &st, unix.AT_SYMLINK_NOFOLLOW) == nil &&
			(st.Mode&unix.S_IFMT == unix.S_IFLNK || x.Newer && st.Mtim.Sec >= e.Time.Sec) {
			return // whatever a link leads to, its attributes stay
		}
		err = nil
	}
	if err != nil {
		x.Fail("can't make dir "+e.Name, err)
		return
	}
	x.folders = append(x.folders, *e)
}

func (x *Extractor) finishFolder(e *Entry) {
	dir, name, err := x.place.parent(e.Name, false)
	if err != nil {
		return
	}
	fd, err := applet.OpenAt(dir, name, syscall.O_RDONLY|syscall.O_DIRECTORY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if err != nil {
		return
	}
	defer syscall.Close(fd)
	x.finish(e, fd)
	if x.NoMode && e.Mode&0o700 != 0o700 {
		// It was made with more than it shall have.
		var st unix.Stat_t
		if unix.Fstat(fd, &st) == nil {
			unix.Fchmod(fd, st.Mode&0o7777&^(^e.Mode&0o700))
		}
	}
}

func (x *Extractor) symlink(e *Entry, dir int, name string) {
	if err := unix.Symlinkat(e.Target, dir, name); err != nil {
		x.Fail("can't create symlink '"+e.Name+"' to '"+e.Target+"'", nil)
		return
	}
	x.place.forget()
	x.attributes(e, dir, name)
}

// link makes a link that was put off.
func (x *Extractor) link(e *Entry) {
	if !e.Hard {
		dir, name, err := x.place.parent(e.Name, false)
		if err != nil {
			x.Fail("can't create symlink '"+e.Name+"' to '"+e.Target+"'", nil)
			return
		}
		x.symlink(e, dir, name)
		return
	}
	err := x.hardLink(e)
	if err != nil {
		x.Fail("can't create hardlink '"+e.Name+"' to '"+e.Target+"'", nil)
	}
}

func (x *Extractor) hardLink(e *Entry) error {
	dir, target, err := x.place.parent(e.Target, false)
	if err != nil {
		return err
	}
	// The next call takes the descriptor back.
	from, err := unix.FcntlInt(uintptr(dir), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer syscall.Close(from)
	to, name, err := x.place.parent(e.Name, false)
	if err != nil {
		return err
	}
	return unix.Linkat(from, target, to, name, 0)
}
