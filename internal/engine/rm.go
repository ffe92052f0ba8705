package engine

import (
	"errors"
	"fmt"
	"os"

	"bantam/internal/container/folder"
	"bantam/internal/container/monitor"

	"golang.org/x/sys/unix"
)

// Remove removes a container. A running one only by force: it is killed first.
func (e *Engine) Remove(name string, force bool) error {
	s, err := e.containers()
	if err != nil {
		return err
	}
	f, err := s.Find(name)
	if err != nil {
		return err
	}
	c, err := e.look(s, f)
	if errors.Is(err, os.ErrNotExist) {
		return &folder.NotFound{Name: name}
	}
	if err != nil {
		return err
	}
	if c.State.Status == folder.Restarting {
		if !force {
			return &Conflict{fmt.Errorf("cannot remove container %q: container is restarting: stop the container before removing or force remove", name)}
		}
		if err := c.mark(stopped); err != nil {
			return fmt.Errorf("cannot stop container %q: %w", name, err)
		}
	}
	if c.State.Status == folder.Running {
		if !force {
			return &Conflict{fmt.Errorf("cannot remove container %q: container is running: stop the container before removing or force remove", name)}
		}
		if err := c.mark(stopped); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("cannot kill container %q: %w", name, err)
		}
		if err := e.signal(c, unix.SIGKILL); err != nil {
			return fmt.Errorf("cannot kill container %q: %w", name, err)
		}
		if err := c.thaw(); err != nil {
			return err
		}
	}
	// Waits for the monitor, which cleans up and ends; with --rm it has removed everything then.
	lock, err := f.Lock()
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer lock.Free()
	if err := c.read(); err == nil && c.State.Status == folder.Running {
		// Killed between the exit and the record, monitor included.
		_ = monitor.RemoveGroup(c.Record.ID, c.State.Cgroup)
	}
	if err := s.Remove(f, c.Record.Name); err != nil {
		return err
	}
	e.containerEvent(c.Record, "destroy")
	return nil
}
