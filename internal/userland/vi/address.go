package vi

import (
	"strings"
)

// addresses reads the lines that a command is for: 5, ., $, 'a, /x/, ?x? with +n and -n
// behind, two of them with a comma or a semicolon between, or % for all.
func (e *editor) addresses(text string) (x *ex, rest string, ok bool) {
	x = &ex{first: 0, last: len(e.t.lines) - 1}
	dot := e.t.dot
	defer func() { e.t.dot = dot }()
	for {
		text = strings.TrimLeft(text, " \t")
		if strings.HasPrefix(text, "%") {
			x.first, x.last, x.line, x.addresses = 0, len(e.t.lines)-1, len(e.t.lines), 2
			text = text[1:]
		} else {
			line, left, given, ok := e.address(text)
			if !ok {
				return nil, "", false
			}
			text = strings.TrimLeft(left, " \t")
			separator := text != "" && (text[0] == ',' || text[0] == ';')
			if !given && !separator && x.addresses == 0 {
				break
			}
			x.first = x.line - 1
			if x.addresses == 0 {
				x.first = line - 1
			}
			x.line, x.last = line, line-1
			x.addresses++
		}
		text = strings.TrimLeft(text, " \t")
		if text == "" || text[0] != ',' && text[0] != ';' {
			break
		}
		if text[0] == ';' && x.last >= 0 && x.last < len(e.t.lines) {
			e.t.dot.line = x.last
		}
		text = text[1:]
	}
	return x, text, true
}

// address reads one address, the present line if there is none.
func (e *editor) address(text string) (line int, rest string, given, ok bool) {
	line = e.t.dot.line + 1
	if text == "" {
		return line, text, false, true
	}
	switch c := text[0]; {
	case c == '.':
		text, given = text[1:], true
	case c == '$':
		line, text, given = len(e.t.lines), text[1:], true
	case c == '\'' && len(text) > 1:
		i := int(text[1]|0x20) - 'a'
		if i < 0 || i > 25 || !e.t.marked[i] {
			e.warn("Mark not set")
			return 0, "", false, false
		}
		line, text, given = e.t.marks[i].line+1, text[2:], true
	case c == '/' || c == '?':
		if line, text, ok = e.searched(text); !ok {
			return 0, "", false, false
		}
		given = true
	case c >= '0' && c <= '9':
		line, text = digits(text)
		given = true
	}
	for {
		text = strings.TrimLeft(text, " \t")
		if text == "" || text[0] != '+' && text[0] != '-' {
			return line, text, given, true
		}
		sign := 1
		if text[0] == '-' {
			sign = -1
		}
		text, given = strings.TrimLeft(text[1:], " \t"), true
		n := 1
		if text != "" && text[0] >= '0' && text[0] <= '9' {
			n, text = digits(text)
		}
		line += sign * n
	}
}

func digits(text string) (n int, rest string) {
	for text != "" && text[0] >= '0' && text[0] <= '9' {
		n = min(n*10+int(text[0]-'0'), 1<<30)
		text = text[1:]
	}
	return n, text
}

// searched is the line of an address that is a pattern.
func (e *editor) searched(text string) (line int, rest string, ok bool) {
	c := text[0]
	end := delimiter(text[1:], c)
	pattern := text[1:]
	if end >= 0 {
		pattern, rest = text[1:1+end], text[2+end:]
	}
	if pattern != "" {
		e.pattern = string(rune(c)) + pattern
	}
	if len(e.pattern) < 2 {
		e.warn("No previous search")
		return 0, "", false
	}
	from := place{e.t.dot.line, 0}
	if c == '/' {
		from.col = len(e.t.lines[from.line])
	}
	p, _, found := e.search(e.pattern[1:], from, c == '/')
	if !found {
		e.warn("Pattern not found")
		return 0, "", false
	}
	return p.line + 1, rest, true
}

// delimiter is where the next delimiter stands that has no backslash before it, or -1.
func delimiter(s string, c byte) int {
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case c:
			return i
		}
	}
	return -1
}

// substitute is s/pattern/replacement/g.
func (e *editor) substitute(x *ex) {
	text := x.bare[1:]
	if text == "" {
		e.say(":s expression missing delimiters")
		return
	}
	c := text[0]
	middle := delimiter(text[1:], c)
	if middle < 0 {
		e.say(":s expression missing delimiters")
		return
	}
	pattern, with, flags := text[1:1+middle], text[2+middle:], ""
	if end := delimiter(with, c); end >= 0 {
		with, flags = with[:end], with[end+1:]
	}
	if c != '/' {
		pattern = strings.ReplaceAll(pattern, "\\"+string(rune(c)), string(rune(c)))
	}
	switch {
	case pattern != "":
		e.pattern = "/" + pattern
	case len(e.pattern) < 2:
		e.warn("No previous search")
		return
	}
	x.here(e)
	e.substituteLines(x, with, strings.HasPrefix(flags, "g"))
}

func (e *editor) substituteLines(x *ex, with string, all bool) {
	t := &e.t
	re := e.compile(e.pattern[1:])
	if re == nil {
		e.say(":s bad search pattern")
		return
	}
	subs, lines, last := 0, 0, -1
	slots := make([]int, 20)
	for i := x.last; i >= x.first; i-- {
		line := t.lines[i]
		var out strings.Builder
		done, n := 0, 0
		for at := 0; at <= len(line); {
			if !re.Find([]byte(line), at, slots, 0) {
				break
			}
			if n > 0 && slots[1] == done {
				// Nothing, right behind the match before, is no match.
				at++
				continue
			}
			out.WriteString(line[done:slots[0]])
			replacement(&out, with, line, slots)
			done, n = slots[1], n+1
			if at = slots[1]; slots[1] == slots[0] {
				at++
			}
			if !all {
				break
			}
		}
		if n > 0 {
			out.WriteString(line[done:])
			t.replace(i, i+1, out.String())
			last = max(last, i)
			subs += n
			lines++
		}
	}
	if subs == 0 {
		e.warn("No match")
		return
	}
	t.dot = place{last, firstPrinted(t.lines[last])}
	if subs > 1 {
		e.say(itoa(subs) + " substitutions on " + itoa(lines) + " lines")
	}
}

// replacement writes what a match is replaced by: \0 is all of it, \1 its first group.
func replacement(out *strings.Builder, with, line string, slots []int) {
	for i := 0; i < len(with); i++ {
		if with[i] != '\\' || i+1 == len(with) {
			out.WriteByte(with[i])
			continue
		}
		i++
		if c := with[i]; c >= '0' && c <= '9' {
			if from, to := slots[2*(c-'0')], slots[2*(c-'0')+1]; from >= 0 {
				out.WriteString(line[from:to])
			}
			continue
		}
		out.WriteByte(with[i])
	}
}
