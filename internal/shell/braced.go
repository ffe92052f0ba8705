package shell

// braced reads the rest of ${...}.
func (p *parser) braced(quoted bool) part {
	n := part{kind: partParam, quoted: quoted}
	c := p.peek()
	if c == '#' && p.lengthOf(&n) {
		return n
	}
	switch c = p.peek(); {
	case isName(c):
		n.text = p.name()
	case isDigit(c):
		for isDigit(p.peek()) {
			n.text += p.src[p.pos : p.pos+1]
			p.pos++
		}
	case isSpecial(c):
		n.text = p.src[p.pos : p.pos+1]
		p.pos++
	default:
		return p.badSubstitution(n)
	}
	return p.operator(n)
}

// lengthOf reads ${#NAME}; ${#}, ${#-x} and so on are the parameter #.
func (p *parser) lengthOf(n *part) bool {
	pos := p.pos
	p.pos++
	n.op = opLength
	switch c := p.peek(); {
	case isName(c):
		n.text = p.name()
	case isDigit(c):
		for isDigit(p.peek()) {
			n.text += p.src[p.pos : p.pos+1]
			p.pos++
		}
	case isSpecial(c):
		n.text = p.src[p.pos : p.pos+1]
		p.pos++
	}
	if n.text != "" && p.take('}') {
		return true
	}
	if n.text == "" && p.peek() != '}' && p.peekSecond() == '}' {
		*n = p.badSubstitution(*n)
		return true
	}
	if c := n.text; c != "" && (isName(c[0]) || isDigit(c[0])) {
		*n = p.badSubstitution(*n)
		return true
	}
	p.pos = pos
	n.op, n.text = opNone, ""
	return false
}

// operator reads what stands behind the name.
func (p *parser) operator(n part) part {
	c := p.peek()
	if p.atEnd() {
		p.fail("missing '}'")
	}
	p.pos++
	switch c {
	case '}':
		return n
	case ':':
		switch c = p.peek(); c {
		case '-', '=', '?', '+':
			n.colon = true
			p.pos++
			n.op = wordOp(c)
			n.word = p.operand(n.quoted, 0)
		case '}':
			p.fail("missing '}'")
		default:
			n.op = opSubstring
			n.word = p.operand(n.quoted, ':')
			if p.src[p.pos-1] == ':' {
				n.second = p.operand(n.quoted, 0)
			}
		}
	case '-', '=', '?', '+':
		n.op = wordOp(c)
		n.word = p.operand(n.quoted, 0)
	case '#', '%':
		n.op = opTrimLeft
		if c == '%' {
			n.op = opTrimRight
		}
		if p.take(c) {
			n.op++
		}
		n.word = p.operand(false, 0)
	case '/':
		n.op = opReplace
		if p.take('/') {
			n.op = opReplaceAll
		}
		n.word = p.operand(false, '/')
		if p.src[p.pos-1] == '/' {
			n.second = p.operand(false, 0)
		}
	default:
		p.pos--
		return p.badSubstitution(n)
	}
	return n
}

func wordOp(c byte) paramOp {
	switch c {
	case '-':
		return opDefault
	case '=':
		return opAssign
	case '?':
		return opError
	}
	return opAlternative
}

// badSubstitution goes to the end of the braces: the error comes when it is expanded.
func (p *parser) badSubstitution(n part) part {
	n.op = opBad
	p.operand(n.quoted, 0)
	return n
}

// operand reads a word up to the closing brace, or up to the byte end.
func (p *parser) operand(quoted bool, end byte) *word {
	var b builder
	inner := false // inside double quotes within the operand
	for first := true; ; first = false {
		c := p.peek()
		switch {
		case c == 0 && p.atEnd():
			if inner {
				p.fail("unterminated quoted string")
			}
			p.fail("missing '}'")
		case c == '}' && !inner:
			p.pos++
			return b.word()
		case c == end && c != 0 && !inner && !(c == '/' && first):
			p.pos++
			return b.word()
		case c == '"' && quoted:
			p.pos++
			inner = !inner
			continue
		}
		switch {
		case quoted && inner:
			p.quoted(&b, c, "\\`$\"")
		case quoted:
			p.quoted(&b, c, "\\`$\"}")
		case c == '\n':
			p.line++
			b.add("\n", false)
			p.pos++
		case c == '/':
			b.add("/", false)
			p.pos++
		case (c == '<' || c == '>') && p.peekSecond() == '(':
			p.processSubst(&b)
		default:
			p.unquoted(&b, c)
		}
	}
}
