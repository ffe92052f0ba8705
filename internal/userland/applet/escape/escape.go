// Package escape reads the backslash sequences of C.
package escape

import "strings"

const (
	letters = `abefnrtv\`
	values  = "\a\b\x1b\f\n\r\t\v\\"
)

// Sequence reads the sequence behind a backslash and returns its byte and how much of
// s it takes. An unknown one is a backslash that takes nothing.
func Sequence(s string) (b byte, length int) {
	if s == "" {
		return '\\', 0
	}
	if i := strings.IndexByte(letters, s[0]); i >= 0 {
		return values[i], 1
	}
	base, most, start := uint(8), 3, 0
	if s[0] == 'x' {
		base, most, start = 16, 3, 1
	}
	n, i := uint(0), start
	for ; i < min(most, len(s)); i++ {
		d := digit(s[i])
		if d >= base || n*base+d > 255 {
			break
		}
		n = n*base + d
	}
	if i == start {
		return '\\', 0
	}
	return byte(n), i
}

func digit(b byte) uint {
	switch {
	case b >= '0' && b <= '9':
		return uint(b - '0')
	case b|0x20 >= 'a' && b|0x20 <= 'f':
		return uint(b|0x20-'a') + 10
	}
	return 99
}

// Expand replaces the sequences of a string.
func Expand(s string) string {
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	var out []byte
	for i := 0; i < len(s); i++ {
		b := s[i]
		if b == '\\' {
			var n int
			b, n = Sequence(s[i+1:])
			i += n
		}
		out = append(out, b)
	}
	return string(out)
}

// Argument replaces the sequences of an argument of echo -e or printf's %b, where
// octal numbers have a zero first: \0101. stop says that \c ended it all.
func Argument(s string) (text string, stop bool) {
	var out []byte
	for i := 0; i < len(s); i++ {
		b := s[i]
		if b == '\\' {
			rest := s[i+1:]
			if strings.HasPrefix(rest, "c") {
				return string(out), true
			}
			if len(rest) > 1 && rest[0] == '0' && digit(rest[1]) < 8 {
				rest = rest[1:]
				i++
			}
			var n int
			b, n = Sequence(rest)
			i += n
		}
		out = append(out, b)
	}
	return string(out), false
}
