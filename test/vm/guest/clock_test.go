package guest

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// jump sets the machine's clock. Elapsed time goes on as before.
func jump(t *testing.T, by time.Duration) {
	t.Helper()
	tv := unix.NsecToTimeval(time.Now().Add(by).UnixNano())
	if err := unix.Settimeofday(&tv); err != nil {
		t.Fatal(err)
	}
}

// A wall clock that jumps back and forth loses no line and no event, keeps their order, and
// stops neither health checks nor `stop`'s patience.
func TestClockJumps(t *testing.T) {
	inMachine(t)
	bantam := newEngine(t)
	begun := time.Now()
	t.Cleanup(func() { // the others' files are dated right again
		tv := unix.NsecToTimeval(begun.Add(time.Since(begun)).UnixNano())
		unix.Settimeofday(&tv)
	})
	bantam.must("run", "-d", "--name", "ticker", "--network", "none", "--health-cmd", "true", "--health-interval", "1s", "box",
		"sh", "-c", "trap : TERM; i=0; while :; do echo $i; i=$((i+1)); sleep 0.2; done")
	defer bantam.run("rm", "-f", "ticker")
	lines := func() int { return len(strings.Fields(bantam.must("logs", "ticker"))) }
	more := func(when string) {
		t.Helper()
		for want, end := lines()+5, time.Now().Add(time.Minute); lines() < want; time.Sleep(100 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("%s: no more lines", when)
			}
		}
	}
	// probed waits for a health check that began in this hour.
	probed := func(when string) {
		t.Helper()
		for end := time.Now().Add(time.Minute); ; time.Sleep(100 * time.Millisecond) {
			last := bantam.must("inspect", "-f", "{{range .State.Health.Log}}{{.Start}}\n{{end}}", "ticker")
			last = last[strings.LastIndexByte(last, '\n')+1:]
			if strings.HasPrefix(last, time.Now().UTC().Format("2006-01-02 15:")) || strings.HasPrefix(last, time.Now().UTC().Format("2006-01-02T15:")) {
				return
			}
			if time.Now().After(end) {
				t.Fatalf("%s: no health check, the last one is of %s", when, last)
			}
		}
	}
	more("before")
	for _, by := range []time.Duration{-2 * time.Hour, 5 * time.Hour, -4 * time.Hour} {
		jump(t, by)
		more("after " + by.String())
		probed("after " + by.String())
	}
	stop := bantam.command("stop", "-t", "2", "ticker")
	if err := stop.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- stop.Wait() }()
	for stopped, end := false, time.Now().Add(time.Minute); !stopped; {
		select {
		case err := <-done:
			if stopped = true; err != nil {
				t.Errorf("stop: %v", err)
			}
		case <-time.After(100 * time.Millisecond):
			if time.Now().After(end) {
				t.Fatal("stop waits for a clock that jumps back")
			}
			jump(t, -10*time.Second)
		}
	}
	if got := bantam.must("inspect", "-f", "{{.State.Status}} {{.State.ExitCode}} {{.State.Health.Status}}", "ticker"); got != "exited 137 unhealthy" && got != "exited 137 healthy" {
		t.Errorf("stopped: %s", got)
	}
	for i, line := range strings.Fields(bantam.must("logs", "ticker")) {
		if line != strconv.Itoa(i) {
			t.Fatalf("line %d says %s", i, line)
		}
	}
}
