package vi

import (
	"strings"
	"unicode/utf8"

	"bantam/internal/userland/applet/term"
)

// keyText is the character of a key.
func keyText(key rune) string {
	if key >= term.Byte {
		return string([]byte{byte(key - term.Byte)})
	}
	return string(key)
}

// begin begins to insert or to overtype.
func (e *editor) begin(mode int) {
	e.mode, e.indent = mode, 0
	e.from, e.replaced = e.t.dot, e.t.lines[e.t.dot.line]
}

// insertKey is a key while something is inserted.
func (e *editor) insertKey(key rune) {
	t := &e.t
	switch key {
	case term.Escape, 'C' & 0x1f:
		e.endInsert()
		return
	case term.Insert:
		e.begin(insert + overtype - e.mode)
		return
	case '\b', 127:
		e.backspace()
		return
	case '\r', '\n':
		e.newline()
		return
	case 'D' & 0x1f:
		e.dedent()
		return
	case '\t':
		if e.expandtab {
			x := e.columnOf(t.lines[t.dot.line], t.dot.col)
			e.typed(strings.Repeat(" ", e.tabstop-x%e.tabstop))
			return
		}
	case 'V' & 0x1f:
		// The next key is itself.
		if next, ok := e.key(); ok && next >= 0 {
			e.typed(keyText(next))
		}
		return
	case term.Delete:
		if line := t.lines[t.dot.line]; t.dot.col < len(line) {
			t.remove(t.dot, place{t.dot.line, after(line, t.dot.col)})
		}
		return
	}
	if key < 0 {
		// Cursor keys move, and what follows is another insertion.
		t.group++
		e.column = e.columnOf(t.lines[t.dot.line], t.dot.col)
		if _, _, known := e.motion(key); !known && (key == term.PageUp || key == term.PageDown) {
			e.control(key)
		}
		if key == term.End {
			t.dot.col = len(t.lines[t.dot.line])
		}
		t.bound(true)
		return
	}
	if key != 0 {
		e.typed(keyText(key))
	}
}

// typed puts a character into the text.
func (e *editor) typed(s string) {
	t := &e.t
	line, end := t.lines[t.dot.line], t.dot.col
	if e.mode == overtype {
		end = after(line, end)
	}
	t.replace(t.dot.line, t.dot.line+1, line[:t.dot.col]+s+line[end:])
	t.dot.col += len(s)
	if strings.Trim(s, " \t") != "" {
		e.indent = 0
	}
	if e.showmatch && strings.ContainsAny(s, ")]}") {
		e.showPair(place{t.dot.line, t.dot.col - 1})
	}
}

// showPair shows the other bracket for a moment.
func (e *editor) showPair(at place) {
	p, ok := e.t.match(at)
	if !ok {
		e.beep()
		return
	}
	dot := e.t.dot
	e.t.dot = p
	e.refresh()
	e.keys.Wait(400)
	e.t.dot = dot
}

// newline breaks the line, with the indentation of this one if that is wanted.
func (e *editor) newline() {
	t := &e.t
	line := t.lines[t.dot.line]
	head, tail := line[:t.dot.col], line[t.dot.col:]
	white := ""
	if e.autoindent {
		white = head[:len(head)-len(strings.TrimLeft(head, " \t"))]
		if e.indent > 0 && strings.Trim(head, " \t") == "" {
			head = "" // it was only the indentation
		}
	}
	t.replace(t.dot.line, t.dot.line+1, head, white+tail)
	t.dot = place{t.dot.line + 1, len(white)}
	e.indent = e.columnOf(white, len(white))
	e.from, e.replaced = t.dot, t.lines[t.dot.line]
}

// openLine is o and O.
func (e *editor) openLine(key rune) {
	t := &e.t
	line := t.lines[t.dot.line]
	white := ""
	if e.autoindent {
		white = line[:len(line)-len(strings.TrimLeft(line, " \t"))]
	}
	at := t.dot.line
	if key == 'o' {
		at++
	}
	t.replace(at, at, white)
	t.dot = place{at, len(white)}
	e.begin(insert)
	e.indent = e.columnOf(white, len(white))
}

func (e *editor) backspace() {
	t := &e.t
	line := t.lines[t.dot.line]
	switch {
	case e.mode == overtype:
		if !e.from.before(t.dot) || t.dot.line != e.from.line {
			return
		}
		at := before(line, t.dot.col)
		// What was there comes back.
		n := utf8.RuneCountInString(line[:at])
		old := ""
		if rest := []rune(e.replaced); n < len(rest) {
			old = string(rest[n])
		}
		t.replace(t.dot.line, t.dot.line+1, line[:at]+old+line[t.dot.col:])
		t.dot.col = at
	case t.dot.col > 0:
		t.remove(place{t.dot.line, before(line, t.dot.col)}, t.dot)
	case t.dot.line > 0:
		t.remove(place{t.dot.line - 1, len(t.lines[t.dot.line-1])}, t.dot)
	}
}

// dedent is ^D: it takes an indentation to the tabstop before.
func (e *editor) dedent() {
	t := &e.t
	line := t.lines[t.dot.line]
	rest := strings.TrimLeft(line, " \t")
	white := line[:len(line)-len(rest)]
	x := e.columnOf(white, len(white))
	if x == 0 {
		return
	}
	to := (x - 1) / e.tabstop * e.tabstop
	for white != "" && e.columnOf(white, len(white)) > to {
		white = white[:len(white)-1]
	}
	t.replace(t.dot.line, t.dot.line+1, white+rest)
	t.dot.col = max(t.dot.col-(len(line)-len(white)-len(rest)), 0)
	if e.indent > 0 {
		e.indent = e.columnOf(white, len(white))
	}
}

func (e *editor) endInsert() {
	t := &e.t
	line := t.lines[t.dot.line]
	if e.indent > 0 && strings.Trim(line, " \t") == "" {
		// Nothing but the automatic indentation.
		t.replace(t.dot.line, t.dot.line+1, "")
		t.dot.col = 0
	}
	e.mode, e.indent = command, 0
	t.dot.col = before(t.lines[t.dot.line], t.dot.col)
	t.bound(false)
	e.column = e.columnOf(t.lines[t.dot.line], t.dot.col)
	e.recorded()
}

// line reads a line in the last row of the screen. ok is false if it was given up.
func (e *editor) line(prompt string) (typed string, ok bool) {
	s := &e.screen
	s.status = "\x00"
	for {
		e.write(moveTo(s.rows-1, 0) + cutColumns(prompt+literal(typed), s.columns-1) + "\x1b[K")
		e.flush()
		key, ok := e.key()
		switch {
		case !ok || key == 'C'&0x1f:
			return "", false
		case key == '\r' || key == '\n' || key == term.Escape:
			// As BusyBox's vi does, ESC ends the line, too.
			return typed, true
		case key == '\b' || key == 127:
			if typed == "" {
				return "", false
			}
			typed = typed[:before(typed, len(typed))]
		case key > 0:
			typed += keyText(key)
		}
	}
}
