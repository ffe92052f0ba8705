package container

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"time"

	"bantam/internal/container/record"
	"bantam/internal/container/resctrl"
	"bantam/internal/container/terminal"
	"bantam/internal/launch"
	"bantam/internal/linux/cgroup"
	"bantam/internal/oci"
	"bantam/internal/plan"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// birth is a container while create or run makes it. fail takes back all of it.
type birth struct {
	rt     *Runtime
	id     string
	opt    *CreateOptions
	create bool // init waits for the start signal

	bundle  string
	config  []byte
	spec    *specs.Spec
	file    *record.File
	group   *cgroup.Group
	grouped bool // the group is ours
	// cgroups are the hierarchies of this machine.
	cgroups *cgroup.Host
	plan    *plan.Plan
	proc    *launch.Process
	// console is the socket that takes the terminal, ours its other end where we relay; -1 for none.
	console, ours int
	sockets       int  // how many a service manager has given for the container
	hooked        bool // hooks of the runtime have begun: poststop hooks follow a failure
}

// begin brings the container up to its init that is ready to execute.
func (b *birth) begin() error {
	b.console, b.ours = -1, -1
	b.sockets = listenFDs()
	if err := checkPreserved(b.sockets + b.opt.PreserveFDs); err != nil {
		return err
	}
	if err := b.load(); err != nil {
		return err
	}
	if err := b.reserve(); err != nil {
		return err
	}
	for _, step := range [...]func() error{b.beginGroup, b.openConsole, b.compile, b.fork, b.beside, b.ready} {
		if err := step(); err != nil {
			return b.fail(err)
		}
	}
	return nil
}

// load reads the bundle.
func (b *birth) load() (err error) {
	if err := oci.ValidateID(b.id); err != nil {
		return err
	}
	if b.bundle, err = bundlePath(b.opt.Bundle); err != nil {
		return err
	}
	file := b.opt.Config
	if file == "" {
		file = b.bundle + "/config.json"
	}
	if b.config, err = readFile(file); err != nil {
		if errors.Is(err, unix.ENOENT) {
			return errors.New("JSON specification file config.json not found: " + err.Error())
		}
		return err
	}
	if b.spec, err = oci.DecodeSpec(b.config); err != nil {
		return errors.New("read " + file + ": " + err.Error())
	}
	if b.spec.Process == nil {
		return errors.New("config.json: process is missing: there is nothing to run")
	}
	setHome(b.spec.Process, rootfs(b.spec, b.bundle))
	passSockets(b.spec.Process, b.sockets)
	return b.checkConsole()
}

func bundlePath(p string) (string, error) {
	if filepath.IsAbs(p) {
		return filepath.Clean(p), nil
	}
	dir, err := unix.Getwd()
	if err != nil {
		return "", os.NewSyscallError("getcwd", err)
	}
	return filepath.Join(dir, p), nil
}

// checkConsole refuses combinations that leave a terminal without an owner, as runc does.
func (b *birth) checkConsole() error {
	detached := b.create || b.opt.Detach
	return checkConsole(b.spec.Process.Terminal, detached, b.opt.ConsoleSocket)
}

func checkConsole(tty, detached bool, socket string) error {
	switch {
	case tty && detached && socket == "":
		return errNoTerminal
	case socket != "" && !(tty && detached):
		return errNeedsSocket
	}
	return nil
}

// reserve writes the record, before anything of the container exists.
func (b *birth) reserve() error {
	host, err := cgroup.Discover()
	if err != nil {
		return err
	}
	b.cgroups = host
	group, err := cgroup.New(b.groupConfig())
	if err != nil {
		return err
	}
	b.group = group
	r := &record.Record{
		Slot: record.Slot{Status: record.Creating}, ID: b.id, Version: b.spec.Version, Bundle: b.bundle, Rootfs: rootfs(b.spec, b.bundle),
		Created: time.Now().UnixNano(), Owner: uint32(unix.Geteuid()), Flags: flags(b.spec), Cgroup: group.State(), Annotations: annotations(b.spec.Annotations), Comm: record.Comm(),
	}
	r.ExeDev, r.ExeIno = record.SelfExe()
	if l := b.spec.Linux; l != nil && l.IntelRdt != nil {
		if r.Closid, err = resctrl.Name(b.id, l.IntelRdt); err != nil {
			return err
		}
		if resctrl.Exists(r.Closid) {
			r.Flags |= record.Keep
		}
	}
	b.file, err = record.Create(b.rt.Root, r, b.config)
	return err
}

func (b *birth) groupConfig() cgroup.Config {
	c := cgroup.Config{Host: b.cgroups, ID: b.id, Systemd: b.rt.Systemd, Rootless: b.rt.rootless(), Disabled: b.rt.NoCgroups, Annotations: b.spec.Annotations}
	if b.spec.Linux != nil {
		c.Path = b.spec.Linux.CgroupsPath
	}
	return c
}

func rootfs(s *specs.Spec, bundle string) string {
	if s.Root == nil {
		return ""
	}
	if filepath.IsAbs(s.Root.Path) {
		return filepath.Clean(s.Root.Path)
	}
	return filepath.Join(bundle, s.Root.Path)
}

func flags(s *specs.Spec) (f record.Flags) {
	if h := s.Hooks; h != nil {
		if len(h.Poststart) > 0 {
			f |= record.Poststart
		}
		if len(h.Poststop) > 0 {
			f |= record.Poststop
		}
	}
	if s.Linux == nil {
		return f
	}
	for i := range s.Linux.Namespaces {
		if n := &s.Linux.Namespaces[i]; n.Type == specs.PIDNamespace && n.Path == "" {
			f |= record.OwnPID
		}
	}
	return f
}

// beginGroup makes of the cgroup what has to be there before the fork.
func (b *birth) beginGroup() error {
	if err := b.group.CreateFirst(); err != nil || b.group.Later() {
		return err
	}
	return b.makeGroup()
}

// makeGroup makes the cgroup and sets the device rules, which come before its first process.
func (b *birth) makeGroup() error {
	if err := b.group.CreateRest(); err != nil {
		return err // it may be somebody else's, who would be killed with it
	}
	b.grouped = true
	if err := b.file.SetGroup(b.group.State(), b.config); err != nil {
		return err
	}
	return b.group.ApplyDevices(deviceRules(b.resources()))
}

func (b *birth) resources() *specs.LinuxResources {
	if b.spec.Linux == nil {
		return nil
	}
	return b.spec.Linux.Resources
}

// openConsole opens the way that the terminal takes.
func (b *birth) openConsole() (err error) {
	if b.spec.Process.Terminal {
		b.console, b.ours, err = openConsole(b.opt.ConsoleSocket)
	}
	return err
}

func openConsole(socket string) (console, ours int, err error) {
	if socket != "" {
		console, err = terminal.Connect(socket)
		return console, -1, err
	}
	ours, console, err = terminal.Pair()
	return console, ours, err
}

func (b *birth) compile() (err error) {
	b.plan, err = plan.Compile(b.spec, b.rt.host(), plan.Options{
		ID: b.id, Root: rootfs(b.spec, b.bundle), Bundle: b.bundle, Create: b.create, NoPivot: b.opt.NoPivot, NoNewKeyring: b.opt.NoNewKeyring,
		PreserveFDs: b.sockets + b.opt.PreserveFDs, CgroupTasks: b.group.TaskCount(), CgroupPaths: b.groupPaths(), State: b.insideState(),
	})
	return err
}

func (b *birth) fork() error {
	cfg := launch.NoFDs()
	cfg.Console = b.console
	if b.console < 0 {
		terminal.Own([3]int{0, 1, 2}, b.spec, &b.spec.Process.User)
	}
	var err error
	if cfg.CgroupDir, err = b.group.Dir(); err != nil {
		return err
	}
	cfg.On = b.on
	b.proc, err = launch.Start(b.plan, cfg)
	return err
}

// groupPaths says where the container's cgroups are, for a mount of type cgroup.
func (b *birth) groupPaths() []plan.CgroupPath {
	members := b.group.State().Members
	paths := make([]plan.CgroupPath, 0, len(members))
	for i := range members {
		for _, h := range b.cgroups.Hierarchies {
			if h.Controllers != members[i].Controllers {
				continue
			}
			name := ""
			if b.group.Mode() != cgroup.V2 {
				name = strings.TrimPrefix(h.Mount, cgroup.Root+"/")
			}
			paths = append(paths, plan.CgroupPath{Name: name, Mount: h.Mount, Path: members[i].Path})
		}
	}
	return paths
}

// insideState is what the hooks in the container read. They see pids of its own namespace.
func (b *birth) insideState() []byte {
	h := b.spec.Hooks
	if h == nil || len(h.CreateContainer)+len(h.StartContainer) == 0 {
		return nil
	}
	pid := 0
	if b.file.Flags&record.OwnPID != 0 {
		pid = 1
	}
	return appendState(nil, b.file.Record, record.StateCreating, pid)
}

// beside is what the parent does while the child mounts.
func (b *birth) beside() error {
	if err := b.recordPid(); err != nil {
		return err
	}
	if b.group.Later() {
		if err := b.makeGroup(); err != nil {
			return err
		}
	}
	tasks, err := b.group.Tasks()
	if err != nil {
		return err
	}
	if err := b.proc.Groups(tasks); err != nil {
		return err
	}
	if err := b.group.ApplyLimits(b.resources()); err != nil {
		return err
	}
	if b.file.Closid != "" {
		return resctrl.Apply(b.file.Closid, b.spec.Linux.IntelRdt, b.proc.Pid)
	}
	return nil
}

func (b *birth) recordPid() error {
	start, ok := record.StartTime(b.proc.Pid)
	if !ok {
		return nil // it has failed: Ready knows why
	}
	return b.file.Set(record.Slot{Status: record.Creating, Pid: b.proc.Pid, Start: start})
}

// ready serves the child until it is set up.
func (b *birth) ready() error {
	pid := b.proc.Pid
	if err := b.proc.Ready(); err != nil {
		return explain(err, b.spec.Process)
	}
	if b.proc.Pid != pid { // it carries on in another process (SyncPid)
		if err := b.recordPid(); err != nil {
			return err
		}
	}
	if !b.create && !b.opt.Detach {
		if err := passSignals(b.proc, b.spec.Process.Terminal); err != nil {
			return err
		}
	}
	return writePidFile(b.opt.PidFile, b.proc.Pid)
}

// release lets a child go on that waits at SyncReady. Where init waits for the start
// signal instead there may be nothing to answer.
func (b *birth) release() error {
	if at := b.plan.Exec - 1; at >= 0 && at < len(b.plan.Steps) && b.plan.Steps[at].Op == plan.OpTell {
		return nil
	}
	return b.proc.Release()
}

// fail takes back what was made and returns err.
func (b *birth) fail(err error) error {
	if b.proc != nil {
		b.proc.Abort()
		b.proc = nil
	}
	if b.grouped {
		b.rt.warn(b.group.Delete())
	} else {
		b.group.Undo()
	}
	if b.file.Closid != "" && b.file.Flags&record.Keep == 0 {
		b.rt.warn(resctrl.Delete(b.file.Closid))
	}
	if b.hooked {
		b.rt.warn(poststop(b.file.Record, b.spec))
	}
	if b.opt.PidFile != "" {
		_ = unix.Unlink(b.opt.PidFile)
	}
	b.rt.warn(b.file.Remove())
	b.closeConsole()
	return err
}

func (b *birth) closeConsole() {
	for _, fd := range [...]int{b.console, b.ours} {
		if fd >= 0 {
			unix.Close(fd)
		}
	}
	b.console, b.ours = -1, -1
}

// close gives what the container does not need any more free.
func (b *birth) close() {
	b.closeConsole()
	b.group.Close()
	b.file.Close()
}
