package cli

import (
	"maps"
	"slices"
	"strings"

	"bantam/internal/cli/option"
	"bantam/internal/engine"
)

func (c *call) systemPruneCommand() *command {
	var o engine.SystemPruneOptions
	var force bool
	return &command{
		name: "system prune", args: "[OPTIONS]", short: "Remove unused data",
		options: option.Set{Interspersed: true, Options: []option.Option{
			option.Bool(&o.All, "all", 'a', "Remove all unused images not just dangling ones"),
			pruneFilter(&o.Filters),
			option.Bool(&force, "force", 'f', "Do not prompt for confirmation"),
			option.Bool(&o.Volumes, "volumes", 0, "Prune anonymous volumes"),
		}},
		run: func([]string) int {
			if !force && !c.confirm(pruneWarning(&o)) {
				return 0 // as docker does
			}
			list, err := c.engine().SystemPrune(&o)
			var space int64
			for _, p := range list {
				c.printPruned(p.Title, p.Pruned)
				space += p.Space
			}
			if err != nil {
				return c.fail(err)
			}
			c.print("Total reclaimed space: " + engine.Size(space) + "\n")
			return 0
		},
	}
}

// pruneWarning is docker's text.
func pruneWarning(o *engine.SystemPruneOptions) string {
	text := "WARNING! This will remove:\n"
	for _, w := range o.Warnings() {
		text += "  - " + w + "\n"
	}
	if len(o.Filters) > 0 {
		text += "\n  Items to be pruned will be filtered with:\n"
		for _, name := range slices.Sorted(maps.Keys(o.Filters)) {
			text += "  - " + name + "=" + strings.Join(o.Filters[name], ", "+name+"=") + "\n"
		}
	}
	return text
}
