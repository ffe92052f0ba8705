package monitor

import (
	"fmt"
	"io"
	"os"
	"time"

	"bantam/internal/container/folder"
	"bantam/internal/container/monitor/wire"

	"golang.org/x/sys/unix"
)

// docker's defaults of a health check.
const (
	healthInterval      = 30 * time.Second
	healthTimeout       = 30 * time.Second
	healthStartInterval = 5 * time.Second
	healthRetries       = 3
	healthLog           = 5    // probes kept
	healthOutput        = 4096 // bytes of each kept
)

// health runs a container's health check. The check itself is a goroutine's; what it
// found is worked in by the monitor's loop, which owns the state.
type health struct {
	test                                  []string
	interval, timeout, period, startEvery time.Duration
	retries                               int

	started, asked, next time.Time // of the container, the last probe and the next, by the monotonic clock
	running              bool
	done                 chan folder.Probe
	event                int // eventfd: a probe has ended
}

// newHealth makes the check that the record asks for, nil if it asks for none.
func (m *monitor) newHealth() *health {
	c := m.record.Config.Healthcheck
	if !m.checksHealth() {
		return nil
	}
	event, err := unix.Eventfd(0, unix.EFD_CLOEXEC)
	if err != nil {
		m.note("health check: " + err.Error())
		return nil
	}
	h := &health{
		test: c.Test[1:], interval: or(c.Interval, healthInterval), timeout: or(c.Timeout, healthTimeout), period: time.Duration(c.StartPeriod),
		startEvery: or(c.StartInterval, healthStartInterval), retries: c.Retries, started: m.begun, done: make(chan folder.Probe, 1), event: event,
	}
	if c.Test[0] == "CMD-SHELL" {
		h.test = []string{"/bin/sh", "-c", c.Test[1]}
	}
	if h.retries == 0 {
		h.retries = healthRetries
	}
	if m.state.Health == nil {
		m.state.Health = &folder.Health{Status: "starting"}
	}
	h.schedule(m)
	return h
}

// checksHealth says whether there is a health check.
func (m *monitor) checksHealth() bool {
	c := m.record.Config.Healthcheck
	return c != nil && len(c.Test) > 1 && c.Test[0] != "NONE"
}

func or(n int64, otherwise time.Duration) time.Duration {
	if n > 0 {
		return time.Duration(n)
	}
	return otherwise
}

// schedule sets the time of the next probe: more often while the container starts.
func (h *health) schedule(m *monitor) {
	every := h.interval
	if m.state.Health.Status == "starting" && time.Since(h.started) < h.period {
		every = min(every, h.startEvery)
	}
	h.next = time.Now().Add(every)
}

// close gives the eventfd back. No probe runs any more: it would write to whatever file has the number by then.
func (h *health) close() {
	if h != nil {
		unix.Close(h.event)
		h.event = -1
	}
}

// pulse is the descriptor that is readable when a probe has ended.
func (h *health) pulse() int {
	if h == nil {
		return -1
	}
	return h.event
}

// patience is the time until the next probe in milliseconds, -1 without one.
func (h *health) patience() int {
	if h == nil || h.running {
		return -1
	}
	return int(max(time.Until(h.next), 0).Milliseconds()) + 1
}

// tick works a probe in that has ended, and starts one that is due.
func (h *health) tick(m *monitor) {
	if h == nil {
		return
	}
	select {
	case p := <-h.done:
		var b [8]byte
		unix.Read(h.event, b[:])
		h.running = false
		h.judge(m, p)
		h.schedule(m)
	default:
	}
	if now := time.Now(); !h.running && !now.Before(h.next) {
		h.running, h.asked = true, now
		m.execs.Add(1)
		event := h.event
		go func() {
			defer m.execs.Done()
			h.done <- m.probe(h)
			unix.Write(event, []byte{1, 0, 0, 0, 0, 0, 0, 0})
		}()
	}
}

// judge applies docker's rules to a probe.
func (h *health) judge(m *monitor, p folder.Probe) {
	s := m.state.Health
	was := s.Status
	s.Log = append(s.Log, p)
	if n := len(s.Log); n > healthLog {
		s.Log = s.Log[n-healthLog:]
	}
	switch {
	case p.ExitCode == 0:
		s.FailingStreak, s.Status = 0, "healthy"
	case s.Status == "starting" && h.asked.Sub(h.started) < h.period:
		// It is still starting: no failure counts.
	default:
		if s.FailingStreak++; s.FailingStreak >= h.retries {
			s.Status = "unhealthy"
		}
	}
	if err := m.folder.WriteState(m.state, false); err != nil {
		m.note("health check: " + err.Error())
	}
	if s.Status != was {
		m.event("health_status: " + s.Status)
	}
}

// probe runs the check once.
func (m *monitor) probe(h *health) folder.Probe {
	p := folder.Probe{Start: time.Now().UTC()}
	p.ExitCode, p.Output = m.runProbe(h)
	p.End = time.Now().UTC()
	return p
}

func (m *monitor) runProbe(h *health) (code int, output string) {
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return -1, err.Error()
	}
	defer null.Close()
	r, w, err := os.Pipe()
	if err != nil {
		return -1, err.Error()
	}
	defer r.Close()
	proc, _, err := m.exec(&wire.ExecRequest{Args: h.test}, [3]int{int(null.Fd()), int(w.Fd()), int(w.Fd())})
	w.Close()
	if err != nil {
		text, _ := execError(err)
		return -1, text
	}
	defer unix.Close(proc.Pidfd)
	late := time.AfterFunc(h.timeout, func() { unix.PidfdSendSignal(proc.Pidfd, unix.SIGKILL, nil, 0) })
	code = exitCode(proc.Pidfd)
	inTime := late.Stop()
	reap(proc.Pidfd)
	if !inTime {
		return -1, fmt.Sprintf("Health check exceeded timeout (%v)", h.timeout)
	}
	// What a child of the check keeps writing is not waited for.
	_ = r.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
	b, _ := io.ReadAll(io.LimitReader(r, healthOutput))
	return code, string(b)
}
