package cli

import (
	"context"
	"errors"
	"os"

	"bantam/internal/cli/option"
	"bantam/internal/engine"
	"bantam/internal/image/bundle"
)

func (c *call) saveCommand() *command {
	var output string
	o := &engine.SaveOptions{}
	return &command{
		name: "save", alias: []string{"image save"}, args: "[OPTIONS] IMAGE [IMAGE...]",
		short: "Save one or more images to a tar archive (streamed to STDOUT by default)", min: 1, max: -1,
		options: option.Set{Interspersed: true, Options: []option.Option{
			option.String(&o.Format, "format", 0, "Format: docker-archive, which is an OCI layout too (default), oci-archive, or a folder: oci-dir, docker-dir"),
			option.String(&output, "output", 'o', "Write to a file, instead of STDOUT"),
			platformsOption(&o.Platform, `Save only the given platform(s). Formatted as a comma-separated list of "os[/arch[/variant]]" (e.g., "linux/amd64,linux/arm64/v8")`),
		}},
		run: func(args []string) int {
			o.Images = args
			if err := c.save(o, output); err != nil {
				return c.fail(err)
			}
			return 0
		},
	}
}

func (c *call) save(o *engine.SaveOptions, output string) error {
	switch o.Format {
	case "", bundle.DockerArchive, bundle.OCIArchive:
	case bundle.OCIFolder, bundle.DockerFolder:
		if output == "" {
			return errors.New("the format " + o.Format + " is a folder: say with --output where to make it")
		}
		o.Folder = output
		return c.engine().Save(context.Background(), o)
	default:
		return errors.New("unknown format " + o.Format + ": want docker-archive, oci-archive, oci-dir or docker-dir")
	}
	if output != "" {
		return c.engine().SaveFile(context.Background(), o, output)
	}
	if isTerminal(1) {
		return errors.New("cowardly refusing to save to a terminal. Use the -o flag or redirect")
	}
	o.Output = c.out
	if f, ok := c.out.(*os.File); ok {
		o.Output = f
	}
	return c.engine().Save(context.Background(), o)
}
