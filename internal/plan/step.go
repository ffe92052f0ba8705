// Package plan turns an OCI runtime spec into a program of system calls.
//
// A [Plan] is a flat list of [Step]. One step is one system call with its
// arguments, the errors that it may ignore and the register that keeps its
// result. The child of package launch interprets the list; nothing else happens
// between clone and exec. Compiling does no I/O: what it must know of the machine
// stands in [Host], so a plan can be made, printed and compared anywhere.
package plan

import "syscall"

// Op says how the interpreter executes a step.
type Op uint8

const (
	// OpCall makes the system call Nr with Args and stores the result in Out.
	OpCall Op = iota
	// OpStore writes the 32-bit value of register Args[0] into Data at offset
	// Args[1]: file descriptors inside structures (msghdr, mount_attr).
	OpStore
	// OpSkip skips the next Skip steps.
	OpSkip
	// OpFork forks with the clone(2) flags Args[0]. The new process executes the
	// next Skip steps, which end in an execve; the old one keeps its pid in Out and goes on
	// behind them. Where a step of the new one fails it exits with 127; with CLONE_PARENT
	// among the flags it is the container's process and reports the failure to the parent.
	OpFork
	// OpExpect fails with errno Args[2] unless the 32-bit value in Data at offset
	// Args[0] equals Args[1]: the exit status that waitid(2) left in a siginfo.
	OpExpect
	// OpSync tells the parent Args[0], one of the Sync constants, with the value of register
	// Args[1] (NoReg: 0), and waits for its answer. An answer other than 0 ends the child.
	OpSync
	// OpTell is OpSync without the wait.
	OpTell
	// OpLoad sets Out to the 32-bit value in Data at offset Args[0]: a descriptor that came by recvmsg(2).
	OpLoad
	// OpFail fails: with EACCES if an ignored EACCES was met since the plan's
	// start, else with errno Args[0]. It ends a search along PATH.
	OpFail
)

// Reg numbers a register of the interpreter. A register keeps a file
// descriptor or another result of a system call. The first ones are set by the parent.
type Reg uint8

// Registers that the parent fills before it forks.
const (
	NoReg      Reg = 0  // result is dropped
	RegSync    Reg = 1  // socket to the parent, closed by exec
	RegConsole Reg = 2  // socket that takes the terminal's master end
	RegTools   Reg = 3  // detached mount that goes to ExecOptions.Tools
	RegPidfd   Reg = 4  // exec: pidfd of the container's init
	RegStdio0  Reg = 5  // RegStdio0+i becomes descriptor i (i = 0, 1, 2), where the plan was compiled with Options.Stdio
	RegUser0   Reg = 8  // RegUser0+i: user namespace of Plan.IDMaps[i], for idmapped mounts (at most 24)
	RegNS0     Reg = 32 // RegNS0+i: namespace file of Plan.Join[i] (at most 8)
	RegCgroup0 Reg = 40 // RegCgroup0+i: open file "tasks" of the i-th v1 hierarchy (at most 20); with Plan.Groups the plan fills them
	RegGroups  Reg = 60 // socket that the "tasks" files come by (Plan.Groups)
	RegGiver   Reg = 61 // its other end, which is the parent's
	RegFirst   Reg = 64 // first register that the compiler may give out
	NumReg         = 256
)

// What a child tells its parent with OpSync and OpTell.
const (
	SyncFailed  = 1 // written by the interpreter alone: step and errno
	SyncMaps    = 2 // in its new user namespace: wants uid_map, gid_map and setgroups written
	SyncRuntime = 3 // namespaces and mounts are there, before pivot_root: prestart, then createRuntime hooks
	SyncCopyUp  = 4 // OpTell; a sendmsg step to RegSync with SCM_RIGHTS (from, to) and at least one byte follows, then OpSync SyncWait: copy the tree
	SyncNotify  = 5 // value: descriptor of the seccomp listener in the child's table
	SyncReady   = 6 // set up; only the executable's start is left. The parent answers where it is an OpSync
	SyncPid     = 7 // value: pid, in the parent's pid namespace, of the process that carries on (see OpFork with CLONE_PARENT)
	SyncNetDev  = 8 // wants the spec's net devices moved into its network namespace
	SyncWait    = 9 // wants nothing but the answer to what it told before
)

// Kind says how an argument is to be read.
type Kind uint8

const (
	Imm   Kind = iota // the number itself
	FromR             // the value of the register of that number
	Ptr               // address of Data[arg]
)

// Step is one instruction. The zero Ignore ignores nothing.
type Step struct {
	Op     Op
	Out    Reg
	Nr     uint16 // system call number
	Kinds  [6]Kind
	Args   [6]uint64
	Ignore [4]syscall.Errno // errors after which the plan goes on; Out then holds -errno
	Skip   uint16           // see SkipOn
	SkipOn SkipOn           // when Skip applies
	Why    Why              // why the step is there, for people
	Note   string           // what it concerns: a path, a name (for people and error messages)
}

// SkipOn says when a step's Skip steps behind it are passed over.
type SkipOn uint8

const (
	Never     SkipOn = iota
	IfOK             // the call succeeded
	IfIgnored        // the call failed with an error of Ignore
)

// Why names the purpose of a step; its sentence is in text.go.
type Why uint8

// Reloc makes the 8 bytes of Data at At hold the address of Data[To]:
// argv, envp and pointers inside structures.
type Reloc struct{ At, To uint32 }

// IDMap is a mapping for an idmapped mount (mount_setattr(2), MOUNT_ATTR_IDMAP).
type IDMap struct{ UID, GID []Mapping }

// Mapping is a line of uid_map or gid_map (user_namespaces(7)).
type Mapping struct{ Inside, Outside, Size uint32 }

// Plan is a compiled container start. It is immutable: launch copies what it changes.
type Plan struct {
	// Flags are the CLONE_NEW* flags of the clone itself.
	Flags uintptr
	// UIDMap and GIDMap are written by the parent at SyncMaps.
	UIDMap, GIDMap []Mapping
	// Join lists namespace files ("/proc/1/ns/net") that the parent opens before the fork.
	Join []Join
	// IDMaps lists the user namespaces that idmapped mounts need.
	IDMaps []IDMap
	// TimeOffsets is what the parent writes to /proc/PID/timens_offsets, or empty.
	TimeOffsets string
	Steps       []Step
	Data        []byte
	Relocs      []Reloc
	// Exec is the offset of the first step after SyncReady.
	Exec int
	// Groups says that the child takes the "tasks" files of its v1 control groups from RegGroups, where it has
	// something else to do until they are there.
	Groups bool
	// ShareMemory lets the child share its parent's memory until execve: no process of a container can trace it.
	ShareMemory bool
}

// Join is a namespace to enter.
type Join struct {
	Flag uintptr // CLONE_NEW*
	Path string  // empty: the namespace of RegPidfd's process
	// ByParent: the parent's thread enters it before the fork (pid namespaces, where it has the privilege).
	ByParent bool
}

// StartSignal (SIGRTMIN+30 of the kernel's 32) releases a created container: its init
// waits for it in rt_sigtimedwait. It is sent with pidfd_send_signal from outside.
const StartSignal = 62
