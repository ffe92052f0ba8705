package launch

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"unsafe"

	"bantam/internal/plan"

	"golang.org/x/sys/unix"
)

// Error is a step of the plan that failed.
type Error struct {
	Plan  *plan.Plan
	Step  int // index into Plan.Steps
	Errno syscall.Errno
}

// Error names the step: "mount proc on /proc: operation not permitted (step 14 of 63)".
func (e *Error) Error() string { return e.Plan.Failure(e.Step, e.Errno) }

// Unwrap gives the errno.
func (e *Error) Unwrap() error { return e.Errno }

// ProgramCode is the shell's exit status for an error by which the program could not be executed: 127
// where there is none, else 126; 0 for any other error.
func ProgramCode(err error) int {
	var step *Error
	switch {
	case !errors.As(err, &step) || !step.Plan.ConcernsProgram(step.Step):
		return 0
	case step.Errno == syscall.ENOENT:
		return 127
	}
	return 126
}

// ErrDied says that the child ended without a word: it was killed.
var ErrDied = errors.New("the container's first process was killed while it was being set up")

// errExec is the end of file that execve makes.
var errExec = errors.New("executed")

// Ready serves the child until it is set up: only its last steps are left (Plan.Exec).
// It returns an [*Error] for a failed step.
func (p *Process) Ready() error {
	err := p.serve(plan.SyncReady)
	if err == errExec {
		return ErrDied
	}
	return err
}

// Go takes a child from its being set up to its execve; take is called in between, to get its terminal and
// what else must be there before it runs.
func (p *Process) Go(take func() error) error {
	err := p.Ready()
	if err == nil {
		err = take()
	}
	if err == nil {
		err = p.Release()
	}
	if err == nil {
		err = p.Started()
	}
	return err
}

// Release lets a child that waits at SyncReady go on to its execve.
func (p *Process) Release() error { return p.reply(0) }

// Started waits until the child has called execve, or returns why it could not.
// Where the child died before, the exit status is for the caller to fetch.
func (p *Process) Started() error {
	if err := p.serve(-1); err != errExec {
		return err
	}
	return nil
}

// serve acts on messages until one of kind last arrives.
func (p *Process) serve(last int) error {
	for {
		m, err := p.receive()
		if err != nil {
			return err
		}
		if m.kind == plan.SyncFailed {
			return &Error{Plan: p.plan, Step: int(m.step), Errno: syscall.Errno(m.value)}
		}
		if int(m.kind) == last {
			return nil
		}
		if err := p.act(m); err != nil {
			_ = p.reply(1)
			return err
		}
	}
}

// receive reads one message; errExec at the end of file.
func (p *Process) receive() (*message, error) {
	var m message
	b := unsafe.Slice((*byte)(unsafe.Pointer(&m)), unsafe.Sizeof(m))
	for {
		n, err := unix.Read(p.sync, b)
		switch {
		case err == unix.EINTR:
		case err == unix.ECONNRESET || err == nil && n == 0:
			return nil, errExec
		case err != nil:
			return nil, &os.SyscallError{Syscall: "read from the child", Err: err}
		case n != len(b):
			return nil, fmt.Errorf("a message of %d bytes from the child", n)
		default:
			return &m, nil
		}
	}
}

func (p *Process) reply(code byte) error {
	_, err := unix.Write(p.sync, []byte{code})
	if err == unix.EPIPE || err == unix.ECONNRESET {
		return ErrDied
	}
	return os.NewSyscallError("write to the child", err)
}

// act does what the child asks for and answers.
func (p *Process) act(m *message) error {
	var err error
	switch m.kind {
	case plan.SyncPid:
		return p.adopt(int(m.value))
	case plan.SyncCopyUp:
		return p.copyUp() // answered at SyncWait
	case plan.SyncWait:
	case plan.SyncMaps:
		err = writeMaps(p.Pid, p.plan.UIDMap, p.plan.GIDMap)
	case plan.SyncNotify:
		err = p.notify(int(m.value))
	default:
		err = p.tell(Event{Kind: int(m.kind), FD: -1, Proc: p})
	}
	if err != nil {
		return err
	}
	return p.reply(0)
}

// tell passes an event to the caller.
func (p *Process) tell(e Event) error {
	if p.cfg.On == nil {
		return fmt.Errorf("the plan asks for event %d, which nobody serves", e.Kind)
	}
	return p.cfg.On(e)
}

// adopt goes on with the process that the child has made in its place (SyncPid).
func (p *Process) adopt(pid int) error {
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return &os.SyscallError{Syscall: "pidfd_open", Err: err}
	}
	old, oldfd := p.Pid, p.Pidfd
	p.Pid, p.Pidfd = pid, fd
	unix.Close(oldfd)
	var status unix.WaitStatus
	for {
		if _, err := unix.Wait4(old, &status, 0, nil); err != unix.EINTR {
			return nil
		}
	}
}

// notify takes the seccomp listener out of the child's table and passes it on.
func (p *Process) notify(fd int) error {
	own, err := unix.PidfdGetfd(p.Pidfd, fd, 0)
	if err != nil {
		return &os.SyscallError{Syscall: "pidfd_getfd of the seccomp listener", Err: err}
	}
	return p.tell(Event{Kind: plan.SyncNotify, FD: own, Proc: p})
}

// Close releases the descriptors. The process itself goes on; where it shares memory with this
// one (plan.Plan.ShareMemory) and has not called execve, the Process must stay reachable.
func (p *Process) Close() {
	for _, fd := range [...]*int{&p.sync, &p.give} {
		if *fd >= 0 {
			unix.Close(*fd)
			*fd = -1
		}
	}
	if p.Pidfd >= 0 {
		unix.Close(p.Pidfd)
		p.Pidfd = -1
	}
}

// Abort kills the child and fetches its status, after a failure.
func (p *Process) Abort() {
	_ = unix.PidfdSendSignal(p.Pidfd, unix.SIGKILL, nil, 0)
	_, _ = p.Wait()
	p.Close()
}

// Wait fetches the exit status of the child, which must be this process's.
func (p *Process) Wait() (unix.WaitStatus, error) {
	var status unix.WaitStatus
	for {
		_, err := unix.Wait4(p.Pid, &status, 0, nil)
		if err != unix.EINTR {
			return status, os.NewSyscallError("wait4", err)
		}
	}
}
