package statefile

import (
	"strconv"
	"time"
	"unicode/utf8"
)

// writer appends the members of an object; empty ones are left out.
type writer struct {
	b     []byte
	comma bool
}

// open starts an object or a list; without a name it is an element.
func (w *writer) open(name string, c byte) {
	if name == "" {
		w.sep()
	} else {
		w.key(name)
	}
	w.b = append(w.b, c)
	w.comma = false
}

func (w *writer) close(c byte) {
	w.b = append(w.b, c)
	w.comma = true
}

func (w *writer) sep() {
	if w.comma {
		w.b = append(w.b, ',')
	}
	w.comma = true
}

func (w *writer) key(name string) {
	w.sep()
	w.b = append(appendString(w.b, name), ':')
}

func (w *writer) str(name, v string) {
	if v != "" {
		w.key(name)
		w.b = appendString(w.b, v)
	}
}

func (w *writer) num(name string, v int64) {
	if v != 0 {
		w.whole(name, v)
	}
}

// whole writes a number even if it is 0.
func (w *writer) whole(name string, v int64) {
	w.key(name)
	w.b = strconv.AppendInt(w.b, v, 10)
}

func (w *writer) bool(name string, v bool) {
	if v {
		w.key(name)
		w.b = append(w.b, "true"...)
	}
}

func (w *writer) time(name string, v time.Time) {
	if !v.IsZero() {
		w.str(name, v.UTC().Format(time.RFC3339Nano))
	}
}

func (w *writer) list(name string, v []string) {
	if len(v) == 0 {
		return
	}
	w.open(name, '[')
	for _, s := range v {
		w.sep()
		w.b = appendString(w.b, s)
	}
	w.close(']')
}

func (w *writer) dict(name string, v map[string]string) {
	if len(v) == 0 {
		return
	}
	w.open(name, '{')
	for k, s := range v {
		w.key(k)
		w.b = appendString(w.b, s)
	}
	w.close('}')
}

const hexDigits = "0123456789abcdef"

// appendString quotes s. Bytes that are no UTF-8 are written as they are: a path
// may hold them, and what is read back must be what was written.
func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c < ' ':
			b = append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		default:
			b = append(b, c)
		}
	}
	return append(b, '"')
}

// reader reads what writer has written, or what a person has edited. What it returns are parts of the
// text: a record of fifty texts costs one allocation.
type reader struct {
	s   string
	i   int
	bad bool
}

// next skips blanks and returns the byte there, 0 at the end.
func (r *reader) next() byte {
	for r.i < len(r.s) {
		switch c := r.s[r.i]; c {
		case ' ', '\t', '\n', '\r':
			r.i++
		default:
			return c
		}
	}
	return 0
}

func (r *reader) take(c byte) bool {
	if r.next() != c {
		return false
	}
	r.i++
	return true
}

func (r *reader) want(c byte) {
	if !r.take(c) {
		r.bad = true
	}
}

// object calls member for every key; it must read the value or skip it.
func (r *reader) object(member func(key string)) {
	r.items('{', '}', func() {
		key := r.str()
		r.want(':')
		if !r.bad {
			member(key)
		}
	})
}

func (r *reader) items(open, end byte, item func()) {
	if r.word("null") {
		return
	}
	r.want(open)
	for first := true; !r.bad && !r.take(end); first = false {
		if !first {
			r.want(',')
		}
		if !r.bad {
			item()
		}
	}
}

func (r *reader) word(w string) bool {
	if r.next(); len(r.s)-r.i < len(w) || r.s[r.i:r.i+len(w)] != w {
		return false
	}
	r.i += len(w)
	return true
}

func (r *reader) str() string {
	if r.word("null") {
		return ""
	}
	r.want('"')
	start := r.i
	for r.i < len(r.s) && !r.bad {
		switch r.s[r.i] {
		case '"':
			r.i++
			return r.s[start : r.i-1]
		case '\\':
			return r.escaped(start)
		}
		r.i++
	}
	r.bad = true
	return ""
}

// escaped is str from the first backslash on.
func (r *reader) escaped(start int) string {
	s := append([]byte{}, r.s[start:r.i]...)
	for r.i+1 < len(r.s) {
		c := r.s[r.i]
		r.i++
		switch c {
		case '"':
			return string(s)
		case '\\':
			s = r.escape(s)
		default:
			s = append(s, c)
		}
	}
	if r.i < len(r.s) && r.s[r.i] == '"' {
		r.i++
		return string(s)
	}
	r.bad = true
	return ""
}

func (r *reader) escape(s []byte) []byte {
	c := r.s[r.i]
	r.i++
	switch c {
	case 'n':
		return append(s, '\n')
	case 't':
		return append(s, '\t')
	case 'r':
		return append(s, '\r')
	case 'b':
		return append(s, '\b')
	case 'f':
		return append(s, '\f')
	case '"', '\\', '/':
		return append(s, c)
	case 'u':
		if r.i+4 <= len(r.s) {
			if n, err := strconv.ParseUint(r.s[r.i:r.i+4], 16, 16); err == nil {
				r.i += 4
				return utf8.AppendRune(s, rune(n))
			}
		}
	}
	r.bad = true
	return s
}

func (r *reader) num() int64 {
	r.next()
	start := r.i
	for r.i < len(r.s) && (r.s[r.i] == '-' || r.s[r.i] >= '0' && r.s[r.i] <= '9') {
		r.i++
	}
	n, err := strconv.ParseInt(r.s[start:r.i], 10, 64)
	if err != nil {
		r.bad = true
	}
	return n
}

func (r *reader) flag() bool {
	switch {
	case r.word("true"):
		return true
	case r.word("false"):
		return false
	}
	r.bad = true
	return false
}

func (r *reader) time() time.Time {
	t, err := time.Parse(time.RFC3339Nano, r.str())
	if err != nil {
		r.bad = true
	}
	return t
}

func (r *reader) list() (v []string) {
	r.items('[', ']', func() { v = append(v, r.str()) })
	return v
}

func (r *reader) dict() map[string]string {
	var v map[string]string
	r.object(func(key string) {
		if v == nil {
			v = map[string]string{}
		}
		v[key] = r.str()
	})
	return v
}

// skip passes over a value of whatever kind: a field of a newer version.
func (r *reader) skip() {
	switch r.next() {
	case '{':
		r.object(func(string) { r.skip() })
	case '[':
		r.items('[', ']', r.skip)
	case '"':
		r.str()
	case 't', 'f':
		r.flag()
	case 'n':
		if !r.word("null") {
			r.bad = true
		}
	default:
		r.number()
	}
}

func (r *reader) number() {
	start := r.i
	for r.i < len(r.s) {
		switch c := r.s[r.i]; {
		case c >= '0' && c <= '9', c == '-', c == '+', c == '.', c == 'e', c == 'E':
			r.i++
			continue
		}
		break
	}
	if r.i == start {
		r.bad = true
	}
}

// done is the error, if any.
func (r *reader) done() error {
	if r.bad || r.next() != 0 {
		return ErrSyntax
	}
	return nil
}
