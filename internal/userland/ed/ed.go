// Package ed is the applet ed, as POSIX has it.
package ed

import (
	"strconv"
	"strings"
	"syscall"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/regex"
)

// Applet is ed.
var Applet = applet.Applet{
	Names: "ed",
	Usage: "[-p PROMPT] [-s] [FILE]",
	About: "Edit text line by line.",
	Options: `
-p, --prompt PROMPT	print PROMPT before commands are read
-s, --quiet, --silent	print no sizes
`,
	Notes: `
Commands: a c d e E f g h H i j k l m n p q Q r s t u v w wq z = !
`,
	AtMost: 1,
	Min:    false,
	Run:    run,
}

// line is a line of the buffer. Its address is its identity: marks and g point at it.
type line struct{ text string }

// editor is the state of one call.
type editor struct {
	c       *applet.Call
	lines   []*line
	dot     int // 0 before the first line
	marks   [26]*line
	name    string
	changed bool
	warned  bool // about what isn't saved
	silent  bool
	help    bool // H
	wrong   string
	last    *regex.Regexp

	before      []*line // for u
	beforeDot   int
	script      []string // lines that g gives to its commands
	inGlobal    bool
	quit        bool
	interactive bool
}

func run(c *applet.Call) int {
	e := &editor{c: c, silent: c.Has("s"), interactive: applet.IsTerminal(c.In.Fd())}
	if len(c.Args) == 1 && c.Args[0] != "-" {
		e.name = c.Args[0]
		if wrong := e.read(e.name, 0); wrong != "" {
			c.Complain(wrong)
		}
		e.changed = false
	}
	prompt, status := c.Value("p"), 0
	for !e.quit && c.Out.Err() == nil {
		c.Out.Print(prompt)
		if prompt != "" || e.interactive {
			c.Out.Flush()
		}
		command, ok := e.next()
		if !ok {
			if !e.changed {
				break
			}
			command = "q"
			e.interactive = false
		}
		wrong := e.run(command)
		if wrong == "" {
			continue
		}
		e.wrong = wrong
		c.Out.Print("?\n")
		if e.help {
			c.Out.Print(wrong, "\n")
		}
		if status = 1; !e.interactive {
			break
		}
	}
	if e.interactive {
		return 0
	}
	return status
}

// next returns the next line of input.
func (e *editor) next() (string, bool) {
	if e.inGlobal {
		if len(e.script) == 0 {
			return "", false
		}
		text := e.script[0]
		e.script = e.script[1:]
		return text, true
	}
	text, ok := e.c.In.Line()
	return string(text), ok
}

// text reads the lines of a, c and i, up to a lone dot.
func (e *editor) text() (lines []*line) {
	for {
		text, ok := e.next()
		if !ok || text == "." {
			return lines
		}
		lines = append(lines, &line{text})
	}
}

// save keeps the buffer for u.
func (e *editor) save() {
	if !e.inGlobal {
		e.before, e.beforeDot = append([]*line(nil), e.lines...), e.dot
	}
	e.changed = true
}

// insert puts lines behind a place.
func (e *editor) insert(at int, lines []*line) {
	if len(lines) == 0 {
		e.dot = at
		return
	}
	all := make([]*line, 0, len(e.lines)+len(lines))
	all = append(append(append(all, e.lines[:at]...), lines...), e.lines[at:]...)
	e.lines, e.dot = all, at+len(lines)
}

// remove takes lines out and leaves dot behind them.
func (e *editor) remove(from, to int) {
	e.lines = append(append([]*line(nil), e.lines[:from-1]...), e.lines[to:]...)
	e.dot = min(from, len(e.lines))
}

// read puts a file behind a line.
func (e *editor) read(name string, at int) (wrong string) {
	data, err := applet.ReadFile(name)
	if err != nil {
		return name + ": " + applet.Reason(err)
	}
	text := string(data)
	if !e.silent {
		e.c.Out.Print(strconv.Itoa(len(text)), "\n")
	}
	if text == "" {
		return ""
	}
	var lines []*line
	for _, s := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		lines = append(lines, &line{s})
	}
	e.save()
	e.insert(at, lines)
	return ""
}

// write writes lines to a file.
func (e *editor) write(name string, from, to int, add bool) (wrong string) {
	flags := syscall.O_WRONLY | syscall.O_CREAT | syscall.O_TRUNC
	if add {
		flags += syscall.O_APPEND - syscall.O_TRUNC
	}
	fd, err := applet.OpenFile(name, flags, 0o666)
	if err != nil {
		return name + ": " + applet.Reason(err)
	}
	out := applet.NewOut(fd)
	size := 0
	for i := max(from, 1); i <= to; i++ {
		out.Print(e.lines[i-1].text, "\n")
		size += len(e.lines[i-1].text) + 1
	}
	err = out.Flush()
	if e := syscall.Close(fd); err == nil {
		err = e
	}
	if err != nil {
		return name + ": " + applet.Reason(err)
	}
	if !e.silent {
		e.c.Out.Print(strconv.Itoa(size), "\n")
	}
	if from <= 1 && to == len(e.lines) {
		e.changed = false
	}
	return ""
}

// print prints lines, in one of the ways p, n and l.
func (e *editor) print(from, to int, way byte) {
	for i := from; i <= to; i++ {
		if way == 'n' {
			e.c.Out.Print(strconv.Itoa(i), "\t")
		}
		text := e.lines[i-1].text
		if way == 'l' {
			text = visible(text) + "$"
		}
		e.c.Out.Print(text, "\n")
	}
	e.dot = to
}

// visible shows what l shows.
func visible(s string) string {
	var b strings.Builder
	for i := range len(s) {
		switch c := s[i]; {
		case c == '\\' || c == '$':
			b.WriteString(`\` + s[i:i+1])
		case strings.IndexByte("\a\b\t\v\f\r", c) >= 0:
			b.WriteString(`\` + string("abtvfr"[strings.IndexByte("\a\b\t\v\f\r", c)]))
		case c < ' ' || c >= 127:
			b.WriteString(`\` + string([]byte{'0' + c>>6, '0' + c>>3&7, '0' + c&7}))
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}
