package engine

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"syscall"

	"bantam/internal/container/monitor/wire"

	"golang.org/x/sys/unix"
)

// spawn starts a monitor, which waits for its job: its start-up overlaps with
// what the caller does meanwhile. Closing the connection without a job ends it.
// It returns the connection and the monitor's pid.
func (e *Engine) spawn() (wire.Conn, int, error) {
	program, err := monitorProgram()
	if err != nil {
		return wire.Conn{FD: -1}, 0, err
	}
	ours, theirs, err := wire.Pair()
	if err != nil {
		return ours, 0, err
	}
	defer theirs.Close()
	path, mount := sealed(program)
	if mount >= 0 {
		defer unix.Close(mount)
	}
	null, err := nullAbove(mount)
	if err != nil {
		ours.Close()
		return ours, 0, fmt.Errorf("open %s: %w", os.DevNull, err)
	}
	defer syscall.Close(null)
	n := uintptr(null)
	pid, err := syscall.ForkExec(path, []string{"bantam-oci", "monitor"}, &syscall.ProcAttr{
		Dir: "/",
		// No collection while it starts its container; see monitor.settle.
		Env:   []string{"GOGC=off", "GOMAXPROCS=2", "GODEBUG=madvdontneed=1", "BANTAM_OCI=" + program},
		Files: []uintptr{n, n, n, uintptr(theirs.FD)},
		Sys:   &syscall.SysProcAttr{Setsid: true},
	})
	if err != nil {
		ours.Close()
		return ours, 0, fmt.Errorf("start the monitor %s: %w", program, err)
	}
	e.Children.add(pid)
	return ours, pid, nil
}

// sealed gives a path that starts the program from a read-only mount of its file,
// so that a container cannot write to it (CVE-2019-5736). The monitor makes sure of
// that itself (package selfexe), but would have to start a second time. The mount is the caller's to close; where mounts are
// not allowed there is none, and the path is the program's own.
func sealed(program string) (path string, mount int) {
	first, err := unix.OpenTree(unix.AT_FDCWD, program, unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC)
	if err != nil {
		return program, -1
	}
	attr := unix.MountAttr{Attr_set: unix.MOUNT_ATTR_RDONLY}
	if err := unix.MountSetattr(first, "", unix.AT_EMPTY_PATH, &attr); err != nil {
		unix.Close(first)
		return program, -1
	}
	return "/proc/self/fd/" + strconv.Itoa(first), first
}

// nullAbove opens /dev/null at a number above fd. Between fork and exec the child of syscall.ForkExec moves descriptors to numbers above all that
// it is given, without a look at what is there: a program that is executed by way of a descriptor has to be below one of these.
func nullAbove(fd int) (int, error) {
	null, err := syscall.Open(os.DevNull, syscall.O_RDWR|syscall.O_CLOEXEC, 0)
	if err != nil || null > fd {
		return null, err
	}
	defer syscall.Close(null)
	return unix.FcntlInt(uintptr(null), unix.F_DUPFD_CLOEXEC, fd+1)
}

// monitorProgram finds bantam-oci: BANTAM_OCI, else beside this program.
func monitorProgram() (string, error) {
	if p := os.Getenv("BANTAM_OCI"); p != "" {
		return p, nil
	}
	own, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("find bantam-oci: %w", err)
	}
	return filepath.Join(filepath.Dir(own), "bantam-oci"), nil
}
