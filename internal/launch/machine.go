package launch

import (
	"syscall"
	"unsafe"

	"bantam/internal/plan"

	"golang.org/x/sys/unix"
)

// machine is what the child works on: the plan, its registers and its stack.
//
// The child may share this memory with the parent (CLONE_VM), whose other threads go
// on at the same time. So it belongs to the child alone from the clone on, and the
// parent keeps it reachable until the child has called execve.
type machine struct {
	steps *plan.Step
	n     uintptr
	data  *byte
	sync  uintptr
	// theirs is the parent's end of the socket: the child must not hold it, or it would wait for ever for a parent
	// that was killed.
	theirs uintptr
	// forked is set in a process made by OpFork that is not the container's own.
	forked  uintptr
	eaccess uintptr // an ignored EACCES was met
	regs    [plan.NumReg]uintptr
	msg     message
	pidfd   int32 // written by the kernel, for the parent
	answer  [8]byte
	stack   [16 << 10]byte
}

// message is what the child sends over the sync socket, one packet each.
type message struct {
	kind, step uint32
	value      uint64 // errno or value
}

// cloneArgs is struct clone_args of clone3(2).
type cloneArgs struct {
	flags, pidfd, childTID, parentTID, exitSignal uint64
	stack, stackSize, tls, setTID, setTIDSize     uint64
	cgroup                                        uint64
}

// clone is clone3(2); the child calls interpret on its new stack.
//
//go:noescape
func clone(args *cloneArgs, size uintptr, m *machine) (pid int, errno uintptr)

// interpret executes the plan in the child and never returns.
//
// It runs on a small stack that Go does not know, perhaps in memory that another
// process uses at the same time: no allocation, no growing stack, no pointer
// stores, nothing but raw system calls. Everything it calls is nosplit too.
//
//go:nosplit
//go:noinline
//go:norace
//go:nocheckptr
func interpret(m *machine) {
	syscall.RawSyscall6(unix.SYS_CLOSE, m.theirs, 0, 0, 0, 0, 0)
	for i := uintptr(0); i < m.n; {
		s := (*plan.Step)(unsafe.Add(unsafe.Pointer(m.steps), i*unsafe.Sizeof(plan.Step{})))
		next, errno := m.step(s, i)
		if errno != 0 {
			m.fail(i, errno)
		}
		i = next
	}
	m.fail(m.n, syscall.ENOEXEC)
}

// step executes the step at i and says where to go on.
//
//go:nosplit
//go:norace
//go:nocheckptr
func (m *machine) step(s *plan.Step, i uintptr) (next uintptr, errno syscall.Errno) {
	switch s.Op {
	case plan.OpCall:
		return m.call(s, i)
	case plan.OpStore:
		*(*uint32)(unsafe.Add(unsafe.Pointer(m.data), uintptr(s.Args[1]))) = uint32(m.regs[uint8(s.Args[0])])
	case plan.OpLoad:
		m.regs[s.Out] = uintptr(*(*int32)(unsafe.Add(unsafe.Pointer(m.data), uintptr(s.Args[0]))))
	case plan.OpSkip:
		return i + 1 + uintptr(s.Skip), 0
	case plan.OpFork:
		return m.fork(s, i)
	case plan.OpExpect:
		if *(*uint32)(unsafe.Add(unsafe.Pointer(m.data), uintptr(s.Args[0]))) != uint32(s.Args[1]) {
			return i, syscall.Errno(s.Args[2])
		}
	case plan.OpSync, plan.OpTell:
		m.tell(uint32(s.Args[0]), uint32(i), uint64(m.regs[uint8(s.Args[1])]), s.Op == plan.OpSync)
	case plan.OpFail:
		if m.eaccess != 0 {
			return i, syscall.EACCES
		}
		return i, syscall.Errno(s.Args[0])
	default:
		return i, syscall.ENOSYS
	}
	return i + 1, 0
}

// arg is the value of argument k.
//
//go:nosplit
//go:norace
//go:nocheckptr
func (m *machine) arg(s *plan.Step, k uintptr) uintptr {
	v := *(*uint64)(unsafe.Add(unsafe.Pointer(&s.Args), k*8))
	switch *(*plan.Kind)(unsafe.Add(unsafe.Pointer(&s.Kinds), k)) {
	case plan.FromR:
		return m.regs[uint8(v)]
	case plan.Ptr:
		return uintptr(unsafe.Pointer(m.data)) + uintptr(v)
	}
	return uintptr(v)
}

// openAttempts bounds the repetitions of an openat2(2) that met a race.
const openAttempts = 1000

// call makes the system call of s.
//
//go:nosplit
//go:norace
//go:nocheckptr
func (m *machine) call(s *plan.Step, i uintptr) (uintptr, syscall.Errno) {
	var r uintptr
	var errno syscall.Errno
	again := 0
	for {
		r, _, errno = syscall.RawSyscall6(uintptr(s.Nr), m.arg(s, 0), m.arg(s, 1), m.arg(s, 2), m.arg(s, 3), m.arg(s, 4), m.arg(s, 5))
		// openat2(2) in a root gives up at ".." where anything on the machine was renamed or mounted meanwhile.
		if errno == syscall.EAGAIN && s.Nr == unix.SYS_OPENAT2 && again < openAttempts {
			again++
			continue
		}
		if errno != syscall.EINTR {
			break
		}
	}
	if errno == 0 {
		m.regs[s.Out] = r
		if s.SkipOn == plan.IfOK {
			i += uintptr(s.Skip)
		}
		return i + 1, 0
	}
	if errno == syscall.EACCES && (s.Nr == unix.SYS_EXECVE || s.Nr == unix.SYS_FACCESSAT2) {
		m.eaccess = 1
	}
	for k := uintptr(0); k < 4; k++ {
		if *(*syscall.Errno)(unsafe.Add(unsafe.Pointer(&s.Ignore), k*unsafe.Sizeof(errno))) != errno {
			continue
		}
		m.regs[s.Out] = -uintptr(errno)
		if s.SkipOn == plan.IfIgnored {
			i += uintptr(s.Skip)
		}
		return i + 1, 0
	}
	return i, errno
}

// fork executes OpFork. Both processes return; the memory of the new one is its own.
//
//go:nosplit
//go:norace
func (m *machine) fork(s *plan.Step, i uintptr) (uintptr, syscall.Errno) {
	pid, _, errno := syscall.RawSyscall6(unix.SYS_CLONE, uintptr(s.Args[0])|uintptr(syscall.SIGCHLD), 0, 0, 0, 0, 0)
	if errno != 0 {
		return i, errno
	}
	if pid != 0 {
		m.regs[s.Out] = pid
		return i + 1 + uintptr(s.Skip), 0
	}
	if s.Args[0]&unix.CLONE_PARENT == 0 {
		m.forked = 1
	}
	return i + 1, 0
}

// tell sends a message and, with wait, takes the parent's answer. An answer other
// than 0, or none (the parent died), ends the child.
//
//go:nosplit
//go:norace
//go:nocheckptr
func (m *machine) tell(kind, step uint32, value uint64, wait bool) {
	m.msg.kind, m.msg.step, m.msg.value = kind, step, value
	for {
		_, _, errno := syscall.RawSyscall6(unix.SYS_WRITE, m.sync, uintptr(unsafe.Pointer(&m.msg)), unsafe.Sizeof(m.msg), 0, 0, 0)
		if errno == 0 {
			break
		}
		if errno != syscall.EINTR {
			m.exit(1) // nobody would ever answer
		}
	}
	if !wait {
		return
	}
	for {
		n, _, errno := syscall.RawSyscall6(unix.SYS_READ, m.sync, uintptr(unsafe.Pointer(&m.answer)), 1, 0, 0, 0)
		if errno == syscall.EINTR {
			continue
		}
		if n != 1 || errno != 0 || m.answer[0] != 0 {
			m.exit(1)
		}
		return
	}
}

// fail reports the step and ends the process.
//
//go:nosplit
//go:norace
func (m *machine) fail(i uintptr, errno syscall.Errno) {
	if m.forked != 0 {
		m.exit(127)
	}
	m.tell(plan.SyncFailed, uint32(i), uint64(errno), false)
	m.exit(1)
}

//go:nosplit
//go:norace
func (m *machine) exit(code uintptr) {
	for {
		syscall.RawSyscall6(unix.SYS_EXIT_GROUP, code, 0, 0, 0, 0, 0)
	}
}
