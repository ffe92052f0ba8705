package leak

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"bantam/internal/testenv"
)

// The monitor of an idle container does nothing. What stays after an exec is the Go runtime's own thread, which looks
// around once a minute.
func TestIdleMonitor(t *testing.T) {
	testenv.Root(t)
	bantam := testenv.Bin(t, "bantam")
	testenv.Bin(t, "bantam-oci")
	root := t.TempDir()
	id := call(t, bantam, "--root", root, "run", "-d", "--network", "none", "box", "sleep", "100000")
	t.Cleanup(func() { call(t, bantam, "--root", root, "rm", "-f", id) })
	call(t, bantam, "--root", root, "exec", id, "true") // after which it has to come to rest again
	monitor := monitorOf(t, root, id)
	// More than two minutes is when the collector would run.
	spell, few := 4*time.Second, 4
	if os.Getenv("BANTAM_NIGHTLY") != "" {
		spell, few = 130*time.Second, 12
	}
	var n int
	for range 5 {
		before := switches(t, monitor)
		time.Sleep(spell)
		if n = switches(t, monitor) - before; n <= few {
			return
		}
	}
	t.Errorf("an idle monitor went to sleep %d times within %v", n, spell)
}

// monitorOf is the process that looks after a container.
func monitorOf(t *testing.T, root, id string) int {
	t.Helper()
	var state struct{ Monitor int }
	b, err := os.ReadFile(filepath.Join(root, "containers", id, "state.json"))
	if err == nil {
		err = json.Unmarshal(b, &state)
	}
	if err != nil {
		t.Fatal(err)
	}
	return state.Monitor
}

// switches counts how often the threads of a process went to sleep (proc_pid_status(5)).
func switches(t *testing.T, pid int) (sum int) {
	t.Helper()
	threads, _ := filepath.Glob("/proc/" + strconv.Itoa(pid) + "/task/*/status")
	if len(threads) == 0 {
		t.Fatalf("the monitor %d is gone", pid)
	}
	for _, path := range threads {
		b, _ := os.ReadFile(path)
		_, rest, _ := bytes.Cut(b, []byte("\nvoluntary_ctxt_switches:"))
		n, _ := strconv.Atoi(strings.TrimSpace(strings.SplitN(string(rest), "\n", 2)[0]))
		sum += n
	}
	return sum
}

// A monitor has one thread, also where the container prints something now and then. On a machine that is held up for long it may get others.
func TestMonitorThreads(t *testing.T) {
	testenv.Root(t)
	bantam := testenv.Bin(t, "bantam")
	testenv.Bin(t, "bantam-oci")
	root := t.TempDir()
	var n int
	for range 3 {
		if n = threadsOfPrinting(t, bantam, root); n == 1 {
			return
		}
	}
	t.Errorf("%d threads", n)
}

// threadsOfPrinting is the most threads that the monitor of a container has that prints something every 0.1 s.
func threadsOfPrinting(t *testing.T, bantam, root string) (most int) {
	t.Helper()
	id := call(t, bantam, "--root", root, "run", "-d", "--network", "none", "box", "sh", "-c", "while sleep 0.1; do echo x; done")
	defer call(t, bantam, "--root", root, "rm", "-f", id)
	monitor := monitorOf(t, root, id)
	for end := time.Now().Add(3 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) { // it comes to rest after one
		list, _ := filepath.Glob("/proc/" + strconv.Itoa(monitor) + "/task/*")
		most = max(most, len(list))
	}
	if text := call(t, bantam, "--root", root, "logs", id); strings.Count(text, "x") < 2 {
		t.Errorf("logs: %q", text)
	}
	return most
}
