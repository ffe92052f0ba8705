package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"bantam/internal/container/folder"
)

// SystemStart starts the containers that are to run: those whose restart policy says so
// and that have not run since the machine was started. A container that shares another's
// namespaces comes after that one. It returns the names of those it has started; the errors
// of those that it could not start come together.
func (e *Engine) SystemStart(ctx context.Context) ([]string, error) {
	s, err := e.containers()
	if err != nil {
		return nil, err
	}
	all, err := e.List(true) // this recovers what the machine's end has left
	if err != nil {
		return nil, err
	}
	var due []*container
	for i := range all {
		c := &container{Folder: s.Folder(all[i].ID), Record: all[i].Record, State: all[i].State}
		if c.State.Status == folder.Exited && c.fromEarlierBoot() && c.isToRun() {
			due = append(due, c)
		}
	}
	slices.SortFunc(due, func(a, b *container) int { return a.Record.Created.Compare(b.Record.Created) })
	return e.startDue(ctx, due)
}

// isToRun applies the restart policy to a container that ended with the machine.
func (c *container) isToRun() bool {
	switch c.Record.Host.RestartPolicy {
	case "always":
		return true
	case "unless-stopped":
		return !c.marked(stopped)
	case "on-failure":
		return c.State.ExitCode != 0 && !c.marked(stopped)
	}
	return false
}

// startDue starts them in turns: what fails is tried again as long as another one could
// be started, whose namespaces it may have wanted.
func (e *Engine) startDue(ctx context.Context, due []*container) (started []string, err error) {
	for progress := true; progress && len(due) > 0; {
		progress = false
		var failed []error
		left := due[:0:0]
		for _, c := range due {
			if err := ctx.Err(); err != nil {
				return started, err
			}
			if err := e.startOne(c); err != nil {
				failed, left = append(failed, fmt.Errorf("%s: %w", c.Record.Name, err)), append(left, c)
				continue
			}
			started, progress = append(started, c.Record.Name), true
		}
		due, err = left, errors.Join(failed...)
	}
	return started, err
}

func (e *Engine) startOne(c *container) error {
	s, err := e.launch(c, &StartOptions{})
	if err == nil && s != nil {
		s.close()
	}
	return err
}

// SystemStop stops all containers that run, as the machine's end would, but in good order:
// those that share another's namespaces first. Unlike Stop it leaves no mark, so SystemStart
// brings them back after the next boot.
func (e *Engine) SystemStop(ctx context.Context, o *StopOptions) ([]string, error) {
	s, err := e.containers()
	if err != nil {
		return nil, err
	}
	all, err := e.List(true)
	if err != nil {
		return nil, err
	}
	var peers, alone []*container
	for i := range all {
		c := &container{Folder: s.Folder(all[i].ID), Record: all[i].Record, State: all[i].State}
		switch h := &c.Record.Host; {
		case c.State.Status != folder.Running && c.State.Status != folder.Restarting:
		case strings.Contains(h.NetworkMode+h.PidMode+h.IpcMode+h.UTSMode, sharing):
			peers = append(peers, c)
		default:
			alone = append(alone, c)
		}
	}
	names, err := e.stopAll(ctx, peers, o)
	more, err2 := e.stopAll(ctx, alone, o)
	return append(names, more...), errors.Join(err, err2)
}

// stopAll stops containers at the same time, so that the slowest is waited for and no sum.
func (e *Engine) stopAll(ctx context.Context, list []*container, o *StopOptions) ([]string, error) {
	var group sync.WaitGroup
	errs := make([]error, len(list))
	for i, c := range list {
		group.Go(func() {
			if errs[i] = ctx.Err(); errs[i] == nil {
				was := c.marked(stopped)
				errs[i] = e.stop(c, o)
				if !was {
					c.unmark(stopped)
				}
			}
		})
	}
	group.Wait()
	var names []string
	for i, c := range list {
		if errs[i] == nil {
			names = append(names, c.Record.Name)
		}
	}
	return names, errors.Join(errs...)
}
