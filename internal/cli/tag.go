package cli

import "bantam/internal/cli/option"

func (c *call) tagCommand() *command {
	return &command{
		name: "tag", alias: []string{"image tag"}, args: "SOURCE_IMAGE[:TAG] TARGET_IMAGE[:TAG]",
		short: "Create a tag TARGET_IMAGE that refers to SOURCE_IMAGE", min: 2, max: 2,
		options: option.Set{Interspersed: true},
		run: func(args []string) int {
			if err := c.engine().Tag(args[0], args[1]); err != nil {
				return c.fail(err)
			}
			return 0
		},
	}
}
