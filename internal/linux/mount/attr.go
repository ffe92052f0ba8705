package mount

import (
	"strings"

	"golang.org/x/sys/unix"
)

// PerMount are the flags of mount(2) that belong to a mount, not to the file system below it.
const PerMount = unix.MS_RDONLY | unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC |
	unix.MS_NOATIME | unix.MS_NODIRATIME | unix.MS_RELATIME | unix.MS_STRICTATIME | unix.MS_NOSYMFOLLOW

// bits pairs the flags whose attribute is a bit of its own.
var bits = [...]struct {
	flag uintptr
	attr uint64
}{
	{unix.MS_RDONLY, unix.MOUNT_ATTR_RDONLY},
	{unix.MS_NOSUID, unix.MOUNT_ATTR_NOSUID},
	{unix.MS_NODEV, unix.MOUNT_ATTR_NODEV},
	{unix.MS_NOEXEC, unix.MOUNT_ATTR_NOEXEC},
	{unix.MS_NODIRATIME, unix.MOUNT_ATTR_NODIRATIME},
	{unix.MS_NOSYMFOLLOW, unix.MOUNT_ATTR_NOSYMFOLLOW},
}

// Attributes gives the attributes of a new mount (fsmount(2)) with the given MS_* flags.
func Attributes(flags uintptr) uint64 {
	return attributes(flags) | atime(flags)
}

// Change gives what mount_setattr(2) must do to an existing mount so that the
// options' flags are on and the cleared ones off.
func (o *Options) Change() Attr {
	a := Attr{Set: attributes(o.Flags), Clear: attributes(o.Cleared)}
	if (o.Flags|o.Cleared)&(unix.MS_NOATIME|unix.MS_STRICTATIME|unix.MS_RELATIME) != 0 {
		a.Clear |= unix.MOUNT_ATTR__ATIME
		a.Set |= atime(o.Flags)
	}
	return a
}

func attributes(flags uintptr) (attr uint64) {
	for _, b := range bits {
		if flags&b.flag != 0 {
			attr |= b.attr
		}
	}
	return attr
}

// atime is the access time mode. The kernel's order (do_mount): strictatime beats noatime.
func atime(flags uintptr) uint64 {
	switch {
	case flags&unix.MS_STRICTATIME != 0:
		return unix.MOUNT_ATTR_STRICTATIME
	case flags&unix.MS_NOATIME != 0:
		return unix.MOUNT_ATTR_NOATIME
	}
	return unix.MOUNT_ATTR_RELATIME
}

// superblock pairs the flags that belong to the file system with their names for
// fsconfig(2), FSCONFIG_SET_FLAG: those that the kernel knows for every file system
// (vfs_parse_sb_flag). MS_POSIXACL and MS_I_VERSION have no such name; mount(2) takes them from anyone and does nothing.
var superblock = [...]struct {
	flag uintptr
	name string
}{
	{unix.MS_RDONLY, "ro"},
	{unix.MS_SYNCHRONOUS, "sync"},
	{unix.MS_DIRSYNC, "dirsync"},
	{unix.MS_MANDLOCK, "mand"},
	{unix.MS_LAZYTIME, "lazytime"},
}

// SuperFlags names the flags that a new file system is told by fsconfig(2).
func SuperFlags(flags uintptr) (names []string) {
	for _, s := range superblock {
		if flags&s.flag != 0 {
			names = append(names, s.name)
		}
	}
	return names
}

// Propagation reads the value of linux.rootfsPropagation, where empty asks for
// nothing and gives 0.
func Propagation(name string) (flags uintptr, ok bool) {
	if name == "" {
		return 0, true
	}
	if e := find(name); e != nil && e.kind == propagation {
		return e.flags, true
	}
	return 0, false
}

// FlagNames writes MS_* flags for people: "bind,rec,ro".
func FlagNames(flags uintptr) string {
	var names []string
	for i := range table {
		e := &table[i]
		if (e.kind == set || e.kind == propagation) && e.flags&unix.MS_REC == 0 && flags&e.flags != 0 {
			names = append(names, e.name)
		}
	}
	if flags&unix.MS_REC != 0 {
		names = append(names, "rec")
	}
	return strings.Join(names, ",")
}
