package awk

import "strings"

// parser makes a program of tokens. An error is a panic of syntax.
type parser struct {
	lexer
	*program
	slots  map[string]int32 // of globals
	calls  map[string]int32 // of functions
	params []string         // of the function being read
	inFunc bool
	loops  int
	depth  int
	noGt   bool // in print: ">" is a redirection
}

const maxDepth = 2000

// parse parses a program.
func parse(parts []part) *program {
	p := &parser{program: &program{parts: parts}, slots: make(map[string]int32), calls: make(map[string]int32)}
	p.text, p.line = parts[0].text, 1
	for _, name := range strings.Fields(specialNames) {
		p.global(name)
	}
	p.lexer.parts = parts
	p.next()
	for p.terminators(); p.kind != tEnd; p.terminators() {
		p.item()
	}
	return p.program
}

func (p *parser) global(name string) int32 {
	slot, known := p.slots[name]
	if !known {
		slot = int32(len(p.globals))
		p.slots[name] = slot
		p.globals = append(p.globals, name)
	}
	return slot
}

func (p *parser) unexpected() {
	if p.kind == tEnd {
		p.fail("Unexpected end of string")
	}
	// The token's own line is meant, also if it ends it.
	if p.kind == tNewline {
		p.line--
	}
	p.fail("Unexpected token")
}

func (p *parser) isSign(s string) bool { return p.kind == tSign && p.word == s }
func (p *parser) isKeyword(n int) bool { return p.kind == tKeyword && p.n == n }
func (p *parser) isTerminator() bool   { return p.kind == tNewline || p.isSign(";") }
func (p *parser) make(o op) *node      { return &node{op: o, file: p.file, line: p.line} }
func (p *parser) binary(o op, a, b *node) *node {
	n := p.make(o)
	n.a, n.b = a, b
	return n
}

// accept takes the sign if it is next.
func (p *parser) accept(s string) bool {
	if p.isSign(s) {
		p.next()
		return true
	}
	return false
}

func (p *parser) expect(s string) {
	if !p.accept(s) {
		p.unexpected()
	}
}

func (p *parser) newlines() {
	for p.kind == tNewline {
		p.next()
	}
}

func (p *parser) terminators() {
	for p.isTerminator() {
		p.next()
	}
}

// item parses a rule or a function.
func (p *parser) item() {
	switch {
	case p.isKeyword(kFunc) || p.isKeyword(kFunction):
		p.function()
		return
	case p.isKeyword(kBegin):
		p.next()
		p.begin = append(p.begin, p.block()...)
		return
	case p.isKeyword(kEnd):
		p.next()
		p.hasEnd = true
		p.end = append(p.end, p.block()...)
		return
	}
	var r rule
	if !p.isSign("{") {
		r.from = p.expression()
		if p.accept(",") {
			p.newlines()
			r.to = p.expression()
		}
	}
	if r.printed = !p.isSign("{"); !r.printed {
		r.action = p.block()
	} else if p.kind != tEnd && !p.isTerminator() {
		p.unexpected()
	}
	p.rules = append(p.rules, r)
}

// function parses a function.
func (p *parser) function() {
	p.next()
	if p.kind != tName && p.kind != tCallName {
		p.unexpected()
	}
	slot := p.called(p.word)
	p.next()
	p.expect("(")
	p.params, p.inFunc = nil, true
	for !p.isSign(")") {
		if p.kind != tName {
			p.unexpected()
		}
		p.params = append(p.params, p.word)
		if p.next(); p.isSign(")") {
			break
		}
		p.expect(",")
		if p.newlines(); p.kind != tName {
			p.unexpected()
		}
	}
	p.next()
	p.newlines()
	p.functions[slot].params = p.params
	p.functions[slot].defined = true
	body := p.block()
	p.functions[slot].body = body
	p.params, p.inFunc = nil, false
}

// called returns the slot of a function.
func (p *parser) called(name string) int32 {
	slot, known := p.calls[name]
	if !known {
		slot = int32(len(p.functions))
		p.calls[name] = slot
		p.functions = append(p.functions, function{name: name})
	}
	return slot
}

// block parses statements in braces.
func (p *parser) block() []statement {
	p.expect("{")
	if p.depth++; p.depth > maxDepth {
		p.fail("Too deep")
	}
	var list []statement
	for p.terminators(); !p.isSign("}"); p.terminators() {
		list = append(list, p.statement())
	}
	p.depth--
	p.next()
	return list
}

// body parses what is under a condition or loop: one statement, or a block.
func (p *parser) body() []statement {
	p.newlines()
	if p.isSign("{") {
		return p.block()
	}
	if p.accept(";") {
		return nil
	}
	return []statement{p.statement()}
}

// ended takes what ends a simple statement.
func (p *parser) ended() {
	switch {
	case p.isTerminator():
		p.next()
	case p.isSign("}") || p.kind == tEnd:
	default:
		p.unexpected()
	}
}

// statement parses one statement.
func (p *parser) statement() statement {
	if p.depth++; p.depth > maxDepth {
		p.fail("Too deep")
	}
	defer func() { p.depth-- }()
	if p.isSign("{") {
		return statement{kind: sBlock, body: p.block()}
	}
	if p.kind == tKeyword {
		switch p.n {
		case kIf:
			return p.ifStatement()
		case kWhile:
			p.next()
			s := statement{kind: sWhile, a: p.condition()}
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

func (p *parser) loop() []statement {
	p.loops++
	body := p.body()
	p.loops--
	return body
}

func (p *parser) ifStatement() statement {
	p.next()
	s := statement{kind: sIf, a: p.condition()}
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

func (p *parser) doStatement() statement {
	p.next()
	s := statement{kind: sDo, body: p.loop()}
	p.terminators()
	if !p.isKeyword(kWhile) {
		p.unexpected()
	}
	p.next()
	s.a = p.condition()
	p.ended()
	return s
}

func (p *parser) forStatement() statement {
	p.next()
	p.expect("(")
	if p.isSign(")") {
		p.unexpected()
	}
	s := statement{kind: sFor}
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
		init := p.simple()
		s.init = &init
	}
	p.expect(";")
	p.newlines()
	if !p.isSign(";") {
		s.a = p.expression()
	}
	p.expect(";")
	p.newlines()
	if !p.isSign(")") {
		step := p.simple()
		s.step = &step
	}
	p.expect(")")
	if p.accept(";") {
		return s
	}
	s.body = p.loop()
	return s
}

// simple parses a statement without what ends it.
func (p *parser) simple() statement {
	if p.kind != tKeyword || p.n == kGetline {
		return statement{kind: sExpression, a: p.expression()}
	}
	word := p.n
	switch word {
	case kBreak, kContinue:
		if p.loops == 0 {
			p.fail("'" + p.word + "' not in a loop")
		}
		p.next()
		if word == kBreak {
			return statement{kind: sBreak}
		}
		return statement{kind: sContinue}
	case kNext, kNextfile:
		p.next()
		if word == kNext {
			return statement{kind: sNext}
		}
		return statement{kind: sNextFile}
	case kExit, kReturn:
		s := statement{kind: sExit}
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
	return statement{}
}

func (p *parser) deleteStatement() statement {
	if p.next(); p.kind != tName {
		p.fail("Too few arguments")
	}
	n := p.variable(p.word)
	if p.next(); p.isSign("[") {
		n = p.index(n)
	}
	return statement{kind: sDelete, a: n}
}

func (p *parser) printStatement() statement {
	s := statement{kind: sPrint}
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
