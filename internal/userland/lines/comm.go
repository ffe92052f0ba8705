package lines

import (
	"bytes"

	"bantam/internal/userland/applet"
)

// Comm is comm.
var Comm = applet.Applet{
	Names: "comm",
	Usage: "[-123] FILE1 FILE2",
	About: "Compare two sorted files: lines only in the first, only in the second, in both.",
	Options: `
-1	not the lines only in FILE1
-2	not the lines only in FILE2
-3	not the lines in both
-z, --zero-terminated	lines end with a zero byte
`,
	AtLeast: 2,
	AtMost:  2,
	Dir:     "/usr/bin",
	Quick:   true,
	Run:     comm,
}

func comm(c *applet.Call) int {
	var in [2]*applet.In
	for i, name := range c.Args {
		if in[i] = c.Open(name); in[i] == nil {
			return 1
		}
		defer in[i].Close()
	}
	end := byte('\n')
	if c.Has("z") {
		end = 0
	}
	indent := ""
	columns := [3]string{}
	for i := range columns {
		columns[i] = indent
		if !c.Has("123"[i : i+1]) {
			indent += "\t"
		}
	}
	a, more := in[0].Until(end)
	b, moreB := in[1].Until(end)
	for (more || moreB) && c.Out.Err() == nil {
		order := bytes.Compare(a, b)
		switch {
		case !more:
			order = 1
		case !moreB:
			order = -1
		}
		column, line := 2, a
		switch {
		case order < 0:
			column = 0
		case order > 0:
			column, line = 1, b
		}
		if !c.Has("123"[column : column+1]) {
			c.Out.Print(columns[column])
			c.Out.Write(line)
			c.Out.WriteByte(end)
		}
		if order <= 0 {
			a, more = in[0].Until(end)
		}
		if order >= 0 {
			b, moreB = in[1].Until(end)
		}
	}
	for i := range in {
		if err := in[i].Err(); err != nil {
			return c.Warn(c.Args[i], err)
		}
	}
	return 0
}
