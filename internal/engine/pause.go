package engine

import (
	"errors"
	"fmt"
	"os"

	"bantam/internal/container/folder"
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
	if c.Marked(folder.Paused) {
		return &Conflict{fmt.Errorf("container %s is already paused", c.Record.ID)}
	}
	if err := c.pausedMark(); err != nil {
		return fmt.Errorf("cannot pause container %s: %w", c.Record.ID, err)
	}
	if err := monitor.Freeze(c.Record.ID, c.State.Cgroup, true); err != nil {
		c.Unmark(folder.Paused)
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
	if !c.Marked(folder.Paused) {
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
	if !c.Marked(folder.Paused) {
		return nil
	}
	if err := monitor.Freeze(c.Record.ID, c.State.Cgroup, false); err != nil {
		return fmt.Errorf("cannot unpause container %s: %w", c.Record.ID, err)
	}
	c.Unmark(folder.Paused)
	return nil
}

// held is a folder in a container's own, locked by a command that keeps the container paused for as long as it
// runs. Nobody else's lock on it means that the command was killed.
const held folder.Mark = "held"

// still pauses a container until goOn is called or this process has ended.
func (e *Engine) still(c *container) (goOn func(), err error) {
	var lock *statefile.Lock
	for err = os.ErrNotExist; errors.Is(err, os.ErrNotExist); lock, err = statefile.LockDir(c.MarkPath(held)) {
		if err := c.Mark(held, mkdir); err != nil && !errors.Is(err, os.ErrExist) {
			return nil, err
		}
	}
	if err != nil {
		return nil, err
	}
	if err := e.Pause(c.Record.ID); err != nil {
		c.Unmark(held)
		lock.Free()
		return nil, err
	}
	return func() {
		_ = e.Unpause(c.Record.ID)
		c.Unmark(held)
		lock.Free()
	}, nil
}

func mkdir(path string) error { return unix.Mkdir(path, 0o700) }

// release lets a container go on that a command held which was killed.
func (c *container) release() {
	lock, err := statefile.TryLockDir(c.MarkPath(held))
	if err != nil {
		return // it is still at work, or done
	}
	defer lock.Free()
	if c.thaw() == nil {
		c.Unmark(held)
	}
}
