// Package sort is the applet sort. It sorts blocks of its input on all processors
// while it reads on, merges them, and keeps them in files when memory gets scarce.
package sort

import (
	"bytes"
	"io"
	"strings"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/number"
)

// Applet is sort.
var Applet = applet.Applet{
	Names: "sort",
	Usage: "[-nghMVrucCszbfdim] [-o FILE] [-k START[.OFS][OPTS][,END[.OFS][OPTS]]]... [-t CHAR]\n\t[-S SIZE] [-T DIR] [FILE]...",
	About: "Sort lines of text.",
	Options: `
-n, --numeric-sort	numbers by their value
-g, --general-numeric-sort	also 1e3
-h, --human-numeric-sort	also 2K and 1G
-M, --month-sort	names of months
-V, --version-sort	versions: a9 before a10
-r, --reverse	the other way round
-u, --unique	one line of those that are equal
-c, --check	only check whether the input is sorted
-C	the same, and say nothing
-s, --stable	leave equal lines as they come
-z, --zero-terminated	lines end with a zero byte
-b, --ignore-leading-blanks	without leading blanks
-f, --ignore-case	upper and lower case are the same
-d, --dictionary-order	only blanks, letters and digits count
-i, --ignore-nonprinting	only bytes that can be printed count
-m, --merge	the FILEs are sorted (nothing depends on it)
-o, --output FILE	write to FILE, which may be an input
-k, --key KEY	sort by fields START to END, letters from OFS on; OPTS: bdfghiMnrV
-t, --field-separator CHAR	fields end with CHAR, not where blanks begin
-S, --buffer-size SIZE	how much memory to use (256M) before files are
-T, --temporary-directory DIR	where those files are ($TMPDIR or /tmp)
`,
	Trouble: 2,
	Dir:     "/usr/bin",
	Quick:   true,
	Min:     true,
	Run:     run,
}

func run(c *applet.Call) int {
	var o order
	if wrong := o.parse(c); wrong != "" {
		c.Complain(wrong)
		return 2
	}
	if c.Has("c") || c.Has("C") {
		return check(c, &o)
	}
	s := sorter{order: &o, limit: 256 << 20, dir: c.Value("T")}
	if size, given := c.Given("S"); given {
		n, err := bufferSize(size)
		if err != nil {
			c.Complain("invalid number '" + size + "'")
			return 2
		}
		s.limit = n
	}
	if s.dir == "" {
		s.dir = c.Getenv("TMPDIR")
	}
	if s.dir == "" {
		s.dir = "/tmp"
	}
	defer s.close()
	names := c.Args
	if len(names) == 0 {
		names = []string{"-"}
	}
	for _, name := range names {
		if !s.file(c, name) {
			return 2
		}
	}
	return s.output(c)
}

// bufferSize reads -S: a number alone means KiB, as GNU has it.
func bufferSize(size string) (int64, error) {
	if strings.Trim(size, "0123456789") == "" {
		size += "k"
	}
	n, err := number.Size(size)
	return max(n, 1<<20), err
}

// file reads an input.
func (s *sorter) file(c *applet.Call, name string) bool {
	in := c.In
	if name != "-" {
		var err error
		if in, err = applet.Open(name); err != nil {
			c.Warn(name, err)
			return false
		}
		defer in.Close()
	}
	if err := s.read(in); err != nil && err != io.EOF {
		c.Warn(name, err)
		return false
	}
	return true
}

// output writes the result.
func (s *sorter) output(c *applet.Call) int {
	out := c.Out
	name, given := c.Given("o")
	if given {
		s.finish()
		var err error
		if out, err = applet.Create(name, 0o666); err != nil {
			c.CantOpen(name, err)
			return 2
		}
	}
	err := s.write(out)
	if given {
		if e := out.Close(); e != nil {
			c.Warn(name, e)
			return 2
		}
	}
	if err != nil {
		c.Warn("can't use a temporary file in '"+s.dir+"'", err)
		return 2
	}
	return 0
}

// check says where the input isn't sorted.
func check(c *applet.Call, o *order) int {
	var line, before []byte
	n, any, disorder := int64(0), false, false
	status := c.EachFile(func(_ string, in *applet.In) error {
		for !disorder {
			text, ok := in.Until(o.end)
			if !ok {
				return in.Err()
			}
			line = append(line[:0], text...)
			if any {
				r := o.compareLines(before, line)
				if r > 0 || r == 0 && o.unique {
					if c.Has("c") {
						c.Err.WriteString("Check line ")
						c.Err.Int(n)
						c.Err.WriteString("\n")
					}
					disorder = true
				}
			}
			before, line = line, before
			any = true
			n++
		}
		return nil
	})
	switch {
	case status != 0:
		return 2
	case disorder:
		return 1
	}
	return 0
}

var newline = []byte{'\n'}

func count(p []byte, end byte) int {
	if end == '\n' {
		return bytes.Count(p, newline)
	}
	return bytes.Count(p, []byte{end})
}
