// Package head is the applet head.
package head

import (
	"bytes"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/number"
)

// Applet is head.
var Applet = applet.Applet{
	Names: "head",
	Usage: "[OPTIONS] [FILE]...",
	About: "Print the first 10 lines of each FILE, with a header if there are several.",
	Options: `
-n, --lines N[bkm]	the first N lines; -N: all but the last N
-c, --bytes N[bkm]	the first N bytes; -N: all but the last N
-NUM	the first NUM lines
-q, --quiet	never print headers
-v, --verbose	always print headers
`,
	Quick: true,
	Min:   true,
	Run:   run,
}

func run(c *applet.Call) int {
	unit, count := c.Last("n", "c", "NUM"), "10"
	if unit != "" {
		count = c.Value(unit)
	}
	butLast := len(count) > 1 && count[0] == '-'
	if butLast {
		count = count[1:]
	}
	n, err := number.Size(count)
	if err != nil {
		return c.Complain("invalid number '" + count + "'")
	}
	headers := len(c.Args) > 1
	if w := c.Last("q", "v"); w != "" {
		headers = w == "v"
	}
	first := true
	return c.EachInput(func(name string, in *applet.In) error {
		if headers {
			header(c, name, first)
			first = false
		}
		switch {
		case butLast && unit == "c":
			return allBut(c.Out, in, n, 0)
		case butLast:
			return allBut(c.Out, in, 0, n)
		case unit == "c":
			return bytesOf(c.Out, in, n)
		}
		return linesOf(c.Out, in, n)
	})
}

func header(c *applet.Call, name string, first bool) {
	if !first {
		c.Out.Print("\n")
	}
	if name == "-" {
		name = "standard input"
	}
	c.Out.Print("==> ", name, " <==\n")
}

// bytesOf copies the first n bytes.
func bytesOf(out *applet.Out, in *applet.In, n int64) error {
	for n > 0 {
		p, err := in.Chunk()
		if err != nil || p == nil {
			return err
		}
		p = p[:min(int64(len(p)), n)]
		out.Write(p)
		n -= int64(len(p))
	}
	return nil
}

// linesOf copies the first n lines, however long they are.
func linesOf(out *applet.Out, in *applet.In, n int64) error {
	for n > 0 {
		p, err := in.Chunk()
		if err != nil || p == nil {
			return err
		}
		for rest := p; n > 0; {
			i := bytes.IndexByte(rest, '\n')
			if i < 0 {
				out.Write(rest)
				break
			}
			out.Write(rest[:i+1])
			rest = rest[i+1:]
			n--
		}
	}
	return nil
}

// allBut copies all but the last so many bytes or lines, which it holds back.
func allBut(out *applet.Out, in *applet.In, size, lines int64) error {
	var held []byte
	for {
		p, err := in.Chunk()
		if err != nil || p == nil {
			return err
		}
		held = append(held, p...)
		keep := size
		if lines > 0 {
			keep = lastLines(held, lines)
		}
		if n := int64(len(held)) - keep; n > 0 {
			out.Write(held[:n])
			held = append(held[:0], held[n:]...)
		}
	}
}

// lastLines returns the length of the last n lines.
func lastLines(p []byte, n int64) int64 {
	end := len(p)
	if end > 0 && p[end-1] == '\n' {
		end--
	}
	for ; n > 0; n-- {
		i := bytes.LastIndexByte(p[:end], '\n')
		if i < 0 {
			return int64(len(p))
		}
		end = i
	}
	return int64(len(p) - end - 1)
}
