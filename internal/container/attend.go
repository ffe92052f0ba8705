package container

import (
	"os"
	"os/signal"

	"bantam/internal/container/terminal"
	"bantam/internal/launch"
	"bantam/internal/linux/forward"

	"golang.org/x/sys/unix"
)

// attend waits for a process in the foreground and returns its exit status, 128 and the signal's number where one
// ended it. Signals go to it since [passSignals].
func attend(proc *launch.Process, relay *terminal.Relay) int {
	if relay != nil {
		defer followSize(relay)()
	}
	status := reap(proc.Pid)
	if relay != nil {
		relay.Close()
	}
	return exitStatus(status)
}

// passSignals passes signals on from now on. It is called when the child is set up, before
// its program begins: from then on whoever sees the program may send one. A terminal's size
// is told to the terminal, not to the process.
func passSignals(proc *launch.Process, tty bool) error {
	if tty {
		return forward.To(proc.Pidfd, unix.SIGWINCH)
	}
	return forward.To(proc.Pidfd)
}

// followSize gives our terminal's size to the container's whenever it changes, until stop is called.
func followSize(relay *terminal.Relay) (stop func()) {
	changes := make(chan os.Signal, 1)
	signal.Notify(changes, unix.SIGWINCH)
	go func() {
		for range changes {
			relay.Resize()
		}
	}()
	return func() { signal.Stop(changes); close(changes) }
}

// reap waits for the process, and for the orphans that come to us meanwhile.
func reap(pid int) unix.WaitStatus {
	for {
		var status unix.WaitStatus
		got, err := unix.Wait4(-1, &status, 0, nil)
		if got == pid && err == nil || err == unix.ECHILD {
			return status
		}
	}
}

func exitStatus(s unix.WaitStatus) int {
	if s.Signaled() {
		return 128 + int(s.Signal())
	}
	return s.ExitStatus()
}
