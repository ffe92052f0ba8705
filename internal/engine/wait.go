package engine

import (
	"fmt"

	"bantam/internal/container/folder"
)

// Wait returns a container's exit code when it has ended.
func (e *Engine) Wait(name string) (int, error) {
	a, err := e.WaitFor(name, "", nil)
	if err != nil {
		return 0, err
	}
	defer a.Close()
	return a.Stay()
}

// WaitFor begins a wait for what docker's API calls a condition: not-running (or ""),
// next-exit, removed. Closing leave, which may be nil, ends the wait.
func (e *Engine) WaitFor(name, condition string, leave <-chan struct{}) (*Attachment, error) {
	switch condition {
	case "", "not-running", "next-exit", "removed":
	default:
		return nil, &Invalid{fmt.Errorf("invalid condition: %q", condition)}
	}
	_, c, err := e.get(name)
	if err != nil {
		return nil, err
	}
	streams := none()
	streams.Leave = leave
	a, err := e.connect(c, false, "", streams)
	if err != nil {
		// It may have ended since it was looked at.
		if c.read() == nil && c.State.Status == folder.Running {
			return nil, err
		}
		a, err = e.connect(c, false, "", streams)
	}
	if err != nil {
		return nil, err
	}
	a.removed = condition == "removed"
	a.over = c.State.Status != folder.Running && c.State.Status != folder.Restarting && (condition == "" || condition == "not-running")
	return a, nil
}
