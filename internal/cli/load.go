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
			platformsOption(&o.Platform, `Load only the given platform(s). Formatted as a comma-separated list of "os[/arch[/variant]]" (e.g., "linux/amd64,linux/arm64/v8")`),
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

// platformsOption is a list of platforms, which may be given in one word or in several.
func platformsOption(to *string, help string) option.Option {
	return option.Option{Name: "platform", Type: "strings", Help: help, Set: func(v string) error {
		if *to != "" {
			v = *to + "," + v
		}
		*to = v
		return nil
	}}
}

// unpackOptions stop what expands to more than the user has room for.
func unpackOptions(l *engine.Limits) []option.Option {
	return []option.Option{
		aboveZero(&l.Size, option.Bytes(&l.Size, "max-size", 0, "Refuse layers that expand to more than so many bytes (default 256g)")),
		aboveZero(&l.Entries, option.Int(&l.Entries, "max-entries", 0, "Refuse layers of more than so many files (default 16777216)")),
	}
}

// aboveZero refuses 0, which one may mean as "nothing" and another as "no limit", and less.
func aboveZero(to *int64, o option.Option) option.Option {
	set := o.Set
	o.Set = func(v string) error {
		if err := set(v); err != nil || *to > 0 {
			return err
		}
		return errors.New("a limit is more than 0")
	}
	return o
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
