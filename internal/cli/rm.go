package cli

import (
	"bantam/internal/cli/option"
	"bantam/internal/engine"
)

func (c *call) rmCommand() *command {
	var o engine.RemoveOptions
	link := refused("link", "", "Remove the specified link", "a link is made with its container and goes with it: disconnect them from the network", "false")
	link.Short = 'l'
	return &command{
		name: "rm", alias: []string{"container rm", "container remove"}, args: "[OPTIONS] CONTAINER [CONTAINER...]",
		short: "Remove one or more containers", min: 1, max: -1,
		options: option.Set{Interspersed: true, Options: []option.Option{
			option.Bool(&o.Force, "force", 'f', "Force the removal of a running container (uses SIGKILL)"),
			link,
			option.Bool(&o.Volumes, "volumes", 'v', "Remove anonymous volumes associated with the container"),
		}},
		run: func(args []string) int {
			return c.each(args, func(name string) (string, error) {
				err := c.engine().Remove(name, o)
				if isNotFound(err) && o.Force {
					return "", err // docker rm -f says so and succeeds
				}
				return name + "\n", err
			}, o.Force)
		},
	}
}
