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
	null, err := syscall.Open(os.DevNull, syscall.O_RDWR|syscall.O_CLOEXEC, 0)
	if err != nil {
		ours.Close()
		return ours, 0, fmt.Errorf("open %s: %w", os.DevNull, err)
	}
	defer syscall.Close(null)
	n := uintptr(null)
	path, file := program, n
	if mount, err := sealed(program); err == nil {
		defer unix.Close(mount)
		path, file = "/proc/self/fd/"+strconv.Itoa(wire.ProgramFD), uintptr(mount)
	}
	pid, err := syscall.ForkExec(path, []string{"bantam-oci", "monitor"}, &syscall.ProcAttr{
		Dir: "/",
		// No collection while it starts its container; see monitor.settle.
		Env:   []string{"GOGC=off", "GOMAXPROCS=2", "GODEBUG=madvdontneed=1", "BANTAM_OCI=" + program},
		Files: []uintptr{n, n, n, wire.FD: uintptr(theirs.FD), wire.ProgramFD: file},
		Sys:   &syscall.SysProcAttr{Setsid: true},
	})
	if err != nil {
		ours.Close()
		return ours, 0, fmt.Errorf("start the monitor %s: %w", program, err)
	}
	e.Children.add(pid)
	return ours, pid, nil
}

// sealed gives a read-only mount of the program's file, from which it is started
// so that a container cannot write to it (CVE-2019-5736). The monitor makes sure of
// that itself (package selfexe), but would have to start a second time. Where mounts are
// not allowed it is an error.
func sealed(program string) (mount int, err error) {
	mount, err = unix.OpenTree(unix.AT_FDCWD, program, unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC)
	if err != nil {
		return -1, err
	}
	attr := unix.MountAttr{Attr_set: unix.MOUNT_ATTR_RDONLY}
	if err := unix.MountSetattr(mount, "", unix.AT_EMPTY_PATH, &attr); err != nil {
		unix.Close(mount)
		return -1, err
	}
	return mount, nil
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
