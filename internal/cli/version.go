package cli

import (
	"strings"

	"bantam/internal/cli/option"
	"bantam/internal/engine"
)

func (c *call) versionCommand() *command {
	var format string
	return &command{
		name: "version", args: "[OPTIONS]", short: "Show the Bantam version information",
		options: option.Set{Interspersed: true, Options: []option.Option{
			option.String(&format, "format", 'f', formatHelp),
		}},
		run: func([]string) int {
			v := c.version
			if format != "" {
				return c.formatted(format, struct{ Client, Server engine.VersionInfo }{v, v})
			}
			c.print(versionText(v))
			return 0
		},
	}
}

func versionText(v engine.VersionInfo) string {
	var b strings.Builder
	b.WriteString("Bantam: container engine without a daemon\n")
	for _, l := range [...][2]string{
		{"Version:", v.Version}, {"Go version:", v.GoVersion}, {"Git commit:", v.GitCommit}, {"OS/Arch:", v.Os + "/" + v.Arch},
	} {
		b.WriteString(" " + l[0] + strings.Repeat(" ", 19-len(l[0])) + l[1] + "\n")
	}
	return b.String()
}

func (c *call) versionLine() int {
	c.print("Bantam version " + c.version.Version + ", build " + c.version.GitCommit + "\n")
	return 0
}
