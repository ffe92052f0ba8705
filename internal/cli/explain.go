package cli

import (
	"errors"
	"fmt"

	"bantam/internal/cli/option"
	"bantam/internal/engine"
)

// explainFlags are the options of explain.
type explainFlags struct {
	diff            bool
	compare, format string
}

func (c *call) explainCommand() *command {
	f := &explainFlags{format: "text"}
	return &command{
		name: "explain", args: "[OPTIONS] run [RUN OPTIONS] IMAGE [COMMAND] | CONTAINER | IMAGE", min: 1, max: -1,
		short: "Tell what a container is made of, and why one failed",
		long: "`explain run ...` prints what that run would do, step by step, without doing it: each step is one system call, with the\n" +
			"reason why it is there. `explain CONTAINER` or `explain IMAGE` tells how a container is set apart from the host, and of one that\n" +
			"failed the likely causes and what confirms them; it may be docker's, podman's or containerd's if it runs. --diff A B tells in\n" +
			"what two of them differ, --compare docker what docker would set up otherwise for the same options. It changes nothing.",
		options: option.Set{Options: []option.Option{
			option.String(&f.compare, "compare", 0, "Tell what docker would set up otherwise for the same options (docker)"),
			option.Bool(&f.diff, "diff", 0, "Tell in what the isolation of two containers or images differs"),
			option.String(&f.format, "format", 0, "Format of --compare: text, or json with both OCI specs"),
		}},
		run: func(args []string) int {
			if err := f.check(args); err != nil {
				return c.fail(err)
			}
			switch {
			case f.diff:
				return c.explained(c.engine().ExplainDifference(args[0], args[1], c.out))
			case args[0] == "run":
				return c.explainRun(f, args[1:])
			case f.compare != "":
				return c.compared(f)(c.engine().CompareContainer(args[0]))
			}
			return c.explained(c.engine().ExplainName(args[0], c.out))
		},
	}
}

func (f *explainFlags) check(args []string) error {
	switch {
	case f.compare != "" && f.compare != "docker":
		return fmt.Errorf("explain --compare knows docker, not %q", f.compare)
	case f.compare != "" && f.diff:
		return errors.New("explain takes --diff or --compare, not both")
	case f.format != "text" && f.format != "json":
		return fmt.Errorf("invalid format %q: it must be text or json", f.format)
	case f.format == "json" && f.compare == "":
		return errors.New("explain --format json is for --compare")
	case f.diff && len(args) != 2:
		return errors.New("explain --diff wants two containers or images")
	case !f.diff && args[0] != "run" && len(args) > 1:
		return errors.New("explain takes one container or image; a command line to explain begins with run")
	}
	return nil
}

func (c *call) explained(err error) int {
	if err != nil {
		return c.fail(err)
	}
	return 0
}

// compared prints a comparison.
func (c *call) compared(f *explainFlags) func(*engine.Comparison, error) int {
	return func(p *engine.Comparison, err error) int {
		switch {
		case err != nil:
			return c.fail(err)
		case f.format == "json":
			return c.explained(p.JSON(c.out))
		}
		p.Text(c.out)
		return 0
	}
}

// explainRun reads the command line that follows exactly as run does.
func (c *call) explainRun(f *explainFlags, args []string) int {
	o := &engine.RunOptions{}
	cmd := c.runCommand()
	cmd.options = option.Set{Options: sorted(append(runOptions(o), containerOptions(o)...))}
	cmd.run = func(args []string) int {
		o.Image, o.Command, o.Env = args[0], args[1:], engine.FromCaller(o.Env)
		if f.compare != "" {
			return c.compared(f)(c.engine().CompareRun(o))
		}
		return c.explained(c.engine().Explain(o, c.out))
	}
	return c.invoke(cmd, args)
}
