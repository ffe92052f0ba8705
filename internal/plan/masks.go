package plan

import (
	"path"
	"strings"

	"bantam/internal/linux/mount"

	"golang.org/x/sys/unix"
)

// masks hides and write-protects paths of the container, before the pivot: the host's /dev/null is
// still in reach, so that nothing in the image can stand for it (CVE-2025-31133).
func (c *compiler) masks() error {
	for _, p := range c.linux.ReadonlyPaths {
		c.readonly(p)
	}
	if len(c.linux.MaskedPaths) == 0 {
		return nil
	}
	c.about(WhyMask, "")
	c.null, _ = c.get(unix.SYS_OPENAT, imm(atCwd), c.path("/dev/null"), imm(uint64(unix.O_PATH|unix.O_CLOEXEC|unix.O_NOFOLLOW)))
	if c.empty == NoReg {
		c.empty = c.emptyFolder()
	}
	for _, p := range c.linux.MaskedPaths {
		c.mask(p)
	}
	return nil
}

// emptyFolder is for a container without a sysfs of its own, in which fs/cgroup is empty for good as long as nothing is mounted there, costs nothing and has
// nothing in it that could be changed. It is an empty file system, read-only. Only an attached mount can be copied before
// Linux 6.15, so it stands over the host's /sys, which goes away with the pivot. Nothing mounted there
// is passed on outside.
func (c *compiler) emptyFolder() Reg {
	if c.shared() {
		return NoReg // the host's root would pass it on: each folder gets its own
	}
	empty := c.emptyMount()
	c.call(unix.SYS_MOVE_MOUNT, reg(empty), c.path(""), imm(atCwd), c.path("/sys"), imm(uint64(unix.MOVE_MOUNT_F_EMPTY_PATH)))
	return empty
}

func (c *compiler) emptyMount() Reg {
	return c.newMount("tmpfs", "tmpfs", &mount.Options{Data: []string{"size=4k", "mode=755"}}, unix.MOUNT_ATTR_RDONLY|unix.MOUNT_ATTR_NOSUID|unix.MOUNT_ATTR_NODEV|unix.MOUNT_ATTR_NOEXEC)
}

// readonly binds a path onto itself, read-only; what is missing is left alone.
func (c *compiler) readonly(p string) {
	c.about(WhyReadonly, p)
	fd, s := c.openat2(reg(c.root), relative(p), unix.O_PATH, inRoot)
	s.ignore(unix.ENOENT, unix.ENOTDIR).when(IfIgnored)
	at := c.here()
	tree := c.clone(fd, unix.AT_RECURSIVE)
	c.setattr(reg(tree), mount.Attr{Set: unix.MOUNT_ATTR_RDONLY}, 0, true)
	c.attach(tree, place{fd, ""})
	c.land(at)
}

// clone is a detached copy of the mount at a descriptor.
func (c *builder) clone(fd Reg, flags uint64) Reg {
	tree, _ := c.get(unix.SYS_OPEN_TREE, reg(fd), c.path(""), imm(uint64(unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC|unix.AT_EMPTY_PATH)|flags))
	return tree
}

// mask covers a file with /dev/null and a folder with the empty one.
func (c *compiler) mask(p string) {
	c.about(WhyMask, p)
	rel := relative(p)
	fd, s := c.openat2(reg(c.root), rel, unix.O_PATH|unix.O_DIRECTORY, inRoot)
	s.ignore(unix.ENOENT, unix.ENOTDIR).when(IfOK)
	dir := c.here()
	_, s = c.openat2(reg(c.root), rel, unix.O_PATH, inRoot)
	s.Out = fd
	s.ignore(unix.ENOENT, unix.ENOTDIR).when(IfIgnored)
	missing := c.here()
	c.attach(c.clone(c.null, 0), place{fd, ""})
	over := c.skip()
	c.land(dir)
	if c.empty == NoReg {
		c.attach(c.emptyMount(), place{fd, ""})
	} else {
		c.attach(c.clone(c.empty, 0), place{fd, ""})
	}
	c.land(over)
	c.land(missing)
}

// handle is a procfs of the container's own that no mount covers, for what is
// written there: labels and settings (CVE-2025-52881).
func (c *compiler) handle() Reg {
	if c.proc == NoReg {
		c.proc = c.newMount("proc", "proc", &mount.Options{}, unix.MOUNT_ATTR_NOSUID|unix.MOUNT_ATTR_NODEV|unix.MOUNT_ATTR_NOEXEC)
	}
	return c.proc
}

// write appends the write of a file below the handle.
func (c *compiler) write(name, text string) *Step {
	fd, _ := c.openat2(reg(c.handle()), name, unix.O_WRONLY, below)
	return c.call(unix.SYS_WRITE, reg(fd), c.path(text), imm(len(text)))
}

// sysctls writes the settings in the order of their names.
func (c *compiler) sysctls() error {
	for _, name := range sorted(c.linux.Sysctl) {
		if err := c.checkSysctl(name); err != nil {
			return err
		}
		c.about(WhySysctl, name)
		c.write("sys/"+sysctlPath(name), c.linux.Sysctl[name])
	}
	return nil
}

// sysctlPath turns "net.ipv4.conf.eth0/1.forwarding" into a path: the first separator decides which one it is (sysctl(8)).
func sysctlPath(name string) string {
	if dot, slash := strings.IndexByte(name, '.'), strings.IndexByte(name, '/'); dot >= 0 && (slash < 0 || dot < slash) {
		return path.Clean("/" + strings.Map(swap, name))[1:]
	}
	return path.Clean("/" + name)[1:]
}

func swap(r rune) rune {
	switch r {
	case '.':
		return '/'
	case '/':
		return '.'
	}
	return r
}
