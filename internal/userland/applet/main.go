package applet

import (
	"runtime"
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"bantam/internal/linux/initial"
)

// Main runs the applet that argv names, as a process of its own, and returns the
// process's exit status.
func (t Table) Main(version string, argv []string) int {
	initial.Slack() // for this thread and those that it makes
	name := ""
	if len(argv) > 0 {
		name = Base(argv[0])
	}
	name = strings.TrimPrefix(name, "-") // a login shell
	c := Call{In: NewIn(0), Out: NewOut(1), Err: NewErr(2), Table: t, Version: version}
	a := t.Find(name)
	if a == nil {
		return c.box(name, argv)
	}
	c.Applet, c.Name, c.Path = a, name, argv[0]
	c.Login = strings.HasPrefix(argv[0], "-")
	return c.run(argv[1:])
}

// kernelAction is the kernel's struct sigaction: handler 0 is the default action.
type kernelAction struct {
	handler, flags, restorer uintptr
	mask                     uint64
}

// brokenPipe ends a process of its own as a closed pipe ends a C program: by SIGPIPE.
func (c *Call) brokenPipe() {
	if !c.inside {
		Die(syscall.SIGPIPE)
	}
}

// Die ends the process by the signal, with the signal's default action. Go's
// runtime has a handler for every signal, so it is taken off in the kernel first. It
// returns if the signal was ignored when the program started.
func Die(signal syscall.Signal) {
	runtime.LockOSThread()
	var action, old kernelAction
	const ignore = 1
	syscall.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(signal), 0, uintptr(unsafe.Pointer(&old)), 8, 0, 0)
	if old.handler == ignore {
		return
	}
	syscall.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(signal), uintptr(unsafe.Pointer(&action)), 0, 8, 0, 0)
	syscall.Tgkill(syscall.Getpid(), syscall.Gettid(), signal)
}
