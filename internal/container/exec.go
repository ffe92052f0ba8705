package container

import (
	"errors"
	"strconv"
	"strings"

	"bantam/internal/container/record"
	"bantam/internal/container/terminal"
	"bantam/internal/launch"
	"bantam/internal/linux/cgroup"
	"bantam/internal/oci"
	"bantam/internal/plan"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// ExecOptions are the options of exec.
type ExecOptions struct {
	// Process is the document that `--process` names, nil to take the container's own process.
	Process []byte
	// Change is applied to the process: arguments, user and what else the command line says.
	Change        func(p *specs.Process) error
	Detach        bool
	ConsoleSocket string
	PidFile       string
	PreserveFDs   int
	IgnorePaused  bool
	Cgroups       []string // "PATH" or "CONTROLLER[,CONTROLLER]:PATH", below the container's
}

// entering is the way of another process into a container.
type entering struct {
	rt   *Runtime
	opt  *ExecOptions
	file *record.File
	spec *specs.Spec
	proc *specs.Process

	group         *cgroup.Group
	pidfd         int
	console, ours int
	child         *launch.Process
}

// Exec runs another process in a container. In the foreground it returns its exit status.
func (rt *Runtime) Exec(id string, o *ExecOptions) (int, error) {
	if err := checkPreserved(o.PreserveFDs); err != nil {
		return 255, err
	}
	f, err := rt.open(id)
	if err != nil {
		return 255, err
	}
	defer f.Close()
	e := &entering{rt: rt, opt: o, file: f, pidfd: -1, console: -1, ours: -1}
	defer e.close()
	for _, step := range [...]func() error{e.check, e.load, e.openConsole, e.enterGroup, e.fork} {
		if err := step(); err != nil {
			return exitCode(err), err
		}
	}
	relay, err := e.execute()
	if err != nil {
		e.child.Abort()
		return exitCode(err), err
	}
	if o.Detach {
		return 0, nil
	}
	return attend(e.child, relay), nil
}

// exitCode is what exec exits with where nothing ran.
func exitCode(err error) int {
	var e *ExecError
	if errors.As(err, &e) {
		return e.Code()
	}
	return 255
}

func (e *entering) close() {
	for _, fd := range [...]int{e.pidfd, e.console, e.ours} {
		if fd >= 0 {
			unix.Close(fd)
		}
	}
	if e.group != nil {
		e.group.Close()
	}
}

// check looks at the container's state and gets hold of its init.
func (e *entering) check() (err error) {
	switch s := truth(e.file.Record); {
	case s.CanExec():
	case s == record.StatePaused && e.opt.IgnorePaused:
	case s == record.StatePaused:
		return errPaused
	default:
		return errors.New(errNoExec.Error() + ": " + errNotRunning.Error())
	}
	e.pidfd, err = initFD(e.file)
	return err
}

// load makes the process from the container's config, the document and the command line.
func (e *entering) load() (err error) {
	if e.spec, err = specOf(e.file); err != nil {
		return err
	}
	if e.opt.Process != nil {
		e.proc, err = oci.DecodeProcess(e.opt.Process)
		if err != nil {
			return errors.New("read the process document: " + err.Error())
		}
	} else {
		own := *e.spec.Process
		own.Terminal, own.ConsoleSize = false, nil
		e.proc = &own
	}
	if e.opt.Change != nil {
		if err := e.opt.Change(e.proc); err != nil {
			return err
		}
	}
	setHome(e.proc, "/proc/"+strconv.Itoa(e.file.Pid)+"/root")
	return checkConsole(e.proc.Terminal, e.opt.Detach, e.opt.ConsoleSocket)
}

func specOf(f *record.File) (*specs.Spec, error) {
	config, err := f.Config()
	if err != nil {
		return nil, err
	}
	return oci.DecodeSpec(config)
}

func (e *entering) openConsole() (err error) {
	if e.proc.Terminal {
		e.console, e.ours, err = openConsole(e.opt.ConsoleSocket)
	}
	return err
}

// enterGroup picks the cgroup: the container's, one below it, or where init has moved to, if the
// container's takes no process any more (v2: a group with controllers for its children has none itself).
func (e *entering) enterGroup() error {
	e.group = cgroup.Load(e.file.Cgroup)
	for _, c := range e.opt.Cgroups {
		var set cgroup.Controllers
		path := c
		if list, rest, ok := strings.Cut(c, ":"); ok {
			var err error
			if set, err = cgroup.ControllersOf(list); err != nil {
				return err
			}
			path = rest
		}
		e.group = e.group.Sub(set, path)
	}
	return nil
}

func (e *entering) fork() error {
	err := e.forkIn(e.group)
	if errors.Is(err, unix.EBUSY) && len(e.opt.Cgroups) == 0 {
		own, e2 := e.group.Of(e.file.Pid)
		if e2 != nil {
			return err
		}
		e.group = own
		err = e.forkIn(own)
	}
	return err
}

func (e *entering) forkIn(g *cgroup.Group) (err error) {
	cfg := launch.NoFDs()
	cfg.Pidfd, cfg.Console = e.pidfd, e.console
	if e.console < 0 {
		terminal.Own([3]int{0, 1, 2}, e.spec, &e.proc.User)
	}
	if cfg.CgroupTasks, err = g.Tasks(); err != nil {
		return err
	}
	if cfg.CgroupDir, err = g.Dir(); err != nil {
		return err
	}
	if err := oci.ValidateProcess(e.proc); err != nil {
		return err
	}
	p, err := plan.CompileExec(e.spec, e.proc, e.rt.host(), plan.ExecOptions{PreserveFDs: e.opt.PreserveFDs, CgroupTasks: len(cfg.CgroupTasks)})
	if err != nil {
		return err
	}
	cfg.On = func(ev launch.Event) error {
		if ev.Kind == plan.SyncNotify {
			return sendListener(ev, e.file.Record, e.spec)
		}
		return errors.New("the plan asks for an event that nobody serves")
	}
	e.child, err = launch.Start(p, cfg)
	return err
}

// execute lets the process go on to its program.
func (e *entering) execute() (*terminal.Relay, error) {
	if err := e.child.Ready(); err != nil {
		return nil, explain(err, e.proc)
	}
	if !e.file.Alive() {
		return nil, errNotRunning
	}
	if err := writePidFile(e.opt.PidFile, e.child.Pid); err != nil {
		return nil, err
	}
	if !e.opt.Detach {
		if err := passSignals(e.child, e.proc.Terminal); err != nil {
			return nil, err
		}
	}
	var relay *terminal.Relay
	if e.ours >= 0 {
		var err error
		if relay, err = takeTerminal(e.ours); err != nil {
			return nil, err
		}
	}
	err := e.child.Release()
	if err == nil {
		err = e.child.Started()
	}
	if err != nil && relay != nil {
		relay.Close()
	}
	return relay, explain(err, e.proc)
}
