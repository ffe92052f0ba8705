// Package calculator is the applets bc and dc: numbers of any size and precision.
package calculator

import (
	"strconv"
	"strings"

	"bantam/internal/userland/applet"
)

// Bc is bc.
var Bc = applet.Applet{
	Names: "bc",
	Usage: "[-sqlw] [FILE]...",
	About: "Calculate with numbers of any size and precision, as the programs in FILE, then standard input, say.",
	Options: `
-q, --quiet	no greeting (there is none)
-l, --mathlib	load the functions s c a l e j, with a scale of 20
-s, --standard	be compatible with POSIX (it always is)
-w, --warn	warn of extensions (there is nothing to warn of)
-i, --interactive	ignored
`,
	Notes: `
BC_LINE_LENGTH is the width of numbers' lines, 70 if it isn't set, 0 for one line.
`,
	Dir: "/usr/bin",
	Run: runBc,
}

// array is an array of bc or dc.
type array struct {
	elements map[int64]number
	length   int64
}

const maxIndex = 16777215

//go:noinline
func (m *array) set(i int64, v number) {
	if m.elements == nil {
		m.elements = make(map[int64]number)
	}
	m.elements[i] = v
	m.length = max(m.length, i+1)
}

// bc is a running bc.
type bc struct {
	c            *applet.Call
	p            printer
	vars         map[string]number
	arrays       map[string]*array
	functions    map[string]*function
	last         number
	scale        int
	ibase, obase int64
	depth        int
	result       number
}

// control says how a program goes on after a statement.
type control uint8

const (
	cOn control = iota
	cBreak
	cContinue
	cReturn
	cQuit // a panic
)

func newPrinter(c *applet.Call, variable string, narrower int) printer {
	width := 70
	if value := c.Getenv(variable); value != "" {
		if n, err := strconv.Atoi(value); err == nil && n >= 0 {
			width = n
		}
	}
	if width == 0 {
		width = 1 << 40
	}
	if width -= narrower; width < 2 {
		width = 70 - narrower
	}
	return printer{out: c.Out, width: width}
}

func runBc(c *applet.Call) int {
	b := &bc{
		c: c, ibase: 10, obase: 10, p: newPrinter(c, "BC_LINE_LENGTH", 1), vars: make(map[string]number),
		arrays: make(map[string]*array), functions: make(map[string]*function),
	}
	if c.Has("l") {
		b.program(lines(library), true)
		b.scale = 20
	}
	for _, name := range c.Args {
		data, err := applet.ReadFile(name)
		if err != nil {
			return c.CantOpen(name, err)
		}
		if how := b.program(lines(string(data)), false); how != goOn {
			return int(how)
		}
	}
	if how := b.program(input(c.In, c.Out), false); how != goOn {
		return int(how)
	}
	return 0
}

// goOn says that a program came to its end; other outcomes are the exit status.
const goOn = -1

// lines yields the lines of a text.
func lines(text string) func() (string, bool) {
	return func() (string, bool) {
		if text == "" {
			return "", false
		}
		i := strings.IndexByte(text, '\n')
		if i < 0 {
			i = len(text) - 1
		}
		line := text[:i+1]
		text = text[i+1:]
		return line, true
	}
}

// input yields the lines of an input. What was printed is written first, if someone
// may be waiting for it.
func input(in *applet.In, out *applet.Out) func() (string, bool) {
	return func() (string, bool) {
		if len(in.Buffered()) == 0 {
			out.Flush()
		}
		line, ok := in.Line()
		if !ok {
			return "", false
		}
		s := string(line)
		if !in.Cut() {
			s += "\n"
		}
		return s, true
	}
}

// program parses and runs statements one after the other.
func (b *bc) program(more func() (string, bool), decimal bool) (how int) {
	p := &parser{bc: b, decimal: decimal}
	p.more = more
	defer func() {
		switch r := recover().(type) {
		case nil:
		case trouble:
			how = b.c.Complain(string(r))
		case control:
			how = 0
		default:
			panic(r)
		}
	}()
	for p.next(); p.kind != tEnd; {
		switch {
		case p.kind == tNewline || p.is(";"):
			p.next()
		case p.isName("define"):
			p.define()
		default:
			s := p.statement()
			if p.kind != tEnd && p.kind != tNewline && !p.is(";") {
				fail("bad statement terminator at '" + p.word + "'")
			}
			b.run(s)
			if b.c.Out.Err() != nil {
				return 1
			}
		}
	}
	return goOn
}
