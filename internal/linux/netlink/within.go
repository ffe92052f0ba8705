package netlink

import (
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

// Within calls f on a thread that is in another network namespace meanwhile. Sockets that it
// opens stay there, and /proc/sys/net is that namespace's.
func Within(ns int, f func() error) error {
	own, err := unix.Open("/proc/thread-self/ns/net", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return &os.PathError{Op: "open", Path: "/proc/thread-self/ns/net", Err: err}
	}
	defer unix.Close(own)
	runtime.LockOSThread()
	if err := unix.Setns(ns, unix.CLONE_NEWNET); err != nil {
		runtime.UnlockOSThread()
		return os.NewSyscallError("join the network namespace", err)
	}
	err = f()
	// Where the way back fails the thread stays locked and ends with its goroutine.
	if unix.Setns(own, unix.CLONE_NEWNET) == nil {
		runtime.UnlockOSThread()
	}
	return err
}

// OpenIn opens a socket to the rtnetlink of another network namespace.
func OpenIn(ns int) (c *Conn, err error) {
	err = Within(ns, func() error {
		c, err = Open()
		return err
	})
	return c, err
}
