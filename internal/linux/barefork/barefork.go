// Package barefork runs a list of system calls, usually ended by execve(2), in a fork
// of the process that has a single thread.
//
// A Go program has many threads, and the kernel lets only a process of one thread
// enter or make a user namespace, or enter a time namespace (setns(2), unshare(2)). The
// child is such a process. It has a copy of the memory, but no Go runtime: it may
// neither allocate nor grow its stack, and makes nothing but raw system calls.
package barefork

import (
	"runtime"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

type kind uint8

const (
	call    kind = iota
	tell         // tell the parent and wait for its answer
	split        // go on in a child of this process's parent
	unblock      // restore the mask of signals
)

// step is one thing that the child does.
type step struct {
	kind kind
	// optional: a failure is passed over.
	optional bool
	// slot: of the calls with one number only the first that succeeds is made. 0: no such number.
	slot uint8
	nr   uintptr
	args [6]uintptr
}

// Script is what the child shall do.
type Script struct {
	steps []step
	what  []string
	// keep holds the memory that the arguments point to.
	keep  [][]byte
	words [][]uint32
	lists [][]*byte
	on    []func(pid int) error
}

// Error is a step that failed.
type Error struct {
	What string
	Err  error
}

func (e *Error) Error() string { return e.What + ": " + e.Err.Error() }

// Unwrap returns the reason.
func (e *Error) Unwrap() error { return e.Err }

// String keeps a copy of s that ends with a zero byte and returns its address.
func (s *Script) String(text string) uintptr {
	p := append([]byte(text), 0)
	s.keep = append(s.keep, p)
	return uintptr(unsafe.Pointer(&p[0]))
}

// Words keeps a copy of the list and returns its address.
func (s *Script) Words(list []uint32) uintptr {
	if len(list) == 0 {
		return 0
	}
	p := append([]uint32(nil), list...)
	s.words = append(s.words, p)
	return uintptr(unsafe.Pointer(&p[0]))
}

// strings keeps a vector of strings.
func (s *Script) strings(list []string) uintptr {
	pointers := make([]*byte, len(list)+1)
	for i, text := range list {
		s.String(text)
		pointers[i] = &s.keep[len(s.keep)-1][0]
	}
	s.lists = append(s.lists, pointers)
	return uintptr(unsafe.Pointer(&pointers[0]))
}

// Call adds a system call, whose failure ends the child. what names it in the Error.
func (s *Script) Call(what string, nr uintptr, args ...uintptr) {
	s.add(what, step{nr: nr}, args)
}

// Try adds a system call that may fail. Once one with the number slot has succeeded,
// later ones of that number, Must's too, are left out.
func (s *Script) Try(slot uint8, nr uintptr, args ...uintptr) {
	s.add("", step{nr: nr, slot: slot, optional: true}, args)
}

// Must is Call for a slot: see Try.
func (s *Script) Must(what string, slot uint8, nr uintptr, args ...uintptr) {
	s.add(what, step{nr: nr, slot: slot}, args)
}

// Sync adds a stop: the child waits while the parent runs f with the child's pid.
func (s *Script) Sync(f func(pid int) error) {
	s.on = append(s.on, f)
	s.add("", step{kind: tell}, nil)
}

// Fork adds a fork: a new process, also a child of the caller of Start, goes on, and the old one ends.
func (s *Script) Fork() {
	s.add("fork", step{kind: split}, nil)
}

// Exec adds the end: the first of the files that can be executed.
func (s *Script) Exec(files, argv, env []string) {
	s.add("", step{kind: unblock}, nil)
	v, e := s.strings(argv), s.strings(env)
	for i, file := range files {
		s.add(argv[0], step{nr: unix.SYS_EXECVE, optional: i < len(files)-1}, []uintptr{s.String(file), v, e})
	}
}

//go:noinline
func (s *Script) add(what string, st step, args []uintptr) {
	copy(st.args[:], args)
	s.steps, s.what = append(s.steps, st), append(s.what, what)
}

// child is all that the child works on.
type child struct {
	steps  *step
	n      uintptr
	socket uintptr
	theirs uintptr
	done   uint64 // slots
	denied uintptr
	mask   uint64
	msg    message
	action struct {
		handler, flags, restorer uintptr
		mask                     uint64
	}
}

// message is a packet of the child's: a step and its errno, or what it asks for.
type message struct {
	kind, step uint32
	value      uint64
}

const (
	failed uint32 = iota
	waiting
	forked
)

// Start forks and returns the pid of the process that runs on: of the last one, with
// Fork. It returns once that has been replaced by execve(2), or with the Error of
// the step that failed. The caller waits for the process.
func (s *Script) Start() (pid int, err error) {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, &Error{"socketpair", err}
	}
	c := &child{steps: unsafe.SliceData(s.steps), n: uintptr(len(s.steps)), socket: uintptr(pair[1]), theirs: uintptr(pair[0])}
	syscall.ForkLock.Lock()
	first, errno := c.fork()
	syscall.ForkLock.Unlock()
	unix.Close(pair[1])
	if errno != 0 {
		unix.Close(pair[0])
		return 0, &Error{"fork", errno}
	}
	pid, err = s.follow(pair[0], first)
	unix.Close(pair[0])
	if pid != first || err != nil {
		reap(first)
	}
	runtime.KeepAlive(s)
	return pid, err
}

// Here makes the calls on the calling thread instead, which must be locked to its
// goroutine, until one fails. Sync, Fork and Exec have no meaning there.
func (s *Script) Here() error {
	c := &child{}
	for i := range s.steps {
		if errno := c.call(&s.steps[i]); errno != 0 {
			return &Error{s.what[i], errno}
		}
	}
	runtime.KeepAlive(s)
	return nil
}

// fork forks with all signals blocked: Go's handlers may not run in the child.
//
//go:norace
func (c *child) fork() (pid int, errno syscall.Errno) {
	runtime.LockOSThread()
	all := ^uint64(0)
	sigmask(&all, &c.mask)
	r, _, errno := syscall.RawSyscall6(unix.SYS_CLONE, uintptr(unix.SIGCHLD), 0, 0, 0, 0, 0)
	if r == 0 && errno == 0 {
		c.run()
	}
	sigmask(&c.mask, nil)
	runtime.UnlockOSThread()
	return int(r), errno
}

//go:nosplit
//go:norace
func sigmask(set, old *uint64) {
	syscall.RawSyscall6(unix.SYS_RT_SIGPROCMASK, unix.SIG_SETMASK, uintptr(unsafe.Pointer(set)), uintptr(unsafe.Pointer(old)), 8, 0, 0)
}

// run does the steps and never returns. Everything from here on is nosplit and makes raw
// system calls only.
//
//go:nosplit
//go:norace
//go:nocheckptr
func (c *child) run() {
	syscall.RawSyscall6(unix.SYS_CLOSE, c.theirs, 0, 0, 0, 0, 0)
	c.defaults()
	for i := uintptr(0); i < c.n; i++ {
		s := (*step)(unsafe.Add(unsafe.Pointer(c.steps), i*unsafe.Sizeof(step{})))
		if errno := c.step(s, uint32(i)); errno != 0 {
			if errno == syscall.ENOENT && s.nr == unix.SYS_EXECVE && c.denied != 0 {
				errno = syscall.EACCES
			}
			c.send(failed, uint32(i), uint64(errno))
			break
		}
	}
	c.exit(127)
}

// defaults takes Go's signal handlers off.
//
//go:nosplit
//go:norace
func (c *child) defaults() {
	const ignore = 1
	for n := uintptr(1); n <= 64; n++ {
		a := uintptr(unsafe.Pointer(&c.action))
		syscall.RawSyscall6(unix.SYS_RT_SIGACTION, n, 0, a, 8, 0, 0)
		if c.action.handler > ignore {
			c.action.handler, c.action.flags, c.action.mask = 0, 0, 0
			syscall.RawSyscall6(unix.SYS_RT_SIGACTION, n, a, 0, 8, 0, 0)
		}
	}
}

//go:nosplit
//go:norace
func (c *child) step(s *step, i uint32) syscall.Errno {
	switch s.kind {
	case tell:
		c.ask(i)
	case split:
		pid, _, errno := syscall.RawSyscall6(unix.SYS_CLONE, unix.CLONE_PARENT|uintptr(unix.SIGCHLD), 0, 0, 0, 0, 0)
		if errno != 0 {
			return errno
		}
		if pid != 0 {
			c.send(forked, i, uint64(pid))
			c.exit(0)
		}
	case unblock:
		sigmask(&c.mask, nil)
	default:
		return c.call(s)
	}
	return 0
}

//go:nosplit
//go:norace
func (c *child) call(s *step) syscall.Errno {
	bit := uint64(1) << (s.slot & 63)
	if s.slot != 0 && c.done&bit != 0 {
		return 0
	}
	_, _, errno := syscall.RawSyscall6(s.nr, s.args[0], s.args[1], s.args[2], s.args[3], s.args[4], s.args[5])
	if errno == syscall.EACCES && s.nr == unix.SYS_EXECVE {
		c.denied = 1
	}
	if errno == 0 {
		c.done |= bit
	}
	if s.optional {
		return 0
	}
	return errno
}

// ask waits for the parent's answer. None comes if it failed or died.
//
//go:nosplit
//go:norace
func (c *child) ask(i uint32) {
	c.send(waiting, i, 0)
	for {
		n, _, errno := syscall.RawSyscall6(unix.SYS_READ, c.socket, uintptr(unsafe.Pointer(&c.msg)), 1, 0, 0, 0)
		if errno == 0 && n == 1 {
			return
		}
		if errno != syscall.EINTR {
			c.exit(1)
		}
	}
}

//go:nosplit
//go:norace
func (c *child) send(kind, i uint32, value uint64) {
	c.msg.kind, c.msg.step, c.msg.value = kind, i, value
	for {
		_, _, errno := syscall.RawSyscall6(unix.SYS_WRITE, c.socket, uintptr(unsafe.Pointer(&c.msg)), unsafe.Sizeof(c.msg), 0, 0, 0)
		if errno != syscall.EINTR {
			return
		}
	}
}

//go:nosplit
//go:norace
func (c *child) exit(code uintptr) {
	for {
		syscall.RawSyscall6(unix.SYS_EXIT_GROUP, code, 0, 0, 0, 0, 0)
	}
}
