package calculator

import "strings"

func (p *parser) expression() *node {
	p.deeper()
	n := p.and()
	for p.accept("||") {
		n = &node{op: oBinary, sub: '|', a: n, b: p.and()}
	}
	p.depth--
	return n
}

func (p *parser) and() *node {
	n := p.relation()
	for p.accept("&&") {
		n = &node{op: oBinary, sub: '&', a: n, b: p.relation()}
	}
	return n
}

func (p *parser) relation() *node {
	n := p.assignment()
	for p.kind == tSign {
		sub := byte(0)
		switch p.word {
		case "<", ">":
			sub = p.word[0]
		case "==":
			sub = '='
		case "!=":
			sub = '!'
		case "<=":
			sub = 'l'
		case ">=":
			sub = 'g'
		default:
			return n
		}
		p.next()
		n = &node{op: oBinary, sub: sub, a: n, b: p.assignment()}
	}
	return n
}

func (n *node) isPlace() bool {
	return !n.paren && (n.op == oVariable || n.op == oElement || n.op >= oLast && n.op <= oObase)
}

func (p *parser) assignment() *node {
	n := p.sum()
	if p.kind != tSign || !n.isPlace() {
		return n
	}
	switch p.word {
	case "=", "+=", "-=", "*=", "/=", "%=", "^=":
		a := &node{op: oAssign, sub: p.word[0], a: n}
		p.next()
		p.deeper()
		a.b = p.assignment()
		p.depth--
		return a
	}
	return n
}

func (p *parser) sum() *node {
	n := p.product()
	for p.is("+") || p.is("-") {
		sub := p.word[0]
		p.next()
		n = &node{op: oBinary, sub: sub, a: n, b: p.product()}
	}
	return n
}

func (p *parser) product() *node {
	n := p.power()
	for p.is("*") || p.is("/") || p.is("%") {
		sub := p.word[0]
		p.next()
		n = &node{op: oBinary, sub: sub, a: n, b: p.power()}
	}
	return n
}

// power goes from right to left; a sign binds tighter: -2^2 is 4.
func (p *parser) power() *node {
	n := p.unary()
	if !p.accept("^") {
		return n
	}
	p.deeper()
	n = &node{op: oBinary, sub: '^', a: n, b: p.power()}
	p.depth--
	return n
}

func (p *parser) unary() *node {
	p.deeper()
	defer func() { p.depth-- }()
	switch {
	case p.accept("-"):
		return &node{op: oNegate, a: p.unary()}
	case p.accept("!"):
		return &node{op: oNot, a: p.unary()}
	case p.is("++") || p.is("--"):
		n := &node{op: oIncrement, sub: p.word[0], prefix: true}
		p.next()
		if n.a = p.primary(); !n.a.isPlace() {
			fail("bad assignment")
		}
		return n
	}
	n := p.primary()
	if n.isPlace() && (p.is("++") || p.is("--")) {
		n = &node{op: oIncrement, sub: p.word[0], a: n}
		p.next()
	}
	return n
}

func (p *parser) primary() *node {
	switch {
	case p.kind == tNumber:
		n := &node{op: oNumber, name: p.word}
		if p.decimal {
			value := parse(p.word, 10)
			n.value = &value
		}
		p.next()
		return n
	case p.kind == tName:
		return p.name()
	case p.accept("."):
		return &node{op: oLast}
	case p.accept("("):
		n := p.expression()
		n.paren = true
		p.expect(")")
		return n
	}
	p.bad("expression")
	return nil
}

const reserved = " auto break continue define else for halt if limits print quit return while "

// name reads what begins with a name.
func (p *parser) name() *node {
	n := &node{name: p.word}
	if strings.Contains(reserved, " "+p.word+" ") {
		p.bad("expression")
	}
	p.next()
	switch n.name {
	case "last":
		n.op = oLast
	case "ibase":
		n.op = oIbase
	case "obase":
		n.op = oObase
	case "scale":
		if n.op = oScale; p.is("(") {
			n.op = oScaleOf
			p.next()
			n.a = p.expression()
			p.expect(")")
		}
	case "length", "sqrt":
		if n.op = oLength; n.name == "sqrt" {
			n.op = oSqrt
		}
		p.expect("(")
		n.a = p.argument()
		p.expect(")")
	case "read":
		n.op = oRead
		p.expect("(")
		p.expect(")")
	default:
		p.reference(n)
	}
	return n
}

// reference reads a variable, an element or a call.
func (p *parser) reference(n *node) {
	switch {
	case p.accept("["):
		if n.op = oElement; p.accept("]") {
			n.op = oArray
			return
		}
		n.a = p.expression()
		p.expect("]")
	case p.accept("("):
		n.op = oCall
		for !p.is(")") {
			n.list = append(n.list, p.argument())
			if !p.accept(",") {
				break
			}
		}
		p.expect(")")
	default:
		n.op = oVariable
	}
}

// argument reads an expression or an array.
func (p *parser) argument() *node { return p.expression() }
