package engine

import (
	"errors"
	"fmt"
	"os"

	"bantam/internal/container/monitor"
	"bantam/internal/statefile"

	"golang.org/x/sys/unix"
)

// Pause freezes a container's processes.
func (e *Engine) Pause(name string) error {
	c, err := e.getRunning(name)
	if err != nil {
		return err
	}
	if c.marked(paused) {
		return &Conflict{fmt.Errorf("container %s is already paused", c.Record.ID)}
	}
	if err := c.mark(paused); err != nil {
		return fmt.Errorf("cannot pause container %s: %w", c.Record.ID, err)
	}
	if err := monitor.Freeze(c.Record.ID, c.State.Cgroup, true); err != nil {
		c.unmark(paused)
		return fmt.Errorf("cannot pause container %s: %w", c.Record.ID, err)
	}
	e.containerEvent(c.Record, "pause")
	return nil
}

// Unpause lets a paused container go on.
func (e *Engine) Unpause(name string) error {
	c, err := e.getRunning(name)
	if err != nil {
		return err
	}
	if !c.marked(paused) {
		return &Conflict{fmt.Errorf("container %s is not paused", c.Record.ID)}
	}
	if err := c.thaw(); err != nil {
		return err
	}
	e.containerEvent(c.Record, "unpause")
	return nil
}

// thaw undoes Pause, if there was one.
func (c *container) thaw() error {
	if !c.marked(paused) {
		return nil
	}
	if err := monitor.Freeze(c.Record.ID, c.State.Cgroup, false); err != nil {
		return fmt.Errorf("cannot unpause container %s: %w", c.Record.ID, err)
	}
	c.unmark(paused)
	return nil
}

// held is a folder in a container's own, locked by a command that keeps the container paused for as long as it
// runs. Nobody else's lock on it means that the command was killed.
const held = "held"

// still pauses a container until goOn is called or this process has ended.
func (e *Engine) still(c *container) (goOn func(), err error) {
	path := c.Path(held)
	var lock *statefile.Lock
	for err = os.ErrNotExist; errors.Is(err, os.ErrNotExist); lock, err = statefile.LockDir(path) {
		if err := unix.Mkdir(path, 0o700); err != nil && err != unix.EEXIST {
			return nil, &os.PathError{Op: "make", Path: path, Err: err}
		}
	}
	if err != nil {
		return nil, err
	}
	if err := e.Pause(c.Record.ID); err != nil {
		unix.Rmdir(path)
		lock.Free()
		return nil, err
	}
	return func() {
		_ = e.Unpause(c.Record.ID)
		unix.Rmdir(path)
		lock.Free()
	}, nil
}

// release lets a container go on that a command held which was killed.
func (c *container) release() {
	var st unix.Stat_t
	if unix.Lstat(c.Path(held), &st) != nil {
		return
	}
	lock, err := statefile.TryLockDir(c.Path(held))
	if err != nil {
		return // it is still at work
	}
	defer lock.Free()
	if c.thaw() == nil {
		unix.Rmdir(c.Path(held))
	}
}
