package container

import (
	"encoding/binary"
	"unsafe"

	"bantam/internal/container/terminal"
	"bantam/internal/launch"
	"bantam/internal/linux/selfexe"

	"golang.org/x/sys/unix"
)

// attend passes signals on to a process in the foreground and returns its exit
// status, 128 and the signal's number where one ended it. The signals were
// blocked before this program began (selfexe.Forwarded); SIGCHLD is among them and tells of ends.
func attend(proc *launch.Process, relay *terminal.Relay) (int, error) {
	set := unix.Sigset_t{}
	set.Val[0] = selfexe.Forwarded
	fd, err := unix.Signalfd(-1, &set, unix.SFD_CLOEXEC)
	if err != nil {
		return 1, err
	}
	defer unix.Close(fd)
	status, ended := reap(proc.Pid)
	for !ended {
		if err := forward(fd, proc.Pidfd, relay); err != nil {
			return 1, err
		}
		status, ended = reap(proc.Pid)
	}
	if relay != nil {
		relay.Close()
	}
	return exitStatus(status), nil
}

// forward waits for a signal and passes it on.
func forward(signals, pidfd int, relay *terminal.Relay) error {
	var info [unsafe.Sizeof(unix.SignalfdSiginfo{})]byte
	n, err := unix.Read(signals, info[:])
	if err == unix.EINTR {
		return nil
	}
	if err != nil || n != len(info) {
		return err
	}
	switch sig := unix.Signal(binary.NativeEndian.Uint32(info[:])); sig {
	case unix.SIGCHLD:
	case unix.SIGWINCH:
		if relay != nil {
			relay.Resize()
			return nil
		}
		fallthrough
	default:
		_ = unix.PidfdSendSignal(pidfd, sig, nil, 0)
	}
	return nil
}

// reap fetches the status of every child that has ended: orphans of the container come to us, too.
func reap(pid int) (status unix.WaitStatus, ended bool) {
	for {
		got, err := unix.Wait4(-1, &status, unix.WNOHANG, nil)
		switch {
		case err == unix.EINTR:
		case got == pid, err != nil:
			return status, true
		case got == 0:
			return status, false
		}
	}
}

func exitStatus(s unix.WaitStatus) int {
	if s.Signaled() {
		return 128 + int(s.Signal())
	}
	return s.ExitStatus()
}
