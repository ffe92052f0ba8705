// Package strings is the applet strings.
package strings

import (
	"strconv"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/number"
	"bantam/internal/userland/applet/pad"
)

// Applet is strings.
var Applet = applet.Applet{
	Names: "strings",
	Usage: "[-fo] [-t o|d|x] [-n LEN] [FILE]...",
	About: "Print the text in binary FILEs.",
	Options: `
-a, --all	ignored
-f, --print-file-name	with the name of the file in front
-o	with the place in front, octal
-t, --radix o|d|x	with the place in front, octal, decimal or hexadecimal
-n, --bytes LEN	of at least LEN bytes (4)
-NUM	the same
`,
	Dir:   "/usr/bin",
	Quick: true,
	Run:   run,
}

func run(c *applet.Call) int {
	least := 4
	if key := c.Last("n", "NUM"); key != "" {
		n, err := number.Int(c.Value(key), 1<<30)
		if err != nil || n == 0 {
			return c.Complain("invalid number '" + c.Value(key) + "'")
		}
		least = n
	}
	base := 0
	if c.Has("o") {
		base = 8
	}
	if t, given := c.Given("t"); given {
		switch t {
		case "o":
			base = 8
		case "d":
			base = 10
		case "x":
			base = 16
		default:
			return c.UsageError("")
		}
	}
	return c.EachInput(func(name string, in *applet.In) error {
		if name == "-" {
			name = "standard input"
		}
		var text []byte
		offset, start := int64(0), int64(0)
		for {
			p, err := in.Chunk()
			if err != nil || p == nil {
				finish(c, text, least)
				return err
			}
			for _, b := range p {
				offset++
				if b >= ' ' && b < 127 || b == '\t' {
					if len(text) == 0 {
						start = offset - 1
					}
					text = append(text, b)
					if len(text) == least {
						begin(c, name, start, base)
						c.Out.Write(text)
					} else if len(text) > least {
						c.Out.WriteByte(b)
						text = text[:least+1]
					}
					continue
				}
				finish(c, text, least)
				text = text[:0]
			}
		}
	})
}

// begin prints what stands before a string.
func begin(c *applet.Call, name string, start int64, base int) {
	if c.Has("f") {
		c.Out.Print(name, ": ")
	}
	if base > 0 {
		c.Out.Print(pad.Left(strconv.FormatInt(start, base), 7), " ")
	}
}

func finish(c *applet.Call, text []byte, least int) {
	if len(text) >= least {
		c.Out.WriteByte('\n')
	}
}
