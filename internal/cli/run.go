package cli

import (
	"errors"

	"bantam/internal/cli/option"
	"bantam/internal/engine"
)

const networkHelp = `Connect a container to a network: "none" or "host". Until bantam has networks of its own the default is none`

func (c *call) runCommand() *command {
	o := &engine.RunOptions{SigProxy: true}
	cmd := &command{
		name: "run", alias: []string{"container run"}, args: "[OPTIONS] IMAGE [COMMAND] [ARG...]",
		short: "Create and run a new container from an image", min: 1, max: -1,
		options: option.Set{Options: append(runOptions(o), isolationOptions(o)...)},
	}
	cmd.run = func(args []string) int {
		o.Image, o.Command = args[0], args[1:]
		return c.runContainer(o)
	}
	return cmd
}

// runOptions are about the process and how it is attended to.
func runOptions(o *engine.RunOptions) []option.Option {
	return []option.Option{
		option.String(&o.CIDFile, "cidfile", 0, "Write the container ID to the file"),
		option.Bool(&o.Detach, "detach", 'd', "Run container in background and print container ID"),
		option.String(&o.DetachKeys, "detach-keys", 0, "Override the key sequence for detaching a container"),
		option.StringPtr(&o.Entrypoint, "entrypoint", 0, "Overwrite the default ENTRYPOINT of the image"),
		option.List(&o.Env, "env", 'e', engine.CheckEnv, "Set environment variables"),
		option.List(&o.EnvFiles, "env-file", 0, nil, "Read in a file of environment variables"),
		option.String(&o.Hostname, "hostname", 'h', "Container host name"),
		option.Bool(&o.Stdin, "interactive", 'i', "Keep STDIN open even if not attached"),
		option.List(&o.Labels, "label", 'l', engine.CheckLabel, "Set meta data on a container"),
		option.String(&o.LogDriver, "log-driver", 0, "Logging driver for the container: json-file (default) or none"),
		option.List(&o.LogOpts, "log-opt", 0, nil, "Log driver options: max-size, max-file"),
		option.String(&o.Name, "name", 0, "Assign a name to the container"),
		option.Bool(&o.Remove, "rm", 0, "Automatically remove the container and its associated anonymous volumes when it exits"),
		option.Bool(&o.SigProxy, "sig-proxy", 0, "Proxy received signals to the process (default true)"),
		option.Bool(&o.TTY, "tty", 't', "Allocate a pseudo-TTY"),
		option.String(&o.User, "user", 'u', "Username or UID (format: <name|uid>[:<group|gid>])"),
		option.String(&o.Workdir, "workdir", 'w', "Working directory inside the container"),
	}
}

// isolationOptions are about what the process may see and use.
func isolationOptions(o *engine.RunOptions) []option.Option {
	return []option.Option{
		option.List(&o.CapAdd, "cap-add", 0, nil, "Add Linux capabilities"),
		option.List(&o.CapDrop, "cap-drop", 0, nil, "Drop Linux capabilities"),
		option.CPUs(&o.NanoCPUs, "cpus", "Number of CPUs"),
		option.Bytes(&o.Memory, "memory", 'm', "Memory limit"),
		network(&o.Network, "network"),
		network(&o.Network, "net"),
		option.Int(&o.Pids, "pids-limit", 0, "Tune container pids limit (set -1 for unlimited)"),
		option.Bool(&o.Privileged, "privileged", 0, "Give extended privileges to this container"),
		option.Bool(&o.ReadOnly, "read-only", 0, "Mount the container's root filesystem as read only"),
		option.List(&o.SecurityOpt, "security-opt", 0, nil, "Security options: seccomp=FILE|unconfined|builtin, no-new-privileges[=true|false]"),
		option.Bytes(&o.ShmSize, "shm-size", 0, "Size of /dev/shm"),
		option.List(&o.Tmpfs, "tmpfs", 0, nil, "Mount a tmpfs directory"),
		option.List(&o.Volumes, "volume", 'v', nil, "Bind mount a folder or file of the host: HOST:CONTAINER[:ro]"),
	}
}

func network(to *string, name string) option.Option {
	o := option.String(to, name, 0, networkHelp)
	o.Type = "network"
	return o
}

func (c *call) runContainer(o *engine.RunOptions) int {
	code, err := c.engine().Run(o, func(id string) { c.print(id + "\n") })
	switch {
	case err == nil:
	case errors.Is(err, engine.ErrNoTerminal):
		c.complain(err.Error())
	default:
		c.complain("bantam: " + err.Error() + "\n\nRun 'bantam run --help' for more information")
	}
	return code
}
