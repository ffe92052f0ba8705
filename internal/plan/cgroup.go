package plan

import (
	"strings"

	"bantam/internal/linux/mount"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// cgroup shows the container its control groups. A bind mount of the container's own folder
// looks the same as a new mount in its cgroup namespace, and is far cheaper.
func (b *builder) cgroup(m *specs.Mount, o *mount.Options, rel string) {
	b.at(WhyMount, "cgroup on /"+rel)
	if b.host.CgroupV2 {
		b.cgroupV2(m, o, rel)
		return
	}
	b.cgroupV1(m, o, rel)
}

func (b *builder) cgroupV2(m *specs.Mount, o *mount.Options, rel string) {
	to := b.target(rel)
	joined := b.ns&^b.new&unix.CLONE_NEWCGROUP != 0
	switch {
	case b.new&unix.CLONE_NEWCGROUP != 0 && len(b.opt.CgroupPaths) > 0:
		b.openTree(atFDCWD(), b.opt.CgroupPaths[0].Path, 0).out(regTree)
	case joined || b.ns&unix.CLONE_NEWCGROUP != 0:
		fs := b.fsopen("cgroup2")
		b.fsString(fs, "source", "cgroup")
		b.fsmount(fs, 0, regTree)
	default:
		b.openTree(atFDCWD(), "/sys/fs/cgroup", unix.AT_RECURSIVE).out(regTree)
	}
	b.propagate(regTree, unix.MS_PRIVATE, false)
	b.cgroupAttributes(regTree, o)
	b.moveMount(regTree, to.dir, to.name)
}

// cgroupV1 is a small tmpfs with a folder for each hierarchy.
func (b *builder) cgroupV1(m *specs.Mount, o *mount.Options, rel string) {
	out := b.register()
	if out == NoReg {
		b.fail("too many mounts below /", rel)
		return
	}
	to := b.target(rel)
	fs := b.fsopen("tmpfs")
	b.fsString(fs, "source", "tmpfs")
	b.fsString(fs, "mode", "755")
	b.fsmount(fs, 0, out)
	b.moveMount(out, to.dir, to.name)
	b.call(unix.SYS_FCHDIR, reg(out))
	for _, p := range b.opt.CgroupPaths {
		b.note = "cgroup on /" + rel + "/" + p.Name
		name := b.str(p.Name)
		b.call(unix.SYS_MKDIRAT, reg(out), name, imm(0o755))
		b.call(unix.SYS_MOUNT, b.str(p.Path), name, imm(0), imm(unix.MS_BIND), imm(0))
		b.cgroupLinks(out, p.Name)
	}
	b.note = "cgroup on /" + rel
	b.cgroupAttributes(out, o)
}

// cgroupLinks are the names of controllers that share a hierarchy: cpu -> cpu,cpuacct.
func (b *builder) cgroupLinks(dir Reg, name string) {
	if !strings.Contains(name, ",") {
		return
	}
	for _, c := range strings.Split(name, ",") {
		b.call(unix.SYS_SYMLINKAT, b.str(name), reg(dir), b.str(c)).ignore(unix.EEXIST)
	}
}

// cgroupAttributes sets the mount's flags on the whole tree at once.
func (b *builder) cgroupAttributes(r Reg, o *mount.Options) {
	a := o.Change()
	a.Set |= o.Recursive.Set
	a.Clear = a.Clear&^a.Set | o.Recursive.Clear | a.Clear&unix.MOUNT_ATTR__ATIME
	if a.Zero() {
		return
	}
	b.setattr(reg(r), "", unix.AT_RECURSIVE, a, 0)
}

// protectCgroups keeps a container with a user namespace of its own but the host's view of
// control groups from writing to them (CVE-2023-25809).
func (b *builder) protectCgroups() {
	if b.ns&unix.CLONE_NEWUSER == 0 || b.ns&unix.CLONE_NEWCGROUP != 0 {
		return
	}
	b.at(WhyProtectCgroup, "/sys/fs/cgroup")
	b.openat2(reg(regRoot), "sys/fs/cgroup", unix.O_PATH|unix.O_DIRECTORY, noLinks).out(regTarget).ignore(unix.ENOENT, unix.ENOTDIR, unix.ELOOP)
	missing := b.skipping(IfIgnored)
	b.setattr(reg(regTarget), "", unix.AT_RECURSIVE, mount.Attr{Set: unix.MOUNT_ATTR_RDONLY}, 0).ignore(unix.EINVAL)
	b.land(missing)
}
