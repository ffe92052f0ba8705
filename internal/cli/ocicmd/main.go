// Package ocicmd is the command line of bantam-oci: runc's, so that containerd,
// CRI-O, Docker and Podman can call it in runc's place. One file per command.
package ocicmd

import (
	"errors"
	"os"
	"runtime/debug"
	"strings"

	"bantam/internal/container"
	"bantam/internal/oci"
)

// call is what a command works with.
type call struct {
	rt     *container.Runtime
	log    *logger
	stdout *os.File
	build  build
	code   int // exit status, where the command succeeds
}

// build identifies the program.
type build struct{ version, commit string }

// command is one verb.
type command struct {
	name  string
	usage string // arguments
	about string
	// make returns the options, whose values stay with run.
	make func() (*flags, func(c *call, args []string) error)
	min  int // number of arguments
	max  int // -1: any
}

// Main runs the command line and returns the exit status.
func Main(args []string, version, commit string) int {
	// No command lives long or allocates much, but for run, exec and events in the foreground,
	// and these hardly allocate while they wait.
	debug.SetGCPercent(-1)
	debug.SetMemoryLimit(64 << 20)
	g := &globals{}
	c := &call{stdout: os.Stdout, build: build{version, commit}, log: &logger{}}
	set := g.flags()
	rest, err := set.parse(args)
	switch {
	case err == errHelp || err == nil && !g.version && len(rest) == 0:
		c.print(help(set))
		return 0
	case err == nil && g.version:
		c.print("bantam-oci version " + version + "\ncommit: " + commit + "\nspec: " + oci.SpecVersion + "\n")
		return 0
	}
	if err == nil {
		err = g.apply(c)
	}
	if err == nil {
		err = c.dispatch(rest)
	}
	if err == nil {
		return c.code
	}
	c.log.fatal(err)
	return max(c.code, 1)
}

func (c *call) print(s string) { _, _ = c.stdout.WriteString(s) }

// dispatch finds the command and runs it.
func (c *call) dispatch(args []string) error {
	name := args[0]
	if name == "help" || name == "h" {
		return c.help(args[1:])
	}
	for _, cmd := range commands() {
		if cmd.name == name {
			return c.run(&cmd, args[1:])
		}
	}
	return errors.New("no such command: " + name + ": see bantam-oci --help")
}

func (c *call) run(cmd *command, args []string) error {
	set, run := cmd.make()
	rest, err := set.parse(args)
	if err == errHelp {
		c.print(cmd.help())
		return nil
	}
	if err != nil {
		return err
	}
	if len(rest) < cmd.min || cmd.max >= 0 && len(rest) > cmd.max {
		return errors.New(cmd.name + ": " + argumentsText(cmd) + ", and there are " + countText(len(rest)) + ": usage: bantam-oci " + cmd.name + " [options] " + cmd.usage)
	}
	return run(c, rest)
}

func (c *call) help(args []string) error {
	if len(args) > 0 {
		for _, cmd := range commands() {
			if cmd.name == args[0] {
				c.print(cmd.help())
				return nil
			}
		}
		return errors.New("no such command: " + args[0])
	}
	c.print(help((&globals{}).flags()))
	return nil
}

func (cmd *command) help() string {
	set, _ := cmd.make()
	t := "NAME:\n   bantam-oci " + cmd.name + " - " + cmd.about + "\n\nUSAGE:\n   bantam-oci " + cmd.name + " [options] " + cmd.usage + "\n"
	if len(set.list) > 0 {
		t += "\nOPTIONS:\n" + set.describe()
	}
	return t
}

func help(global *flags) string {
	var b strings.Builder
	b.WriteString("NAME:\n   bantam-oci - Open Container Initiative runtime\n\nUSAGE:\n   bantam-oci [global options] command [options] [arguments...]\n\nCOMMANDS:\n")
	for _, cmd := range commands() {
		b.WriteString("   " + cmd.name + strings.Repeat(" ", 13-len(cmd.name)) + cmd.about + "\n")
	}
	b.WriteString("\nGLOBAL OPTIONS:\n" + global.describe())
	return b.String()
}
