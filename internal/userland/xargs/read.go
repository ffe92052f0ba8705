package xargs

import (
	"strings"

	"bantam/internal/userland/applet"
)

func isSpace(b byte) bool { return b == ' ' || b >= '\t' && b <= '\r' }

// line reads the next line for -I, without the spaces that it begins with. Empty ones
// are passed over.
func (r *runner) line() (string, bool) {
	end := byte('\n')
	if r.zero {
		end = 0
	}
	for {
		p, ok := r.in.Until(end)
		if !ok {
			return "", false
		}
		for len(p) > 0 && isSpace(p[0]) {
			p = p[1:]
		}
		if len(p) > 0 {
			return string(p), true
		}
	}
}

// word reads the next word.
func (r *runner) word() (word string, ok bool, wrong string) {
	switch {
	case r.holds:
		r.holds = false
		return r.held, true, ""
	case r.zero:
		p, ok := r.in.Until(0)
		return string(p), ok, ""
	}
	word, ok, wrong = quoted(r.in, r.bytes)
	if ok && r.ends && word == r.end {
		for {
			if p, err := r.in.Chunk(); len(p) == 0 || err != nil {
				break
			}
		}
		return "", false, ""
	}
	return word, ok, wrong
}

// quoted reads a word that ends with white space, with quotes and backslashes as in
// a shell. What is longer than most isn't read to its end.
func quoted(in *applet.In, most int) (word string, ok bool, wrong string) {
	var b strings.Builder
	quote := byte(0)
	started := false // by a quote, too, but an empty word isn't one: ''
	for b.Len() <= most {
		c, err := in.ReadByte()
		if err != nil {
			break
		}
		switch {
		case quote != 0 && c == quote:
			quote = 0
			continue
		case quote != 0:
		case isSpace(c):
			if started {
				return b.String(), true, ""
			}
			continue
		case c == '\'' || c == '"':
			quote = c
			continue
		case c == '\\':
			if c, err = in.ReadByte(); err != nil {
				return b.String(), started, ""
			}
		}
		b.WriteByte(c)
		started = true
	}
	switch {
	case quote == '\'':
		wrong = "unmatched single quote"
	case quote == '"':
		wrong = "unmatched double quote"
	}
	return b.String(), started && wrong == "", wrong
}
