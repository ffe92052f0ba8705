// Package namespace pairs the names of namespaces in the runtime-spec with the
// flags of clone(2) and the files of /proc/PID/ns (namespaces(7)).
package namespace

import (
	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// Kind is one of the kernel's eight kinds of namespace.
type Kind struct {
	Type specs.LinuxNamespaceType
	Flag uintptr // CLONE_NEW*
	Proc string  // the file in /proc/PID/ns that names a process's own
}

// kinds stand in the order in which namespaces are joined: the user namespace
// first, as it gives the right to the others; mount after those whose files may
// be reached by path.
var kinds = [...]Kind{
	{specs.UserNamespace, unix.CLONE_NEWUSER, "user"},
	{specs.PIDNamespace, unix.CLONE_NEWPID, "pid"},
	{specs.NetworkNamespace, unix.CLONE_NEWNET, "net"},
	{specs.IPCNamespace, unix.CLONE_NEWIPC, "ipc"},
	{specs.UTSNamespace, unix.CLONE_NEWUTS, "uts"},
	{specs.CgroupNamespace, unix.CLONE_NEWCGROUP, "cgroup"},
	{specs.TimeNamespace, unix.CLONE_NEWTIME, "time"},
	{specs.MountNamespace, unix.CLONE_NEWNS, "mnt"},
}

// Kinds gives every kind in the order of joining.
func Kinds() []Kind { return kinds[:] }

// Of finds the kind of a spec's type.
func Of(t specs.LinuxNamespaceType) (Kind, bool) {
	for i := range kinds {
		if kinds[i].Type == t {
			return kinds[i], true
		}
	}
	return Kind{}, false
}

// ByFlag finds the kind of a CLONE_NEW* flag.
func ByFlag(flag uintptr) (Kind, bool) {
	for i := range kinds {
		if kinds[i].Flag == flag {
			return kinds[i], true
		}
	}
	return Kind{}, false
}

// Names lists the spec's names of CLONE_NEW* flags, for people.
func Names(flags uintptr) (s string) {
	for i := range kinds {
		if flags&kinds[i].Flag != 0 {
			if s != "" {
				s += ", "
			}
			s += string(kinds[i].Type)
		}
	}
	return s
}

// Types lists the spec's names, sorted; `features` prints them.
func Types() []string {
	return []string{"cgroup", "ipc", "mount", "network", "pid", "time", "user", "uts"}
}
