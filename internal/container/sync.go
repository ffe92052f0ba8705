package container

import (
	"errors"

	"bantam/internal/container/hook"
	"bantam/internal/container/netdev"
	"bantam/internal/container/record"
	"bantam/internal/launch"
	"bantam/internal/linux/seccomp"
	"bantam/internal/plan"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// on does what the child asks for while it sets itself up.
func (b *birth) on(e launch.Event) error {
	switch e.Kind {
	case plan.SyncRuntime:
		return b.runtimeHooks(e.Proc.Pid)
	case plan.SyncNetDev:
		return netdev.Move(e.Proc.Pid, b.spec.Linux.NetDevices)
	case plan.SyncNotify:
		return sendListener(e, b.file.Record, b.spec)
	}
	return errors.New("the plan asks for an event that nobody serves")
}

// runtimeHooks runs prestart, then createRuntime hooks: namespaces and mounts
// exist, pivot_root is still to come.
func (b *birth) runtimeHooks(pid int) error {
	h := b.spec.Hooks
	if h == nil {
		return nil
	}
	b.hooked = true
	state := appendState(nil, b.file.Record, record.StateCreating, pid)
	if err := hook.Run("prestart", h.Prestart, state); err != nil { //nolint:staticcheck // deprecated, and still in use
		return err
	}
	return hook.Run("createRuntime", h.CreateRuntime, state)
}

// poststop runs the last hooks. None of them can keep the container.
func poststop(r *record.Record, spec *specs.Spec) error {
	if spec.Hooks == nil {
		return nil
	}
	return hook.RunAll("poststop", spec.Hooks.Poststop, appendState(nil, r, record.StateStopped, 0))
}

// sendListener gives the seccomp listener to its agent (config-linux.md, "The Container Process State").
func sendListener(e launch.Event, r *record.Record, spec *specs.Spec) error {
	defer unix.Close(e.FD)
	s := spec.Linux.Seccomp
	status := record.StateCreating
	pid := r.Pid
	if r.Status != record.Creating {
		status = record.StateRunning
	}
	if pid == 0 {
		pid = e.Proc.Pid
	}
	return seccomp.SendListener(s.ListenerPath, e.FD, appendProcessState(nil, r, status, e.Proc.Pid, pid, s.ListenerMetadata))
}
