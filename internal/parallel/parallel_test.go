package parallel

import (
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"testing"

	"bantam/internal/testenv"
)

// A program of one goroutine has one thread, and one of several has more. GOMAXPROCS is obeyed.
func TestThreads(t *testing.T) {
	box := testenv.Bin(t, "box")
	start := func(args ...string) func() bool {
		t.Helper()
		cmd := exec.Command(box, args...)
		cmd.Dir = t.TempDir()
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		})
		status := "/proc/" + strconv.Itoa(cmd.Process.Pid) + "/status"
		one := regexp.MustCompile(`(?m)^Threads:\t1$`)
		waits := regexp.MustCompile(`(?m)^State:\tS`)
		return func() bool {
			b, _ := os.ReadFile(status)
			return waits.Match(b) && one.Match(b)
		}
	}
	single := start("sleep", "1000")
	testenv.Until(t, "sleep has one thread", single)
	several := start("httpd", "-f", "-p", "127.0.0.1:0")
	testenv.Until(t, "httpd has more", func() bool { return !several() })
}

func TestProcessors(t *testing.T) {
	if n := Processors(); n < 1 {
		t.Errorf("%d processors", n)
	}
	box := testenv.Bin(t, "box")
	for _, n := range []string{"1", "3"} {
		cmd := exec.Command(box, "gzip", "-c", box)
		cmd.Env = append(os.Environ(), "GOMAXPROCS="+n)
		if out, err := cmd.Output(); err != nil || len(out) < 1<<20 {
			t.Errorf("GOMAXPROCS=%s: %d bytes, %v", n, len(out), err)
		}
	}
}
