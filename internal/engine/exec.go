package engine

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"

	"bantam/internal/container/folder"
	"bantam/internal/container/monitor/wire"
	"bantam/internal/statefile"

	"golang.org/x/sys/unix"
)

// ExecOptions are those of docker exec.
type ExecOptions struct {
	Command    []string
	Env        []string
	EnvFiles   []string
	User       string
	Workdir    string
	Stdin, TTY bool
	Detach     bool
	Privileged bool
	DetachKeys string

	id string // under which the monitor keeps its state, or ""
}

// Exec runs a further process in a running container and returns its exit code. The
// container's monitor starts it and waits for it.
func (e *Engine) Exec(name string, o *ExecOptions) (int, error) {
	if o.TTY && o.Stdin && !o.Detach && !isTerminal(0) {
		return 1, ErrNoTerminal
	}
	env, err := (&RunOptions{Env: o.Env, EnvFiles: o.EnvFiles}).environment()
	if err != nil {
		return 1, err
	}
	own := *o
	own.Env = env
	c, err := e.executable(name)
	if err != nil {
		return 1, &CodedError{1, err}
	}
	x, err := e.execution(c, &own, standard())
	if err != nil {
		return code(err), err
	}
	defer x.close()
	if o.Detach {
		return 0, nil
	}
	if x.console != nil && o.Stdin {
		x.term, _ = rawTerminal(0)
		defer x.term.restore()
	}
	if x.term != nil {
		x.term.size(int(x.console.Fd()))
		x.term.follow(int(x.console.Fd()))
	}
	return x.attend()
}

// execution is one exec.
type execution struct {
	conn    wire.Conn
	opts    *ExecOptions
	streams Streams
	keys    detachKeys
	request wire.ExecRequest

	ours    [3]*os.File // our ends of its standard files, nil where there is none
	console *os.File    // its terminal's master end, or nil
	output  sync.WaitGroup
	term    *terminal
	ear     *ear
}

// execution starts a further process.
func (e *Engine) execution(c *container, o *ExecOptions, streams Streams) (*execution, error) {
	keys, err := parseDetachKeys(o.DetachKeys)
	if err != nil {
		return nil, &CodedError{1, err}
	}
	conn, err := wire.Call(c.State.Monitor, c.State.Door)
	if err != nil {
		return nil, &CodedError{1, err}
	}
	x := &execution{conn: conn, opts: o, keys: keys, streams: streams, request: wire.ExecRequest{
		Keep: o.id != "", Args: o.Command, Env: o.Env, User: o.User, Cwd: o.Workdir, TTY: o.TTY, Privileged: o.Privileged,
	}}
	x.request.ID = e.tellExec(c, o)
	if err := x.start(); err != nil {
		x.close()
		var c *CodedError
		if !errors.As(err, &c) {
			err = &CodedError{1, err}
		}
		return nil, err
	}
	if o.Detach {
		x.keep()
	}
	return x, nil
}

// keep leaves the process its terminal, which would hang up otherwise.
func (x *execution) keep() {
	if x.console == nil {
		return
	}
	raw, err := x.console.SyscallConn() // Fd would make reading block, which Close could not end
	if err != nil {
		return
	}
	_ = raw.Control(func(fd uintptr) { _ = x.conn.Send(wire.KindKeep, nil, int(fd)) }) // a monitor that is gone has nobody to keep it for
}

// tellExec emits an exec's first events and returns its id, which the last one has, too.
func (e *Engine) tellExec(c *container, o *ExecOptions) string {
	id, line := o.id, strings.Join(o.Command, " ")
	if id == "" {
		id = statefile.NewID()
		e.containerEvent(c.Record, "exec_create: "+line, "execID", id)
	}
	e.containerEvent(c.Record, "exec_start: "+line, "execID", id)
	return id
}

// executable finds a container in which a further process can be started.
func (e *Engine) executable(name string) (*container, error) {
	_, c, err := e.get(name)
	if err == nil {
		err = c.mayExec()
	}
	return c, err
}

// mayExec refuses a further process in a container that is paused or doesn't run.
func (c *container) mayExec() error {
	switch {
	case c.State.Status != folder.Running:
		return &NotRunning{c.Record.ID}
	case c.Marked(folder.Paused):
		return &Conflict{fmt.Errorf("container %s is paused, unpause the container before exec", c.Record.ID)}
	}
	return nil
}

// start asks for the process and waits until it runs.
func (x *execution) start() error {
	if err := x.send(); err != nil {
		return err
	}
	m, err := x.conn.Receive()
	switch {
	case err == io.EOF:
		return errors.New("the container ended, or its monitor was killed, before the command was started")
	case err != nil:
		return err
	case m.Kind == wire.KindFailed && len(m.Body) > 0:
		return &CodedError{int(m.Body[0]), errors.New(string(m.Body[1:]))}
	case m.Kind != wire.KindStarted || len(m.FDs) == 0:
		return fmt.Errorf("the monitor said %c where the start was due", m.Kind)
	}
	unix.Close(m.FDs[0])
	if x.opts.TTY && len(m.FDs) > 1 {
		x.console = x.file(m.FDs[1])
	}
	return nil
}

// close leaves the process and gives back what was held for it.
func (x *execution) close() {
	unix.Shutdown(x.conn.FD, unix.SHUT_RDWR)
	x.ear.close()
	x.conn.Close()
	for _, f := range append(x.ours[:], x.console) {
		f.Close()
	}
}

// send makes the process's standard files and asks for it.
func (x *execution) send() error {
	text, err := x.request.Encode()
	if err != nil {
		return err
	}
	defer unix.Close(text)
	fds := []int{text}
	if !x.opts.TTY {
		theirs, err := x.pipes()
		for _, fd := range theirs {
			if fd >= 0 {
				defer unix.Close(fd)
			}
		}
		if err != nil {
			return err
		}
		fds = append(fds, theirs[:]...)
	}
	if err := x.conn.Send(wire.KindExec, nil, fds...); err != nil {
		return fmt.Errorf("ask the container's monitor: %w", err)
	}
	return nil
}

// pipes makes pipes, so that no file of the caller's gets into the container
// (CVE-2024-21626), or uses /dev/null where nobody listens.
func (x *execution) pipes() (theirs [3]int, err error) {
	theirs = [3]int{-1, -1, -1}
	out := [...]int{-1, x.streams.Out, x.streams.Err}
	for i := range theirs {
		var p [2]int
		switch {
		case x.opts.Detach, i == 0 && !x.opts.Stdin, i > 0 && out[i] < 0:
			theirs[i], err = unix.Open(os.DevNull, unix.O_RDWR|unix.O_CLOEXEC, 0)
		case i > 0 && x.streams.Pipes:
			theirs[i], err = unix.FcntlInt(uintptr(out[i]), unix.F_DUPFD_CLOEXEC, 0)
		default:
			if err = unix.Pipe2(p[:], unix.O_CLOEXEC); err != nil {
				return theirs, err
			}
			theirs[i] = p[min(i, 1)]
			x.ours[i] = x.file(p[1-min(i, 1)])
		}
		if err != nil {
			return theirs, err
		}
	}
	return theirs, nil
}

// file makes a file of an end that is ours alone. Who may leave must be able to end
// what waits for it by closing it.
func (x *execution) file(fd int) *os.File {
	if x.streams.Leave != nil {
		_ = unix.SetNonblock(fd, true)
	}
	return os.NewFile(uintptr(fd), "standard file of exec")
}

// attend copies until the process has ended and everything that it wrote is here.
func (x *execution) attend() (int, error) {
	if x.streams.Leave == nil && !x.opts.Stdin {
		return x.watch(), nil
	}
	detached := make(chan struct{})
	x.copy(detached)
	return x.exitCode(detached)
}

// copy starts to copy between the process and the streams.
func (x *execution) copy(detached chan struct{}) {
	if to := cmp.Or(x.console, x.ours[0]); x.opts.Stdin && to != nil {
		in := input{tty: x.opts.TTY, keys: x.keys, from: x.streams.In, to: to}
		go in.copy(detached)
	}
	for _, f := range x.flows() {
		x.output.Go(f.copy)
	}
}

// flow is an output on its way.
type flow struct {
	from *os.File
	to   int
}

// pass writes on what was read. Where nobody takes it any more the process is told, as in a pipeline: it gets SIGPIPE, or SIGHUP with a terminal.
func (f *flow) pass(b []byte) bool {
	if writeAll(f.to, b) == nil {
		return true
	}
	f.from.Close()
	return false
}

// copy passes all on, to the end; a terminal's is EIO.
func (f *flow) copy() {
	b := make([]byte, 32<<10)
	for {
		n, err := f.from.Read(b)
		if !f.pass(b[:n]) || err != nil {
			return
		}
	}
}

// flows are the outputs that somebody wants.
func (x *execution) flows() (list []flow) {
	for _, f := range [...]flow{{cmp.Or(x.console, x.ours[1]), x.streams.Out}, {x.ours[2], x.streams.Err}} {
		if f.from != nil && f.to >= 0 {
			list = append(list, f)
		}
	}
	return list
}

// watch is attend where there is no input and nobody leaves: one poll(2), as goroutines would take a thread each.
func (x *execution) watch() (code int) {
	flows := x.flows()
	polled := []unix.PollFd{{Fd: int32(x.conn.FD), Events: unix.POLLIN}}
	for _, f := range flows {
		polled = append(polled, unix.PollFd{Fd: int32(f.from.Fd()), Events: unix.POLLIN})
	}
	b := make([]byte, 32<<10)
	for left := len(polled); left > 0; {
		if _, err := unix.Poll(polled, -1); err != nil && err != unix.EINTR {
			return 137
		}
		for i := range polled {
			p := &polled[i]
			done := p.Revents != 0
			switch {
			case !done:
			case i == 0:
				code = exitOf(x.conn.Receive())
			default:
				n, err := unix.Read(int(p.Fd), b)
				done = err != unix.EINTR && (n <= 0 || !flows[i-1].pass(b[:n])) // a terminal's end is EIO
			}
			if done {
				p.Fd = -1
				left--
			}
			p.Revents = 0
		}
	}
	return code
}

// exitOf is the exit code that the monitor tells. A container that ends takes its processes with it: 137, as docker has it.
func exitOf(m wire.Message, err error) int {
	if err != nil || len(m.Body) != 1 {
		return 137
	}
	return int(m.Body[0])
}

// exitCode waits for the monitor's word.
func (x *execution) exitCode(detached <-chan struct{}) (int, error) {
	x.ear = listenTo(x.conn, x.streams.Leave != nil)
	select {
	case <-detached:
		x.keep()
		return 0, nil
	case <-x.streams.Leave:
		return 0, errDetached
	case m := <-x.ear.messages:
		x.output.Wait()
		return exitOf(m.Message, m.err), nil
	}
}
