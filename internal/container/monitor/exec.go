package monitor

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"bantam/internal/container/dockerspec"
	"bantam/internal/container/folder"
	"bantam/internal/container/monitor/wire"
	"bantam/internal/container/terminal"
	"bantam/internal/launch"
	"bantam/internal/linux/cgroup"
	"bantam/internal/plan"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// execClient serves one request for a further process, beside everything else. The
// process is a child of the monitor, so it outlives the command that asked, as docker's
// does, and its exit code is known to somebody.
func (m *monitor) execClient(c *client, msg wire.Message) {
	defer m.execs.Done()
	defer c.close()
	r, proc, console, err := m.request(msg.FDs)
	for _, fd := range msg.FDs {
		unix.Close(fd)
	}
	state := folder.ExecState{}
	if err != nil {
		text, code := execError(err)
		m.keepExec(r, code, &state)
		_ = c.conn.Send(wire.KindFailed, append([]byte{byte(code)}, text...))
		return
	}
	defer unix.Close(proc.Pidfd)
	state.Pid = proc.Pid
	m.keepExec(r, -1, &state)
	fds := []int{proc.Pidfd}
	if console >= 0 {
		fds = append(fds, console)
	}
	_ = c.conn.Send(wire.KindStarted, nil, fds...)
	if console >= 0 {
		unix.Close(console)
		mind(c.conn, proc.Pidfd)
	}
	code := exitCode(proc.Pidfd)
	m.keepExec(r, code, &state)
	reap(proc.Pidfd)
	if r.ID != "" {
		m.event("exec_die", "execID", r.ID, "exitCode", strconv.Itoa(code))
	}
	_ = c.conn.Send(wire.KindExited, []byte{byte(code)})
}

// mind waits until the process has ended or its command goes, and takes the terminal that is left to it.
func mind(command wire.Conn, pidfd int) {
	p := [2]unix.PollFd{{Fd: int32(pidfd), Events: unix.POLLIN}, {Fd: int32(command.FD), Events: unix.POLLIN}}
	for {
		if _, err := unix.Poll(p[:], -1); err == unix.EINTR {
			continue
		} else if err != nil || p[1].Revents == 0 {
			return
		}
		msg, err := command.Receive()
		if err == nil && msg.Kind == wire.KindKeep && len(msg.FDs) == 1 {
			go drain(msg.FDs[0])
		}
		return
	}
}

// drain reads a terminal until nobody has it any more, so that nobody waits for room in it.
func drain(terminal int) {
	defer unix.Close(terminal)
	p := [1]unix.PollFd{{Fd: int32(terminal), Events: unix.POLLIN}}
	b := make([]byte, 4096)
	for {
		_, err := unix.Poll(p[:], -1)
		if err == nil {
			_, err = unix.Read(terminal, b)
		}
		if err != nil && err != unix.EINTR && err != unix.EAGAIN { // EIO is its end
			return
		}
	}
}

// request reads what came with the message and acts on it.
func (m *monitor) request(fds []int) (r *wire.ExecRequest, proc *launch.Process, console int, err error) {
	r = &wire.ExecRequest{}
	if len(fds) == 0 {
		return r, nil, -1, errors.New("a request for exec without its text")
	}
	asked, err := wire.ReadExec(fds[0])
	if err != nil {
		return r, nil, -1, err
	}
	r = asked
	stdio := [3]int{-1, -1, -1}
	if !r.TTY {
		if len(fds) != 4 {
			return r, nil, -1, errors.New("a request for exec without standard files")
		}
		copy(stdio[:], fds[1:])
	}
	proc, console, err = m.exec(r, stdio)
	return r, proc, console, err
}

// keepExec writes what became of a process that is asked for later; code is -1 while it runs.
func (m *monitor) keepExec(r *wire.ExecRequest, code int, state *folder.ExecState) {
	if !r.Keep {
		return
	}
	if code >= 0 {
		state.ExitCode, state.Finished = code, time.Now().UTC()
	} else {
		state.PidStart, _ = folder.StartTime(state.Pid)
	}
	if err := m.folder.WriteExecState(r.ID, state); err != nil {
		fmt.Fprintln(os.Stderr, "bantam-oci monitor:", err)
	}
}

// exec starts a further process and returns its terminal's master end, -1 without a terminal.
func (m *monitor) exec(r *wire.ExecRequest, stdio [3]int) (proc *launch.Process, console int, err error) {
	g := cgroup.Load(m.group.State())
	defer g.Close()
	proc, console, err = m.execIn(g, r, stdio)
	if !errors.Is(err, unix.EBUSY) {
		return proc, console, err
	}
	// An init like systemd has moved below the container's group, which takes no process any more.
	own, lost := g.Of(m.state.Pid)
	if lost != nil {
		return nil, -1, err
	}
	defer own.Close()
	return m.execIn(own, r, stdio)
}

// execIn starts it in a control group.
func (m *monitor) execIn(g *cgroup.Group, r *wire.ExecRequest, stdio [3]int) (proc *launch.Process, console int, err error) {
	p, cfg, err := m.execPlan(r, stdio)
	if err != nil {
		return nil, -1, err
	}
	if err := inGroup(g, &cfg); err != nil {
		return nil, -1, err
	}
	master := -1
	if r.TTY {
		var child int
		if master, child, err = terminal.Pair(); err != nil {
			return nil, -1, err
		}
		defer unix.Close(child)
		cfg.Console = child
	}
	return m.bringIn(p, cfg, master)
}

// inGroup fills in how the child gets into the container's control group.
func inGroup(g *cgroup.Group, cfg *launch.Config) (err error) {
	if cfg.CgroupTasks, err = g.Tasks(); err != nil {
		return err
	}
	cfg.CgroupDir, err = g.Dir()
	return err
}

// execPlan compiles the request: the container's own record with another process in it.
func (m *monitor) execPlan(r *wire.ExecRequest, stdio [3]int) (*plan.Plan, launch.Config, error) {
	cfg := launch.NoFDs()
	cfg.Pidfd, cfg.Stdio = m.pidfd, stdio
	spec, proc, err := m.execSpec(r)
	if err != nil {
		return nil, cfg, err
	}
	terminal.Own(stdio, spec, &proc.User)
	facts := launch.Probe()
	facts.CgroupV2 = m.group.Mode() == cgroup.V2
	tasks := 0
	for _, member := range m.group.State().Members {
		if member.Controllers != cgroup.Unified && m.group.Mode() != cgroup.V2 {
			tasks++
		}
	}
	p, err := plan.CompileExec(spec, proc, facts, plan.ExecOptions{Stdio: !r.TTY, CgroupTasks: tasks})
	if err != nil {
		return nil, cfg, err
	}
	return p, cfg, nil
}

// execSpec is the container's spec and the further process, made from the record by the
// same rules as the first one.
func (m *monitor) execSpec(r *wire.ExecRequest) (*specs.Spec, *specs.Process, error) {
	in := dockerspec.Input{Record: m.record, Folder: m.folder}
	profile, err := readProfile(m.folder.Path("seccomp.json"))
	if err != nil {
		return nil, nil, err
	}
	in.Seccomp = profile
	own := *m.record
	own.Path, own.Args = r.Args[0], r.Args[1:]
	own.Config.Env = append(append([]string{}, own.Config.Env...), r.Env...)
	own.Config.Tty = r.TTY
	own.Host.Privileged = own.Host.Privileged || r.Privileged
	if r.User != "" {
		own.Config.User = r.User
	}
	if r.Cwd != "" {
		own.Config.WorkingDir = r.Cwd
	}
	in.Record = &own
	as, err := makeSpec(in)
	if err != nil {
		return nil, nil, err
	}
	if r.User == "" && !r.Privileged {
		return as, as.Process, nil // all but the process is the container's, and so is who it is
	}
	in.Record = m.record
	spec, err := makeSpec(in)
	return spec, as.Process, err
}

// bringIn takes the child from the fork to its execve.
func (m *monitor) bringIn(p *plan.Plan, cfg launch.Config, master int) (*launch.Process, int, error) {
	if master >= 0 {
		defer unix.Close(master)
	}
	proc, err := launch.Start(p, cfg)
	if err != nil {
		return nil, -1, err
	}
	console := -1
	err = proc.Go(func() (err error) {
		if master >= 0 {
			console, err = terminal.Receive(master)
		}
		return err
	})
	if err != nil {
		proc.Abort()
		if console >= 0 {
			unix.Close(console)
		}
		return nil, -1, err
	}
	return proc, console, nil
}

// execError gives the failure docker's text and exit code.
func execError(err error) (text string, code int) {
	if code = launch.ProgramCode(err); code == 0 {
		return err.Error(), 126
	}
	return "OCI runtime exec failed: exec failed: " + err.Error(), code
}
