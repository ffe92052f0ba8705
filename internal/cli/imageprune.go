package cli

import (
	"bantam/internal/cli/option"
	"bantam/internal/engine"
)

func (c *call) imagePruneCommand() *command {
	o := &engine.PruneImagesOptions{}
	var force bool
	return &command{
		name: "image prune", args: "[OPTIONS]", short: "Remove unused images",
		options: option.Set{Interspersed: true, Options: []option.Option{
			option.Bool(&o.All, "all", 'a', "Remove all unused images, not just dangling ones"),
			pruneFilter(&o.Filters),
			option.Bool(&force, "force", 'f', "Do not prompt for confirmation"),
		}},
		run: func([]string) int {
			warning := "WARNING! This will remove all dangling images."
			if o.All {
				warning = "WARNING! This will remove all images without at least one container associated to them."
			}
			if !force && !c.confirm(warning) {
				return 0
			}
			p, err := c.engine().PruneImages(o)
			if p != nil {
				if len(p.Removed) > 0 {
					c.print("Deleted Images:\n" + removedLines(p.Removed, "untagged: ", "deleted: ") + "\n")
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
