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
	e.forgetExecs(c)
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

// forgetExecs removes what nobody will ask for any more.
func (e *Engine) forgetExecs(c *container) {
	for _, id := range c.Execs() {
		st, err := c.ReadExecState(id)
		if err == nil && !st.Finished.IsZero() && time.Since(st.Finished) > execKept {
			c.RemoveExec(id)
		}
	}
}

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

// Execution is a further process that was started.
type Execution struct{ *execution }

// ExecStart starts a further process that was created, attached to streams; without, it
// runs by itself.
func (e *Engine) ExecStart(id string, streams *Streams) (*Execution, error) {
	c, x, err := e.findExec(id)
	if err != nil {
		return nil, err
	}
	if err := c.ClaimExec(id); errors.Is(err, os.ErrExist) {
		return nil, &Conflict{fmt.Errorf("Error: Exec command %s is already running", id)}
	} else if err != nil {
		return nil, err
	}
	o := &ExecOptions{
		Command: x.Command, Env: x.Env, User: x.User, Workdir: x.WorkingDir, Stdin: x.AttachStdin, TTY: x.Tty,
		Detach: streams == nil, Privileged: x.Privileged, DetachKeys: x.DetachKeys, id: id,
	}
	s := none()
	if streams != nil {
		s = streams.only(x.AttachStdout || x.Tty, x.AttachStderr && !x.Tty)
		o.Stdin = o.Stdin && s.In != nil
	}
	run, err := e.execution(c.Record.ID, o, s)
	if err != nil {
		return nil, err
	}
	return &Execution{run}, nil
}

// Attend copies until the process has ended, and returns its exit code.
func (x *Execution) Attend() (int, error) { return x.attend() }

// TTY says whether the process has a terminal.
func (x *Execution) TTY() bool { return x.opts.TTY }

// Close leaves the process, which goes on.
func (x *Execution) Close() { x.close() }

// Resize gives its terminal a size.
func (x *Execution) Resize(rows, cols uint16) error {
	if x.console == nil {
		return &Conflict{errors.New("the process has no terminal")}
	}
	return setSize(x.console, rows, cols)
}
