package cli

import (
	"errors"
	"strconv"

	"bantam/internal/cli/option"
	"bantam/internal/engine"
)

func (c *call) createCommand() *command {
	o := &engine.RunOptions{}
	return &command{
		name: "create", alias: []string{"container create"}, args: "[OPTIONS] IMAGE [COMMAND] [ARG...]",
		short: "Create a new container", min: 1, max: -1, options: option.Set{Options: sorted(containerOptions(o))},
		run: func(args []string) int {
			o.Image, o.Command, o.Env = args[0], args[1:], engine.FromCaller(o.Env)
			id, err := c.engine().Create(o)
			if err != nil {
				c.complain("bantam: " + err.Error() + "\n\nRun 'bantam create --help' for more information")
				return 1 // as docker create; run ends with 125
			}
			c.print(id + "\n")
			return 0
		},
	}
}

func (c *call) startCommand() *command {
	o := &engine.StartOptions{SigProxy: true}
	return &command{
		name: "start", alias: []string{"container start"}, args: "[OPTIONS] CONTAINER [CONTAINER...]",
		short: "Start one or more stopped containers", min: 1, max: -1,
		options: option.Set{Interspersed: true, Options: []option.Option{
			option.Bool(&o.Attach, "attach", 'a', "Attach STDOUT/STDERR and forward signals"),
			refused("checkpoint", "string", "Restore from this checkpoint", "bantam makes no checkpoints: they need CRIU"),
			refused("checkpoint-dir", "string", "Use a custom checkpoint storage directory", "bantam makes no checkpoints: they need CRIU"),
			option.String(&o.DetachKeys, "detach-keys", 0, "Override the key sequence for detaching a container"),
			option.Bool(&o.Stdin, "interactive", 'i', "Attach container's STDIN"),
		}},
		run: func(args []string) int {
			if !o.Attach && !o.Stdin {
				return c.each(args, func(name string) (string, error) {
					_, err := c.engine().Start(name, o)
					return name + "\n", err
				}, false)
			}
			if len(args) > 1 {
				return c.fail(errors.New("you cannot start and attach multiple containers at once"))
			}
			code, err := c.engine().Start(args[0], o)
			if err != nil {
				return c.fail(err)
			}
			return code
		},
	}
}

func (c *call) attachCommand() *command {
	o := &engine.AttachOptions{SigProxy: true}
	return &command{
		name: "attach", alias: []string{"container attach"}, args: "[OPTIONS] CONTAINER",
		short: "Attach local standard input, output, and error streams to a running container", min: 1, max: 1,
		options: option.Set{Interspersed: true, Options: []option.Option{
			option.String(&o.DetachKeys, "detach-keys", 0, "Override the key sequence for detaching a container"),
			option.Bool(&o.NoStdin, "no-stdin", 0, "Do not attach STDIN"),
			option.Bool(&o.SigProxy, "sig-proxy", 0, "Proxy all received signals to the process (default true)"),
		}},
		run: func(args []string) int {
			code, err := c.engine().Attach(args[0], o)
			if err != nil {
				return c.fail(err)
			}
			return code
		},
	}
}

// stopOptions are those of stop and restart; --time is --timeout's older name.
func stopOptions(o *engine.StopOptions) option.Set {
	timeout := func(name string, short byte) option.Option {
		return option.IntPtr(&o.Timeout, name, short, "Seconds to wait before killing the container (-1 waits for ever)")
	}
	return option.Set{Interspersed: true, Options: []option.Option{
		option.String(&o.Signal, "signal", 's', "Signal to send to the container"),
		timeout("timeout", 't'), timeout("time", 0),
	}}
}

func (c *call) stopCommand() *command {
	o := &engine.StopOptions{}
	return &command{
		name: "stop", alias: []string{"container stop"}, args: "[OPTIONS] CONTAINER [CONTAINER...]",
		short: "Stop one or more running containers", min: 1, max: -1, options: stopOptions(o),
		run: func(args []string) int {
			return c.together(args, func(name string) (string, error) { return name + "\n", c.engine().Stop(name, o) })
		},
	}
}

func (c *call) restartCommand() *command {
	o := &engine.StopOptions{}
	return &command{
		name: "restart", alias: []string{"container restart"}, args: "[OPTIONS] CONTAINER [CONTAINER...]",
		short: "Restart one or more containers", min: 1, max: -1, options: stopOptions(o),
		run: func(args []string) int {
			return c.each(args, func(name string) (string, error) { return name + "\n", c.engine().Restart(name, o) }, false)
		},
	}
}

func (c *call) killCommand() *command {
	var signal string
	return &command{
		name: "kill", alias: []string{"container kill"}, args: "[OPTIONS] CONTAINER [CONTAINER...]",
		short: "Kill one or more running containers", min: 1, max: -1,
		options: option.Set{Interspersed: true, Options: []option.Option{
			option.String(&signal, "signal", 's', "Signal to send to the container"),
		}},
		run: func(args []string) int {
			return c.together(args, func(name string) (string, error) { return name + "\n", c.engine().Kill(name, signal) })
		},
	}
}

func (c *call) pauseCommand() *command {
	return c.simple("pause", "Pause all processes within one or more containers", (*engine.Engine).Pause)
}

func (c *call) unpauseCommand() *command {
	return c.simple("unpause", "Unpause all processes within one or more containers", (*engine.Engine).Unpause)
}

// simple is a verb without options that prints the names it was given.
func (c *call) simple(name, short string, do func(*engine.Engine, string) error) *command {
	return &command{
		name: name, alias: []string{"container " + name}, args: "CONTAINER [CONTAINER...]", short: short, min: 1, max: -1,
		options: option.Set{Interspersed: true},
		run: func(args []string) int {
			return c.together(args, func(name string) (string, error) { return name + "\n", do(c.engine(), name) })
		},
	}
}

func (c *call) waitCommand() *command {
	return &command{
		name: "wait", alias: []string{"container wait"}, args: "CONTAINER [CONTAINER...]",
		short: "Block until one or more containers stop, then print their exit codes", min: 1, max: -1,
		options: option.Set{Interspersed: true},
		run: func(args []string) int {
			return c.each(args, func(name string) (string, error) {
				code, err := c.engine().Wait(name)
				return strconv.Itoa(code) + "\n", err
			}, false)
		},
	}
}

func (c *call) renameCommand() *command {
	return &command{
		name: "rename", alias: []string{"container rename"}, args: "CONTAINER NEW_NAME", short: "Rename a container", min: 2, max: 2,
		options: option.Set{Interspersed: true},
		run: func(args []string) int {
			if err := c.engine().Rename(args[0], args[1]); err != nil {
				return c.fail(err)
			}
			return 0
		},
	}
}
