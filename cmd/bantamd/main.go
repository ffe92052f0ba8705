// Bantamd serves the Docker Engine API over the same engine as the bantam command.
// It is also what bantam becomes for its heavy verbs, and starts for downloads: what
// needs net/http.
package main

import (
	"context"
	"os"

	"bantam/internal/cli"
	"bantam/internal/cli/chart/raster"
	"bantam/internal/cli/option"
	"bantam/internal/container/trace/ebpf"
	"bantam/internal/container/trace/ptrace"
	"bantam/internal/engine"
	"bantam/internal/engine/builder"
	"bantam/internal/image/fetch"
	"bantam/internal/image/transfer"
	"bantam/internal/network/cni"
	"bantam/internal/network/cni/plugin"

	"golang.org/x/sys/unix"
)

// Set by the linker: see Makefile.
var version, commit = "dev", "unknown"

func main() { os.Exit(run(os.Args[1:])) }

// run serves, unless a verb follows the options: then this is bantam's heavy half.
func run(args []string) int {
	if len(args) == 2 && args[0] == "fetch" {
		return download(args[1])
	}
	if len(args) == 1 && args[0] == "cni" {
		return runPlugins()
	}
	d := &daemon{root: engine.DefaultRoot()}
	rest, err := d.options().Parse(args)
	switch {
	case err == option.ErrHelp:
		os.Stdout.WriteString(d.help())
		return 0
	case err != nil:
		os.Stderr.WriteString("bantamd: " + err.Error() + "\nSee 'bantamd --help'.\n")
		return 1
	case d.version:
		os.Stdout.WriteString("bantamd " + version + "\n")
		return 0
	case len(rest) > 0:
		return cli.Daemon(args, version, commit, heavy())
	}
	return d.serve()
}

// heavy is what bantam has not.
func heavy() *cli.Heavy {
	agent := "bantam/" + version
	return &cli.Heavy{Remote: &transfer.Transfer{Agent: agent}, Builder: builder.Builder{Agent: agent}, EBPF: ebpf.Tracer{}, Ptrace: ptrace.Tracer{}, PNG: raster.PNG}
}

// download writes what a URL names to standard output, and what is wrong as one
// line to standard error. Bantam reads both; see internal/engine/download.go.
func download(address string) int {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		waitForReader(1)
		cancel()
	}()
	if err := fetch.Get(ctx, address, "bantam/"+version, os.Stdout); err != nil {
		os.Stderr.WriteString(err.Error() + "\n")
		return 1
	}
	return 0
}

// runPlugins does one request of package cni.
func runPlugins() int {
	if err := cni.Answer(os.Stdin, os.Stdout, plugin.Do); err != nil {
		os.Stderr.WriteString(err.Error() + "\n")
		return 1
	}
	return 0
}

// waitForReader returns when nobody reads from the pipe any more: a server that
// sends nothing would keep the program of a bantam that was killed.
func waitForReader(fd int32) {
	poll := []unix.PollFd{{Fd: fd}}
	for {
		if n, err := unix.Poll(poll, -1); err != unix.EINTR || n > 0 {
			return
		}
	}
}
