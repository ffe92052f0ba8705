// Package grep is the applets grep, egrep and fgrep. It searches whole buffers, and
// looks at single lines only where something was found.
package grep

import (
	"bytes"
	"math"
	"strings"
	"syscall"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/number"
	"bantam/internal/userland/applet/regex"
)

// Applet is grep.
var Applet = applet.Applet{
	Names: "grep egrep fgrep",
	Usage: "[OPTION]... { PATTERN | -e PATTERN... | -f FILE... } [FILE]...",
	About: "Print the lines of each FILE (or of standard input) that match a PATTERN.",
	Options: `
-e, --regexp PATTERN	a pattern; several lines are several patterns
-f, --file FILE	take patterns from FILE
-E, --extended-regexp	patterns are extended regular expressions (egrep)
-F, --fixed-strings	patterns are texts (fgrep)
-G, --basic-regexp	patterns are basic regular expressions
-i, -y, --ignore-case	a and A are alike
-w, --word-regexp	match whole words only
-x, --line-regexp	match whole lines only
-v, --invert-match	select the lines that don't match
-c, --count	print only how many lines were selected
-l, --files-with-matches	print only the names of files with selected lines
-L, --files-without-match	print only the names of files without
-q, --quiet, --silent	print nothing, end with the first selected line
-s, --no-messages	no errors about files
-o, --only-matching	print only what matched
-m, --max-count N	up to N lines of each file
-n, --line-number	with the number of the line
-b, --byte-offset	with the offset of the line, or of the match with -o
-H, --with-filename	with the name of the file
-h, --no-filename	without
-Z, --null	a zero byte behind names
-A, --after-context N	and N lines after
-B, --before-context N	and N lines before
-C, --context N	and N lines on both sides
-NUM	the same
-r, --recursive	search folders, too
-R, --dereference-recursive	and follow symbolic links
--include GLOB	with -r: only files of such names
--exclude GLOB	no files of such names
--exclude-dir GLOB	no folders of such names
-a, --text	binary files are text (they always are)
-I	binary files match nothing
-z, --null-data	a zero byte ends lines
--line-buffered	write each line at once
--color[=WHEN], --colour[=WHEN]	mark what matched: always, never or auto
--label NAME	the name of standard input
`,
	Trouble: 2,
	Quick:   true,
	Min:     true,
	Run:     run,
}

// grep is one use of the applet.
type grep struct {
	c    *applet.Call
	re   *regex.Regexp // nil: no pattern, nothing matches
	end  byte
	name string // of the present file

	invert, count, list, listNot, quiet bool
	silent, only, number, names, offset bool
	skipBinary, color                   bool
	before, after                       int
	max                                 int64
	nameEnd                             string

	matched, failed, done bool
	shown                 bool // something was printed in context

	file file
}

func run(c *applet.Call) int {
	g := &grep{c: c, end: '\n', max: math.MaxInt64}
	g.invert, g.count, g.list, g.listNot = c.Has("v"), c.Has("c"), c.Has("l"), c.Has("L")
	g.quiet, g.silent, g.only, g.number = c.Has("q"), c.Has("s"), c.Has("o"), c.Has("n")
	g.offset, g.skipBinary = c.Has("b"), c.Has("I") && !c.Has("a")
	if c.Has("Z") {
		g.nameEnd = "\x00"
	}
	if c.Has("z") {
		g.end = 0
	}
	if c.Has("line-buffered") {
		c.Out.LineBuffered()
	}
	switch c.Value("color") {
	case "always", "yes", "force":
		g.color = c.Has("color")
	case "never", "no", "none":
	default:
		g.color = c.Has("color") && applet.IsTerminal(c.Out.Fd())
	}
	if !g.numbers() {
		return 2
	}
	patterns, ok := g.patterns()
	if !ok {
		return 2
	}
	if !g.compile(patterns) {
		return 2
	}
	return g.files()
}

// numbers reads -m and the sizes of the context.
func (g *grep) numbers() bool {
	for _, key := range []string{"NUM", "C", "A", "B", "m"} {
		value, given := g.c.Given(key)
		if !given {
			continue
		}
		n, err := number.Int(value, math.MaxInt32)
		if err == syscall.ERANGE {
			n, err = math.MaxInt32, nil
		}
		if err != nil {
			g.c.Complain("invalid number '" + value + "'")
			return false
		}
		switch key {
		case "NUM", "C":
			g.after, g.before = n, n
		case "A":
			g.after = n
		case "B":
			g.before = n
		default:
			g.max = int64(n)
		}
	}
	if g.count || g.quiet || g.list || g.listNot || g.only {
		g.before, g.after = 0, 0
	}
	return true
}

// patterns collects the patterns of the options, or else takes the first operand. It
// returns false after an error.
func (g *grep) patterns() (patterns []string, ok bool) {
	c, given := g.c, false
	ok = true
	c.Each(func(key, value string) {
		if key == "f" {
			var data []byte
			var err error
			if value == "-" {
				data, err = readAll(c.In)
			} else {
				data, err = applet.ReadFile(value)
			}
			if err != nil {
				c.Warn(value, err)
				ok = false
			}
			value = strings.TrimSuffix(string(data), "\n")
			if given = true; len(data) == 0 {
				return
			}
		} else if key != "e" {
			return
		}
		given = true
		patterns = append(patterns, strings.Split(value, "\n")...)
	})
	if !given && ok {
		if len(c.Args) == 0 {
			c.UsageError("")
			return nil, false
		}
		patterns = strings.Split(c.Args[0], "\n")
		c.Args = c.Args[1:]
	}
	return patterns, ok
}

func readAll(in *applet.In) ([]byte, error) {
	for {
		if in.Fill() != nil {
			data := bytes.Clone(in.Buffered())
			in.Discard(len(data))
			return data, in.Err()
		}
	}
}

// compile compiles the patterns.
func (g *grep) compile(patterns []string) bool {
	c := g.c
	var flags regex.Flags
	kind := c.Last("E", "F", "G")
	if kind == "" && c.Name == "egrep" || kind == "E" {
		flags = regex.Extended | regex.Lenient
	}
	if kind == "" && c.Name == "fgrep" || kind == "F" {
		flags = regex.Literal
	}
	if c.Has("i") {
		flags |= regex.IgnoreCase
	}
	if c.Has("w") {
		flags |= regex.WholeWord
	}
	if c.Has("x") {
		flags |= regex.WholeLine
	}
	if len(patterns) == 0 {
		return true
	}
	re, err := regex.CompileLines(patterns, flags, g.end)
	if err == nil {
		g.re = re
		return true
	}
	for _, p := range patterns {
		if _, err := regex.Compile(p, flags); err != nil {
			c.Complain("bad regex '" + p + "': " + err.Error())
			return false
		}
	}
	c.Complain("bad regex: " + err.Error())
	return false
}
