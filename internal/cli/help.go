package cli

import (
	"slices"
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

// groups are the kinds of things that verbs are about, as "container" of "container ls".
var groups = [...][2]string{
	{"builder", "Manage builds"},
	{"container", "Manage containers"},
	{"image", "Manage images"},
	{"manifest", "Manage image manifests and manifest lists"},
	{"network", "Manage networks"},
	{"registry", "Serve a registry"},
	{"system", "Manage bantam"},
	{"volume", "Manage volumes"},
}

func (c *call) help(globals *option.Set) string {
	var b strings.Builder
	b.WriteString("Usage:  bantam [OPTIONS] COMMAND\n\nSmall containers, mighty fast\n\nManagement Commands:\n")
	for _, g := range groups {
		helpLine(&b, g[0], g[1])
	}
	b.WriteString("\nCommands:\n")
	for _, make := range c.commands() {
		if cmd := make(); !strings.Contains(cmd.name, " ") {
			helpLine(&b, cmd.name, cmd.short)
		}
	}
	b.WriteString("\nGlobal Options:\n")
	globals.Help(&b)
	b.WriteString("\nRun 'bantam COMMAND --help' for more information on a command.\n")
	return b.String()
}

func helpLine(b *strings.Builder, name, short string) {
	b.WriteString("  " + name + strings.Repeat(" ", max(1, 12-len(name))) + short + "\n")
}

// group is the help of a group, or empty where args don't name one and nothing more than help.
func (c *call) group(args []string) string {
	if len(args) > 1 && args[1] != "--help" {
		return ""
	}
	for _, g := range groups {
		if g[0] == args[0] {
			return c.groupHelp(g[0], g[1])
		}
	}
	return ""
}

// unknown is docker's refusal of words that are no command.
func unknown(args []string) string {
	for _, g := range groups {
		if len(args) > 1 && g[0] == args[0] {
			return "bantam: unknown command: bantam " + g[0] + " " + args[1] + "\n\nUsage:  bantam " + g[0] + "\n\nRun 'bantam " + g[0] + " --help' for more information"
		}
	}
	return "bantam: unknown command: bantam " + args[0] + "\n\nRun 'bantam --help' for more information"
}

func (c *call) groupHelp(group, about string) string {
	var b strings.Builder
	b.WriteString("Usage:  bantam " + group + " COMMAND\n\n" + about + "\n\nCommands:\n")
	var lines []string
	for _, make := range c.commands() {
		cmd := make()
		for _, name := range append([]string{cmd.name}, cmd.alias...) {
			if verb, ok := strings.CutPrefix(name, group+" "); ok {
				lines = append(lines, "  "+verb+strings.Repeat(" ", max(1, 12-len(verb)))+cmd.short+"\n")
				break
			}
		}
	}
	slices.Sort(lines)
	b.WriteString(strings.Join(lines, "") + "\nRun 'bantam " + group + " COMMAND --help' for more information on a command.\n")
	return b.String()
}

func (c *call) helpFor(args []string, globals *option.Set) int {
	if len(args) == 0 {
		c.print(c.help(globals))
		return 0
	}
	if text := c.group(args); text != "" {
		c.print(text)
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
