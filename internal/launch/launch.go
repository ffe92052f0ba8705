// Package launch starts the process of a container: it forks once and the child
// interprets a plan with raw system calls only.
//
// The two talk over a socket of packets, which execve closes:
//
//	child                      parent
//	  | -- SyncMaps ----------> | writes uid_map, gid_map
//	  | <-- 0 ----------------- |
//	  |    ... mounts ...       | limits of the cgroup, record
//	  | -- SyncRuntime -------> | prestart and createRuntime hooks
//	  | <-- 0 ----------------- |
//	  | -- SyncReady ---------> | Ready returns
//	  | <-- 0 ----------------- | Release (only where the plan asks)
//	  | execve: end of file     | Started returns
//	  | or SyncFailed --------> | step and errno become an [Error]
//
// The child has a stack of its own, so that it can share the parent's memory (CLONE_VM)
// where nobody else can reach it (plan.Plan.ShareMemory): no page table is copied, no page is copied on write.
package launch

import (
	"errors"
	"os"
	"syscall"
	"unsafe"

	"bantam/internal/plan"

	"golang.org/x/sys/unix"
)

// Event is a message of the child that the caller must act on.
type Event struct {
	Kind int // one of plan.Sync*
	FD   int // SyncNotify: the listener, owned by the callee
	From int // SyncCopyUp: where from (owned by launch)
	To   int // SyncCopyUp: where to
	Proc *Process
}

// Config is what the parent supplies. Descriptors stay the caller's; -1 means none.
type Config struct {
	// Stdio become descriptors 0 to 2 where the plan was compiled so.
	Stdio [3]int
	// Console is the socket that takes the terminal's master end.
	Console int
	// Tools is the detached mount of plan.ExecOptions.Tools.
	Tools int
	// Pidfd is the container's init, for exec.
	Pidfd int
	// CgroupDir is the cgroup v2 folder that the child is born in.
	CgroupDir int
	// CgroupTasks are the open "tasks" files of the v1 hierarchies that it enters by itself. Where the plan says Groups they are
	// given later ([Process.Groups]).
	CgroupTasks []int
	// On acts on SyncRuntime, SyncNetDev and SyncNotify. An error ends the child.
	On func(Event) error
}

// NoFDs is a Config without any descriptor.
func NoFDs() Config {
	return Config{Stdio: [3]int{-1, -1, -1}, Console: -1, Tools: -1, Pidfd: -1, CgroupDir: -1}
}

// Process is a child between the clone and its end.
type Process struct {
	Pid   int // in the parent's pid namespace
	Pidfd int // closed by Close

	plan *plan.Plan
	cfg  Config
	sync int
	give int      // our end of the socket that the control groups go by, or -1
	m    *machine // kept reachable: the child may use this memory
	open []int    // what Start opened and the child has inherited
}

// Start forks the child that interprets p. On an error nothing is left behind.
func Start(p *plan.Plan, c Config) (*Process, error) {
	proc := &Process{plan: p, cfg: c, Pidfd: -1, sync: -1, give: -1}
	m := &machine{steps: unsafe.SliceData(p.Steps), n: uintptr(len(p.Steps)), data: loadData(p)}
	proc.m = m
	defer proc.closeOpened()
	if err := proc.fillRegisters(m); err != nil {
		return nil, err
	}
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, &os.SyscallError{Syscall: "socketpair", Err: err}
	}
	proc.open = append(proc.open, pair[1])
	m.sync, m.theirs = uintptr(pair[1]), uintptr(pair[0])
	m.regs[plan.RegSync] = m.sync
	proc.sync = pair[0]
	err = proc.groupsSocket(m)
	if err == nil {
		err = proc.clone(m)
	}
	if err != nil {
		proc.Close()
		return nil, err
	}
	return proc, nil
}

// groupsSocket makes the socket that the control groups go by.
func (p *Process) groupsSocket(m *machine) error {
	if !p.plan.Groups {
		return nil
	}
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return &os.SyscallError{Syscall: "socketpair", Err: err}
	}
	p.open = append(p.open, pair[1])
	p.give = pair[0]
	m.regs[plan.RegGroups], m.regs[plan.RegGiver] = uintptr(pair[1]), uintptr(pair[0])
	return nil
}

// Groups gives the child the open "tasks" files of its v1 control groups, which it waits for if the plan says so.
func (p *Process) Groups(tasks []int) error {
	if p.give < 0 {
		return nil
	}
	err := unix.Sendmsg(p.give, []byte{0}, unix.UnixRights(tasks...), nil, unix.MSG_NOSIGNAL)
	unix.Close(p.give)
	p.give = -1
	if err == unix.EPIPE || err == unix.ECONNRESET {
		return nil // it has failed: Ready knows why
	}
	return os.NewSyscallError("sendmsg to the child", err)
}

// loadData copies the plan's data and sets the addresses in it.
func loadData(p *plan.Plan) *byte {
	// Of words, so that structures in it are aligned.
	words := make([]uint64, len(p.Data)/8+1)
	base := unsafe.Pointer(unsafe.SliceData(words))
	copy(unsafe.Slice((*byte)(base), len(p.Data)), p.Data)
	for _, r := range p.Relocs {
		*(*uint64)(unsafe.Add(base, r.At)) = uint64(uintptr(base) + uintptr(r.To))
	}
	return (*byte)(base)
}

// fillRegisters sets the registers that the plan expects of its parent.
func (p *Process) fillRegisters(m *machine) error {
	for i, fd := range p.cfg.Stdio {
		m.regs[int(plan.RegStdio0)+i] = uintptr(fd)
	}
	m.regs[plan.RegConsole] = uintptr(p.cfg.Console)
	m.regs[plan.RegTools] = uintptr(p.cfg.Tools)
	m.regs[plan.RegPidfd] = uintptr(p.cfg.Pidfd)
	for i, fd := range p.cfg.CgroupTasks {
		m.regs[int(plan.RegCgroup0)+i] = uintptr(fd)
	}
	for i, j := range p.plan.Join {
		if j.Path == "" { // the container's own, by its pidfd
			m.regs[int(plan.RegNS0)+i] = uintptr(p.cfg.Pidfd)
			continue
		}
		fd, err := unix.Open(j.Path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
		if err != nil {
			return &os.PathError{Op: "open namespace", Path: j.Path, Err: err}
		}
		p.open = append(p.open, fd)
		if j.Flag == unix.CLONE_NEWNS && isOwnMounts(fd) {
			return &os.PathError{Op: "join mount namespace", Path: j.Path, Err: errOwnMounts}
		}
		m.regs[int(plan.RegNS0)+i] = uintptr(fd)
	}
	for i, im := range p.plan.IDMaps {
		fd, err := UserNamespace(im)
		if err != nil {
			return err
		}
		p.open = append(p.open, fd)
		m.regs[int(plan.RegUser0)+i] = uintptr(fd)
	}
	return nil
}

// errOwnMounts keeps a plan, which mounts and pivots, out of the namespace that the host lives in.
var errOwnMounts = errors.New("it is the runtime's own: a container there would change the host's mounts")

// isOwnMounts says that fd is this process's mount namespace.
func isOwnMounts(fd int) bool {
	var own, other unix.Stat_t
	return unix.Stat("/proc/self/ns/mnt", &own) == nil && unix.Fstat(fd, &other) == nil && own.Dev == other.Dev && own.Ino == other.Ino
}

// clone makes the child, in the pid namespace to join.
func (p *Process) clone(m *machine) error {
	args := &cloneArgs{
		flags:      uint64(p.plan.Flags) | unix.CLONE_PIDFD | unix.CLONE_CLEAR_SIGHAND,
		pidfd:      uint64(uintptr(unsafe.Pointer(&m.pidfd))),
		exitSignal: uint64(unix.SIGCHLD),
		stack:      uint64(uintptr(unsafe.Pointer(&m.stack))),
		stackSize:  uint64(len(m.stack)),
	}
	if p.plan.ShareMemory {
		args.flags |= unix.CLONE_VM
	}
	if p.cfg.CgroupDir >= 0 {
		args.flags |= unix.CLONE_INTO_CGROUP
		args.cgroup = uint64(p.cfg.CgroupDir)
	}
	there, own, err := p.pidNamespace(m)
	if err != nil {
		return err
	}
	r := cloneBlocked(args, m, there, own)
	switch {
	case r.enter != 0:
		return &os.SyscallError{Syscall: "join pid namespace: setns", Err: syscall.Errno(r.enter)}
	case r.leave != 0: // a right to enter is one to come back: nothing else can be said of this thread's children
		panic("launch: a thread can't leave another pid namespace: " + syscall.Errno(r.leave).Error())
	case r.clone != 0:
		return &os.SyscallError{Syscall: "clone3", Err: syscall.Errno(r.clone)}
	}
	p.Pid, p.Pidfd = r.pid, int(m.pidfd)
	return nil
}

// pidNamespace returns the pid namespace that the plan joins by its parent and our own to come back to, or two times -1.
func (p *Process) pidNamespace(m *machine) (there, own int, err error) {
	for i, j := range p.plan.Join {
		if !j.ByParent {
			continue
		}
		const self = "/proc/self/ns/pid"
		if own, err = unix.Open(self, unix.O_RDONLY|unix.O_CLOEXEC, 0); err != nil {
			return -1, -1, &os.PathError{Op: "open", Path: self, Err: err}
		}
		p.open = append(p.open, own)
		return int(m.regs[int(plan.RegNS0)+i]), own, nil
	}
	return -1, -1, nil
}

// cloned is what came of cloneBlocked: errors are numbers.
type cloned struct {
	pid                 int
	enter, leave, clone uintptr
}

// cloneBlocked clones with all signals blocked: the child keeps them so until its last step,
// and Go's preemption signal can't reach it on its foreign stack. With a pid namespace the thread is in it meanwhile.
//
// The goroutine stays on its thread without runtime.LockOSThread, which would cost a thread: nothing here
// gives the scheduler an opportunity (nosplit, raw system calls), and its signal is blocked.
//
//go:nosplit
//go:norace
func cloneBlocked(args *cloneArgs, m *machine, there, own int) (r cloned) {
	all, old := ^uint64(0), uint64(0)
	sigmask(&all, &old)
	if there >= 0 {
		r.enter = enterPidNamespace(there)
	}
	if r.enter == 0 {
		r.pid, r.clone = clone(args, unsafe.Sizeof(*args), m)
	}
	if there >= 0 && r.enter == 0 {
		r.leave = enterPidNamespace(own)
	}
	sigmask(&old, nil)
	return r
}

// enterPidNamespace makes the children of this thread members of the namespace.
//
//go:nosplit
//go:norace
func enterPidNamespace(fd int) uintptr {
	_, _, errno := syscall.RawSyscall6(unix.SYS_SETNS, uintptr(fd), unix.CLONE_NEWPID, 0, 0, 0, 0)
	return uintptr(errno)
}

//go:nosplit
//go:norace
func sigmask(set, old *uint64) {
	syscall.RawSyscall6(unix.SYS_RT_SIGPROCMASK, unix.SIG_SETMASK, uintptr(unsafe.Pointer(set)), uintptr(unsafe.Pointer(old)), 8, 0, 0)
}

func (p *Process) closeOpened() {
	for _, fd := range p.open {
		unix.Close(fd)
	}
	p.open = nil
}
