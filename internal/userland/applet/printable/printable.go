// Package printable makes file names fit for a terminal.
package printable

import "strings"

// last is the last character that is printed: what any console font has, as in
// BusyBox's default configuration.
const last = 767

// Name returns the name with a question mark in place of each control character,
// character that consoles lack and broken sequence of UTF-8, and its width.
func Name(s string) (name string, width int) {
	for i := 0; ; i++ {
		if i == len(s) {
			return s, i
		}
		if s[i] < ' ' || s[i] >= 0x7f {
			break
		}
	}
	var b strings.Builder
	for s != "" {
		size, good := next(s)
		if good {
			b.WriteString(s[:size])
		} else {
			b.WriteByte('?')
		}
		width++
		s = s[size:]
	}
	return b.String(), width
}

// next returns the size of the character that s begins with, in the old UTF-8 with
// its sequences of up to six bytes, and whether it can be printed.
func next(s string) (size int, good bool) {
	if s[0] < 0x80 {
		return 1, s[0] >= ' ' && s[0] != 0x7f
	}
	bytes := 0
	for lead := s[0]; lead&0x80 != 0 && bytes < 6; lead <<= 1 {
		bytes++
	}
	if bytes == 1 {
		return 1, false
	}
	char := int(s[0] << bytes >> bytes)
	for size = 1; size < bytes; size++ {
		if size == len(s) || s[size]&0xc0 != 0x80 {
			return size, false
		}
		char = char<<6 | int(s[size]&0x3f)
	}
	return size, char >= 0xa0 && char <= last
}
