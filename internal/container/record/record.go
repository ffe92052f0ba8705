// Package record keeps what the runtime must remember of a container: one file
// per container below the runtime's root, named by the id.
//
// Making the file (O_EXCL) reserves the id. It has three parts:
//
//	slot    64 bytes that change: status, pid, start time, checksum
//	head    what every verb may need: bundle, cgroup, annotations ...
//	config  the bundle's config.json as it was at create, for exec and hooks
//
// Head and config are written once, before the first process exists, with the
// slot in front. A change is one write of the slot, which lies within one page:
// a kill between two instructions leaves the old slot or the new one. Readers take no lock; a torn
// read shows in the checksum and is repeated. Verbs that change a container hold a lock on the file, so
// the kernel frees it whatever happens to them.
package record

import (
	"bantam/internal/linux/cgroup"
)

// Slot is the part that changes.
type Slot struct {
	Status Status
	Pid    int    // init in the runtime's pid namespace, 0 before it exists
	Start  uint64 // its start time (field 22 of /proc/PID/stat), which tells it from a later process of that pid
}

// Flags say what is worth reading the config for.
type Flags uint8

const (
	Poststart Flags = 1 << iota // has such hooks
	Poststop
	OwnPID // has a pid namespace of its own: its init's end ends all
	Keep   // intelRdt: the CLOS was there before and stays
)

// Pair is an annotation.
type Pair struct{ Key, Value string }

// Record is a container on disk.
type Record struct {
	Slot
	ID      string
	Version string // ociVersion of the config
	Bundle  string
	Rootfs  string
	Created int64 // Unix time in nanoseconds
	Owner   uint32
	Flags   Flags
	// ExeDev and ExeIno identify the runtime's own file, which init runs until its execve.
	ExeDev, ExeIno uint64
	Comm           string // and this is its name until then (proc_pid_comm(5))
	Closid         string // resctrl group, "" for none
	Cgroup         cgroup.State
	Annotations    []Pair
}
