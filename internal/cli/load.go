package cli

import (
	"context"
	"errors"
	"os"

	"bantam/internal/cli/option"
	"bantam/internal/engine"
)

func (c *call) loadCommand() *command {
	var input string
	var quiet bool
	o := &engine.LoadOptions{}
	return &command{
		name: "load", alias: []string{"image load"}, args: "[OPTIONS]", short: "Load an image from a tar archive or STDIN",
		long: "Docker's archives and OCI layouts are read, as a tar file (plain or compressed by gzip,\nzstd, bzip2 or xz) or as a folder.",
		options: option.Set{Interspersed: true, Options: append([]option.Option{
			option.String(&input, "input", 'i', "Read from tar archive file or folder, instead of STDIN"),
			option.String(&o.Platform, "platform", 0, `Load only the given platform. Formatted as "os[/arch[/variant]]" (e.g., "linux/amd64")`),
			option.Bool(&quiet, "quiet", 'q', "Suppress the load output"),
		}, unpackOptions(&o.Limits)...)},
		run: func([]string) int {
			if err := openInput(o, input); err != nil {
				return c.fail(err)
			}
			bars := c.bars(quiet)
			o.Progress = bars.layer
			list, err := c.engine().Load(context.Background(), o)
			bars.end()
			if err != nil {
				return c.fail(err)
			}
			for _, l := range list {
				for _, n := range l.Names {
					c.print("Loaded image: " + n + "\n")
				}
				if len(l.Names) == 0 {
					c.print("Loaded image ID: " + l.ID + "\n")
				}
			}
			return 0
		},
	}
}

// unpackOptions stop what expands to more than the user has room for.
func unpackOptions(l *engine.Limits) []option.Option {
	return []option.Option{
		option.Bytes(&l.Size, "max-size", 0, "Refuse layers that expand to more than so many bytes (default 256g)"),
		option.Int(&l.Entries, "max-entries", 0, "Refuse layers of more than so many files (default 16777216)"),
	}
}

func openInput(o *engine.LoadOptions, path string) error {
	if path == "" {
		if isTerminal(0) {
			return errors.New("requested load from stdin, but stdin is empty")
		}
		o.Input = os.Stdin
		return nil
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	if info, err := f.Stat(); err == nil && info.IsDir() {
		o.Folder = path
		return f.Close()
	}
	o.Input = f
	return nil
}
