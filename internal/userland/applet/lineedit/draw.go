package lineedit

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/sys/unix"

	"bantam/internal/userland/applet/term"
	"bantam/internal/userland/applet/width"
)

// screen is what the terminal shows of the line.
type screen struct {
	columns int
	prompt  string // its last line
	indent  int    // the columns that it takes
	shown   []rune
	x, y    int // of the terminal's cursor, from the prompt's last line on
	broken  bool
}

// Marks around what takes no room in a prompt, as readline's.
const (
	markStart = '\x01'
	markEnd   = '\x02'
)

//go:noinline
func plainPrompt(prompt string) string {
	return strings.NewReplacer("\x01", "", "\x02", "").Replace(prompt)
}

// prompt shows a prompt. Of several lines only the last one is ever drawn again.
func (e *Editor) prompt(prompt string) {
	e.screen = screen{columns: e.columns(), shown: e.screen.shown[:0]}
	last := prompt[strings.LastIndexByte(prompt, '\n')+1:]
	e.screen.prompt, e.screen.indent = plainPrompt(last), promptWidth(last)
	e.write(strings.ReplaceAll(plainPrompt(prompt), "\n", "\r\n"))
	e.screen.x, e.screen.y = e.position(nil)
	if e.screen.x == 0 && e.screen.y > 0 {
		e.write(" \b")
	}
}

func (e *Editor) columns() int {
	w, err := unix.IoctlGetWinsize(e.Out, unix.TIOCGWINSZ)
	if err != nil || w.Col < 2 {
		return 80
	}
	return int(w.Col)
}

// promptWidth leaves out what is marked, and control sequences that nobody marked.
func promptWidth(s string) int {
	n, hidden := 0, false
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		i += size
		switch {
		case r == markStart || r == markEnd:
			hidden = r == markStart
		case hidden:
		case r == 27 && strings.HasPrefix(s[i:], "["):
			for i++; i < len(s) && s[i] < '@'; i++ {
			}
			i = min(i+1, len(s))
		default:
			n += max(width.Rune(r), 0)
		}
	}
	return n
}

// glyph is how a character is shown and how many columns that takes.
//
//go:noinline
func glyph(r rune) (string, int) {
	switch {
	case r >= term.Byte:
		return "?", 1
	case r < ' ':
		return "^" + string(r+'@'), 2
	case width.Rune(r) < 0:
		return "?", 1
	}
	return string(r), width.Rune(r)
}

// position is where the terminal's cursor stands behind the text.
//
//go:noinline
func (e *Editor) position(text []rune) (x, y int) {
	columns := e.screen.columns
	x, y = e.screen.indent%columns, e.screen.indent/columns
	for _, r := range text {
		_, w := glyph(r)
		if x+w > columns { // a wide one goes to the next line as a whole
			x, y = 0, y+1
		}
		if x += w; x >= columns {
			x, y = x-columns, y+1
		}
	}
	return x, y
}

// move is the control sequences that bring the cursor from where it stands to a place.
//
//go:noinline
func (s *screen) move(x, y int) string {
	out := ""
	if n := s.y - y; n > 0 {
		out = "\x1b[" + strconv.Itoa(n) + "A"
	} else if n < 0 {
		out = "\x1b[" + strconv.Itoa(-n) + "B"
	}
	switch {
	case x == s.x:
	case x == 0:
		out += "\r"
	case x < s.x && s.x-x < 4:
		out += strings.Repeat("\b", s.x-x)
	case x < s.x:
		out += "\x1b[" + strconv.Itoa(s.x-x) + "D"
	default:
		out += "\x1b[" + strconv.Itoa(x-s.x) + "C"
	}
	s.x, s.y = x, y
	return out
}

// draw makes the terminal show the line: it writes from the first difference on.
func (e *Editor) draw() {
	s := &e.screen
	out := ""
	same := 0
	if s.broken {
		out = s.move(0, 0) + "\x1b[J" + s.prompt
		s.shown, s.broken = s.shown[:0], false
		s.x, s.y = e.position(nil)
		if s.x == 0 && s.y > 0 {
			out += " \b"
		}
	}
	for same < len(s.shown) && same < len(e.line) && s.shown[same] == e.line[same] {
		same++
	}
	if same < len(e.line) || same < len(s.shown) {
		out += e.rewrite(same)
	}
	if x, y := e.position(e.line[:e.cursor]); x != s.x || y != s.y {
		out += s.move(x, y)
	}
	if out != "" {
		e.write(out)
	}
}

// rewrite writes the line from a character on.
func (e *Editor) rewrite(from int) string {
	s := &e.screen
	// A combining character belongs to the one before it.
	for from > 0 && from < len(e.line) && e.line[from] >= 0x300 && width.Rune(e.line[from]) == 0 {
		from--
	}
	var b strings.Builder
	b.WriteString(s.move(e.position(e.line[:from])))
	for _, r := range e.line[from:] {
		text, _ := glyph(r)
		b.WriteString(text)
	}
	_, oldY := e.position(s.shown)
	shorter := len(e.line) < len(s.shown) || oldY > 0
	s.x, s.y = e.position(e.line)
	if s.x == 0 && s.y > 0 && len(e.line) > from {
		// The terminal goes to the next line with the next character only.
		b.WriteString(" \b")
	}
	if shorter {
		b.WriteString("\x1b[J")
	}
	s.shown = append(s.shown[:0], e.line...)
	return b.String()
}

// redraw lets the next draw begin with the prompt.
//
//go:noinline
func (e *Editor) redraw() { e.screen.broken = true }

// resized draws the line anew if the terminal has another width. Terminals wrap lines
// anew, too, so the cursor is where the new width puts it, or further up.
func (e *Editor) resized() {
	columns := e.columns()
	if columns == e.screen.columns {
		return
	}
	e.screen.columns = columns
	_, y := e.position(e.line[:e.cursor])
	e.screen.y = max(e.screen.y, y)
	e.screen.x = columns
	e.redraw()
}

// clearScreen is ^L.
func (e *Editor) clearScreen() {
	e.write("\x1b[H\x1b[J")
	e.screen.x, e.screen.y = 0, 0
	e.redraw()
}
