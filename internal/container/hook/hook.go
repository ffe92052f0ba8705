// Package hook runs the hooks that belong to the runtime's own namespaces:
// prestart, createRuntime, poststart and poststop (config.md, "POSIX-platform
// Hooks"). Those of the container's namespaces are steps of the plan.
package hook

import (
	"errors"
	"os"
	"strconv"
	"syscall"
	"time"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// maxOutput bounds what an error quotes of a hook's output.
const maxOutput = 2048

// Run runs the hooks in order and stops at the first that fails. state goes to
// their standard input.
func Run(kind string, list []specs.Hook, state []byte) error {
	for i := range list {
		if err := run(&list[i], state); err != nil {
			return errors.New("run " + kind + " hook " + strconv.Itoa(i+1) + " (" + list[i].Path + "): " + err.Error())
		}
	}
	return nil
}

// RunAll runs all hooks, whatever becomes of each, and returns the first failure: what poststop
// hooks do has no say in the container's end.
func RunAll(kind string, list []specs.Hook, state []byte) (first error) {
	for i := range list {
		if err := Run(kind, list[i:i+1], state); err != nil && first == nil {
			first = err
		}
	}
	return first
}

func run(h *specs.Hook, state []byte) error {
	in, err := memory("hook-state", state)
	if err != nil {
		return err
	}
	defer unix.Close(in)
	out, err := memory("hook-output", nil)
	if err != nil {
		return err
	}
	defer unix.Close(out)
	argv := h.Args
	if len(argv) == 0 {
		argv = []string{h.Path}
	}
	env := h.Env
	if env == nil { // the spec is silent; the peers give a hook without "env" their own
		env = os.Environ()
	}
	pid, err := syscall.ForkExec(h.Path, argv, &syscall.ProcAttr{Env: env, Files: []uintptr{uintptr(in), uintptr(out), uintptr(out)}})
	if err != nil {
		return err
	}
	status, err := wait(pid, h.Timeout)
	if err == nil && (!status.Exited() || status.ExitStatus() != 0) {
		err = errors.New(describe(status))
	}
	if err != nil {
		return errors.New(err.Error() + quoted(out))
	}
	return nil
}

// memory makes a file without a name: unlike a pipe it never blocks.
func memory(name string, content []byte) (int, error) {
	fd, err := unix.MemfdCreate(name, unix.MFD_CLOEXEC)
	if err != nil {
		return -1, os.NewSyscallError("memfd_create", err)
	}
	for done := 0; done < len(content); {
		n, err := unix.Pwrite(fd, content[done:], int64(done))
		if err != nil && err != unix.EINTR {
			unix.Close(fd)
			return -1, os.NewSyscallError("pwrite", err)
		}
		done += max(n, 0)
	}
	return fd, nil
}

// wait fetches the hook's status, and kills it where its time is up.
func wait(pid int, timeout *int) (status unix.WaitStatus, err error) {
	late := false
	if timeout != nil && *timeout > 0 {
		if late, err = expires(pid, time.Duration(*timeout)*time.Second); err != nil || late {
			_ = unix.Kill(pid, unix.SIGKILL)
		}
	}
	for {
		if _, e := unix.Wait4(pid, &status, 0, nil); e == nil {
			break
		} else if e != unix.EINTR {
			return status, os.NewSyscallError("wait4", e)
		}
	}
	if late {
		return status, errors.New("it ran longer than its timeout of " + strconv.Itoa(*timeout) + " s")
	}
	return status, err
}

// expires waits for the end of the process or of the time.
func expires(pid int, d time.Duration) (bool, error) {
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return false, os.NewSyscallError("pidfd_open", err)
	}
	defer unix.Close(fd)
	for end := time.Now().Add(d); ; {
		left := time.Until(end)
		if left <= 0 {
			return true, nil
		}
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, int(left/time.Millisecond)+1)
		if err == unix.EINTR {
			continue
		}
		return n == 0 && err == nil, os.NewSyscallError("poll", err)
	}
}

func describe(s unix.WaitStatus) string {
	if s.Signaled() {
		return "killed by signal " + strconv.Itoa(int(s.Signal()))
	}
	return "exit status " + strconv.Itoa(s.ExitStatus())
}

// quoted is what the hook has written, for the error.
func quoted(fd int) string {
	b := make([]byte, maxOutput)
	n, err := unix.Pread(fd, b, 0)
	if err != nil || n <= 0 {
		return ""
	}
	return ": " + strconv.Quote(string(b[:n]))
}
