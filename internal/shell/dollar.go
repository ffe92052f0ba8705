package shell

// dollar takes an expansion.
func (p *parser) dollar(b *builder, quoted bool) {
	p.pos++
	c := p.peek()
	switch {
	case c == '(':
		p.pos++
		if p.peek() == '(' && p.arithmetic(b, quoted) {
			return
		}
		body, text := p.substitution()
		b.part(part{kind: partCommand, quoted: quoted, body: body, source: text})
	case c == '{':
		p.pos++
		p.enter()
		b.part(p.braced(quoted))
		p.leave()
	case isName(c):
		b.part(part{kind: partParam, quoted: quoted, text: p.name()})
	case isSpecial(c):
		p.pos++
		b.part(part{kind: partParam, quoted: quoted, text: p.src[p.pos-1 : p.pos]})
	case c == '\'' && !quoted:
		p.pos++
		p.dollarSingle(b)
	default:
		b.add("$", quoted)
	}
}

// substitution reads the commands of $( ) or <( ) behind the parenthesis.
func (p *parser) substitution() (command, *source) {
	p.enter()
	pending, aliased := p.pending, p.aliased
	start, tokLine := p.start, p.tokLine
	p.pending = nil
	body := p.list(wantNewlines | mayBeEmpty)
	if t := p.next(wantKeyword); t != tokClose {
		p.unexpected(tokClose)
	}
	p.pending = append(pending, p.pending...)
	p.aliased = aliased
	p.start, p.tokLine = start, tokLine
	p.leave()
	return body, &source{}
}

// processSubst reads <( ) or >( ).
func (p *parser) processSubst(b *builder) {
	write := p.src[p.pos] == '>'
	p.pos++
	p.take('(')
	body, text := p.substitution()
	b.part(part{kind: partProcess, write: write, body: body, source: text})
}

// backquote reads `...`: its text without the escapes is parsed for itself. double is
// for those in double quotes, where a quote is escaped, too.
func (p *parser) backquote(b *builder, quoted bool, double bool) {
	p.pos++
	line := p.line
	var text []byte
	for {
		if p.atEnd() {
			p.fail("EOF in backquote substitution")
		}
		c := p.src[p.pos]
		p.pos++
		if c == '`' {
			break
		}
		if c == '\\' && !p.atEnd() {
			next := p.src[p.pos]
			if next == '\n' {
				p.pos++
				p.line++
				continue
			}
			if next == '\\' || next == '`' || next == '$' || double && next == '"' {
				c = next
				p.pos++
			}
		}
		if c == '\n' {
			p.line++
		}
		text = append(text, c)
	}
	if p.at != nil {
		line = *p.at
	}
	q := &parser{src: string(text), line: line, at: p.at, alias: p.alias, depth: p.depth, internal: p.internal}
	q.enter()
	body := q.list(wantNewlines | mayBeEmpty)
	if q.next(0) != tokEOF {
		p.line = q.line
		p.pushed = false
		q.unexpected(tokEOF)
	}
	q.flushDocs()
	b.part(part{kind: partCommand, quoted: quoted, body: body, source: &source{}})
}

// arithmetic reads $(( )). It goes back and returns false if this is a command
// substitution that begins with a subshell.
func (p *parser) arithmetic(b *builder, quoted bool) bool {
	pos, line := p.pos, p.line
	p.pos++
	p.enter()
	defer p.leave()
	var inner builder
	for level := 0; ; {
		c := p.peek()
		switch c {
		case 0:
			if p.atEnd() {
				p.fail("missing '))'")
			}
		case '(':
			level++
		case ')':
			if level > 0 {
				level--
				break
			}
			p.pos++
			if p.peek() == ')' {
				p.pos++
				b.part(part{kind: partArith, quoted: quoted, word: inner.word()})
				return true
			}
			p.pos, p.line = pos, line
			return false
		case '"':
			p.pos++
			p.double(&inner)
			continue
		case '\'':
			// A quote that is no part of an expression: as in double quotes.
		}
		if c == '(' || c == ')' {
			inner.add(p.src[p.pos:p.pos+1], true)
			p.pos++
			continue
		}
		p.quoted(&inner, c, "\\`$\"")
	}
}

// escapes of $'...', each letter with its byte.
const escapes = "a\ab\bf\fn\nr\rt\tv\v\\\\''\"\""

// dollarSingle reads the rest of $'...'.
func (p *parser) dollarSingle(b *builder) {
	var text []byte
	for {
		if p.atEnd() {
			p.fail("unterminated quoted string")
		}
		c := p.src[p.pos]
		p.pos++
		switch c {
		case '\'':
			b.add(string(text), true)
			return
		case '\n':
			p.line++
		case '\\':
			text = p.escape(text)
			continue
		}
		text = append(text, c)
	}
}

// escape decodes what stands behind a backslash in $'...'.
func (p *parser) escape(text []byte) []byte {
	c := p.byte(0)
	if c >= '0' && c <= '7' {
		n := 0
		for i := 0; i < 3 && p.byte(0) >= '0' && p.byte(0) <= '7'; i++ {
			n = n*8 + int(p.src[p.pos]-'0')
			p.pos++
		}
		if byte(n) == 0 {
			return text
		}
		return append(text, byte(n))
	}
	if c == 'x' {
		n, digits := 0, 0
		for digits < 2 && hexDigit(p.byte(1+digits)) >= 0 {
			n = n*16 + hexDigit(p.byte(1+digits))
			digits++
		}
		if digits == 0 {
			p.pos++
			return append(text, '\\', 'x')
		}
		p.pos += 1 + digits
		if n == 0 {
			return text
		}
		return append(text, byte(n))
	}
	for i := 0; i < len(escapes); i += 2 {
		if escapes[i] == c {
			p.pos++
			return append(text, escapes[i+1])
		}
	}
	return append(text, '\\')
}

func hexDigit(c byte) int {
	switch {
	case isDigit(c):
		return int(c - '0')
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return int(c|0x20-'a') + 10
	}
	return -1
}
