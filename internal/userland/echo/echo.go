// Package echo is the applet echo, which is also the shell's builtin.
package echo

import (
	"strings"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/escape"
)

// Applet is echo.
var Applet = applet.Applet{
	Names: "echo",
	Usage: "[-neE] [ARG]...",
	About: "Print ARGs to stdout",
	Options: `
	-n	No trailing newline
	-e	Interpret backslash escapes (\t=tab etc)
	-E	Don't interpret backslash escapes (default)
`,
	Form:  applet.Literal,
	Quick: true,
	Min:   true,
	Run:   run,
}

func run(c *applet.Call) int {
	args := c.Args
	newline, escapes := true, false
	for len(args) > 0 && flags(args[0], &newline, &escapes) {
		args = args[1:]
	}
	for i, a := range args {
		if i > 0 {
			c.Out.WriteString(" ")
		}
		if !escapes || strings.IndexByte(a, '\\') < 0 {
			c.Out.WriteString(a)
			continue
		}
		text, stop := escape.Argument(a)
		c.Out.WriteString(text)
		if stop {
			return 0
		}
	}
	if newline {
		c.Out.WriteString("\n")
	}
	return 0
}

// flags takes an argument that consists of options only.
func flags(a string, newline, escapes *bool) bool {
	if len(a) < 2 || a[0] != '-' || strings.Trim(a[1:], "neE") != "" {
		return false
	}
	for _, letter := range a[1:] {
		switch letter {
		case 'n':
			*newline = false
		case 'e':
			*escapes = true
		}
	}
	return true
}
