package container

import (
	"os"
	"os/signal"

	"bantam/internal/container/terminal"
	"bantam/internal/launch"

	"golang.org/x/sys/unix"
)

// attend passes signals on to a process in the foreground and returns its exit
// status, 128 and the signal's number where one ended it.
//
// A mask that blocks the signals before the Go runtime starts, for a signalfd, is no cheaper way: the runtime
// unblocks those that it gives a meaning to (SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGCHLD).
func attend(proc *launch.Process, signals <-chan os.Signal, relay *terminal.Relay) int {
	go func() {
		for s := range signals {
			forward(proc.Pidfd, s, relay)
		}
	}()
	status := reap(proc.Pid)
	if relay != nil {
		relay.Close()
	}
	return exitStatus(status)
}

// listen collects signals from now on. It is called beside the child's work, before
// its program begins: from then on whoever sees the program may send one.
func listen() <-chan os.Signal {
	signals := make(chan os.Signal, 64)
	// Each costs some system calls, so these are not all 64.
	signal.Notify(signals, unix.SIGHUP, unix.SIGINT, unix.SIGQUIT, unix.SIGTERM, unix.SIGUSR1, unix.SIGUSR2,
		unix.SIGALRM, unix.SIGCONT, unix.SIGTSTP, unix.SIGWINCH)
	return signals
}

func forward(pidfd int, s os.Signal, relay *terminal.Relay) {
	sig, ok := s.(unix.Signal)
	switch {
	case sig == unix.SIGWINCH && relay != nil:
		relay.Resize()
	case ok:
		_ = unix.PidfdSendSignal(pidfd, sig, nil, 0)
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
