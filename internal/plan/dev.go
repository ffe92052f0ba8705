package plan

import (
	"strconv"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// devState is what is known of the container's /dev.
type devState struct {
	mounted bool // a new file system of the plan: regDev is its top
	bound   bool // a bind mount: its content is the host's affair
	pts     bool // a devpts of the plan: regPts is its top
}

type node struct {
	name         string
	major, minor uint32
}

// nodes are the devices that every container has (config-linux.md, "Default Devices").
var nodes = [...]node{{"null", 1, 3}, {"zero", 1, 5}, {"full", 1, 7}, {"random", 1, 8}, {"urandom", 1, 9}, {"tty", 5, 0}}

var links = [...][2]string{
	{"/proc/self/fd", "fd"}, {"/proc/self/fd/0", "stdin"}, {"/proc/self/fd/1", "stdout"}, {"/proc/self/fd/2", "stderr"},
	{"/proc/kcore", "core"}, {"pts/ptmx", "ptmx"},
}

// device fills /dev. Where it is a bind mount nothing is added.
func (b *builder) device() {
	if b.devs.bound || b.err != nil {
		return
	}
	if !b.devs.mounted {
		// A link here would lead the devices elsewhere (CVE-2026-41579).
		b.at(WhyDevice, "/dev")
		b.folder("dev", noLinks, regDev)
	}
	b.at(WhyUmask, "0")
	b.call(unix.SYS_UMASK, imm(0))
	for i := range nodes {
		if !b.listed(nodes[i].name) {
			n := &nodes[i]
			b.node(reg(regDev), n.name, "/dev/"+n.name, unix.S_IFCHR|0o666, unix.Mkdev(n.major, n.minor), nil, nil)
		}
	}
	for i := range b.spec.Linux.Devices {
		b.specDevice(&b.spec.Linux.Devices[i])
	}
	for _, l := range links {
		b.at(WhyDeviceLink, "/dev/"+l[1])
		b.call(unix.SYS_SYMLINKAT, b.str(l[0]), reg(regDev), b.str(l[1])).ignore(unix.EEXIST)
	}
	b.at(WhyUmask, "022")
	b.call(unix.SYS_UMASK, imm(0o022))
}

func (b *builder) listed(name string) bool {
	for i := range b.spec.Linux.Devices {
		if clean(b.spec.Linux.Devices[i].Path) == "dev/"+name {
			return true
		}
	}
	return false
}

func (b *builder) specDevice(d *specs.LinuxDevice) {
	rel := clean(d.Path)
	if rel == "dev/ptmx" || rel == "." { // ptmx is a link into the container's own devpts
		return
	}
	mode := uint32(0o666)
	if d.FileMode != nil {
		mode = uint32(*d.FileMode) & 0o777
	}
	var dev uint64
	switch d.Type {
	case "p":
		mode |= unix.S_IFIFO
	case "b":
		mode |= unix.S_IFBLK
		dev = unix.Mkdev(uint32(d.Major), uint32(d.Minor))
	default:
		mode |= unix.S_IFCHR
		dev = unix.Mkdev(uint32(d.Major), uint32(d.Minor))
	}
	if name, ok := strings.CutPrefix(rel, "dev/"); ok && !strings.Contains(name, "/") {
		b.node(reg(regDev), name, d.Path, mode, dev, d.UID, d.GID)
		return
	}
	b.at(WhyDevice, d.Path)
	i := strings.LastIndexByte(rel, '/')
	dir := arg(reg(regRoot))
	if i >= 0 {
		b.folder(rel[:i], inRoot, regTarget)
		dir = reg(regTarget)
	}
	b.node(dir, rel[i+1:], d.Path, mode, dev, d.UID, d.GID)
}

// node makes a device, or where that is not allowed binds the host's.
func (b *builder) node(dir arg, name, path string, mode uint32, dev uint64, uid, gid *uint32) {
	b.at(WhyDevice, path)
	if b.bindsDevices() && mode&unix.S_IFMT != unix.S_IFIFO {
		b.bindNode(dir, name, path)
		return
	}
	at := b.str(name)
	b.call(unix.SYS_MKNODAT, dir, at, imm(mode), imm(dev)).ignore(unix.EEXIST)
	if uid == nil && gid == nil || value(uid) == 0 && value(gid) == 0 {
		return
	}
	there := b.skipping(IfIgnored)
	b.call(unix.SYS_FCHOWNAT, dir, at, imm(value(uid)), imm(value(gid)), imm(unix.AT_SYMLINK_NOFOLLOW))
	b.land(there)
}

func value(p *uint32) uint32 {
	if p == nil {
		return 0
	}
	return *p
}

// bindsDevices: in a user namespace no device node can be made.
func (b *builder) bindsDevices() bool { return b.host.UserNS || b.ns&unix.CLONE_NEWUSER != 0 }

func (b *builder) bindNode(dir arg, name, path string) {
	b.openTree(atFDCWD(), path, 0).out(regTree)
	b.call(unix.SYS_MKNODAT, dir, b.str(name), imm(unix.S_IFREG|0o644), imm(0)).ignore(unix.EEXIST)
	b.moveMount(regTree, dir, name)
}

// console makes the terminal: a pair of the container's devpts, whose master end
// goes to the caller, and the slave end on /dev/console.
func (b *builder) console() {
	p := b.spec.Process
	if !p.Terminal || b.err != nil {
		return
	}
	b.at(WhyConsole, "/dev/pts/ptmx")
	const flags = unix.O_RDWR | unix.O_NOCTTY
	if b.devs.pts {
		b.openat2(reg(regPts), "ptmx", flags, private).out(regMaster)
	} else {
		b.openat2(reg(regRoot), "dev/pts/ptmx", flags, inRoot).out(regMaster)
	}
	b.terminal(p)
	b.consoleMount()
}

// terminal prepares the pair whose master end is open and hands that end over.
func (b *builder) terminal(p *specs.Process) {
	b.call(unix.SYS_IOCTL, reg(regMaster), imm(unix.TIOCSPTLCK), ptr(b.words(0)))
	if c := p.ConsoleSize; c != nil {
		if c.Height > 0xffff || c.Width > 0xffff {
			b.fail("process.consoleSize: ", strconv.FormatUint(uint64(c.Height), 10), "x", strconv.FormatUint(uint64(c.Width), 10), " is too big")
		}
		b.call(unix.SYS_IOCTL, reg(regMaster), imm(unix.TIOCSWINSZ), ptr(b.words(uint64(c.Height&0xffff)|uint64(c.Width&0xffff)<<16)))
	}
	b.call(unix.SYS_IOCTL, reg(regMaster), imm(unix.TIOCGPTPEER), imm(unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC)).out(regSlave)
	if p.User.UID != 0 {
		b.call(unix.SYS_FCHOWN, reg(regSlave), imm(p.User.UID), imm(uint32(1<<32-1))).ignore(unix.EPERM)
	}
	b.at(WhySendConsole, "terminal")
	b.sendFDs(reg(RegConsole), "/dev/ptmx", regMaster)
	b.call(unix.SYS_CLOSE, reg(regMaster))
}

// consoleMount puts the slave end on /dev/console by descriptor: a link or a file in the image
// can't lead it elsewhere (CVE-2025-52565).
func (b *builder) consoleMount() {
	if b.devs.bound {
		return
	}
	b.at(WhyConsole, "/dev/console")
	b.call(unix.SYS_MKNODAT, reg(regDev), b.str("console"), imm(unix.S_IFREG|0o600), imm(0)).ignore(unix.EEXIST)
	b.openat2(reg(regDev), "console", unix.O_PATH|unix.O_NOFOLLOW, private).out(regTarget)
	b.openTree(reg(regSlave), "", 0).out(regTree)
	b.moveMount(regTree, reg(regTarget), "")
}
