package monitor

import (
	"time"

	"bantam/internal/container/folder"
	"bantam/internal/container/monitor/wire"

	"golang.org/x/sys/unix"
)

// docker's back-off: the wait doubles with each start, and begins anew after a
// container that ran for a while.
const (
	firstWait   = 100 * time.Millisecond
	longestWait = time.Minute
	steadyAfter = 10 * time.Second
)

// live starts the container, and again as long as its restart policy says so.
func (m *monitor) live() int {
	m.ran = !m.state.Started.IsZero()
	m.state.RestartCount, m.state.Error, m.state.OOM = 0, "", false
	if err := m.start(); err != nil {
		return m.failed(err)
	}
	m.watch()
	return m.afterLife()
}

// afterLife goes on when the container has ended: to the next start or to the end.
func (m *monitor) afterLife() int {
	for wait := firstWait; ; {
		again := m.wantsRestart(exitCode(m.pidfd))
		if !again {
			m.finish(folder.Exited)
			return m.leave()
		}
		m.finish(folder.Restarting)
		if err := m.clear(); err != nil {
			m.note(err.Error())
		}
		m.say(wire.KindRest, nil)
		for len(m.clients) > 0 {
			m.detach(m.clients[0])
		}
		if time.Since(m.begun) > steadyAfter {
			wait = firstWait
		}
		if !m.rest(wait) {
			return m.giveUp()
		}
		wait = min(2*wait, longestWait)
		m.state.RestartCount++
		m.ran = true
		if err := m.start(); err != nil {
			return m.failed(err)
		}
		m.watch()
	}
}

// wantsRestart applies the policy to an exit code.
func (m *monitor) wantsRestart(code int) bool {
	if m.record.Host.AutoRemove || m.stopped() {
		return false
	}
	// The policy may have been changed by update.
	switch host := &m.fresh().Host; host.RestartPolicy {
	case "always", "unless-stopped":
		return true
	case "on-failure":
		limit := host.MaximumRetryCount
		return code != 0 && (limit == 0 || m.state.RestartCount < limit)
	}
	return false
}

// stopped says that the user has stopped the container.
func (m *monitor) stopped() bool { return unix.Access(m.folder.Path("stopped"), unix.F_OK) == nil }

// restEvery is how often a resting monitor looks whether the user has stopped the container.
const restEvery = 50 * time.Millisecond

// rest waits before the next start; false if the user has stopped the container meanwhile.
func (m *monitor) rest(wait time.Duration) bool {
	for end := time.Now().Add(wait); ; {
		if m.stopped() {
			return false
		}
		left := time.Until(end)
		if left <= 0 {
			m.record = m.fresh()
			return m.wantsRestart(m.state.ExitCode)
		}
		m.listen(-1, int(min(left, restEvery).Milliseconds())+1)
	}
}

// giveUp ends a monitor whose container was stopped between two starts.
func (m *monitor) giveUp() int {
	m.state.Status = folder.Exited
	if err := m.folder.WriteState(m.state, true); err != nil {
		return 1
	}
	return 0
}
