package oci

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"
	"unsafe"
)

func (d *decoder) string(v *string) { decodeString(d, v) }

func decodeString[T ~string](d *decoder, v *T) {
	if d.err != nil || d.null() {
		return
	}
	if d.peek() != '"' {
		d.mismatch("a string")
		return
	}
	*v = T(d.text())
}

// text reads a string. One without escapes stays where it is in the text.
func (d *decoder) text() string {
	start := d.pos + 1
	ascii := byte(0)
	for i := start; i < len(d.s); i++ {
		switch c := d.s[i]; {
		case c == '"':
			s := d.s[start:i]
			if ascii >= utf8.RuneSelf && !utf8.ValidString(s) {
				return d.escaped(start, start)
			}
			d.pos = i + 1
			return s
		case c == '\\':
			if ascii >= utf8.RuneSelf {
				i = start
			}
			return d.escaped(start, i)
		case c < ' ':
			d.pos = i
			d.syntax("no control character in a string")
			return ""
		default:
			ascii |= c
		}
	}
	d.pos = len(d.s)
	d.syntax("'\"'")
	return ""
}

// escaped reads a string that is not plain from i on. A byte that is no UTF-8 becomes U+FFFD.
func (d *decoder) escaped(start, i int) string {
	b := make([]byte, 0, len(d.s[start:i])+64)
	b = append(b, d.s[start:i]...)
	d.pos = i
	for d.err == nil && d.pos < len(d.s) {
		switch c := d.s[d.pos]; {
		case c == '"':
			d.pos++
			return d.kernelString(b)
		case c == '\\':
			b = d.escape(b)
		case c < ' ':
			d.syntax("no control character in a string")
		case c < utf8.RuneSelf:
			b = append(b, c)
			d.pos++
		default:
			r, n := utf8.DecodeRuneInString(d.s[d.pos:])
			b = utf8.AppendRune(b, r)
			d.pos += n
		}
	}
	d.syntax("'\"'")
	return ""
}

// kernelString refuses the NUL character: what a spec holds goes to the kernel, which would cut it there.
func (d *decoder) kernelString(b []byte) string {
	s := unsafe.String(unsafe.SliceData(b), len(b))
	if strings.IndexByte(s, 0) >= 0 {
		d.fail("a NUL character (\\u0000) cannot be passed to the kernel")
	}
	return s
}

func (d *decoder) escape(b []byte) []byte {
	d.pos++
	if d.pos == len(d.s) {
		return b
	}
	c := d.s[d.pos]
	switch c {
	case '"', '\\', '/':
	case 'b':
		c = '\b'
	case 'f':
		c = '\f'
	case 'n':
		c = '\n'
	case 'r':
		c = '\r'
	case 't':
		c = '\t'
	case 'u':
		return d.unicode(b)
	default:
		d.syntax("an escape sequence")
		return b
	}
	d.pos++
	return append(b, c)
}

// unicode reads \uXXXX, or two of them for a character beyond 16 bits. Half of such a
// pair alone becomes U+FFFD, as everywhere in Go.
func (d *decoder) unicode(b []byte) []byte {
	r, ok := d.hex4(d.pos + 1)
	if !ok {
		d.syntax("four hexadecimal digits after \\u")
		return b
	}
	d.pos += 5
	if utf16.IsSurrogate(r) {
		r = d.surrogate(r)
	}
	return utf8.AppendRune(b, r)
}

func (d *decoder) surrogate(high rune) rune {
	if strings.HasPrefix(d.s[d.pos:], `\u`) {
		if low, ok := d.hex4(d.pos + 2); ok {
			if r := utf16.DecodeRune(high, low); r != utf8.RuneError {
				d.pos += 6
				return r
			}
		}
	}
	return utf8.RuneError
}

func (d *decoder) hex4(at int) (r rune, ok bool) {
	if at+4 > len(d.s) {
		return 0, false
	}
	for _, c := range []byte(d.s[at : at+4]) {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

// chunk is how many strings one piece of the arena holds; Docker's seccomp profile has 400 names.
const chunk = 128

// stringList reads an array of strings. The lists of a document share
// pieces of memory, each with a capacity that ends where it ends.
func stringList[T ~string](d *decoder) []T {
	if d.null() {
		return nil
	}
	start := len(d.names)
	for a := d.array(); d.element(&a); {
		if len(d.names) == cap(d.names) {
			run := d.names[start:]
			d.names = append(make([]string, 0, max(chunk, 2*len(run))), run...)
			start = 0
		}
		d.names = append(d.names, "")
		d.string(&d.names[len(d.names)-1])
	}
	if start == len(d.names) {
		return []T{}
	}
	list := d.names[start:len(d.names):len(d.names)]
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(list))), len(list))
}

func (d *decoder) strings(v *[]string) { *v = stringList[string](d) }
