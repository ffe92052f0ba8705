package vi

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"bantam/internal/userland/applet/term"
)

// command does what a key is for in the command mode. It returns false if that can't
// be done.
func (e *editor) command(key rune) bool {
	if strings.ContainsRune("cdy<>", key) {
		return e.operate(key)
	}
	if _, ok, known := e.motion(key); known {
		return ok
	}
	if key > 0 && key < ' ' || key == term.PageUp || key == term.PageDown {
		return e.control(key)
	}
	switch key {
	case ':':
		if typed, ok := e.line(":"); ok {
			e.colon(typed)
		}
	case '.':
		return e.repeat()
	case 'u':
		e.undo()
	case 'U':
		return e.restoreLine()
	case '"', 'm':
		return e.named(key)
	case 'z':
		return e.place()
	case 'Z':
		return e.leaveFile()
	case 'p', 'P':
		return e.put(key)
	default:
		return e.edits(key)
	}
	return true
}

// edits are the commands that change something.
func (e *editor) edits(key rune) bool {
	n, t := max(e.count, 1), &e.t
	last := min(t.dot.line+n-1, len(t.lines)-1)
	switch key {
	case 'i', 'I', 'a', 'A', 'o', 'O', 'R', term.Insert:
		e.begins(key)
	case 'x', 's', 'X', 'C', 'D', term.Delete:
		e.deletes(key, n)
	case 'S':
		return e.operateLines('c', t.dot.line, last)
	case 'Y':
		return e.operateLines('y', t.dot.line, last)
	case 'J':
		e.join(n)
	case 'r':
		return e.replaceCharacters(n)
	case '~':
		e.flip(n)
	default:
		name := "?"
		if key > 0 {
			name = string(key)
		}
		e.warn("'" + literal(name) + "' is not implemented")
	}
	return true
}

// begins are the commands that begin an insertion.
func (e *editor) begins(key rune) {
	t := &e.t
	line := t.lines[t.dot.line]
	switch key {
	case 'I':
		t.dot.col = len(line) - len(strings.TrimLeft(line, " \t"))
	case 'a':
		t.dot.col = after(line, t.dot.col)
	case 'A':
		t.dot.col = len(line)
	case 'o', 'O':
		e.openLine(key)
		return
	case 'R':
		e.begin(overtype)
		return
	}
	e.begin(insert)
}

// deletes are the commands that delete a part of the line.
func (e *editor) deletes(key rune, n int) {
	t := &e.t
	line := t.lines[t.dot.line]
	from, to := t.dot, t.dot
	for n = min(n, len(line)); n > 0; n-- {
		if key == 'X' {
			from.col = before(line, from.col)
		} else {
			to.col = after(line, to.col)
		}
	}
	if key == 'C' || key == 'D' {
		to.col = len(line)
	}
	e.take(from, to)
	if key == 's' || key == 'C' {
		e.begin(insert)
	}
}

// control are the control keys.
func (e *editor) control(key rune) bool {
	s := &e.screen
	switch key {
	case 'B' & 0x1f, term.PageUp:
		e.scroll(-(s.rows - 2))
	case 'F' & 0x1f, term.PageDown:
		e.scroll(s.rows - 2)
	case 'D' & 0x1f:
		e.scroll((s.rows - 2) / 2)
	case 'U' & 0x1f:
		e.scroll(-(s.rows - 2) / 2)
	case 'E' & 0x1f:
		e.scroll(1)
	case 'Y' & 0x1f:
		e.scroll(-1)
	case 'G' & 0x1f:
		s.status = "\x00"
	case 'L' & 0x1f, 'R' & 0x1f:
		e.forget()
	case 'Z' & 0x1f:
		e.suspend()
	case 'C' & 0x1f:
	case term.Escape:
		return false
	default:
		e.warn("'" + literal(string(key)) + "' is not implemented")
	}
	return true
}

// scroll moves the screen over the text; the cursor stays on it.
func (e *editor) scroll(by int) {
	s, t := &e.screen, &e.t
	s.top = max(min(s.top+by, len(t.lines)-1), 0)
	line := min(max(t.dot.line, s.top), min(s.top+s.rows-2, len(t.lines)-1))
	t.dot = place{line, firstPrinted(t.lines[line])}
}

// place is z: it puts the line to the top, middle or bottom of the screen.
func (e *editor) place() bool {
	key, _ := e.key()
	e.screen.top = e.t.dot.line
	switch key {
	case '.':
		e.scroll(-(e.screen.rows - 2) / 2)
	case '-':
		e.scroll(-(e.screen.rows - 2))
	}
	return true
}

// named names a register or a mark.
func (e *editor) named(key rune) bool {
	name, _ := e.key()
	i := int(name|0x20) - 'a'
	if i < 0 || i > 25 {
		return false
	}
	if key == 'm' {
		e.t.marks[i], e.t.marked[i] = e.t.dot, true
	} else {
		e.reg = i
	}
	return true
}

func (e *editor) undo() {
	n := e.t.undo()
	if n == 0 {
		e.say("Already at oldest change")
		return
	}
	e.say("Undo [" + itoa(len(e.t.changes)) + "] restored " + itoa(n) + " changes")
}

// restoreLine is U: it undoes all that was done to the line.
func (e *editor) restoreLine() bool {
	t := &e.t
	if e.original.line != t.dot.line {
		return false
	}
	t.replace(t.dot.line, t.dot.line+1, e.original.text)
	t.dot.col = firstPrinted(e.original.text)
	return true
}

// tell says what went into or came out of the register.
func (e *editor) tell(what string) {
	r, n := &e.registers[e.reg], 0
	lines := len(r.lines) - 1
	for _, l := range r.lines {
		n += utf8.RuneCountInString(l) + 1
	}
	if r.whole {
		lines++
	} else {
		n--
	}
	e.say(what + " " + itoa(lines) + " lines (" + itoa(n) + " chars) from [" + e.regName() + "]")
}

func (e *editor) regName() string {
	if e.reg < defaultReg {
		return string(rune('a' + e.reg))
	}
	return "D"
}

func (e *editor) put(key rune) bool {
	r, t := e.registers[e.reg], &e.t
	if r.lines == nil {
		e.warn("Nothing in register " + e.regName())
		return true
	}
	n := max(e.count, 1)
	size := 0
	for _, line := range r.lines {
		size += len(line) + 1
	}
	const most = 1 << 28 // bytes
	if size > most/n {
		e.warn("Too much to put")
		return true
	}
	if r.whole {
		var lines []string
		for range n {
			lines = append(lines, r.lines...)
		}
		at := t.dot.line
		if key == 'p' {
			at++
		}
		t.replace(at, at, lines...)
		t.dot = place{at, firstPrinted(t.lines[at])}
	} else {
		at := t.dot
		if key == 'p' {
			at.col = after(t.lines[at.line], at.col)
		}
		end := at
		for range n {
			end = t.insert(end, r.lines)
		}
		if t.dot = at; len(r.lines) == 1 {
			t.dot.col = before(t.lines[end.line], end.col)
		}
	}
	e.tell("Put")
	return true
}

// join is J.
func (e *editor) join(n int) {
	t := &e.t
	for ; n > 0 && t.dot.line+1 < len(t.lines); n-- {
		head, tail := t.lines[t.dot.line], strings.TrimLeft(t.lines[t.dot.line+1], " \t")
		t.replace(t.dot.line, t.dot.line+2, head+" "+tail)
		t.dot.col = len(head)
	}
}

// replaceCharacters is r.
func (e *editor) replaceCharacters(n int) bool {
	key, ok := e.key()
	if !ok || key == term.Escape || key < 0 {
		return ok && key == term.Escape
	}
	t := &e.t
	line, end := t.lines[t.dot.line], t.dot.col
	for range n {
		if end >= len(line) {
			return false
		}
		end = after(line, end)
	}
	if key == '\r' || key == '\n' {
		t.replace(t.dot.line, t.dot.line+1, line[:t.dot.col], line[end:])
		t.dot = place{t.dot.line + 1, 0}
		return true
	}
	with := strings.Repeat(keyText(key), n)
	t.replace(t.dot.line, t.dot.line+1, line[:t.dot.col]+with+line[end:])
	t.dot.col = before(t.lines[t.dot.line], t.dot.col+len(with))
	return true
}

// flip is ~.
func (e *editor) flip(n int) {
	t := &e.t
	for ; n > 0 && t.dot.col < len(t.lines[t.dot.line]); n-- {
		line := t.lines[t.dot.line]
		next := after(line, t.dot.col)
		r, _ := utf8.DecodeRuneInString(line[t.dot.col:])
		other := unicode.ToUpper(r)
		if other == r {
			other = unicode.ToLower(r)
		}
		if other != r && r != utf8.RuneError {
			line = line[:t.dot.col] + string(other) + line[next:]
			t.replace(t.dot.line, t.dot.line+1, line)
			next = after(line, t.dot.col)
		}
		t.dot.col = next
	}
}

// leaveFile is ZZ and ZQ.
func (e *editor) leaveFile() bool {
	key, _ := e.key()
	switch key {
	case 'Q':
		e.quit(0)
		return true
	case 'Z':
		e.colon("x")
		return true
	}
	return false
}
