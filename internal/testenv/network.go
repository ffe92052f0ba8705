package testenv

import (
	"fmt"
	"os"
	"runtime"
	"syscall"
	"testing"

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

// LoopbackUp switches on the loopback of a process's network namespace.
func LoopbackUp(t testing.TB, pid int) {
	t.Helper()
	// The thread comes back: if it ended, so would the processes that it started with a Pdeathsig.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	home := enter(t, "/proc/thread-self/ns/net", fmt.Sprintf("/proc/%d/ns/net", pid))
	loopbackUp()
	if err := unix.Setns(home, unix.CLONE_NEWNET); err != nil {
		panic(err) // this thread is somewhere else
	}
	unix.Close(home)
}

// enter puts this thread into a network namespace and returns its own.
func enter(t testing.TB, own, other string) (home int) {
	t.Helper()
	home, err := unix.Open(own, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	to, err := unix.Open(other, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(to)
	if err := unix.Setns(to, unix.CLONE_NEWNET); err != nil {
		t.Fatalf("enter %s: %v", other, err)
	}
	return home
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
