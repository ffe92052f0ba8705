package cli

import (
	"strings"

	"bantam/internal/cli/option"
)

func (cmd *command) usage() string { return "Usage:  bantam " + cmd.name + " " + cmd.args }

func (cmd *command) help() string {
	var b strings.Builder
	b.WriteString(cmd.usage() + "\n\n" + cmd.short + "\n")
	if cmd.long != "" {
		b.WriteString("\n" + cmd.long + "\n")
	}
	if len(cmd.alias) > 0 {
		b.WriteString("\nAliases:\n  ")
		for _, a := range cmd.alias {
			b.WriteString("bantam " + a + ", ")
		}
		b.WriteString("bantam " + cmd.name + "\n")
	}
	if len(cmd.options.Options) > 0 {
		b.WriteString("\nOptions:\n")
		cmd.options.Help(&b)
	}
	return b.String()
}

func (c *call) help(globals *option.Set) string {
	var b strings.Builder
	b.WriteString("Usage:  bantam [OPTIONS] COMMAND\n\nSmall containers, mighty fast\n\nCommands:\n")
	for _, make := range c.commands() {
		cmd := make()
		b.WriteString("  " + cmd.name + strings.Repeat(" ", max(1, 12-len(cmd.name))) + cmd.short + "\n")
	}
	b.WriteString("\nGlobal Options:\n")
	globals.Help(&b)
	b.WriteString("\nRun 'bantam COMMAND --help' for more information on a command.\n")
	return b.String()
}

func (c *call) helpFor(args []string, globals *option.Set) int {
	if len(args) == 0 {
		c.print(c.help(globals))
		return 0
	}
	cmd, rest := c.find(args)
	if cmd == nil || len(rest) > 0 {
		c.complain("unknown help topic: " + args[len(args)-1])
		return 1
	}
	c.print(cmd.help())
	return 0
}
