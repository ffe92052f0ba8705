package engine

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"bantam/internal/container/monitor/wire"

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
}

// Exec runs a further process in a running container and returns its exit code. The
// container's monitor starts it and waits for it.
func (e *Engine) Exec(name string, o *ExecOptions) (int, error) {
	keys, err := parseDetachKeys(o.DetachKeys)
	if err != nil {
		return 1, err
	}
	if o.TTY && o.Stdin && !o.Detach && !isTerminal(0) {
		return 1, ErrNoTerminal
	}
	env, err := (&RunOptions{Env: o.Env, EnvFiles: o.EnvFiles}).environment()
	if err != nil {
		return 1, err
	}
	c, err := e.getRunning(name)
	if err != nil {
		return 1, err
	}
	if c.marked(paused) {
		return 1, fmt.Errorf("container %s is paused, unpause the container before exec", c.Record.ID)
	}
	conn, err := wire.Call(c.State.Monitor, c.State.Door)
	if err != nil {
		return 1, err
	}
	defer conn.Close()
	x := &execution{conn: conn, opts: o, keys: keys, request: wire.ExecRequest{
		Args: o.Command, Env: env, User: o.User, Cwd: o.Workdir, TTY: o.TTY, Privileged: o.Privileged,
	}}
	return x.run()
}

// execution is one exec.
type execution struct {
	conn    wire.Conn
	opts    *ExecOptions
	keys    detachKeys
	request wire.ExecRequest

	ours   [3]int // our ends of its standard files, -1 where there is none
	master int
	output sync.WaitGroup
	term   *terminal
}

func (x *execution) run() (int, error) {
	if err := x.send(); err != nil {
		return 1, err
	}
	m, err := x.conn.Receive()
	switch {
	case err == io.EOF:
		return 1, errors.New("the container ended before the command was started")
	case err != nil:
		return 1, err
	case m.Kind == wire.KindFailed && len(m.Body) > 0:
		return 1, &CodedError{int(m.Body[0]), errors.New(string(m.Body[1:]))}
	case m.Kind != wire.KindStarted || len(m.FDs) == 0:
		return 1, fmt.Errorf("the monitor said %c where the start was due", m.Kind)
	}
	if x.opts.Detach {
		return 0, nil
	}
	x.master = -1
	if x.opts.TTY && len(m.FDs) > 1 {
		x.master = m.FDs[1]
	}
	return x.attend()
}

// send makes the process's standard files and asks for it.
func (x *execution) send() error {
	text, err := x.request.Encode()
	if err != nil {
		return err
	}
	defer unix.Close(text)
	fds := []int{text}
	x.ours = [3]int{-1, -1, -1}
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
	for i := range theirs {
		if x.opts.Detach || i == 0 && !x.opts.Stdin {
			if theirs[i], err = unix.Open(os.DevNull, unix.O_RDWR|unix.O_CLOEXEC, 0); err != nil {
				return theirs, err
			}
			continue
		}
		var p [2]int
		if err = unix.Pipe2(p[:], unix.O_CLOEXEC); err != nil {
			return theirs, err
		}
		if i == 0 {
			theirs[i], x.ours[i] = p[0], p[1]
		} else {
			theirs[i], x.ours[i] = p[1], p[0]
		}
	}
	return theirs, nil
}

// attend copies until the process has ended and everything that it wrote is here.
func (x *execution) attend() (int, error) {
	detached := make(chan struct{})
	if x.master >= 0 {
		x.ours[0], x.ours[1] = x.master, x.master
		if x.opts.Stdin {
			x.term, _ = rawTerminal(0)
			defer x.term.restore()
		}
		if x.term != nil {
			x.term.size(x.master)
			x.term.follow(x.master)
		}
	}
	if x.opts.Stdin {
		in := input{tty: x.opts.TTY, keys: x.keys, to: x.ours[0]}
		go in.copy(detached)
	}
	for i := 1; i < 3; i++ {
		if from := x.ours[i]; from >= 0 {
			x.output.Add(1)
			go func() {
				defer x.output.Done()
				copyOutput(i, from)
			}()
		}
	}
	return x.exitCode(detached)
}

// exitCode waits for the monitor's word. A container that ends takes its processes with
// it: 137, as docker has it.
func (x *execution) exitCode(detached <-chan struct{}) (int, error) {
	exited := make(chan heard, 1)
	go func() {
		m, err := x.conn.Receive()
		exited <- heard{m, err}
	}()
	select {
	case <-detached:
		return 0, nil
	case m := <-exited:
		x.output.Wait()
		if m.err != nil || len(m.Body) != 1 {
			return 137, nil
		}
		return int(m.Body[0]), nil
	}
}

// copyOutput copies until the end; a terminal's is EIO.
func copyOutput(to, from int) {
	b := make([]byte, 32<<10)
	for {
		n, err := unix.Read(from, b)
		if err == unix.EINTR || err == unix.EAGAIN {
			continue
		}
		if err != nil || n <= 0 || writeAll(to, b[:n]) != nil {
			return
		}
	}
}
