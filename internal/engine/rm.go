package engine

import (
	"cmp"
	"errors"
	"fmt"
	"os"

	"bantam/internal/container/folder"
	"bantam/internal/container/volumes"

	"golang.org/x/sys/unix"
)

// RemoveOptions are those of docker rm.
type RemoveOptions struct {
	Force   bool // a running container is killed first
	Volumes bool // its anonymous volumes, too
}

// Remove removes a container.
func (e *Engine) Remove(name string, o RemoveOptions) error {
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
		if !o.Force {
			return &Conflict{fmt.Errorf("cannot remove container %q: container is restarting: stop the container before removing or force remove", name)}
		}
		if err := c.mark(stopped); err != nil {
			return fmt.Errorf("cannot stop container %q: %w", name, err)
		}
	}
	if c.State.Status == folder.Running {
		if !o.Force {
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
	return e.removeStopped(s, c, o.Volumes)
}

// removeStopped removes a container that has ended or is about to.
func (e *Engine) removeStopped(s *folder.Store, c *container, anonymous bool) error {
	// Waits for the monitor, which cleans up and ends; with --rm it has removed everything then.
	lock, err := c.Lock()
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer lock.Free()
	if err := c.read(); errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err := c.removeGroup(); err != nil { // of a monitor that was killed at some moment
		return fmt.Errorf("remove container %s: %w", c.Record.Name, err)
	}
	e.disconnect(c)
	if anonymous {
		err = discard(s, c.Folder, c.Record)
	} else {
		err = s.Remove(c.Folder, c.Record.Name)
	}
	if err != nil {
		return err
	}
	e.containerEvent(c.Record, "destroy")
	return nil
}

// discard removes a container and its anonymous volumes. Those come first: the record names them.
func discard(s *folder.Store, f folder.Folder, r *folder.Record) error {
	err := volumes.RemoveAnonymous(s, r)
	return cmp.Or(err, s.Remove(f, r.Name))
}
