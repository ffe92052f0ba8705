package engine

import (
	"cmp"
	"errors"
	"fmt"
	"strconv"
	"time"

	"bantam/internal/container/folder"
	"bantam/internal/linux/signal"

	"golang.org/x/sys/unix"
)

// stopPatience is docker's time between the stop signal and SIGKILL.
const stopPatience = 10 * time.Second

// StopOptions are those of docker stop.
type StopOptions struct {
	Signal string // "" is the container's own
	// Timeout in seconds until SIGKILL, nil is the container's own; negative waits for ever.
	Timeout *int64
	// Idle is set where there was nothing to do; it may be nil.
	Idle *bool
}

// Stop asks a container to end and kills it after a time. One that has ended is
// left alone.
func (e *Engine) Stop(name string, o *StopOptions) error {
	_, c, err := e.get(name)
	if err != nil {
		return err
	}
	return e.stop(c, o)
}

func (e *Engine) stop(c *container, o *StopOptions) error {
	if c.State.Status != folder.Running && c.State.Status != folder.Restarting {
		idle(o.Idle)
		return nil
	}
	sig, err := c.stopSignal(o.Signal)
	if err != nil {
		return err
	}
	if err := c.mark(stopped); err != nil {
		return fmt.Errorf("cannot stop container: %s: %w", c.Record.ID, err)
	}
	if c.State.Status == folder.Restarting {
		if err := c.awaitRest(); err != nil || c.State.Status != folder.Running {
			return err
		}
	}
	s, err := e.call(c, view{Streams: none()})
	if err != nil {
		// It may have ended since it was looked at.
		if c.read() == nil && c.State.Status != folder.Running {
			return nil
		}
		return fmt.Errorf("cannot stop container: %s: %w", c.Record.ID, err)
	}
	defer s.close()
	if err := e.signal(c, sig); err != nil {
		return fmt.Errorf("cannot stop container: %s: %w", c.Record.ID, err)
	}
	if err := c.thaw(); err != nil {
		return err
	}
	ended := s.ended()
	select {
	case err = <-ended:
	case <-o.patience(c.Record.Config.StopTimeout):
		if err := e.signal(c, unix.SIGKILL); err != nil {
			return fmt.Errorf("cannot stop container: %s: %w", c.Record.ID, err)
		}
		err = <-ended
	}
	if err == nil {
		e.containerEvent(c.Record, "stop")
	}
	return err
}

// signal sends a signal and tells of it.
func (e *Engine) signal(c *container, sig unix.Signal) error {
	e.containerEvent(c.Record, "kill", "signal", strconv.Itoa(int(sig)))
	return c.signal(sig)
}

// awaitRest waits until the monitor has seen the mark, or has started the container
// just before.
func (c *container) awaitRest() error {
	for c.State.Status == folder.Restarting {
		time.Sleep(retryEvery)
		if err := c.read(); err != nil {
			return err
		}
	}
	return nil
}

// ended tells when the container has ended and what went wrong with waiting for that.
func (s *session) ended() <-chan error {
	ended := make(chan error, 1)
	go func() {
		_, err := s.stay()
		ended <- err
	}()
	return ended
}

// patience is how long a container may take to end; the user's, the container's own or docker's; negative is for ever.
func (o *StopOptions) patience(own *int64) <-chan time.Time {
	switch seconds := cmp.Or(o.Timeout, own); {
	case seconds == nil:
		return time.After(stopPatience)
	case *seconds < 0:
		return nil
	default:
		return time.After(time.Duration(*seconds) * time.Second)
	}
}

// stopSignal is what the user says, the container's own or SIGTERM.
func (c *container) stopSignal(text string) (unix.Signal, error) {
	if text == "" {
		text = c.Record.Config.StopSignal
	}
	if text == "" {
		return unix.SIGTERM, nil
	}
	sig, err := signal.Parse(text)
	if err != nil || sig == 0 {
		return 0, &Invalid{fmt.Errorf("invalid signal: %s", text)}
	}
	return sig, nil
}

// Restart stops a container, if it runs, and starts it.
func (e *Engine) Restart(name string, o *StopOptions) error {
	_, c, err := e.get(name)
	if err != nil {
		return err
	}
	if c.Record.Host.AutoRemove {
		release, err := c.Keep()
		if err != nil {
			return err
		}
		defer release()
	}
	if err := e.stop(c, o); err != nil {
		return err
	}
	if err := c.read(); err != nil {
		return err
	}
	s, err := e.launch(c, &StartOptions{})
	if err != nil {
		return fmt.Errorf("Cannot restart container %s: %w", name, err)
	}
	if s != nil {
		s.close()
	}
	e.containerEvent(c.Record, "restart")
	return nil
}

// Kill sends a signal to a running container, SIGKILL if none is named.
func (e *Engine) Kill(name, text string) error {
	sig := unix.SIGKILL
	if text != "" {
		var err error
		if sig, err = signal.Parse(text); err != nil || sig == 0 {
			return &Invalid{fmt.Errorf("invalid signal: %s", text)}
		}
	}
	c, err := e.getRunning(name)
	if err != nil {
		return wrapKill(name, err)
	}
	own, _ := c.stopSignal("")
	if sig == unix.SIGKILL || sig == own {
		if err := c.mark(stopped); err != nil {
			return wrapKill(name, err)
		}
	}
	if err := e.signal(c, sig); err != nil {
		return wrapKill(name, err)
	}
	if sig == unix.SIGKILL {
		return c.thaw()
	}
	return nil
}

func wrapKill(name string, err error) error {
	var missing *folder.NotFound
	if errors.As(err, &missing) {
		return err
	}
	return fmt.Errorf("cannot kill container: %s: %w", name, err)
}

// idle tells, where somebody wants to know, that there was nothing to do.
func idle(to *bool) {
	if to != nil {
		*to = true
	}
}
