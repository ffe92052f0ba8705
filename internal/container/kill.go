package container

import (
	"errors"

	"bantam/internal/container/record"
	"bantam/internal/linux/cgroup"

	"golang.org/x/sys/unix"
)

// Kill sends a signal to init, or with all to every process of the container. A
// container without a pid namespace of its own outlives its init: what is left is signalled then.
func (rt *Runtime) Kill(id string, sig unix.Signal, all bool) error {
	f, err := rt.open(id)
	if err != nil {
		return err
	}
	defer f.Close()
	if all || f.Flags&record.OwnPID == 0 && sig == unix.SIGKILL {
		return killAll(f, sig, all)
	}
	pidfd, err := initFD(f)
	if err != nil {
		return err
	}
	defer unix.Close(pidfd)
	switch err := unix.PidfdSendSignal(pidfd, sig, nil, 0); err {
	case nil:
	case unix.ESRCH:
		return errNotRunning
	default:
		return errors.New("kill container: " + err.Error())
	}
	return thawAfterKill(f, sig)
}

// thawAfterKill lets a paused container see its end (a frozen process of v1 does not die).
func thawAfterKill(f *record.File, sig unix.Signal) error {
	if sig != unix.SIGKILL {
		return nil
	}
	g := cgroup.Load(f.Cgroup)
	if frozen, err := g.Frozen(); err != nil || !frozen {
		return nil
	}
	return g.Thaw()
}

func killAll(f *record.File, sig unix.Signal, all bool) error {
	g := cgroup.Load(f.Cgroup)
	pids, err := g.Pids(true)
	if err != nil {
		return err
	}
	if len(pids) == 0 {
		if all && f.Pid != 0 && !f.Alive() {
			return nil // containerd sends this after the end, too
		}
		return errNotRunning
	}
	return g.Kill(sig)
}
