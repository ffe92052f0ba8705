// Package cmp is the applet cmp.
package cmp

import (
	"bytes"
	"math"
	"strconv"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/number"
	"bantam/internal/userland/applet/pad"
)

// Applet is cmp.
var Applet = applet.Applet{
	Names: "cmp",
	Usage: "[-ls] [-n NUM] FILE1 [FILE2 [SKIP1 [SKIP2]]]",
	About: "Compare two files byte by byte.",
	Options: `
-l, --verbose	the places (decimal) and values (octal) of all bytes that differ
-s, --quiet, --silent	print nothing: only the exit status
-n, --bytes NUM	at most NUM bytes
`,
	AtLeast: 1,
	AtMost:  4,
	Trouble: 2,
	Dir:     "/usr/bin",
	Quick:   true,
	Min:     true,
	Run:     run,
}

// comparison is two files and where they are.
type comparison struct {
	c     *applet.Call
	names [2]string
	in    [2]*applet.In
	place int64
	line  int64
	quiet bool
	all   bool
}

func run(c *applet.Call) int {
	k := comparison{c: c, names: [2]string{c.Args[0], "-"}, line: 1, quiet: c.Has("s"), all: c.Has("l")}
	if k.quiet && k.all {
		return c.UsageError("")
	}
	most := int64(math.MaxInt64)
	if n, given := c.Given("n"); given {
		var err error
		if most, err = number.Size(n); err != nil {
			c.Complain("invalid number '" + n + "'")
			return 2
		}
	}
	if len(c.Args) > 1 {
		k.names[1] = c.Args[1]
	}
	for i, name := range k.names {
		if k.in[i] = c.In; name == "-" {
			continue
		}
		in, err := applet.Open(name)
		if err != nil {
			if !k.quiet {
				c.Warn(name, err)
			}
			return 2
		}
		defer in.Close()
		k.in[i] = in
	}
	if k.in[0] == k.in[1] {
		return 0
	}
	for i := 2; i < len(c.Args); i++ {
		n, err := number.Size(c.Args[i])
		if err != nil {
			c.Complain("invalid number '" + c.Args[i] + "'")
			return 2
		}
		skip(k.in[i-2], n)
	}
	return k.run(most)
}

func skip(in *applet.In, n int64) {
	for n > 0 {
		p, err := in.Chunk()
		if err != nil || p == nil {
			return
		}
		if extra := int64(len(p)) - n; extra > 0 {
			in.Discard(-int(extra))
		}
		n -= int64(len(p))
	}
}

// run compares at most so many bytes.
func (k *comparison) run(most int64) (status int) {
	for most > 0 && k.c.Out.Err() == nil {
		var p [2][]byte
		for i, in := range k.in {
			if len(in.Buffered()) == 0 {
				in.Fill()
			}
			p[i] = in.Buffered()
		}
		n := int(min(int64(len(p[0])), int64(len(p[1])), most))
		if n == 0 {
			break
		}
		a, b := p[0][:n], p[1][:n]
		if !bytes.Equal(a, b) {
			if status = 1; !k.differ(a, b) {
				return status
			}
		}
		if !k.quiet && !k.all {
			k.line += int64(bytes.Count(a, []byte{'\n'}))
		}
		k.in[0].Discard(n)
		k.in[1].Discard(n)
		k.place += int64(n)
		most -= int64(n)
	}
	for i, in := range k.in {
		if err := in.Err(); err != nil {
			k.c.Warn(k.names[i], err)
			return 2
		}
	}
	if most > 0 {
		return k.end(status)
	}
	return status
}

// differ tells where two pieces differ. It is false if that is enough.
func (k *comparison) differ(a, b []byte) (more bool) {
	if k.quiet {
		return false
	}
	for i := range a {
		if a[i] == b[i] {
			continue
		}
		if !k.all {
			line := k.line + int64(bytes.Count(a[:i], []byte{'\n'}))
			k.c.Out.Print(k.names[0], " ", k.names[1], " differ: char ", strconv.FormatInt(k.place+int64(i)+1, 10), ", line ", strconv.FormatInt(line, 10), "\n")
			return false
		}
		k.c.Out.Print(strconv.FormatInt(k.place+int64(i)+1, 10), " ", octal(a[i]), " ", octal(b[i]), "\n")
	}
	return true
}

func octal(b byte) string { return pad.Left(strconv.FormatUint(uint64(b), 8), 3) }

// end tells which file ended first.
func (k *comparison) end(status int) int {
	for i, in := range k.in {
		if len(in.Buffered()) == 0 && len(k.in[1-i].Buffered()) > 0 {
			if !k.quiet {
				k.c.Complain("EOF on " + k.names[i])
			}
			return 1
		}
	}
	return status
}
