package engine

import (
	"sync"

	"golang.org/x/sys/unix"
)

// Children are the monitors that a server has started and that it has to bury.
type Children struct {
	mu   sync.Mutex
	pids map[int]struct{}
}

func (c *Children) add(pid int) {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.pids == nil {
		c.pids = map[int]struct{}{}
	}
	c.pids[pid] = struct{}{}
}

// Reap takes leave of those that have ended. It is called whenever SIGCHLD comes.
func (c *Children) Reap() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for pid := range c.pids {
		got, err := unix.Wait4(pid, nil, unix.WNOHANG, nil)
		if got == pid || err == unix.ECHILD {
			delete(c.pids, pid)
		}
	}
}
