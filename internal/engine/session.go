package engine

import (
	"errors"
	"fmt"
	"io"

	"bantam/internal/container/folder"
	"bantam/internal/container/monitor/wire"

	"golang.org/x/sys/unix"
)

// session is a command's talk with the monitor of one container.
type session struct {
	engine  *Engine
	conn    wire.Conn
	monitor int // its pid if it is a child of ours, or 0
	folder  folder.Folder
	job     wire.Job
	view    view
	record  *folder.Record

	kept  []int // the container's output pipes, for the same case
	pidfd int   // of the container's init, kept for the case that the monitor is killed
	input int   // the container's standard input, or its terminal's master end
	term  *terminal
}

// view is how a command attends to a container.
type view struct {
	TTY        bool // the container has a terminal
	Stdin      bool // the command's standard input goes in
	SigProxy   bool
	DetachKeys string
}

// errDetached says that the user left the container with the detach keys.
var errDetached = errors.New("detached")

// begin sends the job and waits until the container runs.
func (s *session) begin(lock *folder.Lock) error {
	fds := []int{lock.FD}
	if s.job.Stdout {
		fds = append(fds, 1)
	}
	if s.job.Stderr {
		fds = append(fds, 2)
	}
	err := s.conn.Send(wire.KindJob, s.job.Encode(), fds...)
	lock.Free() // the monitor's copy holds it from now on
	if err != nil {
		return fmt.Errorf("the monitor ended before its container was started: %w", err)
	}
	return s.awaitStart()
}

func (s *session) awaitStart() error {
	m, err := s.conn.Receive()
	switch {
	case err == io.EOF:
		return errors.New("the monitor was killed before its container was started: nothing runs, try again")
	case err != nil:
		return err
	case m.Kind == wire.KindFailed && len(m.Body) > 0:
		return &CodedError{int(m.Body[0]), errors.New(string(m.Body[1:]))}
	case m.Kind != wire.KindStarted || len(m.FDs) == 0:
		return fmt.Errorf("the monitor said %c where the start was due", m.Kind)
	}
	s.pidfd = m.FDs[0]
	s.input = -1
	rest := m.FDs[1:]
	if !s.view.TTY && s.job.Stdout && len(rest) >= 2 {
		s.kept, rest = rest[:2], rest[2:]
	}
	if len(rest) > 0 {
		s.input = rest[0]
	}
	return nil
}

// stay is attached until the container ends, and returns its exit code.
func (s *session) stay() (int, error) {
	detached := s.pump()
	for {
		code, err := s.listen(detached)
		if !errors.Is(err, io.EOF) {
			return code, err
		}
		// Only a killed monitor closes the connection without a word.
		if err := s.takeOver(); err != nil {
			return CodeEngine, err
		}
	}
}

// pump starts what runs beside: signals and standard input.
func (s *session) pump() <-chan struct{} {
	detached := make(chan struct{})
	if s.view.SigProxy {
		s.forwardSignals()
	}
	if s.term != nil {
		s.term.follow(s.input)
	}
	if s.view.Stdin && s.input >= 0 {
		go s.copyInput(detached)
	}
	return detached
}

// heard is one message, or the error instead.
type heard struct {
	wire.Message
	err error
}

// listen waits for the exit and for the end of the clean-up.
func (s *session) listen(detached <-chan struct{}) (int, error) {
	messages := make(chan heard)
	stop := make(chan struct{})
	defer close(stop)
	go func() {
		for {
			m, err := s.conn.Receive()
			select {
			case messages <- heard{m, err}:
			case <-stop:
				return
			}
			if err != nil {
				return
			}
		}
	}()
	code := -1
	for {
		select {
		case <-detached:
			return 0, errDetached
		case m := <-messages:
			switch {
			case m.err != nil && code >= 0:
				return code, s.engine.afterExit(s.folder, s.record)
			case m.err != nil:
				return code, m.err
			case m.Kind == wire.KindExited && len(m.Body) == 1:
				code = int(m.Body[0])
			case m.Kind == wire.KindRest:
				return code, nil
			case m.Kind == wire.KindGone:
				if len(m.Body) > 0 {
					s.engine.note("clean-up of %s: %s", s.record.Name, m.Body)
				}
				s.awaitMonitor()
				return code, nil
			}
		}
	}
}

// awaitMonitor waits for the process itself, which has nothing left to do: when the
// command returns there is no trace of the container.
func (s *session) awaitMonitor() {
	for s.monitor > 0 {
		if _, err := unix.Wait4(s.monitor, nil, 0, nil); err != unix.EINTR {
			return
		}
	}
}

// takeOver starts another monitor in place of the killed one.
func (s *session) takeOver() error {
	s.conn.Close()
	lock, err := s.folder.Lock()
	if err != nil {
		return fmt.Errorf("the monitor of %s was killed: %w", s.record.Name, err)
	}
	s.engine.note("the monitor of %s was killed; another one has taken over", s.record.Name)
	job := s.job
	job.Adopt, job.Pidfd = true, true
	fds := []int{s.pidfd}
	if s.input >= 0 && s.view.TTY {
		job.Terminal = true
		fds = append(fds, s.input)
	}
	if len(s.kept) == 2 {
		job.Pipes = true
		fds = append(fds, s.kept...)
	}
	s.conn, s.monitor, err = adopt(job, lock, fds)
	return err
}

// adopt starts a monitor for a container whose own was killed.
func adopt(job wire.Job, lock *folder.Lock, kept []int) (wire.Conn, int, error) {
	defer lock.Free()
	conn, pid, err := spawn()
	if err != nil {
		return conn, 0, err
	}
	fds := []int{lock.FD}
	if job.Stdout {
		fds = append(fds, 1)
	}
	if job.Stderr {
		fds = append(fds, 2)
	}
	if err := conn.Send(wire.KindJob, job.Encode(), append(fds, kept...)...); err != nil {
		return conn, 0, fmt.Errorf("the new monitor ended at once: %w", err)
	}
	return conn, pid, nil
}

// copyInput is the command's standard input on its way into the container.
func (s *session) copyInput(detached chan<- struct{}) {
	in := input{tty: s.view.TTY, to: s.input}
	if s.view.TTY {
		in.keys, _ = parseDetachKeys(s.view.DetachKeys)
	}
	in.copy(detached)
}

// input copies the command's standard input into a pipe or a terminal.
type input struct {
	tty  bool
	keys detachKeys
	to   int
}

// copy ends with the input, or when the user types the detach keys, which it tells.
func (in *input) copy(detached chan<- struct{}) {
	b := make([]byte, 32<<10)
	for {
		n, err := unix.Read(0, b)
		if err == unix.EINTR || err == unix.EAGAIN {
			continue
		}
		if err != nil || n == 0 {
			break
		}
		out := b[:n]
		if in.tty {
			var left bool
			if out, left = in.keys.filter(out); left {
				close(detached)
				return
			}
		}
		if writeAll(in.to, out) != nil {
			break
		}
	}
	// The end of the input is the container's end of input; a terminal has no such end.
	if !in.tty {
		unix.Close(in.to)
	}
}

func writeAll(fd int, b []byte) error {
	for len(b) > 0 {
		n, err := unix.Write(fd, b)
		switch {
		case err == unix.EINTR || err == unix.EAGAIN:
		case err != nil:
			return err
		default:
			b = b[n:]
		}
	}
	return nil
}

// isTerminal reports whether the descriptor is a terminal.
func isTerminal(fd int) bool {
	_, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	return err == nil
}
