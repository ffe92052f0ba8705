package cli

import (
	"os"
	"path/filepath"
	"strings"

	"bantam/internal/cli/option"
)

// manCommand is for packagers: make man.
func (c *call) manCommand() *command {
	return &command{
		name: "man", args: "FOLDER", short: "Write the manual pages into a folder", min: 1, max: 1, options: option.Set{Interspersed: true},
		run: func(args []string) int {
			for name, text := range c.manPages() {
				if err := os.WriteFile(filepath.Join(args[0], name), []byte(text), 0o644); err != nil {
					return c.fail(err)
				}
			}
			return 0
		},
	}
}

// manPages are the pages by file name: bantam.1 and one for each command.
func (c *call) manPages() map[string]string {
	pages := map[string]string{"bantam.1": c.overviewPage()}
	for _, make := range c.commands() {
		cmd := make()
		pages[manName(cmd.name)+".1"] = c.manPage(cmd)
	}
	return pages
}

func manName(verb string) string { return "bantam-" + strings.ReplaceAll(verb, " ", "-") }

// page is a manual page in the making: man(7).
type page struct{ strings.Builder }

func (p *page) head(title, short, version string) {
	p.WriteString(".TH " + roff(strings.ToUpper(title)) + " 1 \"\" \"Bantam " + roff(version) + "\" \"User Commands\"\n.SH NAME\n" + roff(title) + " \\- " + roff(short) + "\n")
}

func (p *page) section(title string) { p.WriteString(".SH " + title + "\n") }

func (p *page) paragraphs(text string) {
	for i, part := range strings.Split(strings.TrimSpace(text), "\n\n") {
		if i > 0 {
			p.WriteString(".PP\n")
		}
		p.lines(part)
	}
}

func (p *page) lines(text string) {
	for _, l := range strings.Split(text, "\n") {
		p.WriteString(roff(strings.TrimSpace(l)) + "\n")
	}
}

func (p *page) options(s *option.Set) {
	for _, o := range s.Options {
		p.WriteString(".TP\n")
		if o.Short != 0 {
			p.WriteString("\\fB\\-" + string(rune(o.Short)) + "\\fR, ")
		}
		p.WriteString("\\fB" + roff("--"+o.Name) + "\\fR")
		if o.Type != "" {
			p.WriteString(" \\fI" + roff(o.Type) + "\\fR")
		}
		p.WriteString("\n")
		p.lines(o.Help)
	}
}

// roff quotes a text: hyphens that are to be copied, backslashes, and what would begin a request.
func roff(text string) string {
	text = strings.NewReplacer(`\`, `\e`, "-", `\-`, `"`, `\(dq`).Replace(text)
	if strings.HasPrefix(text, ".") || strings.HasPrefix(text, "'") {
		text = `\&` + text
	}
	return text
}

func (c *call) overviewPage() string {
	var version bool
	globals := c.globals(&version)
	var p page
	p.head("bantam", "small containers, mighty fast", c.version.Version)
	p.section("SYNOPSIS")
	p.WriteString(".B bantam\n[OPTIONS] COMMAND [ARG...]\n")
	p.section("DESCRIPTION")
	p.paragraphs("Bantam runs containers as docker does, without a daemon: the same commands, options, output and exit codes.")
	p.section("OPTIONS")
	p.options(globals)
	p.section("COMMANDS")
	for _, make := range c.commands() {
		cmd := make()
		p.WriteString(".TP\n.BR " + roff(manName(cmd.name)) + " (1)\n")
		p.lines(cmd.short)
	}
	return p.String()
}

func (c *call) manPage(cmd *command) string {
	var p page
	p.head(manName(cmd.name), cmd.short, c.version.Version)
	p.section("SYNOPSIS")
	p.WriteString(".B bantam " + roff(cmd.name) + "\n")
	p.lines(cmd.args)
	for _, a := range cmd.alias {
		p.WriteString(".br\n.B bantam " + roff(a) + "\n")
		p.lines(cmd.args)
	}
	p.section("DESCRIPTION")
	p.paragraphs(cmd.short + ".\n\n" + cmd.long)
	if len(cmd.options.Options) > 0 {
		p.section("OPTIONS")
		p.options(&cmd.options)
	}
	p.section("\"SEE ALSO\"")
	p.WriteString(".BR bantam (1)\n")
	return p.String()
}
