package cli

import (
	"errors"

	"bantam/internal/cli/option"
	"bantam/internal/engine"
)

func (c *call) debugCommand() *command {
	o := &engine.DebugOptions{}
	pid := int64(0)
	return &command{
		name: "debug", args: "[OPTIONS] CONTAINER [COMMAND] [ARG...]",
		short: "Bring tools to a container that has none",
		long: "Starts a shell, or COMMAND, beside the container's processes: in its namespaces, network, limits, environment and, at their\n" +
			"true paths, its files. The tools are mounted where they alone see them, and nothing is left when they end.\n" +
			"CONTAINER is one of bantam's, docker's, podman's or containerd's; --pid names any process of the host in its place.",
		min: 0, max: -1,
		options: option.Set{Options: []option.Option{
			option.List(&o.CapAdd, "cap-add", 0, nil, "Add Linux capabilities to those that the container has"),
			option.List(&o.Env, "env", 'e', engine.CheckEnv, "Set environment variables"),
			option.String(&o.Image, "image", 0, "Image with the tools (default box)"),
			option.Bool(&o.Stdin, "interactive", 'i', "Keep STDIN open (default with a terminal)"),
			option.Int(&pid, "pid", 0, "Debug this process of the host in place of a container"),
			option.Bool(&o.Privileged, "privileged", 0, "Give all capabilities, and no system call filter"),
			option.Bool(&o.TTY, "tty", 't', "Allocate a pseudo-TTY (default with a terminal)"),
			option.String(&o.User, "user", 'u', "Username or UID (format: \"<name|uid>[:<group|gid>]\") in place of the container's"),
			option.String(&o.Workdir, "workdir", 'w', "Working directory in place of the container's"),
		}},
		run: func(args []string) int {
			o.Pid = int(pid)
			return c.debug(o, args)
		},
	}
}

func (c *call) debug(o *engine.DebugOptions, args []string) int {
	name := ""
	if o.Pid == 0 {
		if len(args) == 0 {
			return c.fail(&engine.CodedError{Code: engine.CodeEngine, Err: errors.New("debug: name a container, or a process with --pid")})
		}
		name, args = args[0], args[1:]
	}
	o.Command = args
	if engine.Interactive() {
		o.Stdin, o.TTY = true, true
	}
	code, err := c.engine().Debug(name, o)
	if err == nil {
		return code
	}
	return c.fail(&engine.CodedError{Code: code, Err: err})
}
