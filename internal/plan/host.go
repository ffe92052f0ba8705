package plan

import specs "github.com/opencontainers/runtime-spec/specs-go"

// Host is what a plan depends on of the machine. The zero Host is a current
// kernel without security modules, used by the initial user namespace's root.
type Host struct {
	// CapLast is the kernel's highest capability; 0 means the highest known here.
	CapLast int
	// Caps are the capabilities that this process has and can pass on, one bit each; 0 means
	// that it has them all. Others are left out of a container that shares the user namespace.
	Caps uint64
	// CgroupV2 says that /sys/fs/cgroup is a unified hierarchy.
	CgroupV2 bool
	// UID is the effective user of this process.
	UID int
	// UserNS says that this process is not in the initial user namespace: it can't make device nodes.
	UserNS bool
	// AppArmor and SELinux say that the module takes labels; AppArmorFile is where AppArmor's
	// is written, below /proc/PID/attr (package lsm).
	AppArmor, SELinux bool
	AppArmorFile      string
}

// Options is what the caller of Compile decides beyond the spec.
type Options struct {
	// ID names the container.
	ID string
	// Root is the absolute path of the root file system; empty takes spec.Root.Path.
	Root string
	// Bundle is the folder that a relative spec.Root.Path starts at.
	Bundle string
	// Overlay makes the root file system an overlay that the plan itself mounts; Root is not used then.
	Overlay *Overlay
	// Create makes the process wait for StartSignal when it is set up.
	Create bool
	// NoPivot uses chroot(2) in place of pivot_root(2), for roots on an initramfs.
	NoPivot bool
	// NoNewKeyring leaves the process its session keyring.
	NoNewKeyring bool
	// NoConsoleSocket keeps the master end of a terminal from being sent to RegConsole.
	NoConsoleSocket bool
	// Stdio makes RegStdio0+i descriptor i.
	Stdio bool
	// PreserveFDs is the number of descriptors from 3 on that the process keeps.
	PreserveFDs int
	// CgroupTasks is the number of v1 control groups, whose "tasks" files the parent sends (Plan.Groups).
	CgroupTasks int
	// Trees are descriptors of detached mounts that take the place of bind mounts' sources, by
	// destination ("/" is the root's): for what only another mount namespace can see, or who the child is can't make.
	// The child has inherited them.
	Trees map[string]int
	// NetAtOnce says that the parent wants the network namespace as soon as there is a process.
	NetAtOnce bool
	// CgroupPaths are the container's control groups, for the mount of type cgroup.
	CgroupPaths []CgroupPath
	// State is what hooks read on their standard input.
	State []byte
}

// CgroupPath is the container's folder in one hierarchy.
type CgroupPath struct {
	// Name is the folder below /sys/fs/cgroup where the hierarchy appears ("cpu,cpuacct",
	// "unified"), empty on cgroup v2.
	Name string
	// Mount is the host's mount point of the hierarchy, Path the container's folder in it, absolute on the host.
	Mount, Path string
}

// Overlay is a root file system of layers (overlayfs).
type Overlay struct {
	Lower       []string // topmost first
	Upper, Work string   // both empty: read-only
	// Volatile says that nothing of the upper folder is wanted after a power cut: the kernel does not bring it to the disk, with all
	// that others have written there, when the container ends. A further mount wants work/work/incompat removed.
	Volatile bool
}

// ExecOptions is what the caller of CompileExec decides.
type ExecOptions struct {
	Stdio           bool
	NoConsoleSocket bool
	PreserveFDs     int
	// CgroupTasks is the number of registers from RegCgroup0 on that hold "tasks" files.
	CgroupTasks int
	// Joined are the namespaces that the container does not share with the
	// caller, CLONE_NEW* flags. 0 takes those of the spec.
	Joined uintptr
	// Tools is a folder of the container that the process alone sees the mount of RegTools on, in a
	// mount namespace of its own; empty: it shares the container's.
	Tools string

	container *specs.Process // the first process
}
