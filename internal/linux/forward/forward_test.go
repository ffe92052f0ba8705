package forward

import (
	"os"
	"os/exec"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// TestMain is the sender too: forward must not change the test process itself.
func TestMain(m *testing.M) {
	if os.Getenv("FORWARD_CHILD") != "" {
		os.Exit(child())
	}
	os.Exit(m.Run())
}

// child starts a shell that ends with 42 at SIGUSR1, passes its own SIGUSR1 on, and sends itself one.
func child() int {
	sh := exec.Command("/bin/sh", "-c", `trap 'exit 42' USR1; echo; while :; do sleep 0.01; done`)
	out, err := sh.StdoutPipe()
	if err != nil || sh.Start() != nil {
		return 1
	}
	if _, err := out.Read(make([]byte, 1)); err != nil { // the trap is set
		return 2
	}
	fd, err := unix.PidfdOpen(sh.Process.Pid, 0)
	if err != nil || To(fd, unix.SIGHUP) != nil {
		return 3
	}
	for range 100 {
		if syscall.Kill(os.Getpid(), unix.SIGUSR1) != nil {
			return 4
		}
	}
	sh.Wait()
	return sh.ProcessState.ExitCode()
}

func TestPassedOn(t *testing.T) {
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), "FORWARD_CHILD=1")
	out, _ := cmd.CombinedOutput()
	if got := cmd.ProcessState.ExitCode(); got != 42 {
		t.Errorf("exit status %d: %s", got, out)
	}
}
