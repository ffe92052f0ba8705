// Package lines is applets that work on lines: nl, paste, comm, tsort, shuf.
package lines

import (
	"strings"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/number"
	"bantam/internal/userland/applet/pad"
)

// Nl is nl.
var Nl = applet.Applet{
	Names: "nl",
	Usage: "[OPTIONS] [FILE]...",
	About: "Print the FILEs with numbers before the lines.",
	Options: `
-b STYLE	which lines: a all, t those that aren't empty (if not told otherwise), n none
-i N	steps of N
-s STRING	STRING between number and line (a tab)
-v N	start with N
-w N	numbers of N columns (6)
`,
	Dir:   "/usr/bin",
	Quick: true,
	Run:   nl,
}

func nl(c *applet.Call) int {
	style, separator := "t", "\t"
	if b, given := c.Given("b"); given {
		style = b
	}
	if s, given := c.Given("s"); given {
		separator = s
	}
	values := [...]int64{1, 1, 6}
	for i := range values {
		if text, given := c.Given("ivw"[i : i+1]); given {
			low := int64(-1 << 40)
			if i == 2 {
				low = 0
			}
			n, wrong := number.Signed(text, low, 1<<40)
			if wrong != "" {
				return c.Complain(wrong)
			}
			values[i] = n
		}
	}
	step, n, width := values[0], values[1], int(min(values[2], 1<<16))
	if style == "" || strings.IndexByte("atn", style[0]) < 0 {
		return c.Complain("invalid argument '" + style + "' for '-b'")
	}
	return c.EachInput(func(_ string, in *applet.In) error {
		for {
			line, ok := in.Line()
			if !ok {
				return in.Err()
			}
			if style[0] == 'a' || style[0] == 't' && len(line) > 0 {
				c.Out.Print(pad.Int(n, width), separator)
				n += step
			} else {
				c.Out.Print(pad.Spaces(width + len(separator)))
			}
			c.Out.Write(line)
			c.Out.WriteByte('\n')
		}
	})
}
