package engine

import (
	"fmt"
	"strings"
	"time"

	"bantam/internal/container/folder"
	"bantam/internal/image/builtin"

	"golang.org/x/sys/unix"
)

// lastLines is how much of a container's log its debugger is shown.
const lastLines = 10

// standIn is what waits in a stopped container's place: it ends with its standard input, so
// with us, however we end.
var standIn = []string{"/.bantam/bin/cat"}

// debugStopped debugs a container that doesn't run: it tells how it ended, and starts another one over its files as they
// were, in which nothing runs. What is written there goes to a layer that is thrown away.
func (e *Engine) debugStopped(c *container, t *toolkit, o *DebugOptions) (int, error) {
	e.obituary(c)
	conf := &c.Record.Config
	s, err := e.prepare(&RunOptions{
		Image: c.Record.Image, Command: standIn, Entrypoint: []string{""}, Stdin: true, Attach: []string{"stdin"}, Remove: true,
		Mounts: []string{"type=image,src=" + builtin.Name + ",dst=/.bantam"}, NetworkOptions: NetworkOptions{Network: "none"}, LogDriver: "none",
		Hostname: conf.Hostname, User: conf.User, Workdir: conf.WorkingDir, Env: conf.Env, CapAdd: c.Record.Host.CapAdd,
		CapDrop: c.Record.Host.CapDrop, Health: HealthOptions{Disable: true}, of: c,
	})
	if err != nil {
		return CodeEngine, err
	}
	defer s.dismiss()
	_, stand, err := e.get(s.record.ID)
	if err != nil {
		return CodeEngine, err
	}
	return t.beside(stand.State.Pid, o)
}

// dismiss ends the stand-in and waits for its end.
func (s *session) dismiss() {
	if s.input != nil {
		s.input.Close()
		s.input = nil
	}
	if s.pidfd >= 0 {
		_, _ = unix.Poll([]unix.PollFd{{Fd: int32(s.pidfd), Events: unix.POLLIN}}, int(10*time.Second/time.Millisecond))
	}
	for { // its folder is removed when its monitor hangs up
		if _, err := s.conn.Receive(); err != nil {
			break
		}
	}
	s.close()
}

// lend gives another container the files of this one to see: its layer and what it has mounted, read-only.
func (c *container) lend(r *folder.Record) {
	r.Layers = c.Record.Layers
	if exists(c.Path("upper")) {
		r.Layers = append([]string{c.Path("upper")}, r.Layers...)
	}
	for _, m := range c.Record.Mounts {
		if m.Type == "tmpfs" {
			continue // it is empty now
		}
		m.ReadOnly, m.Anonymous, m.NoCopy, m.Chown = true, false, true, false
		r.Mounts = append(r.Mounts, m)
	}
}

// obituary tells how a container ended and the last that it said.
func (e *Engine) obituary(c *container) {
	s := c.State
	switch {
	case s.Started.IsZero() && s.Error == "":
		e.note("container %s has never been started", c.Record.Name)
	case s.Error != "":
		e.note("container %s could not be started: %s", c.Record.Name, s.Error)
	default:
		e.note("container %s ended at %s with exit code %d%s", c.Record.Name, s.Finished.Local().Format(time.DateTime), s.ExitCode, reason(s))
	}
	if e.Notes == nil || s.Started.IsZero() {
		return
	}
	var tail strings.Builder
	if err := e.Logs(c.Record.ID, &LogOptions{Tail: lastLines, Out: &tail, Err: &tail}); err == nil && tail.Len() > 0 {
		fmt.Fprintf(e.Notes, "bantam: its last lines were:\n%s", tail.String())
	}
}

// reason says what an exit code usually means (exit codes of a shell, signal(7)).
func reason(s *folder.State) string {
	switch {
	case s.OOM:
		return ": the kernel killed it because it reached its memory limit (--memory)"
	case s.ExitCode == CodeNotFound:
		return ": its command, or a program that the command calls, was not found"
	case s.ExitCode == CodeNoExec:
		return ": its command could not be executed"
	case s.ExitCode > 128 && s.ExitCode < 128+65:
		return ": signal " + unix.SignalName(unix.Signal(s.ExitCode-128)) + " ended it"
	}
	return ""
}
