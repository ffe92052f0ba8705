// Package cli is bantam's command line: one file per command. A command's options
// are declared once; parsing, error texts and help come from that declaration.
package cli

import (
	"errors"
	"io"
	"os"
	"strconv"
	"strings"

	"bantam/internal/cli/option"
	"bantam/internal/engine"
)

// command is one verb.
type command struct {
	name  string   // "run"
	alias []string // further names, with their group: "container run"
	args  string   // of the usage line: "[OPTIONS] IMAGE [COMMAND] [ARG...]"
	short string   // one line
	long  string   // further paragraphs of the help
	// min and max number of arguments; max < 0 is no limit.
	min, max int
	options  option.Set
	run      func(args []string) int
	heavy    bool // bantamd runs it: see Heavy
}

// call is one invocation of bantam.
type call struct {
	root     string
	version  engine.VersionInfo
	out, err io.Writer
	args     []string // all words, for bantamd
	heavy    *Heavy   // nil in bantam
}

// commands makes the verb that matches, or all of them for the help.
func (c *call) commands() []func() *command {
	return append([]func() *command{
		c.runCommand,
		c.buildCommand,
		c.builderPruneCommand,
		c.createCommand,
		c.startCommand,
		c.stopCommand,
		c.restartCommand,
		c.killCommand,
		c.pauseCommand,
		c.unpauseCommand,
		c.waitCommand,
		c.attachCommand,
		c.renameCommand,
		c.execCommand,
		c.logsCommand,
		c.inspectCommand,
		c.cpCommand,
		c.diffCommand,
		c.exportCommand,
		c.commitCommand,
		c.psCommand,
		c.portCommand,
		c.topCommand,
		c.statsCommand,
		c.updateCommand,
		c.imagesCommand,
		c.importCommand,
		c.rmCommand,
		c.rmiCommand,
		c.loadCommand,
		c.saveCommand,
		c.tagCommand,
		c.historyCommand,
		c.fsckCommand,
		c.imageTreeCommand,
		c.pullCommand,
		c.pushCommand,
		c.loginCommand,
		c.logoutCommand,
		c.searchCommand,
		c.eventsCommand,
		c.explainCommand,
		c.infoCommand,
		c.versionCommand,
		c.systemCheckCommand,
		c.completionCommand,
		c.manCommand,
		c.debugCommand,
		c.traceCommand,
		c.benchCommand,
	}, append(c.registryCommands(), c.groupedCommands()...)...)
}

// Main runs bantam and returns its exit code.
func Main(args []string, version, commit string) int {
	return newCall(args, version, commit).main(args)
}

func newCall(args []string, version, commit string) *call {
	return &call{root: engine.DefaultRoot(), version: engine.NewVersion(version, commit), out: os.Stdout, err: os.Stderr, args: args}
}

func (c *call) main(args []string) int {
	var version bool
	globals := c.globals(&version)
	rest, err := globals.Parse(args)
	switch {
	case err == option.ErrHelp:
		c.print(c.help(globals))
		return 0
	case err != nil:
		c.complain(err.Error() + "\n\nUsage:  bantam [OPTIONS] COMMAND [ARG...]\n\nRun 'bantam --help' for more information")
		return engine.CodeEngine
	case version:
		return c.versionLine()
	case len(rest) == 0:
		c.print(c.help(globals))
		return 0
	case rest[0] == "__complete":
		return c.complete(rest[1:])
	case rest[0] == "help":
		return c.helpFor(rest[1:], globals)
	}
	args = rest
	cmd, rest := c.find(rest)
	if text := c.group(args); cmd == nil && text != "" {
		c.print(text)
		return 0
	}
	if cmd == nil {
		c.complain(unknown(args))
		return 1
	}
	return c.invoke(cmd, rest)
}

func (c *call) globals(version *bool) *option.Set {
	return &option.Set{Options: []option.Option{
		option.String(&c.root, "root", 0, "Folder of all state (BANTAM_ROOT; default "+c.root+")"),
		option.Bool(version, "version", 'v', "Print version information and quit"),
	}}
}

// find resolves "run" and "container run".
func (c *call) find(args []string) (*command, []string) {
	two := ""
	if len(args) > 1 {
		two = args[0] + " " + args[1]
	}
	for _, make := range c.commands() {
		cmd := make()
		switch cmd.name {
		case args[0]:
			return cmd, args[1:]
		case two:
			return cmd, args[2:]
		}
		for _, a := range cmd.alias {
			if a == args[0] {
				return cmd, args[1:]
			}
			if a == two {
				return cmd, args[2:]
			}
		}
	}
	return nil, args
}

func (c *call) invoke(cmd *command, args []string) int {
	rest, err := cmd.options.Parse(args)
	switch {
	case err == option.ErrHelp:
		c.print(cmd.help())
		return 0
	case err != nil:
		c.complain(err.Error() + "\n\n" + cmd.usage() + "\n\nRun 'bantam " + cmd.name + " --help' for more information")
		return engine.CodeEngine
	}
	if text := cmd.wrongNumber(len(rest)); text != "" {
		c.complain("bantam: 'bantam " + cmd.name + "' " + text + "\n\n" + cmd.usage() + "\n\nRun 'bantam " + cmd.name + " --help' for more information")
		return 1
	}
	if cmd.heavy && c.heavy == nil {
		return c.replace(cmd)
	}
	return cmd.run(rest)
}

func (cmd *command) wrongNumber(n int) string {
	switch {
	case n >= cmd.min && (cmd.max < 0 || n <= cmd.max):
		return ""
	case cmd.max == 0:
		return "accepts no arguments"
	case n < cmd.min && cmd.min == cmd.max:
		return "requires " + plural(cmd.min)
	case n < cmd.min:
		return "requires at least " + plural(cmd.min)
	}
	return "requires at most " + plural(cmd.max)
}

func plural(n int) string {
	if n == 1 {
		return "1 argument"
	}
	return strconv.Itoa(n) + " arguments"
}

func (c *call) engine() *engine.Engine {
	e := &engine.Engine{Root: c.root, Version: c.version.Version, Notes: c.err}
	if c.heavy != nil {
		e.Remote = c.heavy.Remote
	}
	return e
}

func (c *call) print(text string) { _, _ = io.WriteString(c.out, text) }

func (c *call) complain(text string) { _, _ = io.WriteString(c.err, text+"\n") }

// write is print for a stream, whose reader may have gone.
func (c *call) write(text string) error {
	_, err := io.WriteString(c.out, text)
	return err
}

// fail prints an engine's error; code 1 unless the error brings its own.
func (c *call) fail(err error) int {
	c.complain("bantam: " + strings.TrimRight(err.Error(), "\n"))
	var coded *engine.CodedError
	if errors.As(err, &coded) {
		return coded.Code
	}
	return 1
}
