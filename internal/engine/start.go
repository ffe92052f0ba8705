package engine

import (
	"errors"
	"fmt"

	"bantam/internal/container/folder"
	"bantam/internal/container/monitor/wire"
)

// Create makes a container without starting it and returns its id.
func (e *Engine) Create(o *RunOptions) (string, error) {
	store, err := e.containers()
	if err != nil {
		return "", err
	}
	s := &session{engine: e}
	f, lock, err := s.recordIn(store, o)
	if err != nil {
		return "", err
	}
	defer lock.Free()
	if err := o.writeCID(s.record.ID); err != nil {
		_ = discard(store, f, s.record)
		return "", err
	}
	return s.record.ID, nil
}

// StartOptions are those of docker start.
type StartOptions struct {
	Attach, Stdin, SigProxy bool
	DetachKeys              string
	// Waiting gives those who attach from the start on; it may be nil.
	Waiting func(id string) []*Attachment
	// Idle is set where the container runs already; it may be nil.
	Idle *bool

	held func(pidfd int) error // see session
}

// Start starts a container that was created or has ended. Attached, it returns the
// container's exit code when it has ended. One that runs already is left alone.
func (e *Engine) Start(name string, o *StartOptions) (int, error) {
	if _, err := parseDetachKeys(o.DetachKeys); err != nil {
		return 1, err
	}
	_, c, err := e.get(name)
	if err != nil {
		return 1, err
	}
	if c.State.Status == folder.Running {
		idle(o.Idle)
		if o.Attach || o.Stdin {
			return e.Attach(name, &AttachOptions{NoStdin: !o.Stdin, SigProxy: o.SigProxy, DetachKeys: o.DetachKeys})
		}
		return 0, nil
	}
	s, err := e.launch(c, o)
	if err != nil || s == nil {
		return 1, err
	}
	defer s.term.restore()
	if !o.Attach && !o.Stdin {
		s.close()
		return 0, nil
	}
	code, err := s.stay()
	if errors.Is(err, errDetached) {
		e.containerEvent(s.record, "detach")
		return 0, nil
	}
	return code, err
}

// launch gives a stopped container a monitor, which starts it. No session and no
// error: somebody else was quicker.
func (e *Engine) launch(c *container, o *StartOptions) (*session, error) {
	lock, running, err := c.lockStopped()
	if err != nil {
		return nil, err
	}
	if running {
		return nil, nil
	}
	c.unmark(stopped)
	conn, pid, err := e.spawn()
	if err != nil {
		// A monitor would remove it; whoever waits for that must not wait for good.
		if store, bad := e.containers(); bad == nil && c.Record.Host.AutoRemove {
			_ = discard(store, c.Folder, c.Record)
		}
		lock.Free()
		return nil, err
	}
	tty := c.Record.Config.Tty
	attached := o.Attach || o.Stdin
	s := &session{
		engine: e, conn: conn, monitor: pid, pidfd: -1, folder: c.Folder, record: c.Record,
		view: view{tty, o.Stdin && c.Record.Config.OpenStdin, o.SigProxy && attached, o.DetachKeys, standard().only(attached, attached && !tty)},
	}
	s.job = wire.Job{Root: e.Root, ID: c.Record.ID, Stdout: attached, Stderr: attached && !tty, Input: s.view.Stdin}
	if attached {
		e.containerEvent(c.Record, "attach")
	}
	if attached && tty {
		s.showTerminal()
	}
	var waiting []*Attachment
	if o.Waiting != nil {
		waiting = untaken(o.Waiting(c.Record.ID))
	}
	s.held, s.job.Hold = o.held, o.held != nil
	s.job.Waiting = uint16(len(waiting))
	for _, w := range waiting {
		defer w.far.Close()
	}
	err = s.send(lock)
	for _, w := range waiting {
		if err == nil {
			err = conn.Send(wire.KindCall, nil, w.far.FD)
		}
	}
	if err == nil {
		err = s.awaitStart()
	}
	if err != nil {
		s.term.restore()
		s.close()
		return nil, err
	}
	return s, nil
}

// AttachOptions are those of docker attach.
type AttachOptions struct {
	NoStdin    bool
	SigProxy   bool
	DetachKeys string
	Streams    *Streams // nil is this process's standard files and its terminal
}

// Attach shows a running container's output from now on and feeds its input, until it
// ends or the user leaves. It returns the container's exit code.
func (e *Engine) Attach(name string, o *AttachOptions) (int, error) {
	if _, err := parseDetachKeys(o.DetachKeys); err != nil {
		return 1, err
	}
	_, c, err := e.get(name)
	if err != nil {
		return 1, err
	}
	if c.State.Status != folder.Running {
		return 1, &Conflict{errors.New("You cannot attach to a stopped container, start it first")}
	}
	if c.Marked(folder.Paused) {
		return 1, &Conflict{errors.New("You cannot attach to a paused container, unpause it first")}
	}
	tty := c.Record.Config.Tty
	v := view{tty, !o.NoStdin && c.Record.Config.OpenStdin, o.SigProxy, o.DetachKeys, o.Streams.or().only(true, !tty)}
	s, err := e.call(c, v)
	if err != nil {
		return 1, fmt.Errorf("attach to %s: %w", name, err)
	}
	defer s.close()
	e.containerEvent(c.Record, "attach")
	if tty && o.Streams == nil {
		s.showTerminal()
		defer s.term.restore()
	}
	code, err := s.stay()
	if errors.Is(err, errDetached) {
		e.containerEvent(s.record, "detach")
		return 0, nil
	}
	return code, err
}
