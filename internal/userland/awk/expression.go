package awk

import "strings"

// expression parses an expression of any kind.
func (p *parser) expression() *node {
	if p.depth++; p.depth > maxDepth {
		p.fail("Too deep")
	}
	n := p.ternary()
	p.depth--
	return n
}

func (n *node) isLvalue() bool {
	return (n.op == oVar || n.op == oLocal || n.op == oIndex || n.op == oField) && !n.paren
}

// ternary parses ?: and assignments, which go from right to left.
func (p *parser) ternary() *node {
	n := p.or()
	if p.kind != tSign {
		return n
	}
	if n.isLvalue() {
		if a := p.assignment(n); a != nil {
			return a
		}
	} else if n.b != nil && n.b.isLvalue() && !n.paren && (n.op >= oAnd && n.op <= oNoMatch || n.op == oAnd || n.op == oOr) {
		// "1 == x = 2" and "a && b = c": the assignment belongs to the last operand.
		if a := p.assignment(n.b); a != nil {
			n.b = a
			return n
		}
	} else if n.op == oNot && n.a.isLvalue() && !n.paren {
		if a := p.assignment(n.a); a != nil {
			n.a = a
			return n
		}
	}
	if !p.accept("?") {
		return n
	}
	p.newlines()
	t := p.make(oTernary)
	t.a = n
	t.b = p.expression()
	p.newlines()
	p.expect(":")
	p.newlines()
	t.c = p.expression()
	return t
}

// assignment parses what follows an lvalue, if it is an assignment.
func (p *parser) assignment(to *node) *node {
	word := p.word
	if len(word) == 0 || word[len(word)-1] != '=' || word == "==" || word == "<=" || word == ">=" || word == "!=" {
		return nil
	}
	if p.kind != tSign {
		return nil
	}
	p.next()
	p.newlines()
	n := p.binary(oAssign, to, nil)
	switch word[0] {
	case '+':
		n.sub = oAdd
	case '-':
		n.sub = oSubtract
	case '*':
		if n.sub = oMultiply; len(word) == 3 {
			n.sub = oPower
		}
	case '/':
		n.sub = oDivide
	case '%':
		n.sub = oModulo
	case '^':
		n.sub = oPower
	}
	if word != "=" {
		n.op = oAssignOp
	}
	n.b = p.expression()
	return n
}

func (p *parser) or() *node {
	n := p.and()
	for p.accept("||") {
		p.newlines()
		n = p.binary(oOr, n, p.and())
	}
	return n
}

func (p *parser) and() *node {
	n := p.in()
	for p.accept("&&") {
		p.newlines()
		n = p.binary(oAnd, n, p.in())
	}
	return n
}

func (p *parser) in() *node {
	n := p.match()
	for p.isKeyword(kIn) {
		if p.next(); p.kind != tName {
			p.unexpected()
		}
		list := []*node{n}
		if n.op == oGroup {
			list = n.list
		}
		n = p.variable(p.word)
		n.op, n.list, n.local = oIn, list, n.op == oLocal
		p.next()
	}
	return n
}

func (p *parser) match() *node {
	n := p.comparison()
	for p.isSign("~") || p.isSign("!~") {
		o := oMatch
		if p.word == "!~" {
			o = oNoMatch
		}
		p.next()
		n = p.binary(o, n, p.comparison())
	}
	return n
}

func (p *parser) comparison() *node {
	n := p.concatenation()
	if p.kind != tSign {
		return n
	}
	var o op
	switch p.word {
	case "<":
		o = oLess
	case "<=":
		o = oLessEqual
	case "==":
		o = oEqual
	case "!=":
		o = oNotEqual
	case ">":
		if p.noGt {
			return n
		}
		o = oGreater
	case ">=":
		o = oGreaterEqual
	default:
		return n
	}
	p.next()
	return p.binary(o, n, p.concatenation())
}

// concatenates says whether the next token begins an operand.
func (p *parser) concatenates() bool {
	switch p.kind {
	case tNumber, tString, tRegex, tName, tCallName, tBuiltin:
		return true
	case tSign:
		return strings.Contains(" $ ! ( - + ++ -- ", " "+p.word+" ")
	}
	return false
}

// concatenation parses operands side by side, and commands that getline reads.
func (p *parser) concatenation() *node {
	n := p.additive()
	for {
		for p.isSign("|") {
			saved := p.lexer
			if p.next(); !p.isKeyword(kGetline) {
				p.lexer = saved
				return n
			}
			g := p.getline()
			g.slot, g.b = int32(fromCommand), n
			n = g
		}
		if !p.concatenates() {
			return n
		}
		m := p.additive()
		if n.op == oConcat && !n.paren {
			n.list = append(n.list, m)
			continue
		}
		c := p.make(oConcat)
		c.list = []*node{n, m}
		n = c
	}
}

func (p *parser) additive() *node {
	n := p.multiplicative()
	for {
		switch {
		case p.accept("+"):
			n = p.binary(oAdd, n, p.multiplicative())
		case p.accept("-"):
			n = p.binary(oSubtract, n, p.multiplicative())
		default:
			return n
		}
	}
}

func (p *parser) multiplicative() *node {
	n := p.unary()
	for {
		o := oMultiply
		switch {
		case p.isSign("*"):
		case p.isSign("/"):
			o = oDivide
		case p.isSign("%"):
			o = oModulo
		default:
			return n
		}
		p.next()
		n = p.binary(o, n, p.unary())
	}
}

func (p *parser) unary() *node {
	if p.depth++; p.depth > maxDepth {
		p.fail("Too deep")
	}
	defer func() { p.depth-- }()
	switch {
	case p.accept("!"):
		return p.binary(oNot, p.unary(), nil)
	case p.accept("-"):
		return p.binary(oNegate, p.unary(), nil)
	case p.accept("+"):
		return p.binary(oPlus, p.unary(), nil)
	}
	return p.power()
}

func (p *parser) power() *node {
	n := p.postfix()
	if !p.isSign("^") && !p.isSign("**") {
		return n
	}
	p.next()
	// It goes from right to left and binds tighter than the minus before it, not
	// than the one behind.
	return p.binary(oPower, n, p.unary())
}

func (p *parser) postfix() *node {
	if p.isSign("++") || p.isSign("--") {
		n := p.make(oIncrement)
		n.prefix, n.sub = true, oAdd
		if p.word == "--" {
			n.sub = oSubtract
		}
		p.next()
		if n.a = p.primary(); !n.a.isLvalue() {
			p.unexpected()
		}
		return n
	}
	n := p.primary()
	if n.isLvalue() && (p.isSign("++") || p.isSign("--")) {
		i := p.binary(oIncrement, n, nil)
		if i.sub = oAdd; p.word == "--" {
			i.sub = oSubtract
		}
		p.next()
		return i
	}
	return n
}
