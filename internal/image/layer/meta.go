package layer

import (
	"archive/tar"
	"errors"
	"strconv"
	"strings"
	"time"
	"unsafe"

	"bantam/internal/linux/copytree"

	"golang.org/x/sys/unix"
)

// meta is what an entry says of itself beside its content.
type meta struct {
	uid, gid int
	mode     uint32
	times    [2]unix.Timespec // access, modification
	xattrs   map[string]string
}

// headerMeta takes over the attributes of an entry. A uid or gid of 4294967295
// means "leave it" to chown(2): such a file would silently belong to root.
func headerMeta(h *tar.Header) (meta, error) {
	m := meta{uid: h.Uid, gid: h.Gid, mode: uint32(h.Mode) & 0o7777, xattrs: h.PAXRecords}
	if !validID(h.Uid) {
		return m, errors.New("uid " + strconv.Itoa(h.Uid) + " is not between 0 and 4294967294")
	}
	if !validID(h.Gid) {
		return m, errors.New("gid " + strconv.Itoa(h.Gid) + " is not between 0 and 4294967294")
	}
	atime := h.AccessTime
	if atime.Before(h.ModTime) {
		atime = h.ModTime
	}
	m.times = [2]unix.Timespec{timespec(atime), timespec(h.ModTime)}
	return m, nil
}

func validID(id int) bool { return id >= 0 && int64(id) < 1<<32-1 }

// timespec bounds a time to what every kernel and architecture takes; the file
// system bounds it further.
func timespec(t time.Time) unix.Timespec {
	const far = 1 << 40
	ts := unix.NsecToTimespec(int64(t.Nanosecond()))
	ts.Sec = min(max(t.Unix(), -far), far)
	return ts
}

// setTimes is futimens(3): a descriptor and no path, which the wrapper of
// utimensat cannot express.
func setTimes(fd int, times *[2]unix.Timespec) error {
	_, _, e := unix.Syscall6(unix.SYS_UTIMENSAT, uintptr(fd), 0, uintptr(unsafe.Pointer(times)), 0, 0, 0)
	if e != 0 {
		return e
	}
	return nil
}

const paxXattr = "SCHILY.xattr."

// setXattrs must come after chown, which clears file capabilities.
func (u *unpacker) setXattrs(fd int, records map[string]string) error {
	for key, value := range records {
		name, ok := strings.CutPrefix(key, paxXattr)
		if !ok || !copytree.Keeps(name) {
			continue
		}
		err := unix.Fsetxattr(fd, name, []byte(value), 0)
		switch {
		case err == nil:
		case err == unix.ENOTSUP, err == unix.EPERM && u.opt.Rootless:
			u.warn("extended attribute " + name + " not kept: " + err.Error())
		default:
			return errors.New("set extended attribute " + name + ": " + err.Error())
		}
	}
	return nil
}

// mustChown says whether chown is needed at all: a new file belongs to its maker, and
// to the group of a set-group-id folder.
func (u *unpacker) mustChown(m meta) bool {
	top := u.dirs.top()
	return m.uid != u.uid || m.gid != u.gid || top.setgid && int64(top.gid) != int64(m.gid)
}

// chown gives the entry base of the current folder to its owner.
func (u *unpacker) chown(base string, m meta) error {
	if !u.mustChown(m) {
		return nil
	}
	return u.chowned(unix.Fchownat(u.dirs.top().fd, base, m.uid, m.gid, unix.AT_SYMLINK_NOFOLLOW), m)
}

func (u *unpacker) chowned(err error, m meta) error {
	if err == nil {
		return nil
	}
	owner := strconv.Itoa(m.uid) + ":" + strconv.Itoa(m.gid)
	if u.opt.Rootless && (err == unix.EPERM || err == unix.EINVAL) {
		u.warn("owner " + owner + " not kept: " + err.Error())
		return nil
	}
	return errors.New("give to " + owner + ": " + err.Error())
}
