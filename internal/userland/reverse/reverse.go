// Package reverse is the applets tac and rev.
package reverse

import (
	"bytes"
	"unicode/utf8"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/charset"
)

// Tac is tac.
var Tac = applet.Applet{
	Names: "tac",
	Usage: "[FILE]...",
	About: "Print the FILEs with their last line first.",
	Dir:   "/usr/bin",
	Quick: true,
	Min:   true,
	Run:   tac,
}

func tac(c *applet.Call) int {
	return c.EachInput(func(_ string, in *applet.In) error {
		var text []byte
		for {
			p, err := in.Chunk()
			if err != nil {
				return err
			}
			if p == nil {
				break
			}
			text = append(text, p...)
		}
		for len(text) > 0 && c.Out.Err() == nil {
			cut := bytes.LastIndexByte(text[:len(text)-1], '\n') + 1
			c.Out.Write(text[cut:])
			text = text[:cut]
		}
		return nil
	})
}

// Rev is rev.
var Rev = applet.Applet{
	Names: "rev",
	Usage: "[FILE]...",
	About: "Print every line from its end to its beginning.",
	Dir:   "/usr/bin",
	Quick: true,
	Run:   rev,
}

func rev(c *applet.Call) int {
	multibyte := charset.UTF8(c)
	return c.EachInput(func(_ string, in *applet.In) error {
		for {
			line, ok := in.Line()
			if !ok {
				return in.Err()
			}
			// A zero byte ends a line of C, and its newline is lost: BusyBox's
			// suite wants that.
			zero := bytes.IndexByte(line, 0)
			if zero >= 0 {
				line = line[:zero]
			}
			turn(line)
			if multibyte {
				// Turn the bytes of each character back.
				for at := 0; at < len(line); {
					n := sequence(line[at:])
					turn(line[at : at+n])
					at += n
				}
			}
			c.Out.Write(line)
			if !in.Cut() && zero < 0 {
				c.Out.WriteByte('\n')
			}
		}
	})
}

func turn(p []byte) {
	for i, j := 0, len(p)-1; i < j; i, j = i+1, j-1 {
		p[i], p[j] = p[j], p[i]
	}
}

// sequence is the length of a turned character of UTF-8: following bytes, then the
// first one. A byte that belongs to none is one.
func sequence(p []byte) int {
	for n := 1; n <= min(len(p), utf8.UTFMax); n++ {
		if p[n-1]&0xC0 == 0x80 {
			continue
		}
		var forward [utf8.UTFMax]byte
		copy(forward[:], p[:n])
		turn(forward[:n])
		if _, size := utf8.DecodeRune(forward[:n]); size == n {
			return n
		}
		break
	}
	return 1
}
