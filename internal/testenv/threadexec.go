package testenv

import (
	"os"
	"runtime"
	"syscall"
	"testing"
)

// threadExec in the environment makes a test program one whose second thread executes another.
const threadExec = "BANTAM_TEST_THREAD_EXEC"

func init() {
	program := os.Getenv(threadExec)
	if program == "" {
		return
	}
	go func() { // init's own thread is the first
		runtime.LockOSThread()
		_ = syscall.Exec(program, []string{program}, nil)
		os.Exit(1)
	}()
	select {}
}

// ThreadExec is a shell's command: a program whose second thread replaces it by another one.
func ThreadExec(t testing.TB, program string) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return threadExec + "=" + program + " " + self
}
