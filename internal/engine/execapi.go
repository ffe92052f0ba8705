package engine

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"bantam/internal/container/folder"
	"bantam/internal/statefile"
)

// A further process as docker's API has it: created, started, resized and asked about in
// calls of their own. Its id begins with the half of its container's, so that it leads there.

const execPart = 32

// ExecInfo is all that is known of a further process.
type ExecInfo struct {
	*folder.Exec
	ContainerID string
	Running     bool
	Started     bool
	Pid         int
	ExitCode    int
}

// ExecCreate keeps a further process for a running container and returns its id.
// stdout and stderr say which outputs ExecStart will connect.
func (e *Engine) ExecCreate(name string, o *ExecOptions, stdout, stderr bool) (string, error) {
	if _, err := parseDetachKeys(o.DetachKeys); err != nil {
		return "", &Invalid{err}
	}
	if len(o.Command) == 0 || o.Command[0] == "" {
		return "", &Invalid{errors.New("No exec command specified")}
	}
	c, err := e.executable(name)
	if err != nil {
		return "", err
	}
	c.ForgetExecs(time.Now().Add(-execKept))
	x := &folder.Exec{
		ID: c.Record.ID[:execPart] + statefile.NewID()[execPart:], Created: time.Now().UTC(), Command: o.Command, Env: o.Env,
		User: o.User, WorkingDir: o.Workdir, DetachKeys: o.DetachKeys, Tty: o.TTY, Privileged: o.Privileged,
		AttachStdin: o.Stdin, AttachStdout: stdout, AttachStderr: stderr,
	}
	if err := c.WriteExec(x); err != nil {
		return "", err
	}
	e.containerEvent(c.Record, "exec_create: "+strings.Join(o.Command, " "), "execID", x.ID)
	return x.ID, nil
}

// execKept is how long a process that has ended is known, as in docker.
const execKept = 5 * time.Minute

// NoSuchExec is docker's error for an id that no further process has.
type NoSuchExec struct{ ID string }

func (e *NoSuchExec) Error() string { return "No such exec instance: " + e.ID }

// findExec finds a further process and its container.
func (e *Engine) findExec(id string) (*container, *folder.Exec, error) {
	if len(id) != 64 || strings.Trim(id, "0123456789abcdef") != "" {
		return nil, nil, &NoSuchExec{id}
	}
	_, c, err := e.get(id[:execPart])
	var missing *folder.NotFound
	if errors.As(err, &missing) {
		return nil, nil, &NoSuchExec{id}
	}
	if err != nil {
		return nil, nil, err
	}
	x, err := c.ReadExec(id)
	if errors.Is(err, os.ErrNotExist) {
		err = &NoSuchExec{id}
	}
	return c, x, err
}

// ExecInspect returns what is known of a further process.
func (e *Engine) ExecInspect(id string) (*ExecInfo, error) {
	c, x, err := e.findExec(id)
	if err != nil {
		return nil, err
	}
	i := &ExecInfo{Exec: x, ContainerID: c.Record.ID}
	st, err := c.ReadExecState(id)
	if errors.Is(err, os.ErrNotExist) {
		return i, nil
	}
	if err != nil {
		return nil, err
	}
	i.Started, i.Pid, i.ExitCode = true, st.Pid, st.ExitCode
	start, ok := folder.StartTime(st.Pid)
	i.Running = st.Finished.IsZero() && st.Pid > 0 && ok && start == st.PidStart
	if st.Finished.IsZero() && !i.Running && st.Pid > 0 {
		i.ExitCode = 137 // its monitor was killed or has gone with the container
	}
	return i, nil
}

// ReadyExec is a further process that was created in a container in which it can be started.
type ReadyExec struct {
	engine    *Engine
	container *container
	asked     *folder.Exec
}

// ExecFind finds a further process to start. As in docker all that can go wrong before this is the request's fault,
// and what goes wrong with Start the process's.
func (e *Engine) ExecFind(id string) (*ReadyExec, error) {
	c, x, err := e.findExec(id)
	if err == nil {
		err = c.mayExec()
	}
	return &ReadyExec{e, c, x}, err
}

// ID is its own.
func (r *ReadyExec) ID() string { return r.asked.ID }

// TTY says whether it gets a terminal.
func (r *ReadyExec) TTY() bool { return r.asked.Tty }

// Execution is a further process that was started.
type Execution struct{ *execution }

// Start starts it, attached to streams; without, it runs by itself. It can be started once.
func (r *ReadyExec) Start(streams *Streams) (*Execution, error) {
	x := r.asked
	if err := r.container.ClaimExec(x.ID); errors.Is(err, os.ErrExist) {
		return nil, &Conflict{fmt.Errorf("Error: Exec command %s is already running", x.ID)}
	} else if err != nil {
		return nil, err
	}
	o := &ExecOptions{
		Command: x.Command, Env: x.Env, User: x.User, Workdir: x.WorkingDir, Stdin: x.AttachStdin, TTY: x.Tty,
		Detach: streams == nil, Privileged: x.Privileged, DetachKeys: x.DetachKeys, id: x.ID,
	}
	s := none()
	if streams != nil {
		s = streams.only(x.AttachStdout || x.Tty, x.AttachStderr && !x.Tty)
		o.Stdin = o.Stdin && s.In != nil
	}
	run, err := r.engine.execution(r.container, o, s)
	if err != nil {
		return nil, err
	}
	return &Execution{run}, nil
}

// Attend copies until the process has ended, and returns its exit code.
func (x *Execution) Attend() (int, error) { return x.attend() }

// Close leaves the process, which goes on.
func (x *Execution) Close() { x.close() }

// Resize gives its terminal a size.
func (x *Execution) Resize(rows, cols uint16) error {
	if x.console == nil {
		return &Conflict{errors.New("the process has no terminal")}
	}
	return setSize(x.console, rows, cols)
}
