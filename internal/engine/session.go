package engine

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"

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

	held func(pidfd int) error // looks at the container before its program begins

	kept  []int    // the container's output pipes, for the same case
	pidfd int      // of the container's init, kept for the case that the monitor is killed
	input *os.File // the container's standard input, or its terminal's master end; or nil
	term  *terminal
	ear   *ear
}

// view is how a command attends to a container.
type view struct {
	TTY        bool // the container has a terminal
	Stdin      bool // the standard input goes in
	SigProxy   bool
	DetachKeys string
	Streams
}

// errDetached says that the user left the container with the detach keys.
var errDetached = errors.New("detached")

// begin sends the job and waits until the container runs.
func (s *session) begin(lock *folder.Lock) error {
	if err := s.send(lock); err != nil {
		return err
	}
	return s.awaitStart()
}

// send sends the job, and the lock with it. From then on the container may run and be told so, by its log or
// its health: a signal that comes before that is kept by the monitor.
func (s *session) send(lock *folder.Lock) error {
	if err := s.tellSignals(); err != nil {
		return err
	}
	fds := append([]int{lock.FD}, s.view.outputs()...)
	err := s.conn.Send(wire.KindJob, s.job.Encode(), fds...)
	lock.Free() // the monitor's copy holds it from now on
	if err != nil {
		return fmt.Errorf("the monitor ended before its container was started: %w", err)
	}
	return nil
}

func (s *session) awaitStart() error {
	m, err := s.conn.Receive()
	if err == nil && m.Kind == wire.KindHeld && len(m.FDs) == 1 {
		held := s.held(m.FDs[0])
		unix.Close(m.FDs[0])
		if held != nil {
			return held // and nobody says Go: see close
		}
		if err := s.conn.Send(wire.KindGo, nil); err != nil {
			return err
		}
		m, err = s.conn.Receive()
	}
	return s.started(m, err)
}

// started takes the monitor's word that the container runs.
func (s *session) started(m wire.Message, err error) error {
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
	rest := m.FDs[1:]
	if !s.view.TTY && s.job.Stdout && len(rest) >= 2 {
		s.kept, rest = rest[:2], rest[2:]
	}
	if len(rest) > 0 && !s.view.TTY && !s.view.Stdin {
		// It would keep the container's input from ending.
		unix.Close(rest[0])
		return nil
	}
	if len(rest) > 0 {
		s.input = os.NewFile(uintptr(rest[0]), "container's input")
		if s.view.Leave != nil && !s.view.TTY {
			s.input = interruptible(s.input)
		}
	}
	return nil
}

// interruptible opens a pipe anew, so that closing it ends a write that waits; the
// flag for that belongs to the open file, which others share.
func interruptible(f *os.File) *os.File {
	again, err := os.OpenFile("/proc/self/fd/"+strconv.Itoa(int(f.Fd())), os.O_WRONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return f
	}
	f.Close()
	return again
}

// close leaves the container and gives back what the session holds.
func (s *session) close() {
	s.dropSignals()
	// Nobody may be receiving when the number of the descriptor becomes free.
	unix.Shutdown(s.conn.FD, unix.SHUT_RDWR)
	s.ear.close()
	s.conn.Close()
	for _, fd := range append(s.kept, s.pidfd) {
		if fd >= 0 {
			unix.Close(fd)
		}
	}
	s.input.Close() // a nil file says that it is none
}

// stay is attached until the container ends, and returns its exit code.
func (s *session) stay() (int, error) {
	detached, err := s.pump()
	if err != nil {
		return CodeEngine, err
	}
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

// pump starts what runs beside: signals and standard input. Nobody else can end the wait where it returns nil.
func (s *session) pump() (detached chan struct{}, err error) {
	if err := s.tellSignals(); err != nil {
		return nil, err
	}
	if s.term != nil && s.input != nil {
		s.term.follow(int(s.input.Fd()))
	}
	if s.view.Stdin && s.input != nil {
		detached = make(chan struct{})
		go s.copyInput(detached)
	}
	return detached, nil
}

// listen waits for the exit and for the end of the clean-up.
func (s *session) listen(detached <-chan struct{}) (int, error) {
	code := -1
	for {
		m, err := s.hear(detached)
		switch {
		case errors.Is(err, errDetached):
			return 0, err
		case err != nil && code >= 0:
			return code, s.engine.afterExit(s.folder, s.record)
		case err != nil:
			return code, err
		case m.Kind == wire.KindExited && len(m.Body) == 1:
			code = int(m.Body[0])
		case m.Kind == wire.KindRest:
			return code, nil
		case m.Kind == wire.KindGone:
			if len(m.Body) > 0 {
				s.engine.note("clean-up of %s: %s", s.record.Name, m.Body)
			}
			if !s.record.Host.AutoRemove {
				s.awaitMonitor()
			}
			return code, nil
		default:
			m.Drop()
		}
	}
}

// hear waits for the monitor's next word, by itself where nobody can end that: a goroutine would take several threads.
func (s *session) hear(detached <-chan struct{}) (wire.Message, error) {
	if s.ear == nil && detached == nil && s.view.Leave == nil {
		return s.conn.Receive()
	}
	if s.ear == nil {
		s.ear = listenTo(s.conn, s.view.Leave != nil)
	}
	select {
	case <-detached:
	case <-s.view.Leave:
	case m := <-s.ear.messages:
		return m.Message, m.err
	}
	return wire.Message{}, errDetached
}

// awaitMonitor waits for the process itself, which has nothing left to do but, for --rm, to delete a few empty folders: when the
// command returns nobody looks after the container.
func (s *session) awaitMonitor() {
	for s.monitor > 0 {
		if _, err := unix.Wait4(s.monitor, nil, 0, nil); err != unix.EINTR {
			return
		}
	}
}

// takeOver starts another monitor in place of the killed one.
func (s *session) takeOver() error {
	s.ear.close()
	s.ear = nil
	s.dropSignals()
	s.conn.Close()
	lock, err := s.folder.Lock()
	if err != nil {
		return fmt.Errorf("the monitor of %s was killed: %w", s.record.Name, err)
	}
	s.engine.note("the monitor of %s was killed; another one has taken over", s.record.Name)
	job := s.job
	job.Adopt, job.Pidfd = true, true
	fds := append(s.view.outputs(), s.pidfd)
	if s.input != nil && s.view.TTY {
		job.Terminal = true
		fds = append(fds, int(s.input.Fd()))
	}
	if len(s.kept) == 2 {
		job.Pipes = true
		fds = append(fds, s.kept...)
	}
	if s.conn, s.monitor, err = s.engine.adopt(job, lock, fds); err != nil {
		return err
	}
	return s.tellSignals()
}

// adopt starts a monitor for a container whose own was killed.
func (e *Engine) adopt(job wire.Job, lock *folder.Lock, fds []int) (wire.Conn, int, error) {
	defer lock.Free()
	conn, pid, err := e.spawn()
	if err != nil {
		return conn, 0, err
	}
	if err := conn.Send(wire.KindJob, job.Encode(), append([]int{lock.FD}, fds...)...); err != nil {
		return conn, 0, fmt.Errorf("the new monitor ended at once: %w", err)
	}
	return conn, pid, nil
}

// copyInput is the standard input on its way into the container.
func (s *session) copyInput(detached chan<- struct{}) {
	in := input{tty: s.view.TTY, from: s.view.In, to: s.input}
	if s.view.TTY {
		in.keys, _ = parseDetachKeys(s.view.DetachKeys)
	}
	in.copy(detached)
}

// input copies a standard input into a pipe or a terminal.
type input struct {
	tty  bool
	keys detachKeys
	from io.Reader
	to   *os.File
}

// copy ends with the input, or when the user types the detach keys, which it tells.
func (in *input) copy(detached chan<- struct{}) {
	b := make([]byte, 32<<10)
	for {
		n, err := in.from.Read(b)
		out := b[:n]
		if in.tty {
			var left bool
			if out, left = in.keys.filter(out); left {
				close(detached)
				return
			}
		}
		if _, bad := in.to.Write(out); bad != nil || err != nil {
			break
		}
	}
	// The end of the input is the container's end of input; a terminal has no such end.
	if !in.tty {
		in.to.Close()
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
