package cli

import (
	"io"
	"os"
	"syscall"

	"bantam/internal/cli/chart"
	"bantam/internal/container/trace"
	"bantam/internal/engine"
	"bantam/internal/image/remote"
)

// A heavy verb needs what would slow every start of bantam: net/http, TLS, a builder.
// Its options, help and call stand here like any other's, so bantam checks the words
// and prints the help itself; for the work it replaces itself by bantamd, where Daemon
// runs the same command over an engine with the heavy parts in it.

// Heavy is what bantamd has and bantam has not. A verb that needs one of these is
// marked heavy; a new kind of work is a new member, which cmd/bantamd fills in.
type Heavy struct {
	Remote  remote.Remote
	Builder engine.Builder
	PNG     func(io.Writer, *chart.Chart) error
	// EBPF and Ptrace are the two ways of trace; the second needs no privilege over the machine.
	EBPF, Ptrace trace.Tracer
}

// Daemon runs a verb in bantamd and returns its exit code.
func Daemon(args []string, version, commit string, heavy *Heavy) int {
	c := newCall(args, version, commit)
	c.heavy = heavy
	return c.main(args)
}

// replace executes bantamd with this call's words in this process's place. It returns
// only if that fails.
func (c *call) replace(cmd *command) int {
	program, err := engine.DaemonProgram()
	if err == nil {
		err = &os.PathError{Op: "start", Path: program, Err: syscall.Exec(program, append([]string{"bantamd"}, c.args...), os.Environ())}
	}
	c.complain("bantam: 'bantam " + cmd.name + "' is done by bantamd, which has to be in bantam's folder: " + err.Error())
	return engine.CodeEngine
}
