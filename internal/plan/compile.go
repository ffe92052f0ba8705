package plan

import (
	"errors"
	"fmt"
	"path"
	"strings"

	"bantam/internal/linux/mount"
	"bantam/internal/oci"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// compiler holds what the parts of Compile share.
type compiler struct {
	*builder
	spec  *specs.Spec
	linux *specs.Linux
	host  *Host
	opt   *Options

	root    Reg            // O_PATH descriptor of the root file system
	fresh   map[string]Reg // folders of file systems that the plan itself has mounted, by clean destination
	null    Reg            // the host's /dev/null, for masks
	empty   Reg            // a folder that is empty for good, for masks
	proc    Reg            // a procfs of the container's pid namespace that nobody else has touched
	console Reg            // slave end of the terminal
	mountNS bool
	userNS  bool        // a user namespace of its own, new or joined
	sources map[int]Reg // trees of bind mounts that were opened before their turn, by number
	// inGroups: the steps so far have entered the control groups.
	inGroups bool
	made     uintptr // new namespaces, CLONE_NEW* flags
}

// Compile turns a spec into the plan that starts its container. It returns an error
// for what the spec asks and no plan can do; what only the kernel can refuse fails at its step.
func Compile(spec *specs.Spec, host Host, opt Options) (*Plan, error) {
	if err := oci.Validate(spec); err != nil {
		return nil, err
	}
	c, err := newCompiler(spec, &host, &opt)
	if err != nil {
		return nil, err
	}
	for _, part := range [...]func() error{
		c.namespaces, c.rootFS, c.becomeRoot, c.earlyProcess, c.mounts, c.protectCgroups, c.devices, c.prepareInside, c.hooksBeforePivot, c.identity, c.masks, c.pivot,
	} {
		if err := part(); err != nil {
			return nil, err
		}
	}
	if err := c.process(spec.Process, opt.Create); err != nil {
		return nil, err
	}
	if c.full() || len(c.Steps) > 1<<15 {
		return nil, errors.New("the spec has too many mounts and devices for one container")
	}
	return c.Plan, nil
}

func newCompiler(spec *specs.Spec, host *Host, opt *Options) (*compiler, error) {
	if spec.Linux == nil {
		spec = withLinux(spec)
	}
	if spec.Process == nil {
		return nil, errors.New("process is missing in the spec: there is nothing to run")
	}
	if host.CapLast == 0 {
		host.CapLast = unix.CAP_LAST_CAP
	}
	return &compiler{builder: newBuilder(), spec: spec, linux: spec.Linux, host: host, opt: opt, fresh: make(map[string]Reg, 4)}, nil
}

// privileged says that this process may enter any namespace by itself.
func (h *Host) privileged() bool { return h.UID == 0 && !h.UserNS }

func withLinux(spec *specs.Spec) *specs.Spec {
	s := *spec
	s.Linux = &specs.Linux{}
	return &s
}

// rootPath is the absolute path of the root file system.
func (c *compiler) rootPath() (string, error) {
	if c.opt.Root == "" && (c.spec.Root == nil || c.spec.Root.Path == "") {
		return "", errors.New("root.path is missing in the spec")
	}
	p := c.spec.Root.Path
	if c.opt.Root != "" {
		p = c.opt.Root
	}
	if !strings.HasPrefix(p, "/") {
		p = c.opt.Bundle + "/" + p
	}
	if p = path.Clean(p); p == "/" {
		return "", errors.New("root.path is the host's own root: refusing to set up a container in it")
	}
	return p, nil
}

// rootFS mounts the root file system and opens it.
func (c *compiler) rootFS() error {
	if !c.mountNS {
		return errors.New("a container needs a mount namespace: add one to linux.namespaces")
	}
	if c.shared() {
		c.openSources()
	}
	c.about(WhyPropagation, "/")
	if c.shared() {
		// What the container's root hangs on must be private (pivot_root(2)); all else keeps its peers outside.
		c.call(unix.SYS_MOUNT, imm(0), c.path("/"), imm(0), imm(uint64(unix.MS_PRIVATE)), imm(0))
	} else {
		c.call(unix.SYS_MOUNT, imm(0), c.path("/"), imm(0), imm(uint64(unix.MS_REC|unix.MS_SLAVE)), imm(0))
	}
	if c.linux.RootfsPropagation == "private" || c.linux.RootfsPropagation == "rprivate" {
		c.call(unix.SYS_MOUNT, imm(0), c.path("/"), imm(0), imm(uint64(unix.MS_REC|unix.MS_PRIVATE)), imm(0))
	}
	if _, ok := mount.Propagation(c.linux.RootfsPropagation); !ok {
		return fmt.Errorf("linux.rootfsPropagation: unknown value %q", c.linux.RootfsPropagation)
	}
	if c.userNS && c.opt.Overlay != nil {
		// Who mounts an overlay owns what it makes.
		c.ids0()
		c.undumpable()
	}
	if c.userNS && !c.shared() {
		c.openSources()
	}
	if c.opt.Overlay != nil {
		return c.overlay(c.opt.Overlay)
	}
	p, err := c.rootPath()
	if err != nil {
		return err
	}
	c.bindRoot(p)
	return nil
}

const atCwd = uint64(0xffffffffffffff9c) // AT_FDCWD

// overlay mounts the layers on the folder of the upper one: it exists, and nobody needs it below the mount. It
// is mount(2), as fsconfig(2) takes no more than 255 bytes of lowerdir.
func (c *compiler) overlay(o *Overlay) error {
	for _, p := range append([]string{o.Upper, o.Work}, o.Lower...) {
		if strings.ContainsAny(p, ",:\\") {
			return fmt.Errorf("overlay folder %q: commas, colons and backslashes can't be passed to the kernel", p)
		}
	}
	if len(o.Lower) == 0 {
		return errors.New("an overlay needs a lower folder")
	}
	on, data := o.Upper, "lowerdir="+strings.Join(o.Lower, ":")
	if on == "" {
		// Read-only. The kernel wants two layers; the same folder twice is refused, so a single one is bound.
		on = o.Lower[0]
		if len(o.Lower) == 1 {
			c.bindRoot(on)
			c.setattr(reg(c.root), mount.Attr{Set: unix.MOUNT_ATTR_RDONLY}, 0, false)
			return nil
		}
	} else {
		data = o.Writable()
	}
	if len(data) >= 4096 {
		return errors.New("the image has too many layers for one overlay mount: its options are longer than a page")
	}
	c.about(WhyRoot, on)
	c.call(unix.SYS_MOUNT, c.path("overlay"), c.path(on), c.path("overlay"), imm(0), c.path(data))
	c.root, _ = c.get(unix.SYS_OPENAT, imm(atCwd), c.path(on), imm(uint64(unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC)))
	return nil
}

// Writable is the text of mount(2) for an overlay that has an upper folder.
func (o *Overlay) Writable() string {
	data := "lowerdir=" + strings.Join(o.Lower, ":") + ",upperdir=" + o.Upper + ",workdir=" + o.Work
	if o.Volatile {
		data += ",volatile"
	}
	return data
}

// bindRoot binds a folder onto itself, so that the root is a mount, and keeps the mount's descriptor.
func (c *compiler) bindRoot(p string) {
	c.about(WhyRoot, p)
	var ok bool
	if c.root, ok = c.tree("/"); !ok {
		c.root, _ = c.get(unix.SYS_OPEN_TREE, imm(atCwd), c.path(p), imm(uint64(unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC|unix.AT_RECURSIVE)))
	}
	if c.shared() {
		c.setattr(reg(c.root), mount.Attr{}, unix.MS_PRIVATE, false)
		p = "/" // a mount below a shared one would appear outside
	}
	c.call(unix.SYS_MOVE_MOUNT, reg(c.root), c.path(""), imm(atCwd), c.path(p), imm(uint64(unix.MOVE_MOUNT_F_EMPTY_PATH|unix.MOVE_MOUNT_T_SYMLINKS)))
}

// shared says that mounts below volumes of the container and of the host are to be passed on to each other.
func (c *compiler) shared() bool {
	return strings.TrimPrefix(c.linux.RootfsPropagation, "r") == "shared"
}

// pivot makes the root file system the process's root and drops the host's mounts.
func (c *compiler) pivot() error {
	c.about(WhyPivot, "/")
	c.call(unix.SYS_FCHDIR, reg(c.root))
	if c.opt.NoPivot {
		c.call(unix.SYS_MOVE_MOUNT, reg(c.root), c.path(""), imm(atCwd), c.path("/"), imm(uint64(unix.MOVE_MOUNT_F_EMPTY_PATH)))
		c.call(unix.SYS_CHROOT, c.path("."))
	} else {
		c.pivotRoot()
	}
	c.call(unix.SYS_CHDIR, c.path("/"))
	if flags, _ := mount.Propagation(c.linux.RootfsPropagation); flags != 0 {
		c.about(WhyPropagation, "/")
		c.call(unix.SYS_MOUNT, imm(0), c.path("/"), imm(0), imm(flags), imm(0))
	}
	if c.spec.Root != nil && c.spec.Root.Readonly {
		c.about(WhyReadonlyRoot, "/")
		c.setattr(reg(c.root), mount.Attr{Set: unix.MOUNT_ATTR_RDONLY}, 0, false)
	}
	return nil
}

func (c *compiler) pivotRoot() {
	if !c.shared() {
		c.call(unix.SYS_PIVOT_ROOT, c.path("."), c.path("."))
		c.call(unix.SYS_UMOUNT2, c.path("."), imm(uint64(unix.MNT_DETACH)))
		return
	}
	old, _ := c.get(unix.SYS_OPENAT, imm(atCwd), c.path("/"), imm(uint64(unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC)))
	c.call(unix.SYS_PIVOT_ROOT, c.path("."), c.path("."))
	c.call(unix.SYS_FCHDIR, reg(old))
	// Else the host's mounts would go with this namespace's view of them.
	c.call(unix.SYS_MOUNT, imm(0), c.path("."), imm(0), imm(uint64(unix.MS_REC|unix.MS_SLAVE)), imm(0))
	c.call(unix.SYS_UMOUNT2, c.path("."), imm(uint64(unix.MNT_DETACH)))
}

// setattr appends mount_setattr(2) on a descriptor.
func (c *compiler) setattr(fd arg, a mount.Attr, propagation uintptr, recursive bool) {
	flags := uint64(unix.AT_EMPTY_PATH)
	if recursive {
		flags |= unix.AT_RECURSIVE
	}
	at := c.words(a.Set, a.Clear, uint64(propagation), 0)
	c.call(unix.SYS_MOUNT_SETATTR, fd, c.path(""), imm(flags), ptr(at), imm(32))
}
