package plan

import (
	"path"
	"strings"

	"golang.org/x/sys/unix"
)

// inRoot and below are the ways in which a plan resolves a path (openat2(2)): an image's path with the root file system as its
// whole world; a path that must not leave, cross a mount or meet a magic link.
const (
	inRoot  = unix.RESOLVE_IN_ROOT | unix.RESOLVE_NO_MAGICLINKS
	noLinks = unix.RESOLVE_IN_ROOT | unix.RESOLVE_NO_SYMLINKS
	below   = unix.RESOLVE_BENEATH | unix.RESOLVE_NO_XDEV | unix.RESOLVE_NO_MAGICLINKS
)

// openat2 appends openat2(2) relative to dir.
func (b *builder) openat2(dir arg, name string, flags, resolve uint64) (Reg, *Step) {
	how := b.words(flags|unix.O_CLOEXEC, 0, resolve)
	return b.get(unix.SYS_OPENAT2, dir, b.path(name), ptr(how), imm(24))
}

// place is where a mount or a device goes: an O_PATH descriptor, or a name in a folder that only the plan has touched.
type place struct {
	fd   Reg
	name string // "" for the descriptor itself
}

// split cuts a clean destination into its folder and name.
func split(dest string) (dir, name string) {
	dir, name = path.Split(path.Clean("/" + dest))
	return path.Clean(dir), name
}

// relative is dest as openat2 with RESOLVE_IN_ROOT takes it.
func relative(dest string) string {
	if dest = strings.TrimPrefix(path.Clean("/"+dest), "/"); dest == "" {
		return "."
	}
	return dest
}

// folder appends what opens the folder dest of the container and makes what is missing of it.
func (c *compiler) folder(dest string) place { return c.target(dest, true, nil, inRoot) }

// target appends what opens the mount point dest and makes it where it is missing: a folder, or a file. With like, a
// descriptor of a folder or of -ENOTDIR, that decides at run time.
func (c *compiler) target(dest string, dir bool, like *Reg, resolve uint64) place {
	parent, name := split(dest)
	if fd, ok := c.fresh[parent]; ok && name != "" && dir && like == nil {
		c.call(unix.SYS_MKDIRAT, reg(fd), c.path(name), imm(0o755)).ignore(unix.EEXIST)
		return place{fd, name}
	}
	rel := relative(dest)
	fd, s := c.openat2(reg(c.root), rel, unix.O_PATH, resolve)
	s.ignore(unix.ENOENT).when(IfOK)
	at := c.here()
	up := c.parents(parent, resolve)
	c.make(up, name, dir, like)
	c.again(fd, rel, resolve)
	c.land(at)
	return place{fd, ""}
}

// again opens the target that was just made, into the register of the first try.
func (c *compiler) again(fd Reg, rel string, resolve uint64) {
	_, s := c.openat2(reg(c.root), rel, unix.O_PATH, resolve)
	s.Out = fd
}

// parents makes the missing folders above a target and opens the last one.
func (c *compiler) parents(dir string, resolve uint64) Reg {
	up := c.root
	if dir == "/" {
		return up
	}
	names := strings.Split(dir[1:], "/")
	for i := range names {
		rel := strings.Join(names[:i+1], "/")
		fd, s := c.openat2(reg(c.root), rel, unix.O_PATH|unix.O_DIRECTORY, resolve)
		s.ignore(unix.ENOENT).when(IfOK)
		at := c.here()
		c.call(unix.SYS_MKDIRAT, reg(up), c.path(names[i]), imm(0o755)).ignore(unix.EEXIST)
		_, s = c.openat2(reg(c.root), rel, unix.O_PATH|unix.O_DIRECTORY, resolve)
		s.Out = fd
		c.land(at)
		up = fd
	}
	return up
}

// make makes the last component of a target.
func (c *compiler) make(up Reg, name string, dir bool, like *Reg) {
	if like == nil {
		if dir {
			c.mkdir(up, name)
		} else {
			c.mkfile(up, name)
		}
		return
	}
	// A second look at the source: the folder test succeeds for a folder alone.
	_, s := c.openat2(reg(*like), ".", unix.O_PATH|unix.O_DIRECTORY, 0)
	s.ignore(unix.ENOTDIR).when(IfOK)
	at := c.here()
	c.mkfile(up, name)
	over := c.skip()
	c.land(at)
	c.mkdir(up, name)
	c.land(over)
}

func (c *compiler) mkdir(up Reg, name string) {
	c.call(unix.SYS_MKDIRAT, reg(up), c.path(name), imm(0o755)).ignore(unix.EEXIST)
}

func (c *compiler) mkfile(up Reg, name string) {
	c.call(unix.SYS_MKNODAT, reg(up), c.path(name), imm(uint64(unix.S_IFREG|0o644)), imm(0)).ignore(unix.EEXIST)
}

// attach appends move_mount(2) of a detached mount to its place.
func (c *compiler) attach(m Reg, to place) *Step {
	flags := uint64(unix.MOVE_MOUNT_F_EMPTY_PATH)
	if to.name == "" {
		flags |= unix.MOVE_MOUNT_T_EMPTY_PATH
	}
	return c.call(unix.SYS_MOVE_MOUNT, reg(m), c.path(""), reg(to.fd), c.path(to.name), imm(flags))
}
