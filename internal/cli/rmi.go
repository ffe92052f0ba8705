package cli

import (
	"strings"

	"bantam/internal/cli/option"
	"bantam/internal/engine"
)

func (c *call) rmiCommand() *command {
	o := &engine.RemoveImageOptions{}
	var noPrune bool
	return &command{
		name: "rmi", alias: []string{"image rm", "image remove"}, args: "[OPTIONS] IMAGE [IMAGE...]",
		short: "Remove one or more images", min: 1, max: -1,
		options: option.Set{Interspersed: true, Options: []option.Option{
			option.Bool(&o.Force, "force", 'f', "Force removal of the image"),
			option.Bool(&noPrune, "no-prune", 0, "Do not delete untagged parents: bantam keeps none, so this changes nothing"),
			option.String(&o.Platform, "platform", 0, `Remove only the given platform. Formatted as "os[/arch[/variant]]" (e.g., "linux/amd64")`),
		}},
		run: func(args []string) int {
			return c.each(args, func(name string) (string, error) {
				list, err := c.engine().RemoveImage(name, o)
				c.print(removedLines(list, "Untagged: ", "Deleted: "))
				return "", err
			}, o.Force)
		},
	}
}

func removedLines(list []engine.Removed, untagged, deleted string) string {
	var b strings.Builder
	for _, r := range list {
		if r.Untagged != "" {
			b.WriteString(untagged + r.Untagged + "\n")
		} else {
			b.WriteString(deleted + r.Deleted + "\n")
		}
	}
	return b.String()
}
