// Package vi is the applet vi.
package vi

import (
	"strings"
	"syscall"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/signals"
	"bantam/internal/userland/applet/term"
)

// Applet is vi.
var Applet = applet.Applet{
	Names: "vi",
	Usage: "[-c CMD] [-R] [-H] [FILE]...",
	About: "Edit FILEs.",
	Options: `
-c CMD	run the command of : first; $EXINIT and ~/.exrc are run before that
-R	read only
-H	list the features
-h	this help
`,
	Run: run,
}

// The modes.
const (
	command = iota
	insert
	overtype
)

// editor is one session.
type editor struct {
	c      *applet.Call
	keys   term.Reader
	cooked *term.Modes
	screen screen

	t        text
	name     string
	other    string // the file before this one
	readonly bool
	files    []string
	current  int
	editing  bool
	status   int

	mode    int
	count   int
	column  int // that j and k try to stay in; atEnd for the end of the line
	message string
	bold    bool

	registers [28]register
	reg       int
	original  struct { // for U
		line int
		text string
	}

	pattern  string // of the last search, with its / or ?
	found    rune   // of the last f, F, t or T
	foundCmd rune

	queue     []rune // keys that are to be read first
	replaying bool
	recording bool
	record    []rune
	last      []rune // the last command that changed something
	lastCount int
	dotCount  int

	autoindent, expandtab, flash, ignorecase, showmatch bool
	tabstop                                             int
	indent                                              int    // the columns of an automatic indentation, 0 if it was touched
	replaced                                            string // the line before R
	from                                                place  // where R began
}

const (
	atEnd      = -1
	defaultReg = 26
	usualTabs  = 8
)

func run(c *applet.Call) int {
	if c.Has("H") || c.Has("h") {
		if c.Has("H") {
			c.Out.Print(features)
		}
		return c.UsageError("")
	}
	cooked, err := term.Get(0)
	if err != nil {
		return c.Warn("standard input", err)
	}
	e := &editor{c: c, cooked: cooked, files: c.Args, tabstop: usualTabs, reg: defaultReg, readonly: c.Has("R")}
	if len(e.files) == 0 {
		e.files = []string{""}
	}
	fd, err := signals.Pipe(syscall.SIGWINCH, syscall.SIGTERM, syscall.SIGHUP)
	if err != nil {
		return c.Warn("pipe", err)
	}
	e.keys = term.Reader{Fd: 0, Signals: fd, Watch: true, NoAlt: true}
	e.write("\x1b[?1049h")
	defer e.leave() // also if there is a mistake in here: the terminal must be usable
	term.Raw(0)
	e.measure()
	e.startup()
	for e.current = 0; e.current < len(e.files); e.current++ {
		e.edit(e.files[e.current])
	}
	return e.status
}

func (e *editor) leave() {
	e.write(moveTo(e.screen.rows-1, 0) + "\x1b[K\x1b[?1049l")
	e.flush()
	term.Set(0, e.cooked)
}

// startup runs the commands of EXINIT or ~/.exrc, which nobody else may have written.
func (e *editor) startup() {
	e.t.load("")
	commands, set := e.c.LookupEnv("EXINIT")
	if home := e.c.Getenv("HOME"); !set && home != "" {
		path := applet.Join(home, ".exrc")
		var st syscall.Stat_t
		if syscall.Stat(path, &st) == nil {
			if st.Mode&0o022 != 0 || int(st.Uid) != syscall.Getuid() {
				e.warn(".exrc: permission denied")
				return
			}
			data, _ := applet.ReadFile(path)
			commands = string(data)
		}
	}
	e.commands(commands)
}

func (e *editor) commands(text string) {
	for _, line := range strings.Split(text, "\n") {
		if line != "" {
			e.colon(line)
		}
	}
}

// edit works on one file.
func (e *editor) edit(name string) {
	e.editing = true
	message, bold := e.message, e.bold
	e.open(name)
	if e.message == "" {
		e.message, e.bold = message, bold
	}
	e.mode, e.count = command, 0
	if e.current == 0 {
		for _, cmd := range e.c.Values("c") {
			e.commands(cmd)
		}
	}
	for e.editing {
		if len(e.queue) == 0 && !e.keys.Waiting() {
			e.refresh()
		}
		if len(e.queue) == 0 {
			e.replaying = false
		}
		key, ok := e.key()
		if !ok {
			return
		}
		e.press(key)
	}
}

// key reads a key. It returns false when the editor ends.
func (e *editor) key() (key rune, ok bool) {
	if len(e.queue) > 0 {
		key = e.queue[0]
		e.queue = e.queue[1:]
		return key, true
	}
	for {
		key, err := e.keys.Key(-1)
		switch {
		case err != nil: // the terminal is gone
			e.quit(1)
			return 0, false
		case key == term.Signal:
			if !e.signal() {
				return 0, false
			}
		case key == term.PasteStart || key == term.PasteEnd:
		default:
			if e.recording && !e.replaying {
				e.record = append(e.record, key)
			}
			return key, true
		}
	}
}

// signal redraws the screen, or ends by the signal with the terminal restored.
func (e *editor) signal() bool {
	var b [1]byte
	syscall.Read(e.keys.Signals, b[:])
	if b[0] == byte(syscall.SIGWINCH) {
		e.measure()
		e.refresh()
		return true
	}
	e.leave()
	signals.Default(syscall.Signal(b[0]))
	applet.Die(syscall.Signal(b[0]))
	e.quit(1)
	return false
}

// quit ends with all files.
func (e *editor) quit(status int) {
	e.editing, e.current, e.status = false, len(e.files), status
}

// press does what a key is for in the mode.
func (e *editor) press(key rune) {
	if e.mode != command {
		e.insertKey(key)
		return
	}
	if e.t.dot.line != e.original.line {
		e.original.line, e.original.text = e.t.dot.line, e.t.lines[e.t.dot.line]
	}
	if key >= '1' && key <= '9' || key == '0' && e.count > 0 {
		e.count = min(e.count*10+int(key-'0'), 1<<24)
		return
	}
	const changing = "aAcCdDiIJoOpPrRsxX<>~"
	if !e.replaying {
		if e.recording = key > 0 && strings.ContainsRune(changing, key); e.recording {
			e.record, e.dotCount = []rune{key}, e.count
		}
	}
	e.t.group++
	from := e.t.dot
	if !e.command(key) {
		e.beep()
		e.recording = false
	}
	e.t.bound(e.mode != command)
	if e.t.dot != from && key > 0 && strings.ContainsRune(":%{}'GHLMz/?Nn", key) {
		e.t.marks[previous], e.t.marked[previous] = from, true
	}
	e.count = 0
	if key != '"' {
		e.reg = defaultReg
	}
	if e.mode == command {
		e.recorded()
	}
	if key < 0 || !strings.ContainsRune("jk$\n", key) {
		if key != term.Up && key != term.Down && key != term.End {
			e.column = e.columnOf(e.t.lines[e.t.dot.line], e.t.dot.col)
		}
	}
}

// recorded keeps the keys of a command that is complete for the dot.
func (e *editor) recorded() {
	if e.recording && !e.replaying && len(e.record) > 0 {
		e.last, e.lastCount = e.record, e.dotCount
	}
	e.recording, e.record = false, nil
}

// repeat is the dot.
func (e *editor) repeat() bool {
	if len(e.last) == 0 {
		return true
	}
	if e.count > 0 {
		e.lastCount = e.count
	}
	var keys []rune
	if e.lastCount > 0 {
		for _, digit := range itoa(e.lastCount) {
			keys = append(keys, digit)
		}
	}
	e.queue = append(append(keys, e.last...), e.queue...)
	e.replaying, e.recording = true, false
	return true
}
