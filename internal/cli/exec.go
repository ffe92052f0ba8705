package cli

import (
	"errors"

	"bantam/internal/cli/option"
	"bantam/internal/engine"
)

func (c *call) execCommand() *command {
	o := &engine.ExecOptions{}
	return &command{
		name: "exec", alias: []string{"container exec"}, args: "[OPTIONS] CONTAINER COMMAND [ARG...]",
		short: "Execute a command in a running container", min: 2, max: -1,
		options: option.Set{Options: []option.Option{
			option.Bool(&o.Detach, "detach", 'd', "Detached mode: run command in the background"),
			option.String(&o.DetachKeys, "detach-keys", 0, "Override the key sequence for detaching a container"),
			option.List(&o.Env, "env", 'e', engine.CheckEnv, "Set environment variables"),
			option.List(&o.EnvFiles, "env-file", 0, nil, "Read in a file of environment variables"),
			option.Bool(&o.Stdin, "interactive", 'i', "Keep STDIN open even if not attached"),
			option.Bool(&o.Privileged, "privileged", 0, "Give extended privileges to the command"),
			option.Bool(&o.TTY, "tty", 't', "Allocate a pseudo-TTY"),
			option.String(&o.User, "user", 'u', "Username or UID (format: \"<name|uid>[:<group|gid>]\")"),
			option.String(&o.Workdir, "workdir", 'w', "Working directory inside the container"),
		}},
		run: func(args []string) int {
			o.Command = args[1:]
			o.Env = engine.FromCaller(o.Env)
			code, err := c.engine().Exec(args[0], o)
			switch {
			case err == nil:
				return code
			case errors.Is(err, engine.ErrNoTerminal):
				c.complain(err.Error())
				return 1
			}
			return c.fail(err)
		},
	}
}
