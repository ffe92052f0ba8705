package shell

import "strings"

// line reads the commands of a line and the newline, or up to the end. It returns
// nil, true at the end of the text.
func (p *parser) parseLine() (c command, end bool) {
	p.aliased, p.aliasNext = nil, 0
	if p.pos > 0 && p.pos >= len(p.src)/2 && p.more != nil {
		p.src, p.pos = p.src[p.pos:], 0
	}
	switch p.next(0) {
	case tokEOF:
		return nil, true
	case tokNewline:
		return nil, false
	}
	p.pushed = true
	c = p.list(mayBeEmpty)
	switch p.next(0) {
	case tokNewline:
		p.readHereDocs()
	case tokEOF:
		p.flushDocs()
	default:
		p.unexpected(tokEOF + 255)
	}
	return c, false
}

// flushDocs reads here documents that the end of the text cut off.
func (p *parser) flushDocs() {
	if len(p.pending) > 0 {
		p.readHereDocs()
	}
}

const nothing = token(255)

// unexpected fails because of the last token.
func (p *parser) unexpected(want token) {
	text := "unexpected " + p.last.String()
	if want < nothing {
		text += " (expecting " + want.String() + ")"
	}
	p.fail(text)
}

func (p *parser) expect(t token, want int) {
	if p.next(want) != t {
		p.unexpected(t)
	}
}

// mayBeEmpty as an argument of list.
const mayBeEmpty = 1 << 8

// list reads commands up to a token that can't begin one. With wantNewlines it goes
// over newlines; without, it stops at one.
func (p *parser) list(newlines int) command {
	p.enter()
	defer p.leave()
	var commands []command
	for {
		want := wantKeyword | wantAlias | newlines&wantNewlines
		switch p.next(want) {
		case tokNewline, tokEOF, tokClose, tokDoubleSemi, tokBackquote,
			tokDo, tokDone, tokElif, tokElse, tokEsac, tokFi, tokThen, tokEnd:
			if commands != nil || newlines&mayBeEmpty != 0 || p.last == tokEOF {
				p.pushed = true
				return sequence(commands)
			}
		}
		p.pushed = true
		c := p.andOr()
		t := p.next(0)
		if t == tokAmp {
			c = &async{body: c}
		}
		commands = append(commands, c)
		switch t {
		case tokSemi, tokAmp:
			continue
		case tokNewline:
			if newlines&wantNewlines != 0 {
				p.readHereDocs()
				continue
			}
		}
		p.pushed = true
		return sequence(commands)
	}
}

func sequence(commands []command) command {
	switch len(commands) {
	case 0:
		return nil
	case 1:
		return commands[0]
	}
	return &list{commands}
}

func (p *parser) andOr() command {
	left := p.pipeline()
	for {
		t := p.next(0)
		if t != tokAnd && t != tokOr {
			p.pushed = true
			return left
		}
		if p.next(wantNewlines|wantKeyword|wantAlias) == tokEOF {
			p.unexpected(nothing)
		}
		p.pushed = true
		left = &andOr{left: left, right: p.pipeline(), or: t == tokOr}
	}
}

func (p *parser) pipeline() command {
	negate := p.next(wantKeyword|wantAlias) == tokNot
	if !negate {
		p.pushed = true
	}
	first := p.command()
	if p.next(0) != tokPipe {
		p.pushed = true
		if negate {
			return &pipeline{members: []command{first}, negate: true}
		}
		return first
	}
	members := []command{first}
	for {
		p.next(wantNewlines | wantKeyword | wantAlias)
		p.pushed = true
		members = append(members, p.command())
		if p.next(0) != tokPipe {
			p.pushed = true
			return &pipeline{members: members, negate: negate}
		}
	}
}

// command reads a command with its redirections.
func (p *parser) command() command {
	p.enter()
	defer p.leave()
	line := p.tokLine
	var c command
	switch t := p.next(wantKeyword | wantAlias); t {
	case tokIf:
		c = p.ifClause()
	case tokWhile, tokUntil:
		c = p.loopClause(t == tokUntil)
	case tokFor:
		c = p.forClause(line)
	case tokCase:
		c = p.caseClause(line)
	case tokBegin:
		body := p.list(wantNewlines)
		p.expect(tokEnd, wantKeyword)
		c = &group{body}
	case tokOpen:
		body := p.list(wantNewlines)
		p.expect(tokClose, wantKeyword)
		c = &subshell{body: body, line: line}
	case tokFunction:
		return p.functionKeyword()
	case tokWord, tokRedirect:
		p.pushed = true
		return p.simple()
	default:
		p.unexpected(nothing)
	}
	var redirs []*redirect
	for p.next(wantKeyword) == tokRedirect {
		redirs = append(redirs, p.redirectTarget())
	}
	p.pushed = true
	if redirs != nil {
		return &redirected{c, redirs, line}
	}
	return c
}

func (p *parser) ifClause() command {
	c := &conditional{test: p.list(wantNewlines)}
	p.expect(tokThen, wantKeyword)
	c.then = p.list(wantNewlines)
	switch p.next(wantKeyword) {
	case tokElif:
		c.otherwise = p.ifClause()
		return c
	case tokElse:
		c.otherwise = p.list(wantNewlines)
	default:
		p.pushed = true
	}
	p.expect(tokFi, wantKeyword)
	return c
}

func (p *parser) loopClause(until bool) command {
	c := &loop{test: p.list(wantNewlines), until: until}
	p.expect(tokDo, wantKeyword)
	c.body = p.list(wantNewlines)
	p.expect(tokDone, wantKeyword)
	return c
}

func (p *parser) forClause(line int) command {
	if p.next(0) != tokWord || nameLength(p.lastText) != len(p.lastText) || p.lastText == "" {
		p.fail("bad for loop variable")
	}
	c := &forLoop{name: p.lastText, line: line}
	if p.next(wantNewlines|wantKeyword|wantAlias) == tokIn {
		c.words = []*word{}
		for p.next(0) == tokWord {
			c.words = append(c.words, p.lastWord)
		}
		if p.last != tokNewline && p.last != tokSemi {
			p.unexpected(nothing)
		}
		p.pushed = p.last == tokNewline
	} else if p.last != tokSemi {
		p.pushed = true
	}
	p.expect(tokDo, wantNewlines|wantKeyword|wantAlias)
	c.body = p.list(wantNewlines)
	p.expect(tokDone, wantKeyword)
	return c
}

func (p *parser) caseClause(line int) command {
	if p.next(0) != tokWord {
		p.unexpected(tokWord)
	}
	c := &caseOf{subject: p.lastWord, line: line}
	p.expect(tokIn, wantNewlines|wantKeyword|wantAlias)
	for p.next(wantNewlines|wantKeyword) != tokEsac {
		if p.last == tokOpen {
			p.next(0)
		}
		var item caseItem
		for {
			if p.last != tokWord && p.lastWord == nil {
				p.unexpected(tokClose)
			}
			item.patterns = append(item.patterns, p.lastWord)
			if p.next(0) != tokPipe {
				break
			}
			p.next(0)
		}
		if p.last != tokClose {
			p.unexpected(tokClose)
		}
		item.body = p.list(wantNewlines | mayBeEmpty)
		c.items = append(c.items, item)
		if t := p.next(wantNewlines | wantKeyword); t == tokEsac {
			break
		} else if t != tokDoubleSemi {
			p.unexpected(tokDoubleSemi)
		}
	}
	return c
}

// functionKeyword reads "function NAME [()] COMMAND".
func (p *parser) functionKeyword() command {
	if p.next(0) != tokWord {
		p.unexpected(tokWord)
	}
	name, line := p.lastWord.literal, p.tokLine
	if p.next(0) == tokOpen {
		p.expect(tokClose, 0)
	} else {
		p.pushed = true
	}
	switch p.next(wantNewlines | wantKeyword) {
	case tokBegin, tokIf, tokCase, tokUntil, tokWhile, tokFor, tokOpen:
	default:
		if p.lastText != "[[" {
			p.unexpected(nothing)
		}
	}
	p.pushed = true
	return p.functionBody(name, line)
}

func (p *parser) functionBody(name string, line int) command {
	if p.next(wantNewlines|wantKeyword|wantAlias) == tokEOF {
		p.unexpected(nothing)
	}
	p.pushed = true
	f := &function{name: name, line: line}
	f.body = p.command()
	return f
}

// simple reads assignments, words and redirections, or the head of a function.
func (p *parser) simple() command {
	c := &simple{line: p.tokLine}
	brackets := false
	want := wantAlias
	for {
		t := p.next(want)
		switch {
		case brackets && (t == tokAnd || t == tokOr):
			text := tokenNames[t]
			c.words = append(c.words, &word{parts: []part{{text: text, quoted: true}}, literal: text, static: true})
		case t == tokWord:
			if len(c.words) == 0 && p.assignment(c) {
				continue
			}
			want = 0
			switch p.lastText {
			case "[[":
				brackets = true
			case "]]":
				brackets = false
			}
			c.words = append(c.words, p.lastWord)
		case t == tokRedirect:
			c.redirs = append(c.redirs, p.redirectTarget())
		case t == tokOpen && len(c.words) == 1 && c.assigns == nil && c.redirs == nil:
			p.expect(tokClose, 0)
			return p.functionBody(c.words[0].literal, c.line)
		default:
			if c.words == nil && c.assigns == nil && c.redirs == nil {
				p.unexpected(nothing)
			}
			p.pushed = true
			return c
		}
	}
}

// assignment takes the last word as NAME=value if it is one.
func (p *parser) assignment(c *simple) bool {
	w := p.lastWord
	name, ok := w.assigned()
	if !ok {
		return false
	}
	var b builder
	b.parts = make([]part, 0, len(w.parts))
	if rest := w.parts[0].text[len(name)+1:]; rest != "" {
		b.parts = append(b.parts, part{text: rest})
	}
	b.parts = append(b.parts, w.parts[1:]...)
	c.assigns = append(c.assigns, assign{name, b.word()})
	return true
}

// assigned returns NAME if the word looks like NAME=value.
func (w *word) assigned() (name string, ok bool) {
	if len(w.parts) == 0 || w.parts[0].kind != partLiteral || w.parts[0].quoted {
		return "", false
	}
	text := w.parts[0].text
	n := nameLength(text)
	if n == 0 || n >= len(text) || text[n] != '=' {
		return "", false
	}
	return text[:n], true
}

// redirectTarget reads the word behind an operator.
func (p *parser) redirectTarget() *redirect {
	r := p.redir
	if p.next(0) != tokWord {
		p.unexpected(nothing)
	}
	r.target = p.lastWord
	if r.kind != redirHere {
		return r
	}
	d := r.here
	for _, part := range r.target.parts {
		d.delimiter += part.text
		d.quoted = d.quoted || part.quoted
	}
	if !r.target.static {
		d.delimiter = p.src[p.start:p.pos]
		d.quoted = d.quoted || strings.IndexByte(d.delimiter, '`') >= 0
	}
	p.pending = append(p.pending, d)
	return r
}
