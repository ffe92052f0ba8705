// Package selfexe keeps a container from overwriting the program that started it
// (CVE-2019-5736).
//
// Until its execve(2) the process of a container runs our file, and a container
// decides what that execve runs: "/proc/self/exe", a script with that interpreter, a
// link to it. Then our file runs as a program of the container, which opens
// /proc/PID/exe and, once nobody runs the file any more, writes to it: the next user of
// the file is root on the host. It takes no second process: `/proc/self/exe run` of a bundle with hooks is one.
//
// The cure is to run from a place that cannot be written: [Seal] starts the
// program again from a read-only mount of the file that nobody but this process has, or, where
// mounts are not allowed, from a sealed copy in memory.
package selfexe

import (
	"errors"
	"os"
	"runtime"
	"strconv"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

const self = "/proc/self/exe"

// The entry point also sets the timer slack to 4 ms (prctl(2), PR_SET_TIMERSLACK): the Go runtime's watching thread
// wakes up every 70 µs in a process so young, which costs 6 % of a container's start. A plan gives the
// container's process the kernel's default again.

// It also starts the Go runtime with GOMAXPROCS=1 in its environment for the verbs that start containers. They do
// one thing after the other, and with a second processor to serve, the runtime makes two threads more, hands its few goroutines
// to and fro between them and keeps two sets of everything that it allocates from: 10 % of a container's start.
const processors = "GOMAXPROCS"

// added is set by the entry point where it has added that variable.
var added uint8

// Clean takes the variable out of the environment again: neither hooks nor other programs nor
// a container shall see it.
func Clean() {
	if added != 0 {
		_ = os.Unsetenv(processors)
	}
}

// Needed reports whether a command line starts a process of a container. The others need
// no Seal, and are spared its cost.
func Needed(args []string) bool {
	for _, a := range args {
		switch a {
		case "run", "create", "exec", "monitor":
			return true
		}
	}
	return false
}

// Seal returns nil where this program's file can't be written through
// /proc/PID/exe. Else it starts the program anew from where it can't, with the same
// arguments and environment, and does not return. Call it before anything else is done.
func Seal() error {
	fd, err := unix.Open(self, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return &os.PathError{Op: "open", Path: self, Err: err}
	}
	defer unix.Close(fd)
	if sealed(fd) {
		return nil
	}
	again, err := readOnly()
	if err != nil {
		again, err = inMemory(fd)
	}
	if err != nil {
		return errors.New("protect this program from being overwritten by a container: " + err.Error())
	}
	return start(again)
}

// sealed reports whether the file of fd can't be opened for writing by way of its descriptor.
func sealed(fd int) bool {
	var fs unix.Statfs_t
	if err := unix.Fstatfs(fd, &fs); err == nil && fs.Flags&unix.ST_RDONLY != 0 {
		return true
	}
	seals, err := unix.FcntlInt(uintptr(fd), unix.F_GET_SEALS, 0)
	return err == nil && seals&unix.F_SEAL_WRITE != 0
}

// readOnly opens our file by way of a read-only mount of it that is in no namespace.
func readOnly() (int, error) {
	mount, err := unix.OpenTree(unix.AT_FDCWD, self, unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC)
	if err != nil {
		return -1, os.NewSyscallError("open_tree", err)
	}
	defer unix.Close(mount)
	attr := unix.MountAttr{Attr_set: unix.MOUNT_ATTR_RDONLY}
	if err := unix.MountSetattr(mount, "", unix.AT_EMPTY_PATH, &attr); err != nil {
		return -1, os.NewSyscallError("mount_setattr", err)
	}
	return unix.Open("/proc/self/fd/"+strconv.Itoa(mount), unix.O_RDONLY|unix.O_CLOEXEC, 0)
}

// inMemory copies our file to memory and seals the copy.
func inMemory(from int) (int, error) {
	copied, err := unix.MemfdCreate("bantam", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	if err != nil {
		return -1, os.NewSyscallError("memfd_create", err)
	}
	err = fill(copied, from)
	if err == nil {
		_, err = unix.FcntlInt(uintptr(copied), unix.F_ADD_SEALS, unix.F_SEAL_SEAL|unix.F_SEAL_SHRINK|unix.F_SEAL_GROW|unix.F_SEAL_WRITE)
	}
	if err != nil {
		unix.Close(copied)
		return -1, err
	}
	return copied, nil
}

func fill(to, from int) error {
	if err := unix.Fchmod(to, 0o500); err != nil {
		return os.NewSyscallError("fchmod", err)
	}
	for {
		n, err := unix.Sendfile(to, from, nil, 1<<30)
		if err == unix.EINTR {
			continue
		}
		if n == 0 || err != nil {
			return os.NewSyscallError("sendfile", err)
		}
	}
}

// start replaces this process by the program of fd.
func start(fd int) error {
	argv, err := syscall.SlicePtrFromStrings(os.Args)
	if err != nil {
		return err
	}
	envv, err := syscall.SlicePtrFromStrings(os.Environ())
	if err != nil {
		return err
	}
	empty := [1]byte{}
	_, _, errno := unix.RawSyscall6(unix.SYS_EXECVEAT, uintptr(fd), uintptr(unsafe.Pointer(&empty)),
		uintptr(unsafe.Pointer(&argv[0])), uintptr(unsafe.Pointer(&envv[0])), unix.AT_EMPTY_PATH, 0)
	runtime.KeepAlive(argv)
	runtime.KeepAlive(envv)
	return os.NewSyscallError("execveat", errno)
}
