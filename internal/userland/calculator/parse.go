package calculator

import "strings"

// op is what a node of an expression does.
type op uint8

const (
	oNumber op = iota
	oVariable
	oElement // name[a]
	oArray   // name[], an argument
	oCall
	oLast
	oScale
	oIbase
	oObase
	oLength
	oScaleOf
	oSqrt
	oRead
	oAssign
	oIncrement
	oNegate
	oNot
	oBinary // sub is the operator
)

// node is an expression.
type node struct {
	op     op
	sub    byte // + - * / % ^, < > = ! l (<=) g (>=), & |
	prefix bool // of oIncrement
	paren  bool
	name   string
	a, b   *node
	list   []*node
	value  *number // of a number in the library, whatever ibase is
}

// kind is what a statement does.
type kind uint8

const (
	sExpression kind = iota
	sString
	sPrint
	sIf
	sWhile
	sFor
	sBlock
	sBreak
	sContinue
	sReturn
	sQuit
	sNothing
)

type statement struct {
	kind       kind
	text       string
	a, b, c    *node // for (a; b; c)
	list       []printed
	body, rest *statement // the branches of an if
	block      []*statement
}

// printed is an argument of print: a text, or an expression.
type printed struct {
	text string
	a    *node
}

// param is a parameter, or a name of auto.
type param struct {
	name             string
	array, reference bool
}

type function struct {
	params []param
	autos  []param
	body   []*statement
	void   bool
}

// parser reads bc's language.
type parser struct {
	lexer
	bc         *bc
	decimal    bool // numbers are decimal: the library
	loops      int
	depth      int
	inFunction *function
}

func (p *parser) bad(what string) { fail("bad " + what + " at '" + strings.TrimSpace(p.word) + "'") }

func (p *parser) is(sign string) bool  { return p.kind == tSign && p.word == sign }
func (p *parser) isName(s string) bool { return p.kind == tName && p.word == s }
func (p *parser) accept(s string) bool {
	if p.is(s) {
		p.next()
		return true
	}
	return false
}

func (p *parser) expect(sign string) {
	if !p.accept(sign) {
		p.bad("token")
	}
}

func (p *parser) newlines() {
	for p.kind == tNewline {
		p.next()
	}
}

// deeper bounds what is in each other.
func (p *parser) deeper() {
	if p.depth++; p.depth > 3000 {
		fail("too deep")
	}
}

// define reads a function.
func (p *parser) define() {
	p.next()
	f := &function{}
	if p.kind != tName {
		p.bad("function definition")
	}
	name := p.word
	if p.next(); name == "void" && p.kind == tName {
		f.void, name = true, p.word
		p.next()
	}
	p.expect("(")
	f.params = p.params(")")
	p.expect(")")
	p.newlines()
	if !p.is("{") {
		fail("function { body } expected")
	}
	p.inFunction = f
	body := p.block()
	f.body = body.block
	p.inFunction = nil
	p.bc.functions[name] = f
}

// params reads names up to a sign, which it leaves, or a newline.
func (p *parser) params(end string) (list []param) {
	for !p.is(end) {
		var v param
		if end == ")" {
			v.reference = p.accept("*")
		}
		if p.kind != tName {
			p.bad("function definition")
		}
		v.name = p.word
		if p.next(); p.accept("[") {
			p.expect("]")
			v.array = true
		}
		if v.reference && !v.array {
			fail("vars can't be references")
		}
		for _, other := range list {
			if other.name == v.name && other.array == v.array {
				fail("duplicate function parameter or auto name")
			}
		}
		if list = append(list, v); !p.is(",") {
			break
		}
		p.next()
	}
	return list
}

// block reads statements in braces.
func (p *parser) block() *statement {
	p.deeper()
	p.expect("{")
	s := &statement{kind: sBlock}
	for !p.is("}") {
		if p.kind == tNewline || p.is(";") {
			p.next()
			continue
		}
		if p.kind == tEnd {
			p.bad("token")
		}
		s.block = append(s.block, p.statement())
		if !p.is("}") && !p.is(";") && p.kind != tNewline {
			fail("bad statement terminator at '" + p.word + "'")
		}
	}
	p.depth--
	p.next()
	return s
}

// statement reads a statement without what ends it.
func (p *parser) statement() *statement {
	p.deeper()
	defer func() { p.depth-- }()
	switch {
	case p.is("{"):
		return p.block()
	case p.is(";") || p.kind == tNewline:
		return &statement{kind: sNothing}
	case p.kind == tString:
		s := &statement{kind: sString, text: p.word}
		p.next()
		return s
	case p.kind == tName:
		if s := p.keyword(); s != nil {
			return s
		}
	}
	return &statement{kind: sExpression, a: p.expression()}
}

// keyword reads a statement that begins with a keyword; nil if it doesn't.
func (p *parser) keyword() *statement {
	s := &statement{}
	switch word := p.word; word {
	case "if":
		p.branches(s)
	case "while":
		p.next()
		s.kind, s.a = sWhile, p.condition()
		s.body = p.loop()
	case "for":
		p.forClauses(s)
		s.body = p.loop()
	case "print":
		p.next()
		s.kind, s.list = sPrint, p.printList()
	case "break", "continue":
		if p.loops == 0 {
			p.bad("token")
		}
		if s.kind = sBreak; word == "continue" {
			s.kind = sContinue
		}
		p.next()
	case "return":
		if p.inFunction == nil {
			fail("'return' not in a function")
		}
		s.kind = sReturn
		if p.next(); !p.is(";") && !p.is("}") && p.kind != tNewline {
			s.a = p.expression()
		}
	case "quit", "halt":
		s.kind = sQuit
		p.next()
	case "auto":
		if p.inFunction == nil {
			p.bad("'auto' syntax")
		}
		p.next()
		s.kind = sNothing
		p.inFunction.autos = append(p.inFunction.autos, p.params(";")...)
	case "limits":
		s.kind, s.text = sString, "BC_BASE_MAX     = 1000000000\nBC_DIM_MAX      = 16777215\nBC_SCALE_MAX    = 4194304\nBC_STRING_MAX   = unlimited\n"
		p.next()
	default:
		return nil
	}
	return s
}

// branches reads an if.
func (p *parser) branches(s *statement) {
	p.next()
	s.kind, s.a = sIf, p.condition()
	p.newlines()
	s.body = p.statement()
	// "if (x) 1; else 2"
	if saved := p.lexer; p.is(";") && strings.HasPrefix(strings.TrimLeft(p.text[p.pos:], " \t"), "else") {
		if p.next(); !p.isName("else") {
			p.lexer = saved
		}
	}
	if p.isName("else") {
		p.next()
		p.newlines()
		s.rest = p.statement()
	}
}

func (p *parser) condition() *node {
	p.expect("(")
	n := p.expression()
	p.expect(")")
	return n
}

func (p *parser) loop() *statement {
	p.newlines()
	p.loops++
	s := p.statement()
	p.loops--
	return s
}

func (p *parser) forClauses(s *statement) {
	p.next()
	s.kind = sFor
	p.expect("(")
	if !p.is(";") {
		s.a = p.expression()
	}
	p.expect(";")
	if !p.is(";") {
		s.b = p.expression()
	}
	p.expect(";")
	if !p.is(")") {
		s.c = p.expression()
	}
	p.expect(")")
}

func (p *parser) printList() (list []printed) {
	for {
		if p.kind == tString {
			list = append(list, printed{text: p.word})
			p.next()
		} else {
			list = append(list, printed{a: p.expression()})
		}
		if !p.accept(",") {
			return list
		}
	}
}
