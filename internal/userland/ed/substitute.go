package ed

import "bytes"

// global is g and v: it marks the lines first, then runs the commands for each.
func (e *editor) global(command byte, a addresses, rest string) string {
	if e.inGlobal {
		return "cannot nest global commands"
	}
	if a.count == 0 {
		a.from, a.to = 1, len(e.lines)
	}
	if rest == "" || rest[0] == ' ' {
		return "invalid pattern delimiter"
	}
	commands, wrong := e.pattern(rest)
	if wrong != "" {
		return wrong
	}
	list := []string{}
	for {
		more := len(commands) > 0 && commands[len(commands)-1] == '\\'
		if more {
			commands = commands[:len(commands)-1]
		}
		list = append(list, commands)
		if !more {
			break
		}
		var ok bool
		if commands, ok = e.next(); !ok {
			break
		}
	}
	if len(list) == 1 && list[0] == "" {
		list[0] = "p"
	}
	var marked []*line
	for i := max(a.from, 1); i <= a.to; i++ {
		if e.last.Match([]byte(e.lines[i-1].text), 0) == (command == 'g') {
			marked = append(marked, e.lines[i-1])
		}
	}
	e.save()
	e.inGlobal = true
	defer func() { e.inGlobal, e.script = false, nil }()
	for _, l := range marked {
		at := e.find(l, max(e.dot, 1))
		if at == 0 {
			continue
		}
		e.dot, e.script = at, append([]string(nil), list...)
		for len(e.script) > 0 && !e.quit {
			text, _ := e.next()
			if wrong := e.run(text); wrong != "" {
				return wrong
			}
		}
	}
	return ""
}

// replacement is what s puts in the place of a match.
type replacement struct {
	text   string // the replacement as it was written
	all    bool
	number int // only this match
	way    byte
}

// substitute is s.
func (e *editor) substitute(a addresses, rest string) string {
	if rest == "" || rest[0] == ' ' || a.from < 1 {
		return "invalid pattern delimiter"
	}
	delim := rest[0]
	rest, wrong := e.pattern(rest)
	if wrong != "" {
		return wrong
	}
	r := replacement{number: 1}
	rest = e.replacement(&r, rest, delim)
	for i := 0; i < len(rest); i++ {
		switch b := rest[i]; {
		case b == 'g':
			r.all = true
		case b == 'p' || b == 'n' || b == 'l':
			r.way = b
		case b >= '1' && b <= '9':
			var after string
			r.number, after = number(rest[i:])
			i = len(rest) - len(after) - 1
		default:
			return "invalid command suffix"
		}
	}
	e.save()
	last := 0
	for i, end := a.from, a.to; i <= end; i++ {
		text, changed := e.replace(&r, []byte(e.lines[i-1].text))
		if !changed {
			continue
		}
		parts := bytes.Split(text, []byte{'\n'})
		var lines []*line
		for _, p := range parts {
			lines = append(lines, &line{string(p)})
		}
		e.lines = append(append(append([]*line(nil), e.lines[:i-1]...), lines...), e.lines[i:]...)
		i += len(lines) - 1
		end += len(lines) - 1
		last = i
	}
	if last == 0 {
		if e.inGlobal {
			return ""
		}
		return "no match"
	}
	if e.dot = last; r.way != 0 {
		e.print(last, last, r.way)
	}
	return ""
}

// replacement reads the text up to the delimiter, over several lines if they end
// with a backslash, and returns what follows it.
func (e *editor) replacement(r *replacement, s string, delim byte) (rest string) {
	for i := 0; ; i++ {
		if i >= len(s) {
			r.text = s
			r.way = 'p' // the delimiter is missing
			return ""
		}
		switch {
		case s[i] == delim:
			r.text = s[:i]
			return s[i+1:]
		case s[i] == '\\':
			if i++; i == len(s) {
				next, _ := e.next()
				s += "\n" + next
			}
		}
	}
}

// replace does it in one line.
func (e *editor) replace(r *replacement, text []byte) (result []byte, changed bool) {
	slots := make([]int, 2*(e.last.Groups()+1))
	at, from := 0, 0
	for n := 1; at <= len(text) && e.last.Find(text, at, slots, 0); n++ {
		start, end := slots[0], slots[1]
		if n >= r.number {
			result = append(result, text[from:start]...)
			result = r.expand(result, text, slots)
			from, changed = end, true
			if !r.all {
				break
			}
		}
		if at = end; end == start {
			at++
		}
	}
	return append(result, text[from:]...), changed
}

// expand adds the replacement with what & and \1 stand for.
func (r *replacement) expand(to, text []byte, slots []int) []byte {
	for i := 0; i < len(r.text); i++ {
		b, group := r.text[i], -1
		switch {
		case b == '&':
			group = 0
		case b == '\\' && i+1 < len(r.text):
			i++
			if b = r.text[i]; b >= '1' && b <= '9' {
				group = int(b - '0')
			}
		}
		switch {
		case group < 0:
			to = append(to, b)
		case 2*group+1 < len(slots) && slots[2*group] >= 0:
			to = append(to, text[slots[2*group]:slots[2*group+1]]...)
		}
	}
	return to
}
