package vi

import (
	"bantam/internal/userland/applet/regex"
)

// searchKey is / ? n N.
func (e *editor) searchKey(key rune, n int) bool {
	if key == '/' || key == '?' {
		typed, ok := e.line(string(key))
		switch {
		case !ok:
			return true
		case len(typed) > 0:
			e.pattern = string(key) + typed
		case e.pattern != "":
			e.pattern = string(key) + e.pattern[1:]
		}
	}
	if len(e.pattern) < 2 {
		e.warn("No previous search")
		return false
	}
	forward := (e.pattern[0] == '/') != (key == 'N')
	for ; n > 0; n-- {
		p, wrapped, ok := e.search(e.pattern[1:], e.t.dot, forward)
		if !ok {
			e.warn("Pattern not found")
			return false
		}
		if wrapped && forward {
			e.warn("search hit BOTTOM, continuing at TOP")
		} else if wrapped {
			e.warn("search hit TOP, continuing at BOTTOM")
		}
		e.t.dot = p
	}
	return true
}

// compile compiles a pattern; one that is wrong is taken for what it is.
func (e *editor) compile(pattern string) *regex.Regexp {
	flags := regex.Flags(0)
	if e.ignorecase {
		flags |= regex.IgnoreCase
	}
	re, err := regex.Compile(pattern, flags)
	if err != nil {
		re, _ = regex.Compile(pattern, flags|regex.Literal)
	}
	return re
}

// search finds the next match behind, or the last before, a place, around the end of
// the text.
func (e *editor) search(pattern string, from place, forward bool) (p place, wrapped, ok bool) {
	re := e.compile(pattern)
	if re == nil {
		return from, false, false
	}
	n := len(e.t.lines)
	for i := 0; i <= n; i++ {
		line := from.line + i
		if !forward {
			line = from.line - i + n
		}
		line %= n
		low, high := 0, len(e.t.lines[line])
		switch {
		case i == 0 && forward:
			low = from.col + 1
		case i == 0:
			high = from.col - 1
		case i == n && forward:
			high = from.col
		case i == n:
			low = from.col
		}
		if col := matchIn(re, e.t.lines[line], low, high, forward); col >= 0 {
			wrapped = i == n || forward && line < from.line || !forward && line > from.line
			return place{line, col}, wrapped, true
		}
	}
	return from, false, false
}

// matchIn is where the first or the last match between two bytes of a line begins, -1
// if there is none.
func matchIn(re *regex.Regexp, line string, low, high int, first bool) int {
	data, slots, last := []byte(line), []int{-1, -1}, -1
	for at := 0; at <= len(line) && re.Find(data, at, slots, 0); {
		if slots[0] > high {
			break
		}
		if slots[0] >= low {
			if last = slots[0]; first {
				break
			}
		}
		at = max(slots[1], slots[0]+1)
	}
	return last
}
