// Package yes is the applet yes.
package yes

import (
	"strings"

	"bantam/internal/userland/applet"
)

// Applet is yes.
var Applet = applet.Applet{
	Names: "yes",
	Usage: "[STRING]...",
	About: "Print lines of STRINGs, or of y, until it is killed.",
	Form:  applet.Plain,
	Dir:   "/usr/bin",
	Run:   run,
}

func run(c *applet.Call) int {
	line := "y\n"
	if len(c.Args) > 0 {
		line = strings.Join(c.Args, " ") + "\n"
	}
	block := []byte(line)
	for len(block) < 32<<10 {
		block = append(block, block...)
	}
	for c.Out.Err() == nil {
		c.Out.Write(block)
	}
	return 1
}
