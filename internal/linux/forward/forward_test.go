package forward

import (
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// TestMain is the sender too: forward must not change the test process itself.
func TestMain(m *testing.M) {
	switch os.Getenv("FORWARD_CHILD") {
	case "to":
		os.Exit(child())
	case "tell":
		os.Exit(tells())
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
	cmd.Env = append(os.Environ(), "FORWARD_CHILD=to")
	out, _ := cmd.CombinedOutput()
	if got := cmd.ProcessState.ExitCode(); got != 42 {
		t.Errorf("exit status %d: %s", got, out)
	}
}

// tells tells one connection of its signals, then another one, then none.
func tells() int {
	runtime.LockOSThread()
	kill := func(s syscall.Signal) bool { return unix.Tgkill(unix.Getpid(), unix.Gettid(), s) == nil }
	var at [2][2]int
	for i := range at {
		p, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_NONBLOCK, 0)
		if err != nil {
			return 1
		}
		at[i] = p
	}
	sent := [...]syscall.Signal{unix.SIGTERM, unix.SIGINT, 34, 64, unix.SIGTSTP, unix.SIGABRT}
	for i, to := range []int{at[0][0], at[1][0], -1} {
		if Tell(to, 'K', unix.SIGHUP) != nil {
			return 2
		}
		for _, s := range sent {
			if !kill(s) {
				return 3
			}
		}
		if i == 2 {
			break
		}
		for _, s := range sent { // in this order, as each has been handled when its kill returns
			var b [8]byte
			if n, err := unix.Read(at[i][1], b[:]); err != nil || n != 2 || b[0] != 'K' || syscall.Signal(b[1]) != s {
				return 10 + int(s)
			}
		}
	}
	for i := range at {
		if n, err := unix.Read(at[i][1], make([]byte, 8)); err != unix.EAGAIN {
			return 4 + n
		}
	}
	syscall.Close(at[0][1])
	if Tell(at[0][0], 'K') != nil || !kill(unix.SIGTERM) { // nobody listens: no SIGPIPE
		return 5
	}
	for range 10000 { // more than the buffer takes
		if Tell(at[1][0], 'K') != nil || !kill(unix.SIGTERM) {
			return 6
		}
	}
	kill(unix.SIGHUP) // was left as it was
	return 7
}

func TestTold(t *testing.T) {
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), "FORWARD_CHILD=tell")
	out, _ := cmd.CombinedOutput()
	if got := cmd.ProcessState.Sys().(syscall.WaitStatus); got.Signal() != unix.SIGHUP {
		t.Errorf("ended with %v: %s", cmd.ProcessState, out)
	}
}
