package cli

import (
	"strings"

	"bantam/internal/cli/option"
	"bantam/internal/engine"
)

func (c *call) builderPruneCommand() *command {
	o := &engine.PruneBuildOptions{}
	var force bool
	return &command{
		name: "builder prune", alias: []string{"buildx prune"}, args: "[OPTIONS]", short: "Remove build cache",
		options: option.Set{Interspersed: true, Options: []option.Option{
			option.Bool(&o.All, "all", 'a', "Remove all unused build cache, not just dangling ones"),
			{Name: "filter", Type: "filter", Help: `Provide filter values (e.g., "until=24h")`, Set: o.Filters.Add},
			option.Bool(&force, "force", 'f', "Do not prompt for confirmation"),
			option.Bytes(&o.Keep, "keep-storage", 0, "Amount of disk space to keep for cache"),
		}},
		run: func([]string) int {
			warning := "WARNING! This will remove all dangling build cache."
			if o.All {
				warning = "WARNING! This will remove all build cache."
			}
			if !force && !c.confirm(warning) {
				return 0
			}
			p, err := c.engine().PruneBuilds(o)
			if p != nil {
				if len(p.IDs) > 0 {
					c.print("Deleted build cache objects:\n" + strings.Join(p.IDs, "\n") + "\n\n")
				}
				c.print("Total reclaimed space: " + engine.Size(p.Space) + "\n")
			}
			if err != nil {
				return c.fail(err)
			}
			return 0
		},
	}
}
