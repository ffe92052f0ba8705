package awk

import "bantam/internal/userland/applet/regex"

// substitute appends s with matches replaced: all of them for which 0, or else that one.
// groups lets \1 to \9 stand for groups. Nothing is appended if nothing is replaced
// and the whole of s isn't asked for by groups.
func substitute(dst []byte, re *regex.Regexp, s, replacement string, which int, groups bool) ([]byte, int) {
	start := len(dst)
	var fixed [2]int
	slots := fixed[:]
	if groups {
		slots = make([]int, 20)
	}
	data := bytesOf(s)
	at, end, matches, count := 0, -1, 0, 0
	for at <= len(s) && re.Find(data, at, slots, 0) {
		from, to := slots[0], slots[1]
		dst = append(dst, s[at:from]...)
		if from == to && from == end {
			// An empty match right behind a match is none.
		} else if matches++; which == 0 || matches == which {
			dst = replace(dst, s, replacement, slots, groups)
			count++
		} else {
			dst = append(dst, s[from:to]...)
		}
		end = to
		if at = to; from == to {
			if at < len(s) {
				dst = append(dst, s[at])
			}
			at++
		}
		if matches == which {
			break
		}
	}
	if count == 0 && !groups {
		return dst[:start], 0
	}
	return append(dst, s[min(at, len(s)):]...), count
}

// replace appends a replacement: & is the match, \& itself, and \\ a backslash.
func replace(dst []byte, s, replacement string, slots []int, groups bool) []byte {
	for i := 0; i < len(replacement); i++ {
		c := replacement[i]
		group := -1
		switch {
		case c == '&':
			group = 0
		case c == '\\' && i+1 < len(replacement):
			next := replacement[i+1]
			switch {
			case next == '\\' || next == '&':
				c = next
				i++
			case groups && isDigit(next):
				group = int(next - '0')
				i++
			}
		}
		if group < 0 {
			dst = append(dst, c)
		} else if from := slots[2*group]; from >= 0 {
			dst = append(dst, s[from:slots[2*group+1]]...)
		}
	}
	return dst
}
