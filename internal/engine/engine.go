// Package engine holds the use cases of bantam, one file per verb. The command
// line and, later, the API servers share them. It keeps nothing in memory
// between two calls: state is files, and every container has its monitor.
package engine

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"bantam/internal/container/folder"
	"bantam/internal/image/remote"
)

// Exit codes of docker run for troubles that are not the container's.
const (
	CodeEngine   = 125 // the engine failed
	CodeNoExec   = 126 // the command cannot be executed
	CodeNotFound = 127 // the command was not found
)

// Engine works on one root.
type Engine struct {
	Root string
	// Version of the program.
	Version string
	// Notes takes what was recovered and other things the user should know; standard error.
	Notes io.Writer
	// Children has the monitors reaped that end before this process does; nil in a command,
	// whose monitors go over to init.
	Children *Children
	// Remote reaches registries. Only bantamd has one, for it needs net/http.
	Remote remote.Remote
}

// CodedError is an error with the exit code that docker gives it.
type CodedError struct {
	Code int
	Err  error
}

func (e *CodedError) Error() string { return e.Err.Error() }
func (e *CodedError) Unwrap() error { return e.Err }

// DefaultRoot is where bantam keeps its state: BANTAM_ROOT, else the system's or the user's place.
func DefaultRoot() string {
	if r := os.Getenv("BANTAM_ROOT"); r != "" {
		return r
	}
	if os.Geteuid() == 0 {
		return "/var/lib/bantam"
	}
	if d := os.Getenv("XDG_DATA_HOME"); d != "" {
		return d + "/bantam"
	}
	return os.Getenv("HOME") + "/.local/share/bantam"
}

// containers opens the container store, making its folders where needed.
func (e *Engine) containers() (*folder.Store, error) {
	if !strings.HasPrefix(e.Root, "/") {
		wd, err := os.Getwd()
		if err != nil {
			return nil, fmt.Errorf("root %s: %w", e.Root, err)
		}
		e.Root = wd + "/" + e.Root
	}
	s, err := folder.Open(e.Root)
	if errors.Is(err, os.ErrPermission) && os.Geteuid() != 0 {
		return nil, fmt.Errorf("%w (set --root or BANTAM_ROOT to a place of yours)", err)
	}
	return s, err
}

func (e *Engine) note(format string, args ...any) {
	if e.Notes != nil {
		fmt.Fprintf(e.Notes, "bantam: "+format+"\n", args...)
	}
}
