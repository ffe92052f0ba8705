package monitor

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"bantam/internal/container/folder"
	"bantam/internal/container/logging"
	"bantam/internal/container/monitor/wire"
	"bantam/internal/container/names"
	"bantam/internal/container/terminal"
	"bantam/internal/container/volumes"
	"bantam/internal/launch"
	"bantam/internal/oci"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// start brings the container's process into being: spec, plan, cgroup, fork. The
// limits and the record are written beside the child's work.
func (m *monitor) start() error {
	var peers peers
	defer peers.close()
	var sources volumes.Sources
	defer sources.Close()
	spec, err := m.spec(&peers, &sources)
	if err != nil {
		return err
	}
	if err := prepareLayer(m.folder); err != nil {
		return err
	}
	if err := m.openLog(); err != nil {
		return err
	}
	if m.ran || m.state.RestartCount > 0 { // the host's resolv.conf may be another by now
		if err := names.Write(m.store, m.record, nil); err != nil {
			return err
		}
	}
	if f := m.foreign(); f != nil {
		if len(sources.Trees) > len(peers.trees) {
			return errors.New("volumes with mount options, sub-paths and images as mounts need bantam's own runtime")
		}
		return m.startForeign(f, spec)
	}
	if m.record.Host.IDSize > 0 {
		tree, err := mappedRoot(m.folder, m.record)
		if err != nil {
			return err
		}
		sources.Keep("/", tree)
	}
	return m.startOwn(spec, sources.Trees)
}

// startOwn is start by our own plan.
func (m *monitor) startOwn(spec *specs.Spec, trees map[string]int) (err error) {
	cfg := launch.NoFDs()
	if m.group, err = newGroup(spec, m.folder.ID(), &cfg); err != nil {
		return err
	}
	defer m.group.Close()
	m.state.Cgroup = spec.Linux.CgroupsPath
	p, err := compile(spec, m.record, m.folder, m.group.host, m.group.Group, m.group.TaskCount(), trees)
	if err != nil {
		return err
	}
	io, err := m.stdio()
	if err != nil {
		return err
	}
	cfg.Stdio, cfg.Console = io.child, io.console
	terminal.Own(io.child, spec, &spec.Process.User)
	proc, err := launch.Start(p, cfg)
	io.closeChild()
	if err != nil {
		return err
	}
	if err := m.bringUp(proc, spec, io); err != nil {
		proc.Abort()
		return err
	}
	return nil
}

func (m *monitor) stdio() (*stdio, error) {
	if m.record.Config.Tty {
		return m.terminal()
	}
	return m.pipes()
}

// bringUp takes the child from the fork to its execve.
func (m *monitor) bringUp(proc *launch.Process, spec *specs.Spec, io *stdio) error {
	err := m.group.fill(proc, spec.Linux.Resources)
	if err == nil {
		err = m.connect(proc.Pid)
	}
	if err == nil {
		err = m.recordStart(proc.Pid)
	}
	if err == nil {
		err = m.nameFiles(proc.Pid)
	}
	if err != nil { // a child that has failed knows better why
		err = cmp.Or(proc.Ready(), err)
	}
	if err == nil {
		err = proc.Go(func() error {
			if io.master >= 0 {
				if err := m.takeTerminal(io); err != nil {
					return err
				}
			}
			return m.hold(proc.Pidfd)
		})
	}
	if err != nil {
		return err
	}
	m.pidfd = proc.Pidfd
	if m.record.Host.Init {
		awaitChild(proc.Pid)
	}
	m.volumeEvents("mount")
	m.event("start")
	for i := range m.state.Networks {
		m.networkEvent("connect", &m.state.Networks[i])
	}
	m.attend(io)
	return nil
}

// hold waits for the word of the command that wants to look first. If it goes away, nobody does.
func (m *monitor) hold(pidfd int) error {
	if !m.job.Hold || len(m.clients) == 0 {
		return nil
	}
	conn := m.clients[0].conn
	if err := conn.Send(wire.KindHeld, nil, pidfd); err != nil {
		return nil
	}
	for {
		if msg, err := m.word(conn); err != nil || msg.Kind == wire.KindGo {
			return nil
		}
	}
}

// initPatience bounds the wait for the init of --init.
const initPatience = time.Second

// awaitChild waits until the init of --init has started its program: from then on it
// passes signals on. Before that the kernel drops what is sent to a process 1.
func awaitChild(pid int) {
	path := "/proc/" + strconv.Itoa(pid) + "/task/" + strconv.Itoa(pid) + "/children"
	for end := time.Now().Add(initPatience); time.Now().Before(end); time.Sleep(100 * time.Microsecond) {
		if b, err := os.ReadFile(path); err != nil || len(b) > 0 {
			return
		}
	}
}

// attend starts the copying of output and tells the commands that the container runs.
func (m *monitor) attend(io *stdio) {
	m.signal(m.early...)
	m.early = nil
	m.input = io.input
	m.output = newOutput(io.streams, m.log)
	for _, c := range append([]*client(nil), m.clients...) {
		m.output.connect(c.sinks)
		m.greet(c)
	}
	m.output.begin()
	// Attached, the first command alone holds the container's input: its end is the container's.
	// With -d -i nobody may close it, and a terminal is there for whoever attaches.
	if m.record.Config.StdinOnce && !m.record.Config.Tty {
		m.closeInput()
	}
}

// openLog makes the log before the container: one that can't be had keeps it from starting.
func (m *monitor) openLog() (err error) {
	if m.log, err = logging.Open(logging.Info{Record: m.record, Folder: m.folder}); err != nil {
		return fmt.Errorf("failed to create task for container: failed to initialize logging driver: %w", err)
	}
	return nil
}

// recordStart writes pid and start time before the child may go on: from then on
// any command finds the container without its monitor.
func (m *monitor) recordStart(pid int) error {
	start, ok := folder.StartTime(pid)
	if !ok {
		return launch.ErrDied
	}
	if err := m.openDoor(); err != nil {
		return err
	}
	m.state.Status, m.state.Pid, m.state.PidStart, m.state.Boot = folder.Running, pid, start, folder.Boot()
	m.begun = time.Now()
	m.state.Started = m.begun.UTC() // without the monotonic clock
	m.state.Health, m.state.OOM = nil, false
	if m.checksHealth() {
		m.state.Health = &folder.Health{Status: "starting"}
	}
	if err := m.folder.WriteState(m.state, !m.record.Host.AutoRemove); err != nil {
		return err
	}
	return m.net.Publish()
}

// failed tells the command why nothing runs, and leaves the container as docker
// does: created, with the exit code and the reason; removed with --rm.
func (m *monitor) failed(err error) int {
	text, code := startError(err)
	m.closeNames()
	if stop := m.net.Stop(); stop != nil {
		text += "; " + stop.Error()
	}
	if rm := m.group.remove(); rm != nil {
		text += "; " + rm.Error()
	}
	if m.record.Host.AutoRemove {
		if rm := m.discard(); rm != nil {
			text += "; " + rm.Error()
		}
		m.event("destroy")
	} else {
		status := folder.Created
		if m.ran {
			status = folder.Exited
		}
		*m.state = folder.State{Status: status, ExitCode: code, Error: text, Started: m.state.Started, Finished: m.state.Finished}
		if !m.ran {
			m.state.Started = time.Time{}
		}
		if w := m.folder.WriteState(m.state, true); w != nil {
			text += "; " + w.Error()
		}
	}
	m.say(wire.KindFailed, append([]byte{byte(code)}, text...))
	return 0
}

// startError gives the failure of the program's start docker's text and exit code.
func startError(err error) (text string, code int) {
	var other *foreignError
	if errors.As(err, &other) {
		return other.Error(), other.code()
	}
	code = launch.ProgramCode(err)
	if code == 0 {
		return err.Error(), 125
	}
	return "failed to create task for container: " + err.Error(), code
}

// readProfile reads the seccomp profile that the user gave, if there is one.
func readProfile(path string) (*specs.LinuxSeccomp, error) {
	b, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	var s *specs.Spec
	if err == nil {
		s, err = oci.DecodeSpec(b)
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	if s.Linux == nil || s.Linux.Seccomp == nil {
		return nil, fmt.Errorf("read %s: no seccomp profile in it", path)
	}
	return s.Linux.Seccomp, nil
}
