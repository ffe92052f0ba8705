package container

import (
	"encoding/json"
	"io"
	"time"

	"bantam/internal/linux/cgroup"

	"golang.org/x/sys/unix"
)

// event is a line of `events`.
type event struct {
	Type string        `json:"type"`
	ID   string        `json:"id"`
	Data *cgroup.Stats `json:"data,omitempty"`
}

// Stats writes one line of statistics.
func (rt *Runtime) Stats(id string, w io.Writer) error {
	f, err := rt.open(id)
	if err != nil {
		return err
	}
	defer f.Close()
	if !f.State().CanSignal() {
		return errNotRunning
	}
	return writeStats(cgroup.Load(f.Cgroup), id, w)
}

func writeStats(g *cgroup.Group, id string, w io.Writer) error {
	s, err := g.Stats()
	if err != nil {
		return err
	}
	return json.NewEncoder(w).Encode(event{"stats", id, s})
}

// Events writes statistics at every interval, and a line each time that memory runs out, until the
// container ends.
func (rt *Runtime) Events(id string, interval time.Duration, w io.Writer) error {
	f, err := rt.open(id)
	if err != nil {
		return err
	}
	defer f.Close()
	pidfd, err := initFD(f)
	if err != nil {
		return err
	}
	g := cgroup.Load(f.Cgroup)
	ended, oom := make(chan struct{}), make(chan struct{})
	go func() {
		poll := []unix.PollFd{{Fd: int32(pidfd), Events: unix.POLLIN}}
		for n, err := 0, error(nil); n == 0 && (err == nil || err == unix.EINTR); {
			n, err = unix.Poll(poll, -1)
		}
		close(ended)
	}()
	watch, err := g.OOM()
	if err != nil {
		rt.warn(err)
	} else {
		defer watch.Stop()
		go func() {
			for watch.Wait() == nil {
				oom <- struct{}{}
			}
		}()
	}
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		select {
		case <-ended:
			return nil
		case <-oom:
			err = json.NewEncoder(w).Encode(event{Type: "oom", ID: id})
		case <-tick.C:
			err = writeStats(g, id, w)
		}
		if err != nil {
			return err
		}
	}
}
