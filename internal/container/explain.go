package container

import (
	"errors"
	"strconv"
	"syscall"

	"bantam/internal/launch"
	"bantam/internal/plan"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// explain gives the failure of a program's start the texts that Docker and Podman
// look for. Other steps explain themselves.
func explain(err error, p *specs.Process) error {
	var step *launch.Error
	if err == nil || !errors.As(err, &step) || len(p.Args) == 0 {
		return err
	}
	if !executes(step) {
		return err
	}
	text := "unable to start container process: exec: " + strconv.Quote(p.Args[0]) + ": " + execText(step)
	return &ExecError{text: text, errno: step.Errno}
}

// ExecError says that the program could not be executed.
type ExecError struct {
	text  string
	errno syscall.Errno
}

func (e *ExecError) Error() string { return e.text }

// Code is the shell's exit status for it, which callers know.
func (e *ExecError) Code() int {
	if e.errno == syscall.ENOENT {
		return 127
	}
	return 126
}

// executes tells whether the step that failed is the execve or the search for its file.
func executes(e *launch.Error) bool {
	if e.Step >= len(e.Plan.Steps) {
		return true
	}
	s := &e.Plan.Steps[e.Step]
	switch s.Op {
	case plan.OpFail:
		return true
	case plan.OpCall:
		return s.Nr == unix.SYS_EXECVE || s.Nr == unix.SYS_EXECVEAT
	}
	return false
}

func execText(e *launch.Error) string {
	search := e.Step < len(e.Plan.Steps) && e.Plan.Steps[e.Step].Op == plan.OpFail
	if search && e.Errno == syscall.ENOENT {
		return "executable file not found in $PATH"
	}
	return e.Errno.Error()
}
