package plan

import (
	"strings"

	"bantam/internal/linux/mount"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// cgroup shows the container its cgroups. On v2 with a cgroup namespace it is a mount of its own, whose root is the namespace's; else the
// container's folder of the host's mount is bound. On v1 a new mount of a hierarchy would have the kernel walk through all groups of the
// machine for each (cgroup_lock_and_drain_offline), and with the namespace a bind shows the same.
func (c *compiler) cgroup(dest string, o *mount.Options) error {
	o.Data = nil
	if c.host.CgroupV2 {
		return c.cgroupV2(dest, o)
	}
	return c.cgroupV1(dest, o)
}

func (c *compiler) cgroupV2(dest string, o *mount.Options) error {
	to := c.target(dest, true, nil, noLinks)
	if c.own(specs.CgroupNamespace) {
		fd := c.newMount("cgroup2", "cgroup", o, mount.Attributes(o.Flags))
		c.attach(fd, to)
		c.finish(fd, o)
		return nil
	}
	source := "/sys/fs/cgroup"
	if len(c.opt.CgroupPaths) > 0 {
		source = c.opt.CgroupPaths[0].Path
	}
	c.bindCgroup(source, to, o)
	return nil
}

// bindCgroup binds a folder of the host's hierarchy. Without a cgroup namespace it shows where it is, and in a user namespace it is
// read-only then (CVE-2023-25809).
func (c *compiler) bindCgroup(source string, to place, o *mount.Options) {
	fd, _ := c.get(unix.SYS_OPEN_TREE, imm(atCwd), c.path(source), imm(uint64(unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC)))
	a := o.Change()
	if (c.userNS || c.host.UserNS) && !c.own(specs.CgroupNamespace) {
		a.Set |= unix.MOUNT_ATTR_RDONLY
	}
	c.setattr(reg(fd), a, 0, false)
	c.attach(fd, to)
	c.finish(fd, o)
}

// protectCgroups keeps a container with a user namespace but the host's view of control groups from writing to them,
// where a bind mount of /sys brought them along (CVE-2023-25809).
func (c *compiler) protectCgroups() error {
	if !c.userNS || c.own(specs.CgroupNamespace) {
		return nil
	}
	c.about(WhyReadonly, "/sys/fs/cgroup")
	fd, s := c.openat2(reg(c.root), "sys/fs/cgroup", unix.O_PATH|unix.O_DIRECTORY, noLinks)
	s.ignore(unix.ENOENT, unix.ENOTDIR, unix.ELOOP).when(IfIgnored)
	missing := c.here()
	// EINVAL: the folder is no mount; then there are no control groups below it.
	c.setattr(reg(fd), mount.Attr{Set: unix.MOUNT_ATTR_RDONLY}, 0, true)
	c.Steps[len(c.Steps)-1].ignore(unix.EINVAL)
	c.land(missing)
	return nil
}

// cgroupV1 is a tmpfs with a folder for each hierarchy.
func (c *compiler) cgroupV1(dest string, o *mount.Options) error {
	to := c.target(dest, true, nil, noLinks)
	tmp := mount.Options{Data: []string{"mode=755"}}
	top := c.newMount("tmpfs", "tmpfs", &tmp, mount.Attributes(o.Flags&^unix.MS_RDONLY))
	c.attach(top, to)
	for i := range c.opt.CgroupPaths {
		c.hierarchy(top, &c.opt.CgroupPaths[i], dest, o)
	}
	c.about(WhyMount, "cgroup on "+dest)
	if o.Flags&unix.MS_RDONLY != 0 {
		c.setattr(reg(top), mount.Attr{Set: unix.MOUNT_ATTR_RDONLY}, 0, false)
	}
	c.finish(top, o)
	return nil
}

// hierarchy shows one v1 hierarchy, and its controllers by name where several share it.
func (c *compiler) hierarchy(top Reg, h *CgroupPath, dest string, o *mount.Options) {
	c.about(WhyMount, "cgroup "+h.Name+" on "+dest)
	c.mkdir(top, h.Name)
	c.bindCgroup(h.Path, place{top, h.Name}, o)
	for _, alias := range strings.Split(h.Name, ",") {
		if alias != h.Name {
			c.call(unix.SYS_SYMLINKAT, c.path(h.Name), reg(top), c.path(alias)).ignore(unix.EEXIST)
		}
	}
}
