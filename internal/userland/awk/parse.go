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
func (p *parser) block() []*statement {
	p.expect("{")
	if p.depth++; p.depth > maxDepth {
		p.fail("Too deep")
	}
	var list []*statement
	for p.terminators(); !p.isSign("}"); p.terminators() {
		list = append(list, p.statement())
	}
	p.depth--
	p.next()
	return list
}

// body parses what is under a condition or loop: one statement, or a block.
func (p *parser) body() []*statement {
	p.newlines()
	if p.isSign("{") {
		return p.block()
	}
	if p.accept(";") {
		return nil
	}
	return []*statement{p.statement()}
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
