package engine

import (
	"cmp"
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
func (e *Engine) debugStopped(c *container, said string, t *toolkit, o *DebugOptions) (int, error) {
	e.obituary(c, said)
	s, err := e.standFor(c)
	if err != nil { // it may be what has kept the container itself from starting
		e.note("its mounts, user and working folder are left out: %v", err)
		s, err = e.standFor(c.bare())
	}
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

// standFor starts a container that waits in another one's place.
func (e *Engine) standFor(c *container) (*session, error) {
	conf := &c.Record.Config
	return e.prepare(&RunOptions{
		Image: cmp.Or(c.Record.Image, builtin.Name), Command: standIn, Entrypoint: []string{""}, Stdin: true, Attach: []string{"stdin"}, Remove: true,
		Mounts: []string{"type=image,src=" + builtin.Name + ",dst=/.bantam"}, NetworkOptions: NetworkOptions{Network: "none"}, LogDriver: "none",
		Hostname: conf.Hostname, User: conf.User, Workdir: conf.WorkingDir, Env: conf.Env, CapAdd: c.Record.Host.CapAdd,
		CapDrop: c.Record.Host.CapDrop, Health: HealthOptions{Disable: true}, of: c,
	})
}

// bare is the container without what may not fit its files.
func (c *container) bare() *container {
	bare, r := *c, *c.Record
	r.Mounts, r.Config.User, r.Config.WorkingDir = nil, "", "/"
	bare.Record = &r
	return &bare
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
func (e *Engine) obituary(c *container, said string) {
	s := c.State
	switch {
	case s.Started.IsZero() && s.Error == "":
		e.note("container %s has never been started", c.Record.Name)
	case s.Error != "":
		e.note("container %s could not be started: %s", c.Record.Name, s.Error)
	default:
		e.note("container %s ended at %s with exit code %d%s", c.Record.Name, s.Finished.Local().Format(time.DateTime), s.ExitCode, reason(s))
	}
	if e.Notes != nil && said != "" {
		fmt.Fprintf(e.Notes, "bantam: its last lines were:\n%s", said)
	}
}

// lastWords are the last lines that a container of ours has printed.
func (e *Engine) lastWords(c *container) string {
	var tail strings.Builder
	if c.State.Started.IsZero() || e.Logs(c.Record.ID, &LogOptions{Tail: lastLines, Out: &tail, Err: &tail}) != nil {
		return ""
	}
	return tail.String()
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
