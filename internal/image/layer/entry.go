package layer

import (
	"archive/tar"
	"errors"
	"fmt"
	"strconv"

	"golang.org/x/sys/unix"
)

// directory makes a folder, or describes one that exists anew, and enters it.
func (u *unpacker) directory(base, name string, m meta) error {
	parent := u.dirs.top().fd
	opaque := false
	err := unix.Mkdirat(parent, base, 0o700)
	if err == unix.EEXIST {
		var st unix.Stat_t
		if err = unix.Fstatat(parent, base, &st, unix.AT_SYMLINK_NOFOLLOW); err == nil && st.Mode&unix.S_IFMT != unix.S_IFDIR {
			opaque = isWhiteout(parent, base)
			if err = u.displace(base, name); err == nil {
				err = unix.Mkdirat(parent, base, 0o700)
			}
		}
	}
	if err != nil {
		return fmt.Errorf("make directory: %w", err)
	}
	f := frame{name: base}
	if f.fd, err = u.dirs.openPart(base, base, &f); err != nil {
		return fmt.Errorf("open directory: %w", err)
	}
	u.dirs.chain = append(u.dirs.chain, f)
	if opaque {
		if err := setOpaque(f.fd, u.overlay); err != nil {
			return err
		}
	}
	return u.describeDir(m)
}

// describeDir gives the folder at the top of the chain its attributes; mode and
// times follow when the chain leaves it.
func (u *unpacker) describeDir(m meta) error {
	f := u.dirs.top()
	if err := u.chowned(unix.Fchown(f.fd, m.uid, m.gid), m); err != nil {
		return err
	}
	if err := u.setXattrs(f.fd, m.xattrs); err != nil {
		return err
	}
	f.mode, f.chmod = m.mode, true
	f.times, f.keep = m.times, true
	return nil
}

func (u *unpacker) regular(h *tar.Header, base string, m meta) error {
	if err := u.stats.grow(h.Size, u.opt.Limits); err != nil {
		return err
	}
	const flags = unix.O_WRONLY | unix.O_CREAT | unix.O_EXCL | unix.O_NOFOLLOW | unix.O_CLOEXEC
	fd := -1
	err := u.replacing(base, h.Name, func() (err error) {
		fd, err = unix.Openat(u.dirs.top().fd, base, flags, 0o600)
		return err
	})
	if err != nil {
		return fmt.Errorf("create file: %w", err)
	}
	if err := u.file(fd, h, m); err != nil {
		unix.Close(fd)
		return err
	}
	u.behind.finish(fd, h.Size)
	return nil
}

// file gives a new file its content and attributes.
func (u *unpacker) file(fd int, h *tar.Header, m meta) error {
	if err := u.content(fd, h); err != nil {
		return err
	}
	if u.mustChown(m) {
		if err := u.chowned(unix.Fchown(fd, m.uid, m.gid), m); err != nil {
			return err
		}
	}
	if err := u.setXattrs(fd, m.xattrs); err != nil {
		return err
	}
	if err := unix.Fchmod(fd, m.mode); err != nil {
		return fmt.Errorf("set mode: %w", err)
	}
	return setTimes(fd, &m.times)
}

func writeAll(fd int, b []byte) error {
	for len(b) > 0 {
		n, err := unix.Write(fd, b)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return err
		}
		b = b[n:]
	}
	return nil
}

// symlink keeps the target as it is: it is resolved inside containers only.
func (u *unpacker) symlink(h *tar.Header, base string, m meta) error {
	err := u.replacing(base, h.Name, func() error { return unix.Symlinkat(h.Linkname, u.dirs.top().fd, base) })
	if err != nil {
		return fmt.Errorf("make symbolic link: %w", err)
	}
	if err := u.chown(base, m); err != nil {
		return err
	}
	return u.timesAt(base, m)
}

func (u *unpacker) timesAt(base string, m meta) error {
	if err := unix.UtimesNanoAt(u.dirs.top().fd, base, m.times[:], unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return fmt.Errorf("set times: %w", err)
	}
	return nil
}

// hardLink links to a file of the same layer. The target's folder is resolved
// within the layer and the target itself is not followed.
func (u *unpacker) hardLink(h *tar.Header, base string) error {
	linkname := h.Linkname
	target, err := cleanName(linkname, u.opt.Limits)
	if err != nil || target == "" {
		if err == nil || errors.Is(err, errOutside) {
			err = errors.New("the target leads out of the layer")
		}
		return fmt.Errorf("link to %s: %w", printable(linkname), err)
	}
	parent, last := splitName(target)
	from := u.dirs.chain[0].fd
	if parent != "" {
		how := unix.OpenHow{
			Flags:   unix.O_PATH | unix.O_DIRECTORY | unix.O_CLOEXEC,
			Resolve: unix.RESOLVE_IN_ROOT | unix.RESOLVE_NO_MAGICLINKS | unix.RESOLVE_NO_XDEV,
		}
		if from, err = unix.Openat2(from, parent, &how); err != nil {
			return fmt.Errorf("link to %s: %w", printable(linkname), err)
		}
		defer unix.Close(from)
	}
	return u.link(from, last, base, h)
}

func (u *unpacker) link(from int, last, base string, h *tar.Header) error {
	linkname := h.Linkname
	var a, b unix.Stat_t
	if err := unix.Fstatat(from, last, &a, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return fmt.Errorf("link to %s: %w", printable(linkname), err)
	}
	if a.Mode&unix.S_IFMT == unix.S_IFDIR {
		return fmt.Errorf("link to %s: it is a directory", printable(linkname))
	}
	to := u.dirs.top().fd
	if unix.Fstatat(to, base, &b, unix.AT_SYMLINK_NOFOLLOW) == nil && a.Ino == b.Ino && a.Dev == b.Dev {
		return nil
	}
	err := u.replacing(base, h.Name, func() error { return unix.Linkat(from, last, to, base, 0) })
	if err != nil {
		return fmt.Errorf("link to %s: %w", printable(linkname), err)
	}
	return nil
}

// node makes a device or a named pipe. The store is closed to everyone but its
// owner, so that a device in a layer can be opened by nobody on the host; in a
// container it is the device rules that decide.
func (u *unpacker) node(h *tar.Header, kind uint32, base string, m meta) error {
	dev := uint64(0)
	if kind != unix.S_IFIFO {
		if h.Devmajor < 0 || h.Devmajor > 0xfff || h.Devminor < 0 || h.Devminor > 0xfffff {
			return errors.New("device number out of range")
		}
		dev = unix.Mkdev(uint32(h.Devmajor), uint32(h.Devminor))
		if u.opt.Rootless && dev != 0 {
			u.warn("device " + printable(h.Name) + " left out: it needs root")
			if err := u.displace(base, h.Name); err != unix.ENOENT { // the last entry wins, here too
				return err
			}
			return nil
		}
	}
	err := u.replacing(base, h.Name, func() error {
		return unix.Mknodat(u.dirs.top().fd, base, kind|0o600, int(dev))
	})
	if err != nil {
		return fmt.Errorf("make node: %w", err)
	}
	if err := u.chown(base, m); err != nil {
		return err
	}
	if err := unix.Fchmodat(u.dirs.top().fd, base, m.mode, 0); err != nil {
		return fmt.Errorf("set mode: %w", err)
	}
	return u.timesAt(base, m)
}

// replacing calls make and, if its name is taken, takes away what has it and calls
// it again: the last entry of a name wins, whatever the types.
func (u *unpacker) replacing(base, name string, make func() error) error {
	err := make()
	if err != unix.EEXIST {
		return err
	}
	if err := u.displace(base, name); err != nil {
		return fmt.Errorf("replace: %w", err)
	}
	return make()
}

// displace takes away what an earlier entry of the same archive made at base, which is
// name in the archive. The recipe needs the contents of what was a file. What is mounted there
// stays: the kernel would let us unmount it, if it is mounted in a container's namespace alone.
func (u *unpacker) displace(base, name string) error {
	r := u.opt.Recipe
	var st unix.Statx_t
	if err := unix.Statx(u.dirs.top().fd, base, unix.AT_SYMLINK_NOFOLLOW, unix.STATX_TYPE, &st); err != nil {
		return err
	}
	if st.Attributes&unix.STATX_ATTR_MOUNT_ROOT != 0 {
		return unix.EBUSY
	}
	if kind := st.Mode & unix.S_IFMT; r == nil || kind != unix.S_IFREG && kind != unix.S_IFDIR {
		return removeAt(u.dirs.top().fd, base, 0)
	}
	name, err := cleanName(name, u.opt.Limits)
	if err != nil {
		return err
	}
	to, err := r.displaced()
	if err != nil {
		return err
	}
	r.moved++
	if err := unix.Renameat(u.dirs.top().fd, base, to, strconv.Itoa(r.moved)); err != nil {
		return err
	}
	return r.move(name, r.moved)
}
