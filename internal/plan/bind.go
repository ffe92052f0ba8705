package plan

import (
	"fmt"
	"path"
	"strings"

	"bantam/internal/linux/mount"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// openSources opens the sources of bind mounts before their turn: while this process still is the host's user, who
// may enter folders that the container's can't, and while they have their peers outside.
func (c *compiler) openSources() {
	c.sources = make(map[int]Reg, len(c.spec.Mounts))
	for i := range c.spec.Mounts {
		m := &c.spec.Mounts[i]
		if o := mount.Parse(m.Options); m.Source != "" && o.Flags&unix.MS_REMOUNT == 0 && (o.Bind() || m.Type == "bind") {
			c.about(WhyMount, c.source(m)+" on "+path.Clean("/"+m.Destination))
			c.sources[i] = c.openSource(m, &o)
		}
	}
}

// source is the path of a bind mount's source on the host.
func (c *compiler) source(m *specs.Mount) string {
	if strings.HasPrefix(m.Source, "/") {
		return m.Source
	}
	return c.opt.Bundle + "/" + m.Source
}

// tree is a mount that the caller of Compile has made for a destination.
func (c *compiler) tree(dest string) (Reg, bool) {
	tree, ok := c.opt.Trees[dest]
	if !ok {
		return NoReg, false
	}
	fd, _ := c.get(unix.SYS_FCNTL, imm(uint64(tree)), imm(uint64(unix.F_DUPFD_CLOEXEC)), imm(0))
	return fd, true
}

func (c *compiler) openSource(m *specs.Mount, o *mount.Options) Reg {
	if fd, ok := c.tree(path.Clean("/" + m.Destination)); ok {
		return fd
	}
	flags := uint64(unix.OPEN_TREE_CLONE | unix.OPEN_TREE_CLOEXEC)
	if o.Flags&unix.MS_REC != 0 || m.Type == "bind" && !o.Bind() {
		flags |= unix.AT_RECURSIVE
	}
	fd, _ := c.get(unix.SYS_OPEN_TREE, imm(atCwd), c.path(c.source(m)), imm(flags))
	return fd
}

// bind clones the source's mount, changes the clone while nobody sees it, and attaches it.
func (c *compiler) bind(i int, m *specs.Mount, dest string, o *mount.Options) error {
	if m.Source == "" {
		return fmt.Errorf("a bind mount needs a source")
	}
	c.about(WhyMount, c.source(m)+" on "+dest)
	fd, ok := c.sources[i]
	if !ok {
		fd = c.openSource(m, o)
	}
	if err := c.idmap(m, fd, o); err != nil {
		return err
	}
	if a := o.Change(); !a.Zero() {
		c.setattr(reg(fd), a, 0, false)
	}
	to := c.target(dest, false, &fd, resolveFor(dest, ""))
	c.attach(fd, to)
	c.finish(fd, o)
	c.remember("bind", dest, NoReg)
	return nil
}

// idmap maps the owners of a detached mount (mount_setattr(2), MOUNT_ATTR_IDMAP).
func (c *compiler) idmap(m *specs.Mount, fd Reg, o *mount.Options) error {
	uid, gid := m.UIDMappings, m.GIDMappings
	if len(uid) == 0 && len(gid) == 0 {
		if o.IDMap == mount.IDMapNone {
			return nil
		}
		uid, gid = c.linux.UIDMappings, c.linux.GIDMappings
	}
	if len(uid) == 0 || len(gid) == 0 {
		return fmt.Errorf("an idmapped mount needs uidMappings and gidMappings, its own or the container's")
	}
	if len(c.IDMaps) == int(RegNS0-RegUser0) {
		return fmt.Errorf("more than %d idmapped mounts", RegNS0-RegUser0)
	}
	at := c.words(unix.MOUNT_ATTR_IDMAP, 0, 0, 0)
	c.store(RegUser0+Reg(len(c.IDMaps)), at+24)
	flags := uint64(unix.AT_EMPTY_PATH)
	if o.IDMap == mount.IDMapRecursive {
		flags |= unix.AT_RECURSIVE
	}
	c.IDMaps = append(c.IDMaps, IDMap{UID: mappings(uid), GID: mappings(gid)})
	c.call(unix.SYS_MOUNT_SETATTR, reg(fd), c.path(""), imm(flags), ptr(at), imm(32))
	return nil
}
