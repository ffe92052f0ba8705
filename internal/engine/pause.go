package engine

import (
	"fmt"

	"bantam/internal/container/monitor"
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
