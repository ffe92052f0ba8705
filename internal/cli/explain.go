package cli

import (
	"bantam/internal/cli/option"
	"bantam/internal/engine"
)

func (c *call) explainCommand() *command {
	return &command{
		name: "explain", args: "run [OPTIONS] IMAGE [COMMAND] [ARG...]", min: 1, max: -1,
		short: "Print what a run would do, step by step, without doing it",
		long:  "Each step is one system call, with the reason why it is there. It needs no privilege. The options are those of run.",
		run: func(args []string) int {
			if args[0] != "run" {
				c.complain("bantam: unknown command: bantam explain " + args[0] + ": run can be explained\n\nRun 'bantam explain --help' for more information")
				return 1
			}
			return c.explainRun(args[1:])
		},
	}
}

// explainRun reads the command line that follows exactly as run does.
func (c *call) explainRun(args []string) int {
	o := &engine.RunOptions{}
	cmd := c.runCommand()
	cmd.options = option.Set{Options: sorted(append(runOptions(o), containerOptions(o)...))}
	cmd.run = func(args []string) int {
		o.Image, o.Command, o.Env = args[0], args[1:], engine.FromCaller(o.Env)
		if err := c.engine().Explain(o, c.out); err != nil {
			return c.fail(err)
		}
		return 0
	}
	return c.invoke(cmd, args)
}
