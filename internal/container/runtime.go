// Package container is the life of an OCI container (runtime.md): one file for
// each verb of the runtime. What is remembered of a container between verbs is in package record.
//
//	create   reserves the id, makes the cgroup, forks init; init waits for a signal
//	start    sends the signal and waits for init's execve
//	run      both at once, then waits for init's end and deletes
//	kill, pause, exec ...   act on what the record and the kernel say
//	delete   removes the cgroup and, last, the record
//
// Whatever is killed at whatever instant: the record comes first and goes last, and
// it knows the cgroup, so delete --force always finds what is left.
package container

import (
	"errors"
	"os"
	"sync"

	"bantam/internal/container/record"
	"bantam/internal/launch"
	"bantam/internal/oci"
	"bantam/internal/plan"
)

// Runtime is what holds for every container: the global options.
type Runtime struct {
	// Root is the folder of the records.
	Root string
	// Systemd selects the systemd cgroup driver.
	Systemd bool
	// NoCgroups makes containers without a cgroup of their own; their limits are passed over.
	NoCgroups bool
	// Rootless says whether to do without what needs privilege; nil finds out.
	Rootless *bool
	// Warn takes what is not worth failing for.
	Warn func(string)

	probe sync.Once
	facts plan.Host
}

// host probes the machine once.
func (rt *Runtime) host() plan.Host {
	rt.probe.Do(func() { rt.facts = launch.Probe() })
	return rt.facts
}

func (rt *Runtime) rootless() bool {
	if rt.Rootless != nil {
		return *rt.Rootless
	}
	h := rt.host()
	return h.UID != 0 || h.UserNS
}

func (rt *Runtime) warn(err error) {
	if err != nil && rt.Warn != nil {
		rt.Warn(err.Error())
	}
}

// Errors that callers match by their text.
var (
	errNotRunning  = errors.New("container not running")
	errNoExec      = errors.New("cannot exec in a stopped container")
	errPaused      = errors.New("cannot exec in a paused container (use --ignore-paused to override)")
	errNotPaused   = errors.New("container not paused")
	errStillAlive  = errors.New("is not stopped: kill it first, or use --force")
	errNoTerminal  = errors.New("cannot allocate tty if the runtime will detach without setting console socket: use --console-socket")
	errNeedsSocket = errors.New("cannot use console socket if the runtime will not detach or allocate tty")
)

// open reads the record of id.
func (rt *Runtime) open(id string) (*record.File, error) {
	if err := oci.ValidateID(id); err != nil {
		return nil, err
	}
	return record.Open(rt.Root, id)
}

// lock reads the record of id and keeps others from changing the container.
func (rt *Runtime) lock(id string) (*record.File, error) {
	if err := oci.ValidateID(id); err != nil {
		return nil, err
	}
	return record.Lock(rt.Root, id)
}

// DefaultRoot is where records are kept: /run, or the user's own runtime folder.
func DefaultRoot() string {
	if dir := os.Getenv("XDG_RUNTIME_DIR"); dir != "" && os.Geteuid() != 0 {
		return dir + "/bantam-oci"
	}
	return "/run/bantam-oci"
}
