package container

import (
	"os"
	"os/signal"
	"syscall"

	"bantam/internal/container/terminal"
	"bantam/internal/launch"

	"golang.org/x/sys/unix"
)

// attend passes signals on to a process in the foreground and returns its exit
// status, 128 and the signal's number where one ended it.
func attend(proc *launch.Process, relay *terminal.Relay) int {
	signals := make(chan os.Signal, 64)
	signal.Notify(signals)
	go func() {
		for s := range signals {
			forward(proc.Pidfd, s, relay)
		}
	}()
	status := reap(proc.Pid)
	signal.Stop(signals)
	if relay != nil {
		relay.Close()
	}
	return exitStatus(status)
}

func forward(pidfd int, s os.Signal, relay *terminal.Relay) {
	switch s {
	case unix.SIGCHLD, unix.SIGURG, unix.SIGPIPE: // ours: children, the Go scheduler, our output
	case unix.SIGWINCH:
		if relay != nil {
			relay.Resize()
			return
		}
		fallthrough
	default:
		_ = unix.PidfdSendSignal(pidfd, s.(syscall.Signal), nil, 0)
	}
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
