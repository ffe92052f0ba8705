package cli

import (
	"bantam/internal/cli/option"
	"bantam/internal/engine"
)

func (c *call) importCommand() *command {
	var o engine.ImportOptions
	return &command{
		name: "import", alias: []string{"image import"}, args: "[OPTIONS] file|URL|- [REPOSITORY[:TAG]]",
		short: "Import the contents from a tarball to create a filesystem image", min: 1, max: 2,
		long: "The tarball may be plain or compressed by gzip, zstd, bzip2 or xz.",
		options: option.Set{Interspersed: true, Options: append([]option.Option{
			option.List(&o.Changes, "change", 'c', nil, "Apply Dockerfile instruction to the created image"),
			option.String(&o.Message, "message", 'm', "Set commit message for imported image"),
			option.String(&o.Platform, "platform", 0, "Set platform of the image (os/arch[/variant])"),
		}, unpackOptions(&o.Limits)...)},
		run: func(args []string) int {
			if len(args) > 1 {
				o.Reference = args[1]
			}
			o.Source = args[0]
			id, err := c.engine().Import(&o)
			if err != nil {
				return c.fail(err)
			}
			c.print(id + "\n")
			return 0
		},
	}
}
