package testenv

import (
	"os"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// OwnNetwork gives the whole test program a network namespace of its own, with a loopback: containers
// get bridges, and the host's network stays as it is. A TestMain calls it first. The program starts
// again for that, because a namespace belongs to a thread. Without privileges nothing happens.
func OwnNetwork() {
	const mark = "BANTAM_TEST_OWN_NETWORK"
	if os.Getenv(mark) != "" || os.Geteuid() != 0 {
		return
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if unix.Unshare(unix.CLONE_NEWNET) != nil {
		return
	}
	loopbackUp()
	err := syscall.Exec("/proc/self/exe", os.Args, append(os.Environ(), mark+"=1"))
	panic(err) // this thread is somewhere else already
}

func loopbackUp() {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		panic(err)
	}
	defer unix.Close(fd)
	r, err := unix.NewIfreq("lo")
	if err == nil {
		r.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
		err = unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, r)
	}
	if err != nil {
		panic(err)
	}
}
