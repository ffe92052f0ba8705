// Package uniq is the applet uniq.
package uniq

import (
	"bytes"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/number"
	"bantam/internal/userland/applet/pad"
)

// Applet is uniq.
var Applet = applet.Applet{
	Names: "uniq",
	Usage: "[-cduiz] [-f N] [-s N] [-w N] [FILE [OUTFILE]]",
	About: "Print one of adjacent equal lines.",
	Options: `
-c, --count	with the number of lines in front
-d, --repeated	only lines that are there more than once
-u, --unique	only lines that are there once
-i, --ignore-case	upper and lower case are the same
-z, --zero-terminated	lines end with a zero byte
-f, --skip-fields N	without the first N fields
-s, --skip-chars N	without N further bytes
-w, --check-chars N	compare at most N bytes
`,
	AtMost: 2,
	Dir:    "/usr/bin",
	Quick:  true,
	Min:    true,
	Run:    run,
}

// uniq is one call.
type uniq struct {
	out                    *applet.Out
	count, repeats, single bool
	fold                   bool
	end                    byte
	fields, skip, width    int
}

func run(c *applet.Call) int {
	u := uniq{out: c.Out, count: c.Has("c"), repeats: c.Has("d"), single: c.Has("u"), fold: c.Has("i"), end: '\n'}
	if c.Has("z") {
		u.end = 0
	}
	u.width = 1<<63 - 1
	for i, to := range [...]*int{&u.fields, &u.skip, &u.width} {
		if text, given := c.Given("fsw"[i : i+1]); given {
			n, err := number.Int(text, 1<<63-1)
			if err != nil {
				return c.Complain("invalid number '" + text + "'")
			}
			*to = n
		}
	}
	in := c.In
	if len(c.Args) > 0 && c.Args[0] != "-" {
		var err error
		if in, err = applet.Open(c.Args[0]); err != nil {
			return c.CantOpen(c.Args[0], err)
		}
		defer in.Close()
	}
	if len(c.Args) > 1 && c.Args[1] != "-" {
		out, err := applet.Create(c.Args[1], 0o666)
		if err != nil {
			return c.CantOpen(c.Args[1], err)
		}
		u.out = out
	}
	u.run(in)
	status := 0
	if err := in.Err(); err != nil {
		status = c.Warn("read error", err)
	}
	if u.out != c.Out {
		if err := u.out.Close(); err != nil {
			status = c.Warn(c.Args[1], err)
		}
	}
	return status
}

// run reads the lines. The first of equal lines is kept aside.
func (u *uniq) run(in *applet.In) {
	var line, key []byte
	lines := int64(0)
	for u.out.Err() == nil {
		next, ok := in.Until(u.end)
		if !ok {
			break
		}
		from, to := u.key(next)
		if lines > 0 && u.equal(key, next[from:to]) {
			lines++
			continue
		}
		u.print(line, lines)
		line = append(line[:0], next...)
		key = line[from:to]
		lines = 1
	}
	u.print(line, lines)
}

// key returns where in a line is what is compared.
func (u *uniq) key(line []byte) (from, to int) {
	at := 0
	for n := 0; n < u.fields && at < len(line); n++ {
		for at < len(line) && isSpace(line[at]) {
			at++
		}
		for at < len(line) && !isSpace(line[at]) {
			at++
		}
	}
	from = at + min(u.skip, len(line)-at)
	return from, from + min(u.width, len(line)-from)
}

func isSpace(b byte) bool { return b == ' ' || b >= '\t' && b <= '\r' }

func (u *uniq) equal(a, b []byte) bool {
	if !u.fold {
		return bytes.Equal(a, b)
	}
	if len(a) != len(b) {
		return false
	}
	for i, x := range a {
		if y := b[i]; x != y && (x|0x20 != y|0x20 || x|0x20 < 'a' || x|0x20 > 'z') {
			return false
		}
	}
	return true
}

// print prints a line that is there so many times.
func (u *uniq) print(line []byte, lines int64) {
	if lines == 0 || lines > 1 && u.single || lines == 1 && u.repeats {
		return
	}
	if u.count {
		u.out.Print(pad.Int(lines, 7), " ")
	}
	u.out.Write(line)
	u.out.WriteByte(u.end)
}
