package vi

import (
	"strconv"
	"strings"
	"syscall"
	"time"
	"unicode/utf8"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/pad"
	"bantam/internal/userland/applet/term"
	"bantam/internal/userland/applet/width"
)

// screen is what the terminal shows.
type screen struct {
	columns, rows int
	top           int // the first line of the text that is shown
	offset        int // the first column
	shown         []string
	status        string // what the last row shows
	out           strings.Builder
}

//go:noinline
func (e *editor) write(s string) { e.screen.out.WriteString(s) }

//go:noinline
func (e *editor) flush() {
	applet.WriteFd(1, []byte(e.screen.out.String()))
	e.screen.out.Reset()
}

//go:noinline
func moveTo(row, column int) string {
	return "\x1b[" + strconv.Itoa(row+1) + ";" + strconv.Itoa(column+1) + "H"
}

// measure asks for the terminal's size, the terminal itself if the kernel doesn't know.
func (e *editor) measure() {
	s := &e.screen
	columns, rows, err := term.Known(e.c, 0)
	if err != nil {
		e.keys.Cursor = func(row, column int) { columns, rows = column, row }
		applet.WriteFd(1, []byte("\x1b[999;999H\x1b[6n"))
		if key, err := e.keys.Key(100); err == nil && key != term.Position && key >= 0 {
			e.queue = append(e.queue, key)
		}
		e.keys.Cursor = nil
	}
	if columns != s.columns || rows != s.rows {
		s.columns, s.rows = columns, max(rows, 2)
		e.forget()
	}
}

// forget makes the next refresh draw everything.
//
//go:noinline
func (e *editor) forget() {
	e.screen.shown = make([]string, e.screen.rows-1)
	for i := range e.screen.shown {
		e.screen.shown[i] = "\x00"
	}
	e.screen.status = "\x00"
	e.write("\x1b[H\x1b[J")
}

// glyph is how a character is shown in a column, and how many columns that takes.
func (e *editor) glyph(line string, i, column int) (s string, w, size int) {
	r, size := utf8.DecodeRuneInString(line[i:])
	switch {
	case r == '\t':
		w = e.tabstop - column%e.tabstop
		return pad.Spaces(w), w, 1
	case r == utf8.RuneError && size == 1:
		return ".", 1, 1
	case r < ' ':
		return "^" + string(r+'@'), 2, 1
	case r == 127:
		return "^?", 2, 1
	case width.Rune(r) < 0:
		return ".", 1, size
	}
	return line[i : i+size], width.Rune(r), size
}

// columnOf is the column of a byte of a line.
func (e *editor) columnOf(line string, col int) int {
	x := 0
	for i := 0; i < col && i < len(line); {
		_, w, size := e.glyph(line, i, x)
		x += w
		i += size
	}
	return x
}

// byteAt is the character of a line in a column, or its last one.
func (e *editor) byteAt(line string, column int) int {
	x := 0
	for i := 0; i < len(line); {
		_, w, size := e.glyph(line, i, x)
		if x+w > column {
			return i
		}
		x += w
		i += size
	}
	return before(line, len(line))
}

// format is the part of a line that is on the screen.
func (e *editor) format(line string) string {
	var b strings.Builder
	s := &e.screen
	x := 0
	for i := 0; i < len(line); {
		glyph, w, size := e.glyph(line, i, x)
		i += size
		switch {
		case x+w > s.offset+s.columns:
			return b.String()
		case x >= s.offset:
			b.WriteString(glyph)
		case x+w > s.offset: // cut by the edge
			b.WriteString(pad.Spaces(x + w - s.offset))
		}
		x += w
	}
	return b.String()
}

// follow scrolls so that the cursor is on the screen, a little or so that it is in the
// middle, and returns where it is.
func (e *editor) follow() (row, column int) {
	s := &e.screen
	height := s.rows - 1
	half := height / 2
	line := e.t.dot.line
	switch {
	case line < s.top && s.top-line > half, line >= s.top+height && line-s.top-height+1 > half:
		s.top = max(line-half, 0)
	case line < s.top:
		s.top = line
	case line >= s.top+height:
		s.top = line - height + 1
	}
	content := e.t.lines[line]
	column = e.columnOf(content, e.t.dot.col)
	// On a tab the cursor stands at its end, but for inserting before it.
	if e.mode == command && e.t.dot.col < len(content) && content[e.t.dot.col] == '\t' {
		column += e.tabstop - column%e.tabstop - 1
	}
	if column < s.offset {
		s.offset = column
	}
	if column >= s.offset+s.columns {
		s.offset = column - s.columns + 1
	}
	if e.t.dot.col == 0 && strings.HasPrefix(content, "\t") {
		s.offset = 0
	}
	return line - s.top, column - s.offset
}

// refresh draws the rows that changed.
func (e *editor) refresh() {
	row, column := e.follow()
	s := &e.screen
	for y := range s.shown {
		line := "~"
		if i := s.top + y; i < len(e.t.lines) {
			line = e.format(e.t.lines[i])
		}
		if line != s.shown[y] {
			e.write(moveTo(y, 0) + line)
			if width.String(line) < s.columns {
				e.write("\x1b[K")
			}
			s.shown[y] = line
		}
	}
	e.showStatus()
	e.write(moveTo(row, min(max(column, 0), s.columns-1)))
	e.flush()
}

// showStatus shows the message, or else the state, in the last row.
func (e *editor) showStatus() {
	s := &e.screen
	status, bold := e.message, e.bold
	if status == "" {
		status = e.state()
	}
	status = cutColumns(status, s.columns-1)
	if bold {
		status = "\x1b[7m" + status + "\x1b[m"
	}
	// A message stays until the next key.
	e.message, e.bold = "", false
	if status != s.status {
		e.write(moveTo(s.rows-1, 0) + status + "\x1b[K")
		s.status = status
	}
}

//go:noinline
func cutColumns(s string, columns int) string {
	n := 0
	for i, r := range s {
		if n += max(width.Rune(r), 0); n > columns {
			return s[:i]
		}
	}
	return s
}

// state is the mode, the file and the place.
func (e *editor) state() string {
	name := e.name
	if name == "" {
		name = "No file"
	}
	s := "-IR"[e.mode:e.mode+1] + " " + name
	if e.readonly {
		s += " [Readonly]"
	}
	if e.t.modified() {
		s += " [Modified]"
	}
	n, total := e.t.dot.line+1, len(e.t.lines)
	return s + " " + strconv.Itoa(n) + "/" + strconv.Itoa(total) + " " + strconv.Itoa(100*n/total) + "%"
}

// say shows a message in the last row, warn one that stands out.
//
//go:noinline
func (e *editor) say(text string) { e.message, e.bold = literal(text), false }

//go:noinline
func (e *editor) warn(text string) { e.message, e.bold = literal(text), true }

//go:noinline
func (e *editor) warnError(what string, err error) { e.warn("'" + what + "' " + applet.Reason(err)) }

// literal shows control characters of a text as ^X.
//
//go:noinline
func literal(text string) string {
	var b strings.Builder
	for _, r := range text {
		switch {
		case r < ' ' || r == 127:
			b.WriteString("^" + string(r^0x40))
		case width.Rune(r) < 0:
			b.WriteByte('?')
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// beep is for what can't be done.
//
//go:noinline
func (e *editor) beep() {
	if !e.flash {
		e.write("\a")
		return
	}
	e.write("\x1b[?5h")
	e.flush()
	e.keys.Waiting()
	e.write("\x1b[?5l")
}

// shell gives the terminal back for a while.
func (e *editor) shell(f func()) {
	e.write(moveTo(e.screen.rows-1, 0) + "\x1b[K")
	e.flush()
	term.Set(0, e.cooked)
	f()
	term.Raw(0)
	e.pause()
}

// pause lets what is on the screen be read.
func (e *editor) pause() {
	e.write("\x1b[7m[Hit return to continue]\x1b[m")
	e.flush()
	for {
		if key, ok := e.key(); !ok || key == '\n' || key == '\r' || key == term.Escape {
			break
		}
	}
	e.forget()
}

// suspend stops the process, as ^Z does.
func (e *editor) suspend() {
	e.write(moveTo(e.screen.rows-1, 0) + "\x1b[K\x1b[?1049l")
	e.flush()
	term.Set(0, e.cooked)
	syscall.Kill(0, syscall.SIGTSTP)
	// Another thread may take the signal; this one must not go on until it has stopped.
	time.Sleep(100 * time.Millisecond)
	term.Raw(0)
	e.write("\x1b[?1049h")
	e.measure()
	e.forget()
}
