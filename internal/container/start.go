package container

import (
	"errors"
	"time"

	"bantam/internal/container/hook"
	"bantam/internal/container/record"
	"bantam/internal/oci"
	"bantam/internal/plan"

	"golang.org/x/sys/unix"
)

// Start lets the init of a created container execute its program.
func (rt *Runtime) Start(id string) error {
	keepToOurselves(3)
	f, err := rt.lock(id)
	if err != nil {
		return err
	}
	defer f.Close()
	switch s := f.State(); {
	case s.CanStart():
	case s == record.StateStopped:
		return errors.New("cannot start a container that has stopped")
	case s == record.StateRunning:
		return errors.New("cannot start an already running container")
	default:
		return errors.New("cannot start a container in the " + s.String() + " state")
	}
	pidfd, err := initFD(f)
	if err != nil {
		return err
	}
	defer unix.Close(pidfd)
	slot := f.Slot
	slot.Status = record.Starting
	if err := f.Set(slot); err != nil {
		return err
	}
	if err := unix.PidfdSendSignal(pidfd, plan.StartSignal, nil, 0); err != nil {
		return errors.New("send the start signal: " + err.Error())
	}
	if err := awaitExec(f, pidfd); err != nil {
		return err
	}
	slot.Status = record.Started
	if err := f.Set(slot); err != nil {
		return err
	}
	if err := rt.poststart(f); err != nil {
		return first(err, rt.Delete(id, true))
	}
	return nil
}

// first is the error that explains the other.
func first(err, then error) error {
	if then != nil {
		return errors.New(err.Error() + "; and " + then.Error())
	}
	return err
}

// awaitExec waits until init has called execve or is gone. Nothing wakes a process for
// an execve elsewhere, so it looks, more and more rarely: hooks may come first.
func awaitExec(f *record.File, pidfd int) error {
	p := []unix.PollFd{{Fd: int32(pidfd), Events: unix.POLLIN}}
	for wait := 20 * time.Microsecond; ; wait = min(2*wait, 5*time.Millisecond) {
		if f.Executed() {
			return nil
		}
		ts := unix.NsecToTimespec(int64(wait))
		n, err := unix.Ppoll(p, &ts, nil)
		if err != nil && err != unix.EINTR {
			return errors.New("wait for the container's start: " + err.Error())
		}
		if n > 0 && f.FailedEarly() {
			return errors.New("the container's process has failed before its program could be executed: does process.args[0] exist, and may it be executed?")
		}
		if n > 0 {
			return nil // it was quick
		}
	}
}

// poststart runs the hooks after the start. One that fails ends the container (runtime.md, "Lifecycle", step 9).
func (rt *Runtime) poststart(f *record.File) error {
	if f.Flags&record.Poststart == 0 {
		return nil
	}
	config, err := f.Config()
	if err != nil {
		return err
	}
	spec, err := oci.DecodeSpec(config)
	if err != nil {
		return err
	}
	return hook.Run("poststart", spec.Hooks.Poststart, appendState(nil, f.Record, record.StateRunning, f.Pid))
}

// initFD opens the container's init and makes sure that it is the one of the record.
func initFD(f *record.File) (int, error) {
	if f.Pid == 0 {
		return -1, errNotRunning
	}
	fd, err := unix.PidfdOpen(f.Pid, 0)
	if err == unix.ESRCH {
		return -1, errNotRunning
	}
	if err != nil {
		return -1, errors.New("open the container's process: " + err.Error())
	}
	// The descriptor came first: if the process is the right one now, it is what the descriptor is of.
	if !f.Alive() {
		unix.Close(fd)
		return -1, errNotRunning
	}
	return fd, nil
}
