package awk

// variable makes the node for a name.
func (p *parser) variable(name string) *node {
	for i, param := range p.params {
		if param == name {
			n := p.make(oLocal)
			n.slot = int32(i)
			return n
		}
	}
	n := p.make(oVar)
	n.slot = p.global(name)
	return n
}

// index parses the subscripts of an array.
func (p *parser) index(array *node) *node {
	n := p.make(oIndex)
	n.slot, n.local = array.slot, array.op == oLocal
	p.next()
	n.list = p.list("]")
	if len(n.list) == 0 {
		p.fail("Empty sequence")
	}
	return n
}

// list parses expressions up to a closing sign, which it takes.
func (p *parser) list(closing string) []*node {
	noGt := p.noGt
	p.noGt = false
	var list []*node
	p.newlines()
	for !p.isSign(closing) {
		list = append(list, p.expression())
		if p.newlines(); p.isSign(closing) {
			break
		}
		p.expect(",")
		if p.newlines(); p.isSign(closing) {
			p.unexpected()
		}
	}
	p.noGt = noGt
	p.next()
	return list
}

// primary parses an operand.
func (p *parser) primary() *node {
	n := p.make(oNumber)
	switch p.kind {
	case tNumber:
		n.number = p.number
		p.next()
	case tString:
		n.op, n.text = oString, p.word
		p.next()
	case tRegex:
		n.op, n.text = oRegex, p.word
		p.next()
	case tName:
		n = p.variable(p.word)
		if p.next(); p.isSign("[") {
			n = p.index(n)
		}
	case tCallName:
		n.op, n.slot = oCall, p.called(p.word)
		p.next()
		p.next()
		n.list = p.list(")")
	case tBuiltin:
		return p.builtin()
	case tKeyword:
		if p.n != kGetline {
			p.unexpected()
		}
		return p.getline()
	case tSign:
		return p.signed()
	default:
		p.unexpected()
	}
	return n
}

// signed parses an operand that begins with a sign.
func (p *parser) signed() *node {
	switch {
	case p.isSign("$"):
		n := p.make(oField)
		if p.depth++; p.depth > maxDepth {
			p.fail("Too deep")
		}
		defer func() { p.depth-- }()
		p.next()
		if p.isSign("-") || p.isSign("+") || p.isSign("!") {
			n.a = p.unary()
		} else {
			n.a = p.operand()
		}
		return n
	case p.isSign("("):
		p.next()
		list := p.list(")")
		switch len(list) {
		case 0:
			p.fail("Empty sequence")
		case 1:
			list[0].paren = true
			return list[0]
		}
		n := p.make(oGroup)
		n.list = list
		return n
	}
	p.unexpected()
	return nil
}

// operand parses what $ stands before: ++i, but not i++.
func (p *parser) operand() *node {
	if p.isSign("++") || p.isSign("--") {
		return p.postfix()
	}
	return p.primary()
}

// builtin parses a call of a builtin.
func (p *parser) builtin() *node {
	n := p.make(oBuiltin)
	n.slot = int32(p.n)
	if p.next(); p.isSign("(") {
		p.next()
		n.list = p.list(")")
	} else if n.slot != bLength {
		p.unexpected()
	}
	if len(n.list) < int(builtinLeast[n.slot]-'0') {
		p.fail("Too few arguments")
	}
	return n
}

// getline parses what follows getline.
func (p *parser) getline() *node {
	n := p.make(oGetline)
	p.next()
	if p.kind == tName || p.isSign("$") {
		n.a = p.primary()
	}
	if p.accept("<") {
		n.slot = int32(fromFile)
		n.b = p.postfix()
	}
	return n
}
