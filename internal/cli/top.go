package cli

import (
	"strings"
	"text/tabwriter"

	"bantam/internal/cli/option"
)

func (c *call) topCommand() *command {
	return &command{
		name: "top", alias: []string{"container top"}, args: "CONTAINER [ps OPTIONS]", min: 1, max: -1,
		short:   "Display the running processes of a container",
		options: option.Set{},
		run: func(args []string) int {
			top, err := c.engine().Top(args[0], args[1:])
			if err != nil {
				return c.fail(err)
			}
			w := tabwriter.NewWriter(c.out, 20, 1, 3, ' ', 0)
			for _, row := range append([][]string{top.Titles}, top.Processes...) {
				_, _ = w.Write([]byte(strings.Join(row, "\t") + "\n"))
			}
			_ = w.Flush()
			return 0
		},
	}
}
