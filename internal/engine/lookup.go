package engine

import (
	"errors"
	"fmt"
	"os"
	"time"

	"bantam/internal/container/folder"
	"bantam/internal/container/monitor/wire"

	"golang.org/x/sys/unix"
)

// get finds a container by name, id or prefix, and how it fares.
func (e *Engine) get(name string) (*folder.Store, *container, error) {
	s, err := e.containers()
	if err != nil {
		return nil, nil, err
	}
	f, err := s.Find(name)
	if err != nil {
		return s, nil, err
	}
	c, err := e.look(s, f)
	// Another command may be about to put right what a killed monitor has left.
	for end := time.Now().Add(orphanPatience); err == nil && c.orphaned() && time.Now().Before(end); time.Sleep(retryEvery) {
		c, err = e.look(s, f)
	}
	if errors.Is(err, os.ErrNotExist) {
		err = &folder.NotFound{Name: name}
	}
	return s, c, err
}

// orphanPatience bounds the wait for another command that gives a container a new monitor.
const orphanPatience = 2 * time.Second

// orphaned says that the monitor of a running container is dead, or a zombie.
func (c *container) orphaned() bool {
	if c.State.Status != folder.Running || c.State.Monitor == 0 {
		return false
	}
	_, alive := folder.StartTime(c.State.Monitor)
	return !alive
}

// getRunning is get for verbs that want a running container.
func (e *Engine) getRunning(name string) (*container, error) {
	_, c, err := e.get(name)
	if err != nil {
		return nil, err
	}
	if c.State.Status != folder.Running {
		return nil, &NotRunning{c.Record.ID}
	}
	return c, nil
}

// NotRunning is docker's error for a verb that needs a running container.
type NotRunning struct{ ID string }

func (e *NotRunning) Error() string { return "container " + e.ID + " is not running" }

// call reaches the monitor of a running container and attaches to it.
func (e *Engine) call(c *container, v view) (*session, error) {
	s := &session{engine: e, folder: c.Folder, record: c.Record, view: v, pidfd: -1}
	s.job = wire.Job{Root: e.Root, ID: c.Record.ID, Stdout: v.Out >= 0, Stderr: v.Err >= 0, Input: v.Stdin}
	var err error
	if s.conn, err = wire.Call(c.State.Monitor, c.State.Door); err != nil {
		return nil, err
	}
	if err := s.conn.Send(wire.KindAttach, wire.Streams(s.job.Stdout, s.job.Stderr), v.outputs()...); err != nil {
		s.conn.Close()
		return nil, fmt.Errorf("attach to %s: %w", c.Record.Name, err)
	}
	if err := s.awaitStart(); err != nil {
		s.conn.Close()
		return nil, err
	}
	return s, nil
}

// retryEvery is how long to wait for a lock that its holder is about to give back.
const retryEvery = time.Millisecond

// lockStopped locks a container that doesn't run; running says that it does after all.
func (c *container) lockStopped() (lock *folder.Lock, running bool, err error) {
	for {
		lock, err := c.TryLock()
		if err == nil {
			err = c.read()
			if err != nil || c.State.Status == folder.Running {
				lock.Free()
				return nil, err == nil, err
			}
			return lock, false, nil
		}
		if !errors.Is(err, folder.ErrBusy) {
			return nil, false, err
		}
		if err := c.read(); err != nil {
			return nil, false, err
		}
		if c.State.Status == folder.Running {
			return nil, true, nil
		}
		time.Sleep(retryEvery)
	}
}

// signal sends a signal to the container's init; none for one that has ended meanwhile.
func (c *container) signal(sig unix.Signal) error {
	fd, err := unix.PidfdOpen(c.State.Pid, 0)
	if err == unix.ESRCH {
		return nil
	}
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	if !c.State.Alive() {
		return nil
	}
	if err := unix.PidfdSendSignal(fd, sig, nil, 0); err != unix.ESRCH {
		return err
	}
	return nil
}
