package cli

import (
	"strings"

	"bantam/internal/cli/option"
	"bantam/internal/engine"
)

func (c *call) containerPruneCommand() *command {
	var filters engine.Filters
	var force bool
	return &command{
		name: "container prune", args: "[OPTIONS]", short: "Remove all stopped containers",
		options: option.Set{Interspersed: true, Options: []option.Option{
			pruneFilter(&filters),
			option.Bool(&force, "force", 'f', "Do not prompt for confirmation"),
		}},
		run: func([]string) int {
			if !force && !c.confirm("WARNING! This will remove all stopped containers.") {
				return 0 // as docker does
			}
			p, err := c.engine().ContainerPrune(filters)
			if p != nil {
				c.printPruned("Deleted Containers:", p)
			}
			if err != nil {
				return c.fail(err)
			}
			c.print("Total reclaimed space: " + engine.Size(p.Space) + "\n")
			return 0
		},
	}
}

func (c *call) printPruned(title string, p *engine.Pruned) {
	if len(p.Names) > 0 {
		c.print(title + "\n" + strings.Join(p.Names, "\n") + "\n\n")
	}
}
