package vi

import (
	"strconv"
	"strings"
	"syscall"

	"bantam/internal/userland/applet"
)

const features = `These features are available:
	Pattern searches with / and ?
	Last command repeat with .
	Line marking with 'x
	Named buffers with "x
	Readonly with -R command line arg, and if the file is not writable
	Some colon mode commands with :
	Settable options with ":set"
	Signal catching- ^C
	Job suspend and resume with ^Z
	Adapt to window re-sizes
	UTF-8
`

// ex is a command of : with its lines.
type ex struct {
	name, args  string
	bare        string // what follows the name's first letter as it was typed: for s
	force       bool
	first, last int // lines from 0 on
	addresses   int // how many were given
	line        int // the last one as it was given, from 1 on; 0 is before the first
}

// colon runs a command.
func (e *editor) colon(text string) {
	text = strings.TrimLeft(text, ": \t")
	if text == "" || text[0] == '"' {
		return
	}
	x, rest, ok := e.addresses(text)
	if !ok {
		return
	}
	x.bare = rest
	name := rest
	if i := strings.IndexAny(rest, " \t"); i >= 0 {
		name, x.args = rest[:i], strings.TrimLeft(rest[i:], " \t")
	}
	if n := strings.TrimSuffix(name, "!"); n != name && n != "" {
		name, x.force = n, true
	}
	x.name = name
	if x.addresses > 0 && (x.line > len(e.t.lines) || x.first > x.last || x.first < -1) {
		e.warn("Invalid range")
		return
	}
	e.run(x)
	e.t.bound(e.mode != command)
}

// is says whether the command is the word or a beginning of it.
func (x *ex) is(word string) bool { return x.name != "" && strings.HasPrefix(word, x.name) }

// here makes the present line the range if none was given.
func (x *ex) here(e *editor) {
	if x.addresses == 0 {
		x.first, x.last = e.t.dot.line, e.t.dot.line
	}
	x.first, x.last = max(x.first, 0), max(x.last, 0)
}

// run tries the commands in the order in which their beginnings stand for them.
func (e *editor) run(x *ex) {
	switch {
	case x.name == "":
		e.gotoLine(x)
	case x.name[0] == '!':
		if command, ok := e.expand(x.bare[1:]); ok {
			e.execute(command)
		}
	case x.name == "=":
		if x.addresses == 0 {
			x.line = e.t.dot.line + 1
		}
		e.say(itoa(x.line))
	case x.is("delete"):
		x.here(e)
		e.operateLines('d', x.first, x.last)
	case x.is("edit"):
		e.exEdit(x)
	case x.is("file"):
		e.exFile(x)
	case x.is("features"):
		e.shell(func() { applet.WriteFd(1, []byte(features)) })
	case x.is("list"):
		e.exList(x)
	case x.is("quit"), x.is("next"), x.is("prev"):
		e.exQuit(x)
	case x.is("read"):
		e.exRead(x)
	case x.is("rewind"):
		if e.t.modified() && !x.force {
			e.unsaved(x.name)
			return
		}
		e.current, e.editing = -1, false
	case x.is("set"):
		e.exSet(x.args)
	case x.name[0] == 's':
		e.substitute(x)
	case x.is("version"):
		e.say("box " + e.c.Version)
	case x.is("write"), x.name == "wq", x.name == "wn", x.name == "x":
		e.exWrite(x)
	case x.is("yank"):
		x.here(e)
		dot := e.t.dot
		e.operateLines('y', x.first, x.last)
		e.t.dot = dot
	default:
		e.warn("'" + literal(x.name) + "' is not implemented")
	}
}

func (e *editor) gotoLine(x *ex) {
	if x.addresses > 0 {
		line := max(x.line, 1) - 1
		e.t.dot = place{line, firstPrinted(e.t.lines[line])}
	}
}

func (e *editor) unsaved(name string) {
	e.warn("No write since last change (:" + name + "! overrides)")
}

// execute runs a command with the terminal as it was.
func (e *editor) execute(command string) {
	e.shell(func() {
		if status := e.c.Command([]string{"sh", "-c", command}); status != 0 {
			applet.WriteFd(1, []byte("\nshell returned "+itoa(status)+"\n\n"))
		}
	})
}

func (e *editor) exEdit(x *ex) {
	if e.t.modified() && !x.force {
		e.unsaved(x.name)
		return
	}
	name := e.name
	if x.args != "" {
		var ok bool
		if name, ok = e.expand(x.args); !ok {
			return
		}
	}
	if name == "" {
		e.warn("No current filename")
		return
	}
	fresh := e.open(name)
	if e.message != "" {
		return
	}
	mark := ""
	if fresh {
		mark = " [New file]"
	}
	e.report(name, mark, e.t.lines)
}

// report says how much was read or written.
func (e *editor) report(name, mark string, lines []string) {
	if e.readonly {
		mark += " [Readonly]"
	}
	n := 0
	for _, l := range lines {
		n += len(l) + 1
	}
	e.say("'" + name + "'" + mark + " " + itoa(len(lines)) + "L, " + itoa(n) + "C")
}

func (e *editor) exFile(x *ex) {
	switch {
	case x.addresses > 0:
		e.warn("No address allowed on this command")
	case x.args == "":
		e.screen.status = "\x00"
	default:
		if name, ok := e.expand(x.args); ok {
			e.rename(name)
		}
	}
}

// exList shows lines with everything in them visible.
func (e *editor) exList(x *ex) {
	x.here(e)
	lines := append([]string(nil), e.t.lines[x.first:x.last+1]...)
	e.shell(func() {
		for _, line := range lines {
			applet.WriteFd(1, []byte(literal(line)+"$\n"))
		}
	})
}

func (e *editor) exQuit(x *ex) {
	left := len(e.files) - e.current - 1
	switch {
	case x.force && x.is("quit"):
		e.quit(0)
		return
	case x.force:
	case e.t.modified():
		e.unsaved(x.name)
		return
	case x.is("quit") && left > 0:
		e.warn(itoa(left) + " more file(s) to edit")
		return
	}
	switch {
	case x.is("quit"):
	case x.is("next"):
		if left <= 0 {
			e.warn("No more files to edit")
			return
		}
	default:
		if e.current < 1 {
			e.warn("No previous files to edit")
			return
		}
		e.current -= 2
	}
	e.editing = false
}

func (e *editor) exRead(x *ex) {
	name := e.name
	if x.args != "" {
		var ok bool
		if name, ok = e.expand(x.args); !ok {
			return
		}
	}
	if name == "" {
		e.warn("No current filename")
		return
	}
	data, err := readFile(name)
	if err != nil {
		if err == errNotRegular {
			e.warn("'" + name + "' is not a regular file")
		} else {
			e.warnError(name, err)
		}
		return
	}
	if e.name == "" {
		e.name = name
	}
	at := e.t.dot.line + 1
	if x.addresses > 0 {
		at = x.line
	}
	lines := strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")
	if len(data) == 0 {
		lines = nil
	}
	e.t.replace(at, at, lines...)
	e.t.dot = place{min(at, len(e.t.lines)-1), 0}
	e.report(name, "", lines)
}

func (e *editor) exSet(args string) {
	if args == "" || args == "all" {
		no := func(on bool) string {
			if on {
				return ""
			}
			return "no"
		}
		e.warn(no(e.autoindent) + "autoindent " + no(e.expandtab) + "expandtab " + no(e.flash) + "flash " +
			no(e.ignorecase) + "ignorecase " + no(e.showmatch) + "showmatch tabstop=" + itoa(e.tabstop))
		return
	}
	for _, word := range strings.Fields(args) {
		if !e.option(word) {
			e.warn("bad option: " + word)
		}
	}
}

func (e *editor) option(word string) bool {
	name, value, given := strings.Cut(word, "=")
	if name == "ts" || name == "tabstop" {
		n, err := strconv.Atoi(value)
		const widest = 32
		if err != nil || n < 1 || n > widest {
			return false
		}
		e.tabstop = n
		e.forget()
		return true
	}
	off := strings.TrimPrefix(name, "no")
	var option *bool
	switch off {
	case "ai", "autoindent":
		option = &e.autoindent
	case "et", "expandtab":
		option = &e.expandtab
	case "fl", "flash":
		option = &e.flash
	case "ic", "ignorecase":
		option = &e.ignorecase
	case "sm", "showmatch":
		option = &e.showmatch
	}
	if option == nil || given {
		return false
	}
	*option = off == name
	return true
}

// exWrite is w, wq, wn and x.
func (e *editor) exWrite(x *ex) {
	name := e.name
	if x.args != "" {
		var ok bool
		if name, ok = e.expand(x.args); !ok {
			return
		}
		var st syscall.Stat_t
		if !x.force && name != e.name && syscall.Stat(name, &st) == nil {
			e.warn("File exists (:w! overrides)")
			return
		}
	} else if e.readonly && !x.force && name != "" && (x.name != "x" || e.t.modified()) {
		e.warn("'" + name + "' is read only")
		return
	}
	lines := e.t.lines
	if x.addresses > 0 {
		lines = lines[max(x.first, 0) : x.last+1]
	}
	if x.name != "x" || e.t.modified() {
		if name == "" {
			e.warn("No current filename")
			return
		}
		if _, err := save(name, lines); err != nil {
			e.warnError(name, err)
			return
		}
		if e.name == "" {
			e.name = name
		}
		mark := e.readonly
		e.readonly = false
		e.report(name, "", lines)
		e.readonly = mark
		// A copy in another file doesn't make this one safe.
		if len(lines) == len(e.t.lines) && name == e.name {
			e.t.savedID = e.t.id()
		}
	}
	e.afterWrite(x)
}

func (e *editor) afterWrite(x *ex) {
	left := len(e.files) - e.current - 1
	switch {
	case x.name == "wn":
		e.editing = false
	case x.name == "x" || x.name == "wq":
		if left > 0 && !x.force {
			e.warn(itoa(left) + " more file(s) to edit")
			return
		}
		e.quit(0)
	}
}
