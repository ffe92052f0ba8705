package cli

import (
	"errors"

	"bantam/internal/cli/option"
	"bantam/internal/engine"
)

func (c *call) explainCommand() *command {
	var diff bool
	return &command{
		name: "explain", args: "[OPTIONS] run [RUN OPTIONS] IMAGE [COMMAND] | CONTAINER | IMAGE", min: 1, max: -1,
		short: "Tell what a container is made of, and why one failed",
		long: "`explain run ...` prints what that run would do, step by step, without doing it: each step is one system call, with the\n" +
			"reason why it is there. `explain CONTAINER` or `explain IMAGE` tells how a container is set apart from the host, and of one that\n" +
			"failed the likely causes and what confirms them; --diff A B in what two of them differ. It changes nothing.",
		options: option.Set{Options: []option.Option{
			option.Bool(&diff, "diff", 0, "Tell in what the isolation of two containers or images differs"),
		}},
		run: func(args []string) int {
			switch {
			case diff && len(args) == 2:
				return c.explained(c.engine().ExplainDifference(args[0], args[1], c.out))
			case diff:
				return c.fail(errors.New("explain --diff wants two containers or images"))
			case args[0] == "run":
				return c.explainRun(args[1:])
			case len(args) > 1:
				return c.fail(errors.New("explain takes one container or image; a command line to explain begins with run"))
			}
			return c.explained(c.engine().ExplainName(args[0], c.out))
		},
	}
}

func (c *call) explained(err error) int {
	if err != nil {
		return c.fail(err)
	}
	return 0
}

// explainRun reads the command line that follows exactly as run does.
func (c *call) explainRun(args []string) int {
	o := &engine.RunOptions{}
	cmd := c.runCommand()
	cmd.options = option.Set{Options: sorted(append(runOptions(o), containerOptions(o)...))}
	cmd.run = func(args []string) int {
		o.Image, o.Command, o.Env = args[0], args[1:], engine.FromCaller(o.Env)
		return c.explained(c.engine().Explain(o, c.out))
	}
	return c.invoke(cmd, args)
}
