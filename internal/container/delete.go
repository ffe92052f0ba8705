package container

import (
	"errors"
	"slices"
	"strconv"
	"time"

	"bantam/internal/container/record"
	"bantam/internal/container/resctrl"
	"bantam/internal/linux/cgroup"
	"bantam/internal/oci"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// killPatience bounds the wait for a killed init to end.
const killPatience = 10 * time.Second

// Delete removes what is left of a stopped container; with force it kills it first, and a
// container that does not exist is no error.
func (rt *Runtime) Delete(id string, force bool) error {
	keepToOurselves(3)
	err := rt.delete(id, force)
	if force && err == record.ErrNotExist {
		return nil
	}
	return err
}

func (rt *Runtime) delete(id string, force bool) error {
	if err := oci.ValidateID(id); err != nil {
		return err
	}
	f, err := record.Open(rt.Root, id)
	if err == record.ErrDamaged {
		return rt.discard(id)
	}
	if err != nil {
		return err
	}
	if force {
		// Before the lock: whoever holds it may be waiting for this very process.
		killInit(f)
	}
	if err := f.Lock(); err != nil {
		f.Close()
		return err
	}
	state := f.State()
	if !force && !state.CanDelete() {
		f.Close()
		return errors.New("cannot delete container " + id + ": it is " + state.String() + " and " + errStillAlive.Error())
	}
	if !state.CanDelete() || f.Pid != 0 {
		if err := endInit(f); err != nil {
			f.Close()
			return err
		}
	}
	return rt.destroy(f, nil)
}

// discard removes a record that nobody can read. Its cgroup, if there is one, has the usual name.
func (rt *Runtime) discard(id string) error {
	if g, err := cgroup.New(cgroup.Config{ID: id, Systemd: rt.Systemd, Rootless: rt.rootless(), Disabled: rt.NoCgroups}); err == nil {
		rt.warn(g.Delete())
	}
	return record.Discard(rt.Root, id)
}

// killInit sends SIGKILL to init if it lives. A frozen one dies when it is thawed.
func killInit(f *record.File) {
	fd, err := initFD(f)
	if err != nil {
		return
	}
	_ = unix.PidfdSendSignal(fd, unix.SIGKILL, nil, 0)
	unix.Close(fd)
}

// endInit makes sure that init is gone.
func endInit(f *record.File) error {
	fd, err := initFD(f)
	if err != nil {
		return nil
	}
	defer unix.Close(fd)
	if err := unix.PidfdSendSignal(fd, unix.SIGKILL, nil, 0); err != nil && err != unix.ESRCH {
		return errors.New("kill the container's process: " + err.Error())
	}
	group := cgroup.Load(f.Cgroup)
	if frozen, err := group.Frozen(); err == nil && frozen {
		_ = group.Thaw()
	}
	return awaitEnd(fd)
}

func awaitEnd(pidfd int) error {
	end := time.Now().Add(killPatience)
	for {
		left := time.Until(end)
		if left <= 0 {
			return errors.New("the container's process does not end after SIGKILL: it waits in the kernel")
		}
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(pidfd), Events: unix.POLLIN}}, int(left/time.Millisecond)+1)
		if n > 0 || err != nil && err != unix.EINTR {
			return nil
		}
	}
}

// awaitEmpty is for a container whose create was killed before it had noted a process. A child that it
// had forked still runs the runtime's file. Whoever else is in the cgroup is not of the container, and not to be killed.
func awaitEmpty(f *record.File, g *cgroup.Group) error {
	for end := time.Now().Add(killPatience); ; time.Sleep(time.Millisecond) {
		pids, err := g.Pids(true)
		pids = slices.DeleteFunc(pids, f.RunsRuntime)
		if err != nil || len(pids) == 0 {
			return err
		}
		if time.Now().After(end) {
			return errors.New("the container's cgroup is in use by process " + strconv.Itoa(pids[0]) + ", which is not the container's")
		}
	}
}

// destroy removes cgroup, resctrl group and record of a container whose init has ended,
// runs its poststop hooks and closes f. spec may be nil.
func (rt *Runtime) destroy(f *record.File, spec *specs.Spec) error {
	defer f.Close()
	group := cgroup.Load(f.Cgroup)
	if f.Pid == 0 {
		if err := awaitEmpty(f, group); err != nil {
			return err
		}
	}
	if err := group.Delete(); err != nil {
		return err
	}
	if f.Closid != "" && f.Flags&record.Keep == 0 {
		if err := resctrl.Delete(f.Closid); err != nil {
			return err
		}
	}
	if f.Flags&record.Poststop == 0 {
		return f.Remove()
	}
	if spec == nil {
		config, err := f.Config()
		if err == nil {
			spec, err = oci.DecodeSpec(config)
		}
		if err != nil {
			return err
		}
	}
	r := *f.Record
	err := f.Remove()
	rt.warn(poststop(&r, spec))
	return err
}
