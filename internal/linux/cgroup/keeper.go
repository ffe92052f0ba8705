package cgroup

import (
	"os"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// keeper is a process that never executes an instruction of its program: it is
// traced and stays in the stop that follows its execve. It exists to have a pid.
type keeper struct{ pid int }

// newKeeper starts one. The kernel kills it when this process ends, however that ends.
func newKeeper() (*keeper, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	pid, err := syscall.ForkExec("/proc/self/exe", []string{"bantam-keeper"}, &syscall.ProcAttr{
		Dir: "/", Sys: &syscall.SysProcAttr{Ptrace: true, Setsid: true},
	})
	if err != nil {
		return nil, &os.SyscallError{Syscall: "start the process that keeps the unit", Err: err}
	}
	k := &keeper{pid}
	var status unix.WaitStatus
	for {
		_, err := unix.Wait4(pid, &status, unix.WALL, nil)
		if err == unix.EINTR {
			continue
		}
		if err == nil && status.Stopped() {
			err = unix.PtraceSetOptions(pid, unix.PTRACE_O_EXITKILL)
		}
		if err != nil || !status.Stopped() {
			k.end()
			return nil, &os.SyscallError{Syscall: "stop the process that keeps the unit: ptrace", Err: err}
		}
		return k, nil
	}
}

// end kills the process and reaps it.
func (k *keeper) end() {
	if k == nil {
		return
	}
	unix.Kill(k.pid, unix.SIGKILL)
	for {
		var status unix.WaitStatus
		pid, err := unix.Wait4(k.pid, &status, unix.WALL, nil)
		if err != nil && err != unix.EINTR || pid == k.pid && (status.Exited() || status.Signaled()) {
			return
		}
	}
}
