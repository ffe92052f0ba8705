// Package forward passes the signals that a process gets on to another one.
//
// The handler is one system call in assembly, pidfd_send_signal(2): no goroutine, no thread,
// no page of the runtime's. os/signal costs a thread of its own and four context switches
// for each signal that it is told of, a tenth of a container's start.
package forward

import (
	"os"
	"sync/atomic"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// target is the pidfd that the handler sends to.
var target int32 = -1

// addresses of the handler and of the code behind it that ends a signal's handling.
func addresses() (handler, restorer uintptr)

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

// To passes signals on to the process of pidfd from now on; those in except are left as they are. The
// descriptor must stay open for as long as this process lives, or until the next call.
func To(pidfd int, except ...syscall.Signal) error {
	atomic.StoreInt32(&target, int32(pidfd)) // a handler may be running
	handler, restorer := addresses()
	act := sigaction{handler: handler, flags: saOnStack | saRestart | saRestorer, restorer: restorer, mask: ^uint64(0)}
	for _, s := range passed {
		if contains(except, s) {
			continue
		}
		_, _, errno := syscall.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(s), uintptr(unsafe.Pointer(&act)), 0, 8, 0, 0)
		if errno != 0 {
			return os.NewSyscallError("rt_sigaction", errno)
		}
	}
	return nil
}

func contains(list []syscall.Signal, s syscall.Signal) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}
