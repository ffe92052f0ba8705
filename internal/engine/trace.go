package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"bantam/internal/container/trace"

	"golang.org/x/sys/unix"
)

// TraceOptions are those of bantam trace.
type TraceOptions struct {
	// Pid is any process of the host: it and all others in its pid namespace are watched; 0: the container that is named.
	Pid int
	// Each is told of every event.
	Each func(*trace.Event)
	// AddUp asks for a summary of all events, not of the system calls alone.
	AddUp bool
}

// Trace watches a container, of bantam's or a running one of another engine, until it ends or ctx is done, and returns
// what was seen. One of bantam's that doesn't run is started, and watched from its program's first call on.
func (e *Engine) Trace(ctx context.Context, t trace.Tracer, name string, o *TraceOptions) (*trace.Summary, error) {
	pid, stopped, err := e.debugged(name, o.Pid)
	if err != nil {
		return nil, err
	}
	s, err := t.Start()
	if err != nil {
		return nil, err
	}
	defer s.Close()
	ended, err := e.watched(s, pid, stopped)
	if err != nil {
		return nil, err
	}
	go func() {
		select {
		case <-ctx.Done():
		case <-ended:
		}
		_ = s.Flush()
	}()
	return trace.Collect(s, o.Each, o.AddUp)
}

// watched has the tracer watch a process, or a container of which it starts the process. The channel is closed at its end.
func (e *Engine) watched(s trace.Session, pid int, stopped *container) (<-chan struct{}, error) {
	ended := make(chan struct{})
	if stopped != nil {
		_, err := e.Start(stopped.Record.ID, &StartOptions{held: func(pidfd int) error { return watchFD(s, pidfd) }})
		if err != nil {
			return nil, err
		}
		go func() {
			_, _ = e.Wait(stopped.Record.ID)
			close(ended)
		}()
		return ended, nil
	}
	pidfd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return nil, fmt.Errorf("trace process %d: %w", pid, err)
	}
	if err := watchFD(s, pidfd); err != nil {
		unix.Close(pidfd)
		return nil, err
	}
	go func() {
		for { // a pidfd is readable when its process has ended
			if _, err := unix.Poll([]unix.PollFd{{Fd: int32(pidfd), Events: unix.POLLIN}}, -1); err != unix.EINTR {
				break
			}
		}
		unix.Close(pidfd)
		close(ended)
	}()
	return ended, nil
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
