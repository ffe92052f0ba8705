package dump

import (
	"strings"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/pad"
)

// Ascii is ascii.
var Ascii = applet.Applet{
	Names:  "ascii",
	About:  "Print the table of ASCII.",
	AtMost: applet.None,
	Dir:    "/usr/bin",
	Quick:  true,
	Run:    table,
}

func table(c *applet.Call) int {
	c.Out.Print("Dec Hex    Dec Hex    Dec Hex  Dec Hex  Dec Hex  Dec Hex   Dec Hex   Dec Hex\n")
	for row := range 16 {
		line := ""
		for b := row; b < 128; b += 16 {
			width, name := 3, string(rune(b))
			switch {
			case b < 32:
				name = pad.Right(strings.ToUpper(ascii(byte(b), true)), 3)
			case b == 127:
				name = "DEL"
			}
			if b >= 96 {
				width = 4
			}
			line += pad.Int(int64(b), width) + " " + digitsOfHex[b>>4:b>>4+1] + digitsOfHex[b&15:b&15+1] + " " +
				name + " "
		}
		c.Out.Print(strings.TrimRight(line, " "), "\n")
	}
	return 0
}
