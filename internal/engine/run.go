package engine

import (
	"errors"
	"fmt"
	"os"

	"bantam/internal/container/folder"
	"bantam/internal/container/monitor/wire"
)

// Run creates and starts a container. Attached, it returns the container's exit
// code when it has ended; with Detach, its id is printed by the caller through started.
func (e *Engine) Run(o *RunOptions, started func(id string)) (int, error) {
	if _, err := parseDetachKeys(o.DetachKeys); err != nil {
		return CodeEngine, err
	}
	if o.TTY && o.Stdin && !o.Detach && !isTerminal(0) {
		return 1, ErrNoTerminal
	}
	s, err := e.prepare(o)
	if err != nil {
		return code(err), err
	}
	defer s.term.restore()
	if o.Detach {
		started(s.record.ID)
		return 0, nil
	}
	exit, err := s.stay()
	if errors.Is(err, errDetached) {
		e.containerEvent(s.record, "detach")
		return 0, nil
	}
	if err != nil {
		return code(err), err
	}
	return exit, nil
}

// ErrNoTerminal is docker's refusal of -it without a terminal.
var ErrNoTerminal = errors.New("the input device is not a TTY")

// code is the exit code for an error before the container ran.
func code(err error) int {
	var c *CodedError
	if errors.As(err, &c) {
		return c.Code
	}
	return CodeEngine
}

// prepare brings a container into being and running.
func (e *Engine) prepare(o *RunOptions) (*session, error) {
	store, err := e.containers()
	if err != nil {
		return nil, err
	}
	conn, pid, err := e.spawn()
	if err != nil {
		return nil, err
	}
	v := view{o.TTY, o.Stdin, o.SigProxy && !o.Detach, o.DetachKeys, standard().only(o.attaches("stdout"), o.attaches("stderr") && !o.TTY)}
	s := &session{engine: e, conn: conn, monitor: pid, pidfd: -1, view: v}
	fail := func(err error) (*session, error) {
		s.term.restore()
		conn.Close()
		return nil, err
	}
	f, lock, err := s.recordIn(store, o)
	if err != nil {
		return fail(err)
	}
	s.folder = f
	if err := o.writeCID(s.record.ID); err != nil {
		_ = discard(store, f, s.record)
		lock.Free()
		return fail(err)
	}
	s.job = wire.Job{Root: e.Root, ID: s.record.ID, Stdout: v.Out >= 0, Stderr: v.Err >= 0, Input: o.Stdin}
	if o.TTY && !o.Detach {
		s.showTerminal()
	}
	if !o.Detach {
		e.containerEvent(s.record, "attach")
	}
	if err := s.begin(lock); err != nil {
		return fail(err)
	}
	return s, nil
}

// recordIn finds the image, or pulls it, and writes the container's record.
func (s *session) recordIn(store *folder.Store, o *RunOptions) (f folder.Folder, lock *folder.Lock, err error) {
	if o.Pull == PullAlways {
		if err := s.engine.pullFor(o); err != nil {
			return f, nil, err
		}
	}
	f, lock, err = s.recordFrom(store, o)
	if o.Pull != PullNever && o.Pull != PullAlways && isMissing(err) {
		if err := s.engine.pullMissing(o); err != nil {
			return f, nil, err
		}
		return s.recordFrom(store, o)
	}
	return f, lock, err
}

// recordFrom writes the record of an image that is there. Between these two nobody
// deletes the image.
func (s *session) recordFrom(store *folder.Store, o *RunOptions) (f folder.Folder, lock *folder.Lock, err error) {
	images, err := s.engine.images()
	if err != nil {
		return f, nil, err
	}
	free, err := images.Share()
	if err != nil {
		return f, nil, err
	}
	defer free()
	img, err := s.engine.image(o.Image, o.Platform)
	if err != nil {
		return f, nil, err
	}
	if s.record, err = o.draft(img); err != nil {
		return f, nil, &Invalid{err}
	}
	s.engine.warn(&s.record.Host)
	if o.Platform == "" {
		s.engine.warnForeign(img)
	}
	return s.engine.create(store, o, s.record)
}

// showTerminal makes the user's terminal ready for the container's.
func (s *session) showTerminal() {
	for _, fd := range [...]int{0, 1} {
		if isTerminal(fd) {
			s.job.Rows, s.job.Cols = windowSize(fd)
			break
		}
	}
	if s.view.Stdin {
		s.term, _ = rawTerminal(0)
	}
}

// writeCID writes --cidfile, which must not exist.
func (o *RunOptions) writeCID(id string) error {
	if o.CIDFile == "" {
		return nil
	}
	f, err := os.OpenFile(o.CIDFile, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, os.ErrExist) {
		return fmt.Errorf("container ID file found, make sure the other container isn't running or delete %s", o.CIDFile)
	}
	if err != nil {
		return fmt.Errorf("failed to create the container ID file: %w", err)
	}
	defer f.Close()
	_, err = f.WriteString(id)
	return err
}
