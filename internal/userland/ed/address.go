package ed

import (
	"strconv"

	"bantam/internal/userland/applet/regex"
)

const badAddress = "invalid address"

// addresses are what stands before a command: count says how many there were.
type addresses struct{ from, to, count int }

func blanks(s string) string {
	for s != "" && (s[0] == ' ' || s[0] == '\t') {
		s = s[1:]
	}
	return s
}

// addresses reads them.
func (e *editor) addresses(s string) (a addresses, rest, wrong string) {
	a.to = e.dot
	for {
		s = blanks(s)
		n, after, given, bad := e.address(s)
		if bad != "" {
			return a, s, bad
		}
		s = blanks(after)
		if given {
			a.from, a.to = a.to, n
			a.count = min(a.count+1, 2)
		}
		if s == "" || s[0] != ',' && s[0] != ';' && s[0] != '%' {
			break
		}
		if !given { // "," alone is the whole buffer, ";" from dot on
			n = 1
			if s[0] == ';' {
				n = e.dot
			}
			a.from, a.to, a.count = n, n, 1
			if next := blanks(s[1:]); next == "" || !startsAddress(next[0]) {
				a.from, a.to, a.count = n, len(e.lines), 2
				s = s[1:]
				break
			}
		} else if next := blanks(s[1:]); next == "" || !startsAddress(next[0]) {
			// "2," is "2,2"
			a.from, a.count = a.to, 2
			s = s[1:]
			break
		}
		if s[0] == ';' {
			e.dot = a.to
		}
		s = s[1:]
	}
	if a.count < 2 {
		a.from = a.to
	}
	if a.from > a.to || a.to > len(e.lines) || a.from < 0 {
		return a, s, badAddress
	}
	return a, s, ""
}

func startsAddress(b byte) bool {
	return b >= '0' && b <= '9' || b == '.' || b == '$' || b == '\'' || b == '/' || b == '?' || b == '+' || b == '-' || b == '^'
}

// address reads one address with its offsets.
func (e *editor) address(s string) (n int, rest string, given bool, wrong string) {
	n = e.dot
	if s != "" {
		switch b := s[0]; {
		case b == '.':
			s, given = s[1:], true
		case b == '$':
			n, s, given = len(e.lines), s[1:], true
		case b >= '0' && b <= '9':
			n, s = number(s)
			given = true
		case b == '\'' && len(s) > 1 && s[1] >= 'a' && s[1] <= 'z':
			if n = e.find(e.marks[s[1]-'a'], 1); n == 0 {
				return 0, s, false, badAddress
			}
			s, given = s[2:], true
		case b == '/' || b == '?':
			if n, s, wrong = e.search(s); wrong != "" {
				return 0, s, false, wrong
			}
			given = true
		}
	}
	for {
		s = blanks(s)
		if s == "" || s[0] != '+' && s[0] != '-' && s[0] != '^' && !(given && s[0] >= '0' && s[0] <= '9') {
			break
		}
		sign := 1
		if s[0] == '-' || s[0] == '^' {
			sign = -1
		}
		if s[0] < '0' || s[0] > '9' {
			s = s[1:]
		}
		step := 1
		if s != "" && s[0] >= '0' && s[0] <= '9' {
			step, s = number(s)
		}
		n, given = n+sign*step, true
	}
	if n < 0 || given && n > len(e.lines) {
		return 0, s, false, badAddress
	}
	return n, s, given, ""
}

func number(s string) (int, string) {
	i := 0
	for i < len(s) && s[i] >= '0' && s[i] <= '9' {
		i++
	}
	n, err := strconv.Atoi(s[:i])
	if err != nil {
		n = 1 << 40
	}
	return n, s[i:]
}

// find returns where a line is now, 0 if it is gone, looking from a place on.
func (e *editor) find(l *line, from int) int {
	if l == nil {
		return 0
	}
	for i := range e.lines {
		at := (from - 1 + i) % len(e.lines)
		if e.lines[at] == l {
			return at + 1
		}
	}
	return 0
}

// pattern reads a regular expression up to its delimiter; an empty one is the last.
func (e *editor) pattern(s string) (rest, wrong string) {
	delim, text, in := s[0], "", false
	i := 1
	for ; i < len(s) && (s[i] != delim || in); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s) && !in:
			i++
			if s[i] != delim {
				text += `\`
			}
		case s[i] == '[' && !in:
			in = true
		case s[i] == ']' && in && len(text) > 1 && text[len(text)-1] != '[' && text[len(text)-1] != '^':
			in = false
		}
		text += s[i : i+1]
	}
	rest = s[min(i+1, len(s)):]
	if text == "" {
		if e.last == nil {
			return rest, "no previous pattern"
		}
		return rest, ""
	}
	re, err := regex.Compile(text, 0)
	if err != nil {
		return rest, err.Error()
	}
	e.last = re
	return rest, ""
}

// search finds the next line that matches, or with ? the one before.
func (e *editor) search(s string) (n int, rest, wrong string) {
	step := 1
	if s[0] == '?' {
		step = -1
	}
	if rest, wrong = e.pattern(s); wrong != "" {
		return 0, rest, wrong
	}
	for i, at := 0, e.dot; i < len(e.lines); i++ {
		if at += step; at < 1 {
			at = len(e.lines)
		} else if at > len(e.lines) {
			at = 1
		}
		if e.last.Match([]byte(e.lines[at-1].text), 0) {
			return at, rest, ""
		}
	}
	return 0, rest, "no match"
}
