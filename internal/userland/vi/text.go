package vi

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// place is a position in the text: a line and a byte in it.
type place struct{ line, col int }

//go:noinline
func (p place) before(q place) bool { return p.line < q.line || p.line == q.line && p.col < q.col }

// change is one replacement of lines, as undoing it needs it.
type change struct {
	at    int
	old   []string
	count int // how many lines stand there now
	dot   place
	group int // the command that made it
	id    int
}

// register is text that was deleted or yanked.
type register struct {
	lines []string
	whole bool // lines, not a part of them
}

// text is what is edited. It always has a line.
type text struct {
	lines   []string
	dot     place
	changes []change
	group   int
	lastID  int
	savedID int // the change after which it was written
	marks   [28]place
	marked  [28]bool
}

const (
	here     = 26 // the present context
	previous = 27 // the one that '' goes to
)

// id is that of the last change.
func (t *text) id() int {
	if len(t.changes) == 0 {
		return 0
	}
	return t.changes[len(t.changes)-1].id
}

//go:noinline
func (t *text) modified() bool { return t.id() != t.savedID }

// load replaces everything. Nothing of it can be undone.
func (t *text) load(data string) {
	data = strings.TrimSuffix(data, "\n")
	*t = text{lines: strings.Split(data, "\n")}
}

// replace replaces the lines from..to.
//
//go:noinline
func (t *text) replace(from, to int, with ...string) {
	if n := len(t.changes) - 1; n >= 0 && to-from == 1 && len(with) == 1 {
		// What is typed into a line is one change.
		if c := &t.changes[n]; c.group == t.group && c.at == from && c.count == 1 && len(c.old) == 1 && c.id != t.savedID {
			t.lines[from] = with[0]
			return
		}
	}
	t.lastID++
	t.changes = append(t.changes, change{from, slices.Clone(t.lines[from:to]), len(with), t.dot, t.group, t.lastID})
	t.splice(from, to, with)
}

func (t *text) splice(from, to int, with []string) {
	delta, n := len(with)-(to-from), len(t.lines)
	if delta > 0 {
		t.lines = append(t.lines, make([]string, delta)...)
	}
	copy(t.lines[to+delta:], t.lines[to:n])
	copy(t.lines[from:], with)
	if delta < 0 {
		clear(t.lines[n+delta:])
		t.lines = t.lines[:n+delta]
	}
	if len(t.lines) == 0 {
		t.lines = []string{""}
	}
	for i := range t.marks {
		m := &t.marks[i]
		switch {
		case !t.marked[i]:
		case m.line >= to:
			m.line += delta
		case m.line >= from+len(with):
			// Its line was deleted.
			t.marked[i] = i >= here
			*m = place{max(min(from, len(t.lines)-1), 0), 0}
		}
	}
}

// undo takes the last command back. It returns how many changes that were.
func (t *text) undo() int {
	n := 0
	for len(t.changes) > 0 {
		c := t.changes[len(t.changes)-1]
		if n > 0 && c.group != t.changes[len(t.changes)-1].group {
			break
		}
		group := c.group
		t.changes = t.changes[:len(t.changes)-1]
		to := min(c.at+c.count, len(t.lines))
		if c.count == 0 && len(t.lines) == 1 && t.lines[0] == "" && c.at == 0 {
			to = 1 // the empty line of an empty text
		}
		t.splice(c.at, to, c.old)
		t.dot = c.dot
		n++
		if len(t.changes) == 0 || t.changes[len(t.changes)-1].group != group {
			break
		}
	}
	t.bound(false)
	return n
}

// bound keeps the cursor inside the text, on a character unless something is inserted.
//
//go:noinline
func (t *text) bound(inserting bool) {
	t.dot.line = max(min(t.dot.line, len(t.lines)-1), 0)
	line := t.lines[t.dot.line]
	t.dot.col = max(min(t.dot.col, len(line)), 0)
	if t.dot.col == len(line) && !inserting {
		t.dot.col = before(line, t.dot.col)
	}
	for t.dot.col > 0 && t.dot.col < len(line) && !utf8.RuneStart(line[t.dot.col]) {
		t.dot.col--
	}
}

// before is where the character before a byte begins.
func before(line string, col int) int {
	if col <= 0 {
		return 0
	}
	_, size := utf8.DecodeLastRuneInString(line[:col])
	return col - size
}

// after is where the next character begins.
//
//go:noinline
func after(line string, col int) int {
	if col >= len(line) {
		return len(line)
	}
	_, size := utf8.DecodeRuneInString(line[col:])
	return col + size
}

// firstPrinted is the first character of a line that isn't white space.
//
//go:noinline
func firstPrinted(line string) int {
	n := len(line) - len(strings.TrimLeft(line, " \t"))
	if n == len(line) {
		return before(line, n)
	}
	return n
}

// cut returns the text between two places.
//
//go:noinline
func (t *text) cut(from, to place) []string {
	if from.line == to.line {
		return []string{t.lines[from.line][from.col:to.col]}
	}
	out := []string{t.lines[from.line][from.col:]}
	out = append(out, t.lines[from.line+1:to.line]...)
	return append(out, t.lines[to.line][:to.col])
}

// remove deletes the text between two places.
//
//go:noinline
func (t *text) remove(from, to place) {
	joined := t.lines[from.line][:from.col] + t.lines[to.line][to.col:]
	t.replace(from.line, to.line+1, joined)
	t.dot = from
}

// insert inserts text, which may be of several lines, and returns the place behind it.
//
//go:noinline
func (t *text) insert(at place, what []string) place {
	line := t.lines[at.line]
	head, tail := line[:at.col], line[at.col:]
	last := len(what) - 1
	if last == 0 {
		t.replace(at.line, at.line+1, head+what[0]+tail)
		return place{at.line, at.col + len(what[0])}
	}
	lines := slices.Clone(what)
	end := place{at.line + last, len(what[last])}
	lines[0], lines[last] = head+lines[0], lines[last]+tail
	t.replace(at.line, at.line+1, lines...)
	return end
}
