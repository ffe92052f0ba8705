package cli

import (
	"encoding/json"
	"errors"
	"os"
	"strconv"
	"strings"
	"text/tabwriter"

	"bantam/internal/cli/browse"
	"bantam/internal/cli/option"
	"bantam/internal/engine"
)

func (c *call) imageTreeCommand() *command {
	var asJSON, interactive, files bool
	return &command{
		name: "image tree", args: "[OPTIONS] IMAGE", short: "Show an image's layers: what made each and what it added, changed and deleted", min: 1, max: 1,
		long: "Wasted are bytes of files that a later layer hides. With --interactive the layers and\nfiles are browsed in the terminal.",
		options: option.Set{Interspersed: true, Options: []option.Option{
			option.Bool(&files, "files", 0, "List the files of each layer, too"),
			option.Bool(&interactive, "interactive", 'i', "Browse layers and files"),
			option.Bool(&asJSON, "json", 0, "Print JSON"),
		}},
		run: func(args []string) int {
			o, err := c.engine().ImageLayers(args[0], files || interactive)
			if err != nil {
				return c.fail(err)
			}
			switch {
			case interactive && len(o.Layers) == 0:
				return c.fail(errors.New("the image has no layers"))
			case interactive:
				if err := browse.Run(browse.New(o), os.Stdin, os.Stdout); err != nil {
					return c.fail(err)
				}
			case asJSON:
				b, err := json.MarshalIndent(o, "", "    ")
				if err != nil {
					return c.fail(err)
				}
				c.print(string(b) + "\n")
			default:
				c.print(layerTable(o, files))
			}
			return 0
		},
	}
}

func layerTable(o *engine.ImageLayers, files bool) string {
	var b strings.Builder
	n := strconv.Itoa
	w := tabwriter.NewWriter(&b, 0, 1, 3, ' ', 0)
	_, _ = w.Write([]byte("LAYER\tSIZE\tADDED\tCHANGED\tDELETED\tWASTED\tCREATED BY\n"))
	for i := range o.Layers {
		l := &o.Layers[i]
		by := l.CreatedBy
		if by == "" {
			by = l.Comment
		}
		_, _ = w.Write([]byte(l.DiffID[len("sha256:"):][:12] + "\t" + engine.HumanSize(l.Size) + "\t" + n(l.Added) + "\t" + n(l.Changed) + "\t" + n(l.Deleted) + "\t" +
			engine.HumanSize(l.Wasted) + "\t" + ellipsis(printable(by), 60) + "\n"))
	}
	_ = w.Flush()
	for i := range o.Layers {
		l := &o.Layers[i]
		if len(l.SharedBy) > 0 {
			b.WriteString(l.DiffID[len("sha256:"):][:12] + " is shared with " + strings.Join(l.SharedBy, ", ") + "\n")
		}
		if files {
			b.WriteString("\n" + l.DiffID + "\n")
			for _, f := range l.Files {
				if f.Kind != 0 {
					b.WriteString(string(rune(f.Kind)) + " /" + printable(f.Path) + "\n")
				}
			}
		}
	}
	b.WriteString("\n" + engine.HumanSize(o.Size) + " in " + n(len(o.Layers)) + " layers, " + engine.HumanSize(o.Wasted) + " wasted\n")
	return b.String()
}
