package cli

import "bantam/internal/cli/option"

func (c *call) rmCommand() *command {
	var force bool
	return &command{
		name: "rm", alias: []string{"container rm", "container remove"}, args: "[OPTIONS] CONTAINER [CONTAINER...]",
		short: "Remove one or more containers", min: 1, max: -1,
		options: option.Set{Interspersed: true, Options: []option.Option{
			option.Bool(&force, "force", 'f', "Force the removal of a running container (uses SIGKILL)"),
		}},
		run: func(args []string) int {
			return c.each(args, func(name string) (string, error) {
				err := c.engine().Remove(name, force)
				if isNotFound(err) && force {
					return "", err // docker rm -f says so and succeeds
				}
				return name + "\n", err
			}, force)
		},
	}
}
