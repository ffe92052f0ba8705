package plan

import (
	"fmt"
	"path"
	"strings"

	"bantam/internal/linux/mount"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// mounts appends the mounts of the spec in their order.
func (c *compiler) mounts() error {
	for i := range c.spec.Mounts {
		m := &c.spec.Mounts[i]
		if err := c.mount(i, m); err != nil {
			return fmt.Errorf("mounts[%d] on %s: %w", i, m.Destination, err)
		}
	}
	c.placed()
	return nil
}

func (c *compiler) mount(i int, m *specs.Mount) error {
	if m.Destination == "" {
		return fmt.Errorf("destination is missing")
	}
	dest := path.Clean("/" + m.Destination)
	o := mount.Parse(m.Options)
	if err := checkProc(dest, m.Type, &o); err != nil {
		return err
	}
	c.about(WhyMount, m.Type+" on "+dest)
	switch {
	case o.Flags&unix.MS_REMOUNT != 0:
		return c.remount(dest, &o)
	case o.Bind() || m.Type == "bind":
		return c.bind(i, m, dest, &o)
	case m.Type == "cgroup" || m.Type == "cgroup2":
		c.placed()
		return c.cgroup(dest, &o)
	}
	return c.fileSystem(m, dest, &o)
}

// checkProc refuses mounts over or below /proc, where labels and settings are written and
// read (CVE-2019-16884, CVE-2019-19921), but for files that lxcfs stands in for.
func checkProc(dest, kind string, o *mount.Options) error {
	if dest == "/proc" {
		if kind == "proc" && !o.Bind() || o.Bind() {
			return nil
		}
		return fmt.Errorf("only proc or a bind mount may stand at /proc, not %s", kind)
	}
	if !strings.HasPrefix(dest, "/proc/") {
		return nil
	}
	switch dest[len("/proc/"):] {
	case "cpuinfo", "diskstats", "meminfo", "stat", "swaps", "uptime", "loadavg", "slabinfo", "sys/kernel/ns_last_pid", "sys/crypto/fips_enabled":
		return nil
	}
	return fmt.Errorf("a mount inside /proc could fake what the runtime writes there: it is refused")
}

// resolveFor says how the mount point is found: for proc and sysfs no symbolic link is followed.
func resolveFor(dest, kind string) uint64 {
	if kind == "proc" || kind == "sysfs" || dest == "/proc" || dest == "/sys" {
		return noLinks
	}
	return inRoot
}

// fileSystem mounts a new file system: fsopen, fsconfig, fsmount, move_mount.
func (c *compiler) fileSystem(m *specs.Mount, dest string, o *mount.Options) error {
	if m.Type == "" {
		return fmt.Errorf("type is missing")
	}
	if dest == "/" {
		return fmt.Errorf("the root file system is root.path, not a mount on /")
	}
	to := c.target(dest, true, nil, resolveFor(dest, m.Type))
	if long(o.Data) {
		return c.classic(m, to, o)
	}
	attrs := mount.Attributes(o.Flags)
	if o.CopyUp {
		attrs &^= unix.MOUNT_ATTR_RDONLY
	}
	fd := c.newMount(m.Type, m.Source, o, attrs)
	if o.CopyUp {
		c.copyUp(to, fd)
	}
	c.attach(fd, to)
	c.finish(fd, o)
	if o.CopyUp && o.Flags&unix.MS_RDONLY != 0 {
		c.setattr(reg(fd), mount.Attr{Set: unix.MOUNT_ATTR_RDONLY}, 0, false)
	}
	c.remember(m.Type, dest, fd)
	return nil
}

// remember keeps file systems whose content is the plan's own doing.
func (c *compiler) remember(kind, dest string, fd Reg) {
	for d := range c.fresh {
		if strings.HasPrefix(d, dest+"/") {
			delete(c.fresh, d)
		}
	}
	delete(c.fresh, dest)
	switch {
	case kind == "tmpfs" && fd != NoReg:
		c.fresh[dest] = fd
	case kind == "proc" && dest == "/proc":
		c.proc = fd
	case kind == "sysfs" && dest == "/sys" && len(c.linux.MaskedPaths) > 0:
		c.empty, _ = c.openat2(reg(fd), "fs/cgroup", unix.O_PATH|unix.O_DIRECTORY, below)
	}
}

// long says that an option is over what fsconfig(2) takes, 255 bytes.
func long(data []string) bool {
	for _, d := range data {
		if len(d) > 255 {
			return true
		}
	}
	return false
}

// classic mounts by mount(2) on ".", for options that fsconfig does not take.
func (c *compiler) classic(m *specs.Mount, to place, o *mount.Options) error {
	if len(o.DataString()) > 4095 {
		return fmt.Errorf("the options are longer than the 4095 bytes that the kernel takes")
	}
	if to.name != "" {
		to.fd, _ = c.openat2(reg(to.fd), to.name, unix.O_PATH|unix.O_DIRECTORY, below)
	}
	c.call(unix.SYS_FCHDIR, reg(to.fd))
	c.call(unix.SYS_MOUNT, c.path(m.Source), c.path("."), c.path(m.Type), imm(uint64(o.Flags)), c.path(o.DataString()))
	return nil
}

// newMount makes a detached mount of a new file system.
func (c *compiler) newMount(kind, source string, o *mount.Options, attrs uint64) Reg {
	fs, _ := c.get(unix.SYS_FSOPEN, c.path(kind), imm(uint64(unix.FSOPEN_CLOEXEC)))
	if source != "" {
		c.call(unix.SYS_FSCONFIG, reg(fs), imm(uint64(unix.FSCONFIG_SET_STRING)), c.path("source"), c.path(source), imm(0)).ignore(unix.EINVAL)
	}
	for _, name := range mount.SuperFlags(o.Flags) {
		if name != "ro" {
			c.call(unix.SYS_FSCONFIG, reg(fs), imm(uint64(unix.FSCONFIG_SET_FLAG)), c.path(name), imm(0), imm(0))
		}
	}
	for _, d := range o.Data {
		if key, value, ok := strings.Cut(d, "="); ok {
			c.call(unix.SYS_FSCONFIG, reg(fs), imm(uint64(unix.FSCONFIG_SET_STRING)), c.path(key), c.path(value), imm(0))
		} else {
			c.call(unix.SYS_FSCONFIG, reg(fs), imm(uint64(unix.FSCONFIG_SET_FLAG)), c.path(key), imm(0), imm(0))
		}
	}
	c.call(unix.SYS_FSCONFIG, reg(fs), imm(uint64(unix.FSCONFIG_CMD_CREATE)), imm(0), imm(0), imm(0))
	m, _ := c.get(unix.SYS_FSMOUNT, reg(fs), imm(uint64(unix.FSMOUNT_CLOEXEC)), imm(attrs))
	return m
}

// finish sets the propagation and the recursive attributes of an attached mount.
func (c *compiler) finish(m Reg, o *mount.Options) {
	for _, p := range o.Propagation {
		c.setattr(reg(m), mount.Attr{}, p&^unix.MS_REC, p&unix.MS_REC != 0)
	}
	if !o.Recursive.Zero() {
		c.setattr(reg(m), o.Recursive, 0, true)
	}
}

// remount changes the mount that stands at dest.
func (c *compiler) remount(dest string, o *mount.Options) error {
	fd, _ := c.openat2(reg(c.root), relative(dest), unix.O_PATH, inRoot)
	c.setattr(reg(fd), o.Change(), 0, false)
	c.finish(fd, o)
	return nil
}

// copyUp lets the parent copy what is at the mount point into the new file system (SyncCopyUp).
func (c *compiler) copyUp(to place, fd Reg) {
	from := to.fd
	if to.name != "" {
		from, _ = c.openat2(reg(to.fd), to.name, unix.O_PATH|unix.O_DIRECTORY, below)
	}
	c.tell(SyncCopyUp, NoReg)
	c.sendFDs(RegSync, from, fd)
	c.sync(SyncWait, NoReg)
}

// sendFDs appends sendmsg(2) of descriptors with one byte of data (unix(7), SCM_RIGHTS).
func (b *builder) sendFDs(socket Reg, fds ...Reg) {
	size := 16 + 4*len(fds)
	control := b.words(uint64(size), uint64(unix.SOL_SOCKET)|uint64(unix.SCM_RIGHTS)<<32)
	b.room((4*len(fds) + 7) &^ 7)
	for i, fd := range fds {
		b.store(fd, control+16+uint64(4*i))
	}
	iov := b.words(0, 1)
	b.point(iov, b.str("\x01"))
	msg := b.words(0, 0, 0, 1, 0, uint64(size), 0)
	b.point(msg+16, iov)
	b.point(msg+32, control)
	b.call(unix.SYS_SENDMSG, reg(socket), ptr(msg), imm(uint64(unix.MSG_NOSIGNAL)))
}
