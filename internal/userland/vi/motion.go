package vi

import (
	"strconv"
	"strings"

	"bantam/internal/userland/applet/term"
)

//go:noinline
func itoa(n int) string { return strconv.Itoa(n) }

// How an operator takes a movement.
const (
	exclusive = iota // without the character at its end
	inclusive        // with it
	linewise         // whole lines
)

// motion moves the cursor. ok is false if it can't, or if the key is no movement: then
// known is false, too.
func (e *editor) motion(key rune) (kind int, ok, known bool) {
	n := max(e.count, 1)
	t := &e.t
	line := t.lines[t.dot.line]
	switch key {
	case 'h', '\b', 127, term.Left:
		return exclusive, e.left(n), true
	case 'l', ' ', term.Right:
		return exclusive, e.right(n), true
	case '0', term.Home:
		t.dot.col = 0
		return exclusive, true, true
	case '^':
		t.dot.col = firstPrinted(line)
		return exclusive, true, true
	case '$', term.End:
		if t.dot.line+n-1 >= len(t.lines) {
			n = len(t.lines) - t.dot.line
		}
		t.dot.line += n - 1
		line = t.lines[t.dot.line]
		t.dot.col = before(line, len(line))
		e.column = atEnd
		return inclusive, true, true
	case '|':
		t.dot.col = e.byteAt(line, n-1)
		return exclusive, true, true
	case 'w', 'W', 'b', 'B', 'e', 'E':
		return e.word(key, n)
	case 'f', 'F', 't', 'T', ';', ',':
		return e.character(key, n)
	case '%':
		return inclusive, e.pair(), true
	case '{', '}':
		return exclusive, e.paragraph(key, n), true
	case '/', '?', 'n', 'N':
		return exclusive, e.searchKey(key, n), true
	}
	return e.lineMotion(key, n)
}

// lineMotion are the movements to lines.
func (e *editor) lineMotion(key rune, n int) (kind int, ok, known bool) {
	t, s := &e.t, &e.screen
	bottom := min(s.top+s.rows-1, len(t.lines)) - 1
	to := t.dot.line
	switch key {
	case 'j', '\n', term.Down:
		return linewise, e.vertical(n), true
	case 'k', term.Up:
		return linewise, e.vertical(-n), true
	case '+', '\r':
		to += n
	case '-':
		to -= n
	case 'G':
		to = len(t.lines) - 1
		if e.count > 0 {
			to = min(n, len(t.lines)) - 1
		}
	case 'g':
		next, _ := e.key()
		if next != 'g' {
			e.warn("'g" + string(max(next, '*')) + "' is not implemented")
			return linewise, false, true
		}
		to = min(n, len(t.lines)) - 1
	case 'H':
		to = min(s.top+n-1, bottom)
	case 'L':
		to = max(bottom-n+1, s.top)
	case 'M':
		to = (s.top + bottom) / 2
	case '\'':
		return linewise, e.toMark(), true
	default:
		return 0, false, false
	}
	if to < 0 || to >= len(t.lines) {
		return linewise, false, true
	}
	t.dot = place{to, firstPrinted(t.lines[to])}
	return linewise, true, true
}

func (e *editor) left(n int) bool {
	moved := false
	for ; n > 0 && e.t.dot.col > 0; n-- {
		e.t.dot.col = before(e.t.lines[e.t.dot.line], e.t.dot.col)
		moved = true
	}
	return moved
}

func (e *editor) right(n int) bool {
	line := e.t.lines[e.t.dot.line]
	moved := false
	for ; n > 0 && e.t.dot.col < len(line); n-- {
		e.t.dot.col = after(line, e.t.dot.col)
		moved = true
	}
	return moved
}

// vertical moves by lines and stays in the column if it can.
func (e *editor) vertical(n int) bool {
	to := e.t.dot.line + n
	if to < 0 || to >= len(e.t.lines) {
		return false
	}
	line := e.t.lines[to]
	e.t.dot = place{to, before(line, len(line))}
	if e.column != atEnd {
		e.t.dot.col = e.byteAt(line, e.column)
	}
	return true
}

// Kinds of characters.
const (
	blank = iota
	punctuation
	letter
)

//go:noinline
func kindOf(c byte, big bool) int {
	switch {
	case c == ' ' || c == '\t' || c == '\n':
		return blank
	case big || c >= 0x80 || c == '_' || c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z':
		return letter
	}
	return punctuation
}

// at is the byte at a place; a line's end is a newline.
//
//go:noinline
func (t *text) at(p place) byte {
	if line := t.lines[p.line]; p.col < len(line) {
		return line[p.col]
	}
	return '\n'
}

// next moves a place one byte on; the ends of lines count.
//
//go:noinline
func (t *text) next(p *place) bool {
	if p.col < len(t.lines[p.line]) {
		p.col++
		return p.col < len(t.lines[p.line]) || p.line+1 < len(t.lines)
	}
	if p.line+1 >= len(t.lines) {
		return false
	}
	*p = place{p.line + 1, 0}
	return true
}

//go:noinline
func (t *text) prev(p *place) bool {
	if p.col > 0 {
		p.col--
		return true
	}
	if p.line == 0 {
		return false
	}
	*p = place{p.line - 1, len(t.lines[p.line-1])}
	return true
}

// word moves by words; those of capital letters are separated by white space only.
func (e *editor) word(key rune, n int) (kind int, ok, known bool) {
	big := key < 'a'
	from := e.t.dot
	for last := (place{-1, 0}); n > 0 && e.t.dot != last; n-- {
		last = e.t.dot
		switch key | 0x20 {
		case 'w':
			e.nextWord(big)
		case 'b':
			e.previousWord(big)
		case 'e':
			e.endOfWord(big)
		}
	}
	kind = exclusive
	if key|0x20 == 'e' {
		kind = inclusive
	}
	return kind, e.t.dot != from, true
}

func (e *editor) nextWord(big bool) {
	t, p := &e.t, e.t.dot
	k := kindOf(t.at(p), big)
	for k != blank && kindOf(t.at(p), big) == k && t.next(&p) {
	}
	for kindOf(t.at(p), big) == blank {
		from := p
		if !t.next(&p) {
			break
		}
		// An empty line is a word.
		if p.line > from.line && t.lines[p.line] == "" {
			break
		}
	}
	t.dot = p
}

func (e *editor) previousWord(big bool) {
	t, p := &e.t, e.t.dot
	for t.prev(&p) && kindOf(t.at(p), big) == blank {
		if p.col == 0 && t.lines[p.line] == "" {
			break
		}
	}
	k := kindOf(t.at(p), big)
	for q := p; k != blank && t.prev(&q) && q.line == p.line && kindOf(t.at(q), big) == k; {
		p = q
	}
	t.dot = p
}

func (e *editor) endOfWord(big bool) {
	t, p := &e.t, e.t.dot
	for t.next(&p) && kindOf(t.at(p), big) == blank {
	}
	k := kindOf(t.at(p), big)
	for q := p; k != blank && t.next(&q) && q.line == p.line && kindOf(t.at(q), big) == k; {
		p = q
	}
	t.dot = p
}

// character is f, F, t, T and their repetitions.
func (e *editor) character(key rune, n int) (kind int, ok, known bool) {
	switch key {
	case ';', ',':
		if e.found == 0 {
			return 0, false, true
		}
	default:
		c, _ := e.key()
		e.found, e.foundCmd = c, key
	}
	cmd := e.foundCmd
	if key == ',' {
		cmd ^= 0x20
	}
	line, col := e.t.lines[e.t.dot.line], e.t.dot.col
	what := string(e.found)
	if cmd == 'f' || cmd == 't' {
		for ; n > 0; n-- {
			next := after(line, col)
			i := strings.Index(line[next:], what)
			if i < 0 {
				return inclusive, false, true
			}
			col = next + i
		}
		if cmd == 't' {
			col = before(line, col)
		}
		e.t.dot.col = col
		return inclusive, true, true
	}
	for ; n > 0; n-- {
		if col = strings.LastIndex(line[:col], what); col < 0 {
			return exclusive, false, true
		}
	}
	if cmd == 'T' {
		col = after(line, col)
	}
	e.t.dot.col = col
	return exclusive, true, true
}

// match finds the bracket that belongs to the one at a place.
func (t *text) match(p place) (place, bool) {
	const brackets = "()[]{}"
	c := t.at(p)
	i := strings.IndexByte(brackets, c)
	if i < 0 {
		return p, false
	}
	step := t.next
	if i%2 == 1 {
		step = t.prev
	}
	for depth := 1; step(&p); {
		switch t.at(p) {
		case c:
			depth++
		case brackets[i^1]:
			if depth--; depth == 0 {
				return p, true
			}
		}
	}
	return p, false
}

func (e *editor) pair() bool {
	line := e.t.lines[e.t.dot.line]
	i := strings.IndexAny(line[min(e.t.dot.col, len(line)):], "()[]{}")
	if i < 0 {
		return false
	}
	p, ok := e.t.match(place{e.t.dot.line, e.t.dot.col + i})
	if ok {
		e.t.dot = p
	}
	return ok
}

func (e *editor) paragraph(key rune, n int) bool {
	t, to, step := &e.t, e.t.dot.line, 1
	if key == '{' {
		step = -1
	}
	empty := func(i int) bool { return t.lines[i] == "" }
	for last := -1; n > 0 && to != last; n-- {
		last = to
		for to+step >= 0 && to+step < len(t.lines) && empty(to) {
			to += step
		}
		for to+step >= 0 && to+step < len(t.lines) && !empty(to) {
			to += step
		}
	}
	p := place{to, 0}
	if step > 0 && !empty(to) {
		p.col = len(t.lines[to])
	}
	moved := p != t.dot
	t.dot = p
	return moved
}

func (e *editor) toMark() bool {
	key, _ := e.key()
	i := previous
	if key |= 0x20; key >= 'a' && key <= 'z' {
		i = int(key - 'a')
	} else if key != '\'' {
		return false
	}
	if !e.t.marked[i] || e.t.marks[i].line >= len(e.t.lines) {
		return false
	}
	line := e.t.marks[i].line
	e.t.dot = place{line, firstPrinted(e.t.lines[line])}
	return true
}
