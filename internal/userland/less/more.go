package less

import (
	"strconv"
	"syscall"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/pad"
	"bantam/internal/userland/applet/signals"
	"bantam/internal/userland/applet/term"
)

// More is more.
var More = applet.Applet{
	Names: "more",
	Usage: "[FILE]...",
	About: "Show FILEs, or standard input, a screen at a time.",
	Options: `
-d	ignored, as are the following
-e	
-f	
-l	
-s	
-u	
`,
	Run: more,
}

// reader is one session of more.
type reader struct {
	c       *applet.Call
	keys    term.Reader
	cooked  *term.Modes
	columns int
	rows    int // without that of the prompt
	x       int
	lines   int
	rest    bool // show the rest without asking
	oneLine bool // the last answer was a newline
	read    int64
	size    int64
}

func more(c *applet.Call) int {
	if !applet.IsTerminal(1) {
		return cat(c)
	}
	fd, err := applet.OpenFile("/dev/tty", syscall.O_RDONLY, 0)
	if err != nil {
		return cat(c)
	}
	r := &reader{c: c}
	r.keys.Fd = fd
	if r.cooked, err = term.Get(fd); err != nil {
		return cat(c)
	}
	arrived, err := signals.Pipe(syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	if err != nil {
		return c.Warn("pipe", err)
	}
	r.keys.Signals, r.keys.Watch = arrived, true
	term.Cbreak(fd)
	defer term.SetNow(fd, r.cooked)
	status := 0
	names := c.Args
	if len(names) == 0 {
		names = []string{"-"}
	}
	for _, name := range names {
		in := c.In
		if name != "-" {
			if in, err = applet.Open(name); err != nil {
				status = c.CantOpen(name, err)
				continue
			}
		}
		more := r.file(in)
		in.Close()
		if !more {
			break
		}
	}
	return status
}

// file shows a file; false is the end of everything.
func (r *reader) file(in *applet.In) bool {
	var st syscall.Stat_t
	syscall.Fstat(in.Fd(), &st)
	r.read, r.size = 0, st.Size
	r.measure()
	r.x, r.lines = 0, 0
	for {
		for len(in.Buffered()) < 16 && in.Fill() == nil {
			if in.Buffered()[len(in.Buffered())-1] == '\n' {
				break // a slow pipe: show what there is
			}
		}
		p := in.Buffered()
		if len(p) == 0 {
			return r.c.Out.Flush() == nil
		}
		size, ok := r.char(p)
		if !ok {
			return false
		}
		in.Discard(size)
		r.read += int64(size)
	}
}

func (r *reader) measure() {
	r.columns, r.rows = term.Size(r.c, r.keys.Fd)
	r.rows--
}

// char shows a character, and asks before the first one of a new screen.
func (r *reader) char(p []byte) (size int, ok bool) {
	newline := p[0] == '\n'
	w := 1
	size = 1
	if !newline {
		_, w, size = glyph(p, r.x)
	}
	if (r.lines >= r.rows || r.oneLine && r.lines > 0) && !r.rest && !r.ask() {
		return 0, false
	}
	if !newline && r.x+w > r.columns {
		// The terminal begins a new line by itself.
		r.x = 0
		r.lines++
		return r.char(p)
	}
	out := r.c.Out
	switch {
	case newline:
		out.WriteByte('\n')
		r.x = 0
		r.lines++
	case p[0] == '\t':
		out.WriteString(pad.Spaces(w))
		r.x += w
	default:
		out.Write(p[:size])
		r.x += w
	}
	return size, out.Err() == nil
}

// ask shows the prompt and waits for an answer; false is to end.
func (r *reader) ask() bool {
	prompt := "--More-- "
	if r.size > 0 {
		prompt += "(" + strconv.FormatInt(r.read*100/r.size, 10) + "% of " + strconv.FormatInt(r.size, 10) + " bytes)"
	}
	for {
		r.c.Out.Print(prompt)
		r.c.Out.Flush()
		key, err := r.keys.Key(-1)
		r.c.Out.Print("\r", pad.Spaces(len(prompt)), "\r")
		if key == term.Signal {
			r.signal()
		}
		if err != nil {
			return false
		}
		r.oneLine = false
		switch key {
		case 'q', 'Q', term.Signal:
			return false
		case ' ':
		case '\n', '\r':
			r.oneLine = true
		case 'r', 'R':
			r.rest = true
		default:
			prompt = "(Enter:next line Space:next page Q:quit R:show the rest)"
			continue
		}
		r.x, r.lines = 0, 0
		r.measure()
		return true
	}
}

// signal ends by the signal with the terminal restored.
func (r *reader) signal() {
	var b [1]byte
	syscall.Read(r.keys.Signals, b[:])
	r.c.Out.Flush()
	term.SetNow(r.keys.Fd, r.cooked)
	signals.Default(syscall.Signal(b[0]))
	applet.Die(syscall.Signal(b[0]))
}
