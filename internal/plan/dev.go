package plan

import (
	"fmt"
	"path"
	"strings"

	"bantam/internal/linux/mount"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// standard are the devices that every container has (runtime-spec, config-linux.md, "Default Devices").
var standard = [...]struct {
	name         string
	major, minor uint32
}{{"null", 1, 3}, {"zero", 1, 5}, {"full", 1, 7}, {"random", 1, 8}, {"urandom", 1, 9}, {"tty", 5, 0}}

// links of /dev (runtime-spec, "Dev symbolic links").
var links = [...]struct{ name, to string }{
	{"fd", "/proc/self/fd"}, {"stdin", "/proc/self/fd/0"}, {"stdout", "/proc/self/fd/1"}, {"stderr", "/proc/self/fd/2"}, {"ptmx", "pts/ptmx"},
}

// devices fills /dev, unless the spec binds a folder there: that one is somebody else's.
func (c *compiler) devices() error {
	if c.devIsBound() {
		return nil
	}
	dev := c.devFolder()
	for _, d := range standard {
		if c.inSpec(path.Join("/dev", d.name)) {
			continue
		}
		c.about(WhyDevice, "/dev/"+d.name)
		c.node(dev, d.name, "/dev/"+d.name, unix.S_IFCHR|0o666, unix.Mkdev(d.major, d.minor), nil)
	}
	for i := range c.linux.Devices {
		if err := c.device(dev, &c.linux.Devices[i]); err != nil {
			return err
		}
	}
	c.about(WhyDevLink, "/dev")
	for _, l := range links {
		c.call(unix.SYS_SYMLINKAT, c.path(l.to), reg(dev), c.path(l.name)).ignore(unix.EEXIST)
	}
	return nil
}

func (c *compiler) devIsBound() bool {
	for i := range c.spec.Mounts {
		m := &c.spec.Mounts[i]
		if path.Clean("/"+m.Destination) != "/dev" {
			continue
		}
		if o := mount.Parse(m.Options); m.Type == "bind" || o.Bind() {
			return true
		}
	}
	return false
}

func (c *compiler) inSpec(p string) bool {
	for i := range c.linux.Devices {
		if path.Clean(c.linux.Devices[i].Path) == p {
			return true
		}
	}
	return false
}

// devFolder is /dev: the mount made by the plan, or the image's folder, which no link may stand for (CVE-2026-41579).
func (c *compiler) devFolder() Reg {
	if fd, ok := c.fresh["/dev"]; ok {
		return fd
	}
	c.about(WhyDevice, "/dev")
	fd := c.target("/dev", true, nil, noLinks).fd
	dir, s := c.openat2(reg(fd), ".", unix.O_PATH|unix.O_DIRECTORY, below)
	_ = s
	return dir
}

func (c *compiler) device(dev Reg, d *specs.LinuxDevice) error {
	p := path.Clean(d.Path)
	if !strings.HasPrefix(d.Path, "/") {
		return fmt.Errorf("linux.devices: %q is not an absolute path", d.Path)
	}
	kind, err := deviceKind(d)
	if err != nil {
		return err
	}
	mode := uint64(0o666)
	if d.FileMode != nil {
		mode = uint64(d.FileMode.Perm())
	}
	dir, name := dev, strings.TrimPrefix(p, "/dev/")
	c.about(WhyDevice, p)
	if name == p || strings.Contains(name, "/") {
		parent, base := split(p)
		at := c.folder(parent)
		if at.name != "" {
			at.fd, _ = c.openat2(reg(at.fd), at.name, unix.O_PATH|unix.O_DIRECTORY, below)
		}
		dir, name = at.fd, base
	}
	c.node(dir, name, p, kind|mode, unix.Mkdev(uint32(d.Major), uint32(d.Minor)), d)
	return nil
}

func deviceKind(d *specs.LinuxDevice) (uint64, error) {
	if d.Type != "p" && (d.Major < 0 || d.Minor < 0) {
		return 0, fmt.Errorf("linux.devices: %s has no major and minor number", d.Path)
	}
	switch d.Type {
	case "c", "u":
		return unix.S_IFCHR, nil
	case "b":
		return unix.S_IFBLK, nil
	case "p":
		return unix.S_IFIFO, nil
	}
	return 0, fmt.Errorf("linux.devices: %s has type %q: it must be c, b, u or p", d.Path, d.Type)
}

// node makes a device, or binds the host's in a user namespace, where mknod(2) is refused.
func (c *compiler) node(dir Reg, name, host string, mode, number uint64, d *specs.LinuxDevice) {
	if (c.userNS || c.host.UserNS) && mode&unix.S_IFMT != unix.S_IFIFO {
		fd, _ := c.get(unix.SYS_OPEN_TREE, imm(atCwd), c.path(host), imm(uint64(unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC)))
		at := c.words(unix.MOUNT_ATTR_NOSUID|unix.MOUNT_ATTR_NOEXEC, 0, 0, 0)
		c.call(unix.SYS_MOUNT_SETATTR, reg(fd), c.path(""), imm(uint64(unix.AT_EMPTY_PATH)), ptr(at), imm(32))
		c.mkfile(dir, name)
		c.attach(fd, place{dir, name})
		return
	}
	c.call(unix.SYS_MKNODAT, reg(dir), c.path(name), imm(mode), imm(number)).ignore(unix.EEXIST)
	if d != nil && (deref(d.UID) != 0 || deref(d.GID) != 0) {
		// What was there before keeps its owner.
		c.Steps[len(c.Steps)-1].when(IfIgnored)
		defer c.land(c.here())
		c.call(unix.SYS_FCHOWNAT, reg(dir), c.path(name), imm(deref(d.UID)), imm(deref(d.GID)), imm(uint64(unix.AT_SYMLINK_NOFOLLOW)))
	}
}

func deref(n *uint32) uint32 {
	if n == nil {
		return 0
	}
	return *n
}

// prepareInside makes the folder of the process's cwd and the console.
func (c *compiler) prepareInside() error {
	cwd := c.spec.Process.Cwd
	if !strings.HasPrefix(cwd, "/") {
		return fmt.Errorf("process.cwd must be an absolute path, not %q", cwd)
	}
	if path.Clean(cwd) != "/" {
		c.about(WhyCwd, cwd)
		c.folder(cwd)
	}
	if c.spec.Process.Terminal {
		c.terminal()
	}
	return nil
}

// terminal makes a pseudoterminal in the container's devpts, sends its master end away and binds the slave end to /dev/console.
// The slave is got from the master (TIOCGPTPEER): no path is trusted (CVE-2025-52565).
func (c *compiler) terminal() {
	c.about(WhyConsole, "/dev/console")
	master, _ := c.openat2(reg(c.root), "dev/pts/ptmx", unix.O_RDWR|unix.O_NOCTTY, inRoot)
	slave := c.openSlave(master)
	if !c.opt.NoConsoleSocket {
		c.sendFDs(RegConsole, master)
	}
	tree, _ := c.get(unix.SYS_OPEN_TREE, reg(slave), c.path(""), imm(uint64(unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC|unix.AT_EMPTY_PATH)))
	dev, _ := c.openat2(reg(c.root), "dev", unix.O_PATH|unix.O_DIRECTORY, noLinks)
	c.mkfile(dev, "console")
	to, _ := c.openat2(reg(dev), "console", unix.O_PATH|unix.O_NOFOLLOW, below|unix.RESOLVE_NO_SYMLINKS)
	c.attach(tree, place{to, ""})
	c.console = slave
}

// openSlave unlocks the pair, sets its size and opens the other end.
func (c *builder) openSlave(master Reg) Reg {
	c.call(unix.SYS_IOCTL, reg(master), imm(uint64(unix.TIOCSPTLCK)), ptr(c.words(0)))
	slave, _ := c.get(unix.SYS_IOCTL, reg(master), imm(uint64(unix.TIOCGPTPEER)), imm(uint64(unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC)))
	return slave
}

// useTerminal makes the slave the controlling terminal and descriptors 0 to 2.
func (c *builder) useTerminal(slave Reg, size *specs.Box, uid uint32) {
	c.about(WhyConsole, "")
	if size != nil {
		at := c.words(uint64(uint16(size.Height)) | uint64(uint16(size.Width))<<16)
		c.call(unix.SYS_IOCTL, reg(slave), imm(uint64(unix.TIOCSWINSZ)), ptr(at))
	}
	c.call(unix.SYS_IOCTL, reg(slave), imm(uint64(unix.TIOCSCTTY)), imm(0))
	c.call(unix.SYS_FCHOWN, reg(slave), imm(uid), imm(uint64(0xffffffffffffffff))).ignore(unix.EPERM, unix.EINVAL, unix.EROFS)
	for fd := 0; fd < 3; fd++ {
		c.call(unix.SYS_DUP3, reg(slave), imm(fd), imm(0))
	}
}
