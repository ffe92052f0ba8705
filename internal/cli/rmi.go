package cli

import (
	"strings"

	"bantam/internal/cli/option"
)

func (c *call) rmiCommand() *command {
	var force bool
	return &command{
		name: "rmi", alias: []string{"image rm", "image remove"}, args: "[OPTIONS] IMAGE [IMAGE...]",
		short: "Remove one or more images", min: 1, max: -1,
		options: option.Set{Interspersed: true, Options: []option.Option{
			option.Bool(&force, "force", 'f', "Force removal of the image"),
		}},
		run: func(args []string) int {
			return c.each(args, func(name string) (string, error) {
				lines, err := c.engine().RemoveImage(name, force)
				if len(lines) == 0 {
					return "", err
				}
				return strings.Join(lines, "\n") + "\n", err
			}, force)
		},
	}
}
