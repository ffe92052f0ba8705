// Package forward passes the signals that a process gets on to another one.
//
// The handler is one system call in assembly, pidfd_send_signal(2) or sendto(2): no goroutine, no thread,
// no page of the runtime's. os/signal costs a thread of its own and four context switches
// for each signal that it is told of, a tenth of a container's start.
package forward

import (
	"os"
	"slices"
	"sync/atomic"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// target is the pidfd that the handler sends to.
var target int32 = -1

// connection is the socket that the teller sends {kind, signal} to.
var (
	connection int32 = -1
	kind       uint8
)

// addresses of the two handlers and of the code behind them that ends a signal's handling.
func addresses() (handler, teller, restorer uintptr)

// sigaction is the kernel's struct of rt_sigaction(2), not the C library's.
type sigaction struct {
	handler, flags, restorer uintptr
	mask                     uint64
}

const (
	saOnStack  = 0x08000000
	saRestart  = 0x10000000
	saRestorer = 0x04000000
)

// passed are the signals by which people and programs steer a process. Those that the Go runtime lives on, and
// those that a fault raises, stay with this process.
var passed = [...]syscall.Signal{
	unix.SIGHUP, unix.SIGINT, unix.SIGQUIT, unix.SIGUSR1, unix.SIGUSR2, unix.SIGALRM, unix.SIGTERM, unix.SIGCONT,
	unix.SIGTSTP, unix.SIGWINCH,
}

// own are those that are never told: they can't be caught, are raised by a fault of this process, are what the Go runtime lives on
// (32 and 33 a C library), or are about this process's own children and pipes.
const own = 1<<unix.SIGKILL | 1<<unix.SIGSTOP | 1<<unix.SIGSEGV | 1<<unix.SIGBUS | 1<<unix.SIGFPE | 1<<unix.SIGILL | 1<<unix.SIGTRAP |
	1<<unix.SIGSYS | 1<<unix.SIGPROF | 1<<unix.SIGURG | 1<<32 | 1<<33 | 1<<unix.SIGCHLD | 1<<unix.SIGPIPE

// To passes signals on to the process of pidfd from now on; those in except are left as they are. The
// descriptor must stay open for as long as this process lives, or until the next call.
func To(pidfd int, except ...syscall.Signal) error {
	atomic.StoreInt32(&target, int32(pidfd)) // a handler may be running
	handler, _, restorer := addresses()
	for _, s := range passed {
		if slices.Contains(except, s) {
			continue
		}
		if err := handle(s, handler, restorer); err != nil {
			return err
		}
	}
	return nil
}

// Tell sends each signal that this process gets from now on as a packet of two bytes, kind and number, to a connection; where
// its buffer is full the signal is lost. Those in except are left as they are, and so are those that are this process's own affair.
// Another call takes another connection; at -1 signals are dropped.
func Tell(fd int, as byte, except ...syscall.Signal) error {
	first := kind == 0
	kind = as
	atomic.StoreInt32(&connection, int32(fd))
	if !first {
		return nil
	}
	_, teller, restorer := addresses()
	for s := syscall.Signal(1); s <= 64; s++ {
		if s < 64 && own&(1<<s) != 0 || slices.Contains(except, s) {
			continue
		}
		if err := handle(s, teller, restorer); err != nil {
			return err
		}
	}
	return nil
}

func handle(s syscall.Signal, handler, restorer uintptr) error {
	act := sigaction{handler: handler, flags: saOnStack | saRestart | saRestorer, restorer: restorer, mask: ^uint64(0)}
	_, _, errno := syscall.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(s), uintptr(unsafe.Pointer(&act)), 0, 8, 0, 0)
	if errno != 0 {
		return os.NewSyscallError("rt_sigaction", errno)
	}
	return nil
}
