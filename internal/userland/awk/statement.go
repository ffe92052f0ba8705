package awk

// statement parses one statement.
func (p *parser) statement() *statement {
	if p.depth++; p.depth > maxDepth {
		p.fail("Too deep")
	}
	defer func() { p.depth-- }()
	if p.isSign("{") {
		return &statement{kind: sBlock, body: p.block()}
	}
	if p.kind == tKeyword {
		switch p.n {
		case kIf:
			return p.ifStatement()
		case kWhile:
			p.next()
			s := &statement{kind: sWhile, a: p.condition()}
			if p.accept(";") {
				return s
			}
			s.body = p.loop()
			return s
		case kDo:
			return p.doStatement()
		case kFor:
			return p.forStatement()
		}
	}
	s := p.simple()
	p.ended()
	return s
}

func (p *parser) condition() *node {
	p.expect("(")
	n := p.expression()
	p.expect(")")
	return n
}

func (p *parser) loop() []*statement {
	p.loops++
	body := p.body()
	p.loops--
	return body
}

func (p *parser) ifStatement() *statement {
	p.next()
	s := &statement{kind: sIf, a: p.condition()}
	s.body = p.body()
	// An else may stand behind newlines and semicolons.
	saved := p.lexer
	p.terminators()
	if !p.isKeyword(kElse) {
		p.lexer = saved
		return s
	}
	p.next()
	s.other = p.body()
	return s
}

func (p *parser) doStatement() *statement {
	p.next()
	s := &statement{kind: sDo, body: p.loop()}
	p.terminators()
	if !p.isKeyword(kWhile) {
		p.unexpected()
	}
	p.next()
	s.a = p.condition()
	p.ended()
	return s
}

func (p *parser) forStatement() *statement {
	p.next()
	p.expect("(")
	if p.isSign(")") {
		p.unexpected()
	}
	s := &statement{kind: sFor}
	if !p.isSign(";") {
		saved, name := p.lexer, p.word
		if p.kind == tName {
			// for (name in array)
			if p.next(); p.isKeyword(kIn) {
				if p.next(); p.kind == tName {
					array := p.word
					if p.next(); p.isSign(")") {
						p.next()
						s.kind, s.a, s.b = sForIn, p.variable(name), p.variable(array)
						s.body = p.loop()
						return s
					}
				}
			}
		}
		p.lexer = saved
		s.init = p.simple()
	}
	p.expect(";")
	p.newlines()
	if !p.isSign(";") {
		s.a = p.expression()
	}
	p.expect(";")
	p.newlines()
	if !p.isSign(")") {
		s.step = p.simple()
	}
	p.expect(")")
	if p.accept(";") {
		return s
	}
	s.body = p.loop()
	return s
}

// simple parses a statement without what ends it.
func (p *parser) simple() *statement {
	if p.kind != tKeyword || p.n == kGetline {
		return &statement{kind: sExpression, a: p.expression()}
	}
	word := p.n
	switch word {
	case kBreak, kContinue:
		if p.loops == 0 {
			p.fail("'" + p.word + "' not in a loop")
		}
		p.next()
		if word == kBreak {
			return &statement{kind: sBreak}
		}
		return &statement{kind: sContinue}
	case kNext, kNextfile:
		p.next()
		if word == kNext {
			return &statement{kind: sNext}
		}
		return &statement{kind: sNextFile}
	case kExit, kReturn:
		s := &statement{kind: sExit}
		if word == kReturn {
			if s.kind = sReturn; !p.inFunc {
				p.fail("'return' not in a function")
			}
		}
		if p.next(); !p.isTerminator() && !p.isSign("}") && p.kind != tEnd {
			s.a = p.expression()
		}
		return s
	case kDelete:
		return p.deleteStatement()
	case kPrint, kPrintf:
		return p.printStatement()
	}
	p.unexpected()
	return &statement{}
}

func (p *parser) deleteStatement() *statement {
	if p.next(); p.kind != tName {
		p.fail("Too few arguments")
	}
	n := p.variable(p.word)
	if p.next(); p.isSign("[") {
		n = p.index(n)
	}
	return &statement{kind: sDelete, a: n}
}

func (p *parser) printStatement() *statement {
	s := &statement{kind: sPrint}
	if p.n == kPrintf {
		s.kind = sPrintf
	}
	p.next()
	noGt := p.noGt
	p.noGt = true
	if !p.isTerminator() && !p.isSign("}") && !p.isSign(">") && !p.isSign(">>") && !p.isSign("|") && p.kind != tEnd {
		s.list = append(s.list, p.expression())
		for p.accept(",") {
			p.newlines()
			s.list = append(s.list, p.expression())
		}
		if len(s.list) == 1 && s.list[0].op == oGroup {
			s.list = s.list[0].list
		}
	}
	p.noGt = noGt
	switch {
	case p.accept(">"):
		s.to = toFile
	case p.accept(">>"):
		s.to = toAppend
	case p.accept("|"):
		s.to = toCommand
	}
	if s.to != toStdout {
		p.noGt = true
		s.a = p.concatenation()
		p.noGt = noGt
	}
	if s.kind == sPrintf && len(s.list) == 0 {
		p.fail("Too few arguments")
	}
	return s
}
