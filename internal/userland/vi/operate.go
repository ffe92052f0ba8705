package vi

import (
	"strings"

	"bantam/internal/userland/applet/term"
)

// operate is an operator with its movement.
func (e *editor) operate(op rune) bool {
	t := &e.t
	from := t.dot
	key, ok := e.key()
	if !ok {
		return false
	}
	second := 0
	for key >= '1' && key <= '9' || key == '0' && second > 0 {
		second = min(second*10+int(key-'0'), 1<<20)
		if key, ok = e.key(); !ok {
			return false
		}
	}
	if second > 0 {
		e.count = max(e.count, 1) * second
	}
	if key == op {
		last := from.line + max(e.count, 1) - 1
		return last < len(t.lines) && e.operateLines(op, from.line, last)
	}
	if op == 'c' && (key == 'w' || key == 'W') && kindOf(t.at(from), false) != blank {
		key = e.changeWord(key)
	}
	kind, ok, known := e.motion(key)
	to := t.dot
	t.dot = from
	if !known || !ok {
		return key == term.Escape
	}
	if to.before(from) {
		from, to = to, from
	}
	if kind == linewise || op == '<' || op == '>' {
		return e.operateLines(op, from.line, to.line)
	}
	return e.operateText(op, key, kind, from, to)
}

// changeWord makes the movement of cw: it doesn't take the white space behind the word,
// and at the end of a word it stays there.
func (e *editor) changeWord(key rune) rune {
	t, big := &e.t, key == 'W'
	end := t.dot
	end.col = after(t.lines[end.line], end.col)
	if kindOf(t.at(end), big) != kindOf(t.at(t.dot), big) && e.count <= 1 {
		return 'l'
	}
	if kindOf(t.at(end), big) != kindOf(t.at(t.dot), big) {
		e.count--
	}
	return key - 'w' + 'e'
}

// operateText is an operator on a part of lines.
func (e *editor) operateText(op, key rune, kind int, from, to place) bool {
	t := &e.t
	if kind == inclusive {
		to.col = after(t.lines[to.line], to.col)
	}
	if (key == 'w' || key == 'W') && to.line > from.line {
		// Words end with their lines.
		at := to
		for at.line > from.line && strings.TrimLeft(t.lines[at.line][:at.col], " \t") == "" {
			at = place{at.line - 1, len(t.lines[at.line-1])}
		}
		to = at
	}
	if key == '{' || key == '}' {
		if to.col == 0 && to.line > from.line && from.col == 0 {
			return e.operateLines(op, from.line, to.line-1)
		}
	}
	if op == 'y' {
		e.registers[e.reg] = register{t.cut(from, to), false}
		t.dot = from
		e.tell("Yank")
		return true
	}
	e.take(from, to)
	if op == 'c' {
		e.begin(insert)
		return true
	}
	e.tell("Delete")
	return true
}

// take deletes text into the register.
func (e *editor) take(from, to place) {
	if from == to {
		return
	}
	e.registers[e.reg] = register{e.t.cut(from, to), false}
	e.t.remove(from, to)
}

// operateLines is an operator on whole lines.
func (e *editor) operateLines(op rune, first, last int) bool {
	t := &e.t
	if op == '<' || op == '>' {
		e.shift(op, first, last)
		return true
	}
	lines := append([]string(nil), t.lines[first:last+1]...)
	e.registers[e.reg] = register{lines, true}
	switch op {
	case 'y':
		t.dot.line = first
		e.tell("Yank")
	case 'd':
		t.replace(first, last+1)
		t.dot = place{min(first, len(t.lines)-1), 0}
		t.dot.col = firstPrinted(t.lines[t.dot.line])
		e.tell("Delete")
	case 'c':
		indent := ""
		if e.autoindent {
			indent = lines[0][:len(lines[0])-len(strings.TrimLeft(lines[0], " \t"))]
		}
		t.replace(first, last+1, indent)
		t.dot = place{first, len(indent)}
		e.begin(insert)
		e.indent = e.columnOf(indent, len(indent))
	}
	return true
}

func (e *editor) shift(op rune, first, last int) {
	t := &e.t
	for i := first; i <= last; i++ {
		line := t.lines[i]
		switch {
		case op == '>' && line != "":
			if e.expandtab {
				line = strings.Repeat(" ", e.tabstop) + line
			} else {
				line = "\t" + line
			}
		case op == '<' && strings.HasPrefix(line, "\t"):
			line = line[1:]
		case op == '<':
			n := 0
			for n < len(line) && n < e.tabstop && line[n] == ' ' {
				n++
			}
			line = line[n:]
		}
		if line != t.lines[i] {
			t.replace(i, i+1, line)
		}
	}
	t.dot = place{first, firstPrinted(t.lines[first])}
}
