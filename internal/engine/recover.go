package engine

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"bantam/internal/container/connect"
	"bantam/internal/container/dockerspec"
	"bantam/internal/container/folder"
	"bantam/internal/container/monitor"
	"bantam/internal/container/monitor/wire"
)

// container is a record with its state.
type container struct {
	folder.Folder
	Record *folder.Record
	State  *folder.State
	paused bool // it was when it was looked at
	docker bool // it is docker's, and has ended
}

// look reads a container. Where its monitor was killed it first puts right what
// that left, and says so: the kernel knows whether init still runs (pid, start
// time and boot), and whether anybody looks after it (the lock).
func (e *Engine) look(s *folder.Store, f folder.Folder) (*container, error) {
	c, lock, err := glance(s, f)
	if err != nil || lock == nil {
		return c, err
	}
	return e.putRight(s, c, lock)
}

// glance reads a container. If nobody looks after one that should be, it returns its lock, too.
func glance(s *folder.Store, f folder.Folder) (c *container, lock *folder.Lock, err error) {
	c = &container{Folder: f, Record: new(folder.Record), State: new(folder.State)}
	lock, err = c.glance(s)
	if err != nil {
		return nil, nil, err
	}
	return c, lock, nil
}

// glance fills a container in whose folder is known: what its record and state were, is overwritten.
func (c *container) glance(s *folder.Store) (*folder.Lock, error) {
	h, err := c.Open()
	if err != nil {
		return nil, err
	}
	defer h.Close()
	if err := h.Record(c.Record); err != nil {
		return nil, err
	}
	if err := h.State(c.State); err != nil {
		return nil, err
	}
	c.paused = false
	if h.Marked() {
		s.Settle(c.Folder)
		c.release()
		c.paused = c.State.Status == folder.Running && c.Marked(folder.Paused)
	}
	if !c.unfinished() {
		return nil, nil
	}
	lock, err := h.TryLock()
	if errors.Is(err, folder.ErrBusy) {
		return nil, nil // the ordinary case: its monitor lives
	}
	return lock, err
}

// putRight does what a killed monitor has left to do.
func (e *Engine) putRight(s *folder.Store, c *container, lock *folder.Lock) (*container, error) {
	// Between reading and locking it may have ended in good order.
	if err := c.read(); err != nil {
		lock.Free()
		return nil, err
	}
	switch c.State.Status {
	case folder.Running:
		return c, e.recover(s, c, lock)
	case folder.Restarting:
		return c, e.resume(c, lock)
	}
	defer lock.Free()
	if c.unfinished() { // its monitor was killed after the end
		return c, e.cleanUp(s, c)
	}
	return c, nil
}

// unfinished says that a monitor has something to do yet, or was killed before it had done it.
func (c *container) unfinished() bool {
	switch c.State.Status {
	case folder.Running, folder.Restarting:
		return true
	case folder.Exited:
		return c.Record.Host.AutoRemove && !c.kept() || len(c.State.Networks) > 0
	}
	return len(c.State.Networks) > 0
}

// kept says that a container of --rm is between two lives. After a power cut there may be anything in its layer (plan.Overlay).
func (c *container) kept() bool { return c.Kept() && !c.fromEarlierBoot() }

func (c *container) read() (err error) {
	if c.Record, err = c.ReadRecord(); err != nil {
		return err
	}
	c.State, err = c.ReadState()
	return err
}

// recover has the lock of a container that is said to run and has no monitor.
func (e *Engine) recover(s *folder.Store, c *container, lock *folder.Lock) error {
	if c.State.Alive() {
		conn, _, err := e.adopt(wire.Job{Root: e.Root, ID: c.Record.ID, Adopt: true}, lock, nil)
		if err != nil {
			return err
		}
		_, err = conn.Receive() // it has hold of the container
		conn.Close()
		if err != nil {
			return fmt.Errorf("the new monitor of %s ended at once: %w", c.Record.Name, err)
		}
		e.note("%s: its monitor was killed; the container runs on and another monitor has taken over", c.Record.Name)
		return c.read() // its door is another one
	}
	defer lock.Free()
	c.State.Status, c.State.ExitCode, c.State.Finished = folder.Exited, 255, time.Now().UTC()
	if c.fromEarlierBoot() {
		c.State.Error = "the machine went down while it ran: the exit code is lost"
		e.note("%s: it ended with the machine, which was started again since; 255 stands for its exit code", c.Record.Name)
	} else {
		c.State.Error = "its monitor was killed before it saw the exit: the exit code is lost"
		e.note("%s: it ended after its monitor was killed; its exit code is not known, 255 stands for it", c.Record.Name)
	}
	if err := c.WriteState(c.State, true); err != nil {
		return err
	}
	e.containerEvent(c.Record, "die", "exitCode", strconv.Itoa(c.State.ExitCode))
	return e.cleanUp(s, c)
}

// resume starts a container whose monitor was killed between two starts, as its
// restart policy had it. The caller's lock is given back.
func (e *Engine) resume(c *container, lock *folder.Lock) error {
	if c.fromEarlierBoot() { // system start is what brings containers back
		defer lock.Free()
		c.State.Status = folder.Exited
		return c.WriteState(c.State, true)
	}
	lock.Free()
	e.note("%s: its monitor was killed while it waited to restart it; another one starts it now", c.Record.Name)
	s, err := e.launch(c, &StartOptions{})
	if err != nil {
		e.note("%s: %v", c.Record.Name, err)
	} else if s != nil {
		s.close()
	}
	return c.read()
}

// fromEarlierBoot says that the machine was started since the container was.
func (c *container) fromEarlierBoot() bool {
	return c.State.Boot != "" && c.State.Boot != folder.Boot()
}

// cleanUp removes what a dead container left; the caller holds the lock.
func (e *Engine) cleanUp(s *folder.Store, c *container) error {
	err := c.removeGroup()
	e.disconnect(c)
	if c.Record.Host.AutoRemove && !c.kept() {
		if rm := discard(s, c.Folder, c.Record); err == nil {
			err = rm
		}
		e.containerEvent(c.Record, "destroy")
		return errors.Join(err, os.ErrNotExist)
	}
	return err
}

// removeGroup removes a dead container's control group. A monitor that was killed early has made it and not
// written where.
func (c *container) removeGroup() error {
	return monitor.RemoveGroup(c.Record.ID, cmp.Or(c.State.Cgroup, dockerspec.CgroupPath(c.Record)))
}

// disconnect takes back what a dead container has on networks; the caller holds its lock.
func (e *Engine) disconnect(c *container) {
	if len(c.Record.Networks) == 0 {
		return
	}
	if err := connect.On(e.Root).Clear(c.Record.ID, c.Record.Networks, c.State.Networks); err != nil {
		c.State.Error = err.Error()
	}
	if len(c.State.Networks) > 0 {
		c.State.Networks = nil
		_ = c.WriteState(c.State, false) // else the next one does it again
	}
}

// afterExit finishes the clean-up of a monitor that was killed between the exit and its own end.
func (e *Engine) afterExit(f folder.Folder, r *folder.Record) error {
	lock, err := f.Lock()
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer lock.Free()
	c := &container{Folder: f, Record: r}
	if c.State, err = f.ReadState(); err != nil {
		return err
	}
	e.note("the monitor of %s was killed while it cleaned up; that is done now", r.Name)
	err = e.cleanUp(&folder.Store{Root: e.Root}, c)
	if r.Host.AutoRemove {
		return nil
	}
	return err
}
