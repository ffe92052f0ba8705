package oci

import (
	"errors"
	"strconv"
	"unsafe"
)

// maxDepth bounds the nesting of a document; the spec itself needs eight levels.
const maxDepth = 128

// decoder walks over a JSON text (RFC 8259). The first error stops it: every
// method then does nothing, and the objects and arrays on the way out put
// their part of the path in front of it.
type decoder struct {
	s     string // the whole text; what is decoded points into it
	pos   int
	depth int
	err   error
	path  string
	names []string // arena of string lists, see stringList
}

func newDecoder(b []byte) *decoder {
	return &decoder{s: unsafe.String(unsafe.SliceData(b), len(b))}
}

// peek skips white space and gives the next byte, or 0 at the end. No valid
// text has a 0 outside of a string.
func (d *decoder) peek() byte {
	for d.pos < len(d.s) {
		c := d.s[d.pos]
		if c > ' ' || c != ' ' && c != '\n' && c != '\t' && c != '\r' {
			return c
		}
		d.pos++
	}
	return 0
}

// finish gives the error, or complains about what follows the document.
func (d *decoder) finish() error {
	if d.err == nil && (d.peek() != 0 || d.pos < len(d.s)) {
		d.syntax("nothing after the document")
	}
	if d.err == nil || d.path == "" {
		return d.err
	}
	return errors.New(d.path + ": " + d.err.Error())
}

// syntax reports that the text is no JSON here.
func (d *decoder) syntax(wanted string) {
	if d.err != nil {
		return
	}
	got := "the end"
	if d.pos < len(d.s) {
		got = strconv.QuoteToASCII(d.s[d.pos : d.pos+1])
	}
	line, column := d.place()
	d.err = errors.New("invalid JSON at line " + strconv.Itoa(line) + ", column " + strconv.Itoa(column) +
		": expected " + wanted + ", got " + got)
}

func (d *decoder) place() (line, column int) {
	line, column = 1, 1
	for _, c := range []byte(d.s[:d.pos]) {
		column++
		if c == '\n' {
			line, column = line+1, 1
		}
	}
	return line, column
}

// mismatch reports a value of another type than the wanted one.
func (d *decoder) mismatch(wanted string) {
	if d.err != nil {
		return
	}
	if got := typeOf(d.peek()); got != "" {
		d.fail("expected " + wanted + ", got " + got)
		return
	}
	d.syntax(wanted)
}

func (d *decoder) fail(text string) {
	if d.err == nil {
		d.err = errors.New(text)
	}
}

// typeOf names the type of a value by its first byte.
func typeOf(c byte) string {
	switch {
	case c == '"':
		return "string"
	case c == '{':
		return "object"
	case c == '[':
		return "array"
	case c == 't', c == 'f':
		return "boolean"
	case c == 'n':
		return "null"
	case c == '-', '0' <= c && c <= '9':
		return "number"
	}
	return ""
}

// null consumes a null, which leaves every field as it is.
func (d *decoder) null() bool { return d.err == nil && d.peek() == 'n' && d.word("null") }

func (d *decoder) word(w string) bool {
	if len(d.s)-d.pos < len(w) || d.s[d.pos:d.pos+len(w)] != w {
		d.syntax(w)
		return false
	}
	d.pos += len(w)
	return true
}

func (d *decoder) deeper() bool {
	if d.depth++; d.depth > maxDepth {
		d.fail("nested more than " + strconv.Itoa(maxDepth) + " levels deep")
		return false
	}
	return true
}
