// Package awk is the applet awk: POSIX's language with the additions that BusyBox's has
// of GNU's. A program is a tree whose names are slots, and runs on values that become
// numbers or texts when that is asked for; records are cut into fields no further than
// the program looks.
package awk

import (
	"strings"
	"syscall"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/escape"
	"bantam/internal/userland/applet/regex"
)

// Applet is awk.
var Applet = applet.Applet{
	Names: "awk",
	Usage: "[OPTION]... [PROGRAM] [FILE]...",
	About: "Find patterns in each FILE (or standard input) and work on what was found.",
	Options: `
-v VAR=VALUE	set a variable first
-F SEP	what separates fields: FS
-f FILE	read the program, or a part of it, from FILE
-e PROGRAM	a part of the program
-E FILE	as -f, as the last option; VAR=VALUE is no assignment in operands
-W OPTION	ignored
`,
	Notes: `
Patterns are BEGIN, END, expressions, /REGEX/, and FROM, TO; actions stand in braces.
`,
	Form: applet.Leading,
	Min:  true,
	Dir:  "/usr/bin",
	Run:  run,
}

// awk is a running program.
type awk struct {
	*program
	c       *applet.Call
	globals []cell
	frame   []cell // of the function that runs
	stack   []cell // where frames are
	top     int
	depth   int
	result  value // of the function that returned
	at      *node // where the error is
	status  int

	rec      record
	fs       splitter
	rs       string
	rsRegex  *regex.Regexp
	rt       string
	nr, fnr  float64
	ofs, ors string
	subsep   string
	convfmt  string
	ofmt     string
	fold     bool // IGNORECASE
	regexes  map[string]*regex.Regexp
	key      []byte // of the last subscript
	scratch  []byte // what is being put together

	main    *reader
	operand int  // the index in ARGV of the present file
	opened  bool // there was a file among the operands
	literal bool // -E: no assignments in operands
	stdout  stream
	streams []*stream
	random  uint64
	seed    float64
}

// failure is the panic of an error while the program runs.
type failure struct{ message string }

// fatal ends the program with an error, at the node at.
func (a *awk) fatal(message string) { panic(failure{message}) }

func run(c *applet.Call) (status int) {
	a := &awk{c: c, regexes: make(map[string]*regex.Regexp), seed: 1}
	parts, ok := a.programText()
	if !ok {
		return 1
	}
	a.program = &program{parts: parts}
	defer func() {
		switch r := recover().(type) {
		case nil:
		case syntax:
			status = c.Complain(a.where(r.file, r.line) + r.message)
		case failure:
			a.closeAll()
			where := ""
			if a.at != nil {
				where = a.where(a.at.file, a.at.line)
			}
			status = c.Complain(where + r.message)
		default:
			panic(r)
		}
	}()
	a.program = parse(parts)
	a.prepare()
	a.whole()
	a.closeAll()
	return a.status
}

// where names a line of the program.
func (a *awk) where(file uint8, line int32) string {
	return a.parts[file].name + ":" + string(appendInt(nil, int(line))) + ": "
}

// programText collects the parts of the program.
func (a *awk) programText() (parts []part, ok bool) {
	c := a.c
	ok = true
	c.Each(func(key, value string) {
		switch key {
		case "e":
			parts = append(parts, part{"cmd. line", value})
		case "f", "E":
			var data []byte
			var err error
			if value == "-" {
				data, err = applet.ReadAll(c.In.Fd())
			} else {
				data, err = applet.ReadFile(value)
			}
			if err != nil {
				c.Warn(value, err)
				ok = false
			}
			text := string(data)
			if strings.HasPrefix(text, "#!") {
				text = "#" + text
			}
			parts = append(parts, part{value, text})
			a.literal = a.literal || key == "E"
		}
	})
	if len(parts) > 200 {
		c.Complain("too many parts of a program")
		return nil, false
	}
	if parts == nil && ok {
		if len(c.Args) == 0 {
			c.UsageError("")
			return nil, false
		}
		parts, c.Args = []part{{"cmd. line", c.Args[0]}}, c.Args[1:]
	}
	return parts, ok
}

// prepare sets the variables as they are at the start.
func (a *awk) prepare() {
	a.globals = make([]cell, len(a.program.globals), len(a.program.globals)+len(a.c.Args)+16)
	a.stdout.out = a.c.Out
	a.rec.made = true
	for i, s := range []string{" ", " ", "\n", "\n", "\x1c", "%.6g", "%.6g"} {
		a.setSpecial(int32(vFS+i), text(s))
	}
	a.globals[vERRNO].value = number(0)
	a.globals[vRSTART].value, a.globals[vRLENGTH].value = number(0), number(-1)
	environ := newArray()
	a.globals[vENVIRON].array = environ
	for _, s := range a.c.Environ() {
		name, value, _ := strings.Cut(s, "=")
		environ.set(name, fromOutside(value))
	}
	argv := newArray()
	a.globals[vARGV].array = argv
	argv.set("0", text("awk"))
	for i, arg := range a.c.Args {
		argv.set(string(appendInt(nil, i+1)), fromOutside(arg))
	}
	a.globals[vARGC].value = number(float64(len(a.c.Args) + 1))
	if fs, given := a.c.Given("F"); given {
		a.setSpecial(vFS, text(escape.Expand(fs)))
	}
	for _, v := range a.c.Values("v") {
		if !a.assignment(v) {
			a.fatal("no assignment: '" + v + "'")
		}
	}
}

// assignment carries out "name=value", and returns false if the text is no such.
func (a *awk) assignment(s string) bool {
	name, v, found := strings.Cut(s, "=")
	if !found || name == "" || isDigit(name[0]) {
		return false
	}
	for i := range len(name) {
		if !isLetter(name[i]) && !isDigit(name[i]) {
			return false
		}
	}
	for slot, global := range a.program.globals {
		if global == name {
			to := node{op: oVar, slot: int32(slot)}
			a.assign(&to, fromOutside(unescaped(v)))
			break
		}
	}
	return true
}

// unescaped replaces the escape sequences of a text as those of a string in a program.
func unescaped(s string) string {
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	var b []byte
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == '\\' && i+1 < len(s) {
			var n int
			if c, n = escape.Sequence(s[i+1:]); n == 0 {
				c, n = s[i+1], 1
			}
			i += n
		}
		b = append(b, c)
	}
	return string(b)
}

// compile compiles a regular expression.
func (a *awk) compile(pattern string) *regex.Regexp {
	if re := a.regexes[pattern]; re != nil {
		return re
	}
	flags := regex.Extended | regex.Lenient | regex.Escapes
	if a.fold {
		flags |= regex.IgnoreCase
	}
	re, err := regex.Compile(pattern, flags)
	if err != nil {
		a.fatal("bad regex '" + pattern + "': " + err.Error())
	}
	if len(a.regexes) > 500 {
		clear(a.regexes)
	}
	a.regexes[pattern] = re
	return re
}

// regexOf returns the regular expression that a node stands for.
func (a *awk) regexOf(n *node) *regex.Regexp {
	if n.op == oRegex {
		if n.re == nil || n.reFolded != a.fold {
			a.at = n
			n.re, n.reFolded = a.compile(n.text), a.fold
		}
		return n.re
	}
	source := a.textOf(n)
	if n.re == nil || n.source != source || n.reFolded != a.fold {
		a.at = n
		n.re, n.source, n.reFolded = a.compile(source), source, a.fold
	}
	return n.re
}

// errno sets ERRNO.
func (a *awk) errno(err error) {
	code, _ := err.(syscall.Errno)
	a.globals[vERRNO].value = number(float64(code))
}
