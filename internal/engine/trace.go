package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"bantam/internal/container/folder"
	"bantam/internal/container/trace"

	"golang.org/x/sys/unix"
)

// TraceOptions are those of bantam trace.
type TraceOptions struct {
	// Each is told of every event.
	Each func(*trace.Event)
}

// Trace watches a container until it ends or ctx is done, and returns what was seen. One that doesn't run is
// started, and watched from its program's first call on.
func (e *Engine) Trace(ctx context.Context, t trace.Tracer, name string, o *TraceOptions) (*trace.Summary, error) {
	_, c, err := e.get(name)
	if err != nil {
		return nil, err
	}
	s, err := t.Start()
	if err != nil {
		return nil, err
	}
	defer s.Close()
	if c.State.Status == folder.Running {
		err = watch(s, c.State.Pid)
	} else {
		_, err = e.Start(name, &StartOptions{held: func(pidfd int) error { return watchFD(s, pidfd) }})
	}
	if err != nil {
		return nil, err
	}
	ended := make(chan struct{})
	go func() {
		_, _ = e.Wait(c.Record.ID)
		close(ended)
	}()
	go func() {
		select {
		case <-ctx.Done():
		case <-ended:
		}
		_ = s.Flush()
	}()
	return collect(s, o)
}

// collect fetches all events.
func collect(s trace.Session, o *TraceOptions) (*trace.Summary, error) {
	var r trace.Recorder
	for {
		ev, err := s.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		r.Add(&ev)
		if o.Each != nil {
			o.Each(&ev)
		}
	}
	calls, err := s.Calls()
	if err != nil {
		return nil, err
	}
	return r.Summary(calls, s.Lost()), nil
}

// watch names a process's pid namespace to the tracer.
func watch(s trace.Session, pid int) error {
	var st, own unix.Stat_t
	if err := unix.Stat("/proc/"+strconv.Itoa(pid)+"/ns/pid", &st); err != nil {
		return fmt.Errorf("trace process %d: %w", pid, err)
	}
	if unix.Stat("/proc/self/ns/pid", &own) == nil && own.Ino == st.Ino && own.Dev == st.Dev {
		return errors.New("the container shares the host's pid namespace (--pid host): its processes can't be told from others")
	}
	return s.Watch(st.Dev, st.Ino)
}

// watchFD is watch for a process that is known by its pidfd.
func watchFD(s trace.Session, pidfd int) error {
	pid, err := pidOf(pidfd)
	if err != nil {
		return err
	}
	return watch(s, pid)
}

// pidOf is the process of a pidfd (pidfd_open(2), fdinfo).
func pidOf(pidfd int) (int, error) {
	b, err := os.ReadFile("/proc/self/fdinfo/" + strconv.Itoa(pidfd))
	if err != nil {
		return 0, err
	}
	for line := range strings.SplitSeq(string(b), "\n") {
		if text, ok := strings.CutPrefix(line, "Pid:"); ok {
			return strconv.Atoi(strings.TrimSpace(text))
		}
	}
	return 0, unix.ESRCH
}
