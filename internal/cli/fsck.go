package cli

import (
	"context"
	"strconv"

	"bantam/internal/cli/option"
	"bantam/internal/engine"
)

func (c *call) fsckCommand() *command {
	var repair, quiet bool
	return &command{
		name: "system fsck", args: "[OPTIONS]", short: "Check all images, layers and blobs against their digests",
		long: "Ends with 0 if everything is as it should be or was repaired, else with 1.",
		options: option.Set{Interspersed: true, Options: []option.Option{
			option.Bool(&quiet, "quiet", 'q', "Only show what is wrong"),
			option.Bool(&repair, "repair", 0, "Repair what can be repaired and remove what can't"),
		}},
		run: func([]string) int {
			f, err := c.engine().Fsck(context.Background(), repair)
			code := 0
			if f != nil {
				code = c.fscked(f, quiet)
			}
			if err != nil {
				return c.fail(err)
			}
			return code
		},
	}
}

func (c *call) fscked(f *engine.Fsck, quiet bool) int {
	code := 0
	for _, p := range f.Problems {
		c.print(p.Object + ": " + p.What + "\n")
		if p.Repaired {
			c.print("  repaired: " + p.Remedy + "\n")
		} else {
			c.print("  --repair would " + p.Remedy + "\n")
			code = 1
		}
	}
	if !quiet {
		n := strconv.Itoa
		c.print(n(f.Checked.Images) + " images, " + n(f.Checked.Layers) + " layers, " + n(f.Checked.Blobs) + " blobs, " + n(f.Checked.Names) + " names: " + engine.HumanSize(f.Checked.Bytes) + " read, " + n(len(f.Problems)) + " problems\n")
	}
	return code
}
