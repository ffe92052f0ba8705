package shell

import "strings"

// builder collects the parts of a word.
type builder struct {
	parts []part
	text  []byte // the literal being collected
	lit   bool   // there is one, be it empty
	quote bool
}

//go:noinline
func (b *builder) flush() {
	if b.lit {
		b.parts = append(b.parts, part{kind: partLiteral, text: string(b.text), quoted: b.quote})
		b.text, b.lit = b.text[:0], false
	}
}

// add appends to the literal of that quoting.
//
//go:noinline
func (b *builder) add(s string, quoted bool) {
	if b.lit && b.quote != quoted {
		b.flush()
	}
	b.lit, b.quote = true, quoted
	b.text = append(b.text, s...)
}

//go:noinline
func (b *builder) part(p part) {
	b.flush()
	b.parts = append(b.parts, p)
}

// word finishes the word.
func (b *builder) word() *word {
	b.flush()
	w := &word{parts: b.parts, static: true}
	w.tilde = len(w.parts) > 0 && w.parts[0].kind == partLiteral && !w.parts[0].quoted && strings.HasPrefix(w.parts[0].text, "~")
	total := 0
	for _, p := range w.parts {
		if p.kind != partLiteral {
			w.static = false
		} else if !p.quoted && strings.ContainsAny(p.text, "*?[") {
			w.glob = true
		}
		total++
	}
	if !w.static {
		return w
	}
	if total == 1 {
		w.literal = w.parts[0].text
		// The commands are no patterns.
		w.glob = w.glob && w.literal != "[" && w.literal != "[["
	} else {
		for _, p := range w.parts {
			w.literal += p.text
		}
	}
	return w
}

// word reads a word up to a blank or an operator.
func (p *parser) word() *word {
	var b builder
	for {
		c := p.peek()
		switch c {
		case 0:
			if p.atEnd() {
				return b.word()
			}
		case ' ', '\t', '\n', ';', '&', '|', '(', ')':
			return b.word()
		case '<', '>':
			if p.peekSecond() != '(' {
				return b.word()
			}
			p.processSubst(&b)
			continue
		}
		p.unquoted(&b, c)
	}
}

// plain are the bytes that mean nothing in a word.
func plain(c byte) bool {
	switch c {
	case 0, ' ', '\t', '\n', ';', '&', '|', '(', ')', '<', '>', '\\', '\'', '"', '$', '`', '}', '/', ':':
		return false
	}
	return true
}

// unquoted takes what begins with c outside quotes.
func (p *parser) unquoted(b *builder, c byte) {
	switch c {
	case '\\':
		p.pos++
		if p.atEnd() {
			b.add("\\", true)
			return
		}
		b.add(p.src[p.pos:p.pos+1], true)
		p.pos++
	case '\'':
		p.pos++
		b.add(p.single(), true)
	case '"':
		p.pos++
		p.double(b)
	case '$':
		p.dollar(b, false)
	case '`':
		p.backquote(b, false, false)
	default:
		n := 1
		for p.pos+n < len(p.src) && plain(p.src[p.pos+n]) {
			n++
		}
		b.add(p.src[p.pos:p.pos+n], false)
		p.pos += n
	}
}

// single reads the rest of '...'.
func (p *parser) single() string {
	from := p.pos
	for {
		if i := strings.IndexByte(p.src[from:], '\''); i >= 0 {
			text := p.src[p.pos : from+i]
			p.line += strings.Count(text, "\n")
			p.pos = from + i + 1
			return text
		}
		from = len(p.src)
		if !p.fill() {
			p.line += strings.Count(p.src[p.pos:], "\n")
			p.fail("unterminated quoted string")
		}
	}
}

// double reads the rest of "...".
func (p *parser) double(b *builder) {
	before := len(b.parts)
	lit := b.lit && b.quote
	for {
		c := p.peek()
		switch c {
		case 0:
			if p.atEnd() {
				p.fail("unterminated quoted string")
			}
		case '"':
			p.pos++
			if len(b.parts) == before && !lit && (!b.lit || !b.quote) {
				b.add("", true) // an empty string is a field
			}
			return
		}
		p.quoted(b, c, "\\`$\"")
	}
}

// quoted takes what begins with c inside double quotes or a here document; a
// backslash escapes the bytes of escapes only.
func (p *parser) quoted(b *builder, c byte, escapes string) {
	switch c {
	case '\\':
		next := p.byte(1)
		if next != 0 && strings.IndexByte(escapes, next) >= 0 {
			b.add(p.src[p.pos+1:p.pos+2], true)
			p.pos += 2
			return
		}
		b.add("\\", true)
		p.pos++
	case '$':
		p.dollar(b, true)
	case '`':
		p.backquote(b, true, strings.IndexByte(escapes, '"') >= 0)
	case '\n':
		p.line++
		fallthrough
	default:
		n := 1
		if c != '\n' {
			for p.pos+n < len(p.src) && plain(p.src[p.pos+n]) {
				n++
			}
		}
		b.add(p.src[p.pos:p.pos+n], true)
		p.pos += n
	}
}

// hereBody reads all as the body of a here document.
func (p *parser) hereBody() *word {
	var b builder
	for !p.atEnd() {
		c := p.peek()
		if p.atEnd() {
			break
		}
		p.quoted(&b, c, "\\`$")
	}
	return b.word()
}

func isName(c byte) bool { return c == '_' || c|0x20 >= 'a' && c|0x20 <= 'z' }

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isSpecial(c byte) bool {
	switch c {
	case '@', '*', '#', '?', '-', '$', '!':
		return true
	}
	return isDigit(c)
}

// nameLength is how many bytes of s are a variable's name.
func nameLength(s string) int {
	if s == "" || !isName(s[0]) {
		return 0
	}
	n := 1
	for n < len(s) && (isName(s[n]) || isDigit(s[n])) {
		n++
	}
	return n
}

// name reads a variable's name, over continued lines.
func (p *parser) name() string {
	var joined string
	for {
		n := 0
		for c := p.byte(n); isName(c) || isDigit(c); c = p.byte(n) {
			n++
		}
		joined += p.src[p.pos : p.pos+n]
		p.pos += n
		if c := p.byte(0); c != '\\' || p.byte(1) != '\n' {
			return joined
		}
		p.peek()
		if c := p.byte(0); !isName(c) && !isDigit(c) {
			return joined
		}
	}
}
