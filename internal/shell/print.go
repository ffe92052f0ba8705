package shell

import (
	"strconv"
	"strings"
)

// printer writes a syntax tree as text that the parser reads back, in a form that
// one line holds: a here document is the operator <<< with its body as one word,
// which only a shell that was started with a state understands.
type printer struct{ out []byte }

// printed is a command's text.
func printed(c command) string {
	var p printer
	p.command(c)
	return string(p.out)
}

// s prints a string. It isn't inlined, for it would be a hundred times.
//
//go:noinline
func (p *printer) s(s string) { p.out = append(p.out, s...) }

// body prints a list that ends with a separator.
func (p *printer) body(c command) {
	if c == nil {
		p.s(":\n")
		return
	}
	p.command(c)
	p.separator()
}

// separator ends a command, if it doesn't end itself by &.
func (p *printer) separator() {
	if n := len(p.out); n == 0 || p.out[n-1] != '&' {
		p.s("\n")
		return
	}
	p.s(" ")
}

func (p *printer) command(c command) {
	switch c := c.(type) {
	case *simple:
		p.simple(c)
	case *pipeline:
		if c.negate {
			p.s("! ")
		}
		for i, m := range c.members {
			if i > 0 {
				p.s(" | ")
			}
			p.command(m)
		}
	case *andOr:
		p.command(c.left)
		if c.or {
			p.s(" || ")
		} else {
			p.s(" && ")
		}
		p.command(c.right)
	case *list:
		for i, m := range c.commands {
			if i > 0 {
				p.separator()
			}
			p.command(m)
		}
	case *async:
		p.command(c.body)
		p.s(" &")
	case *group:
		p.s("{ ")
		p.body(c.body)
		p.s("}")
	case *subshell:
		p.s("( ")
		p.body(c.body)
		p.s(")")
	case *function:
		p.s(quoteWord(c.name) + "() ")
		p.command(c.body)
	case *redirected:
		p.command(c.body)
		p.redirects(c.redirs)
	default:
		p.compound(c)
	}
}

func (p *printer) compound(c command) {
	switch c := c.(type) {
	case *conditional:
		p.s("if ")
		p.body(c.test)
		p.s("then ")
		p.body(c.then)
		if c.otherwise != nil {
			p.s("else ")
			p.body(c.otherwise)
		}
		p.s("fi")
	case *loop:
		if c.until {
			p.s("until ")
		} else {
			p.s("while ")
		}
		p.body(c.test)
		p.s("do ")
		p.body(c.body)
		p.s("done")
	case *forLoop:
		p.s("for " + c.name)
		if c.words != nil {
			p.s(" in")
			for _, w := range c.words {
				p.s(" ")
				p.word(w)
			}
		}
		p.s("\ndo ")
		p.body(c.body)
		p.s("done")
	case *caseOf:
		p.s("case ")
		p.word(c.subject)
		p.s(" in\n")
		for _, i := range c.items {
			p.s("(")
			for n, w := range i.patterns {
				if n > 0 {
					p.s("|")
				}
				p.word(w)
			}
			p.s(") ")
			p.body(i.body)
			p.s(";;\n")
		}
		p.s("esac")
	}
}

func (p *printer) simple(c *simple) {
	first := true
	space := func() {
		if !first {
			p.s(" ")
		}
		first = false
	}
	for _, a := range c.assigns {
		space()
		p.s(a.name + "=")
		if len(a.value.parts) > 0 {
			p.word(a.value)
		}
	}
	for i, w := range c.words {
		space()
		if _, reserved := keyword(w.literal); reserved && i == 0 {
			p.s(quoted(w.literal)) // it stood behind a redirection
			continue
		}
		p.word(w)
	}
	p.redirects(c.redirs)
}

func (p *printer) redirects(redirs []*redirect) {
	for _, r := range redirs {
		p.s(" " + strconv.Itoa(r.fd))
		if r.kind == redirHere || r.kind == redirString {
			p.s("<<<")
			body := r.target
			if r.kind == redirHere {
				body = r.here.body
			}
			p.hereBody(body)
			continue
		}
		if r.kind == redirBoth {
			p.out = p.out[:len(p.out)-len(strconv.Itoa(r.fd))]
		}
		p.s(redirectSigns[r.kind] + " ")
		p.word(r.target)
	}
}

// redirectSigns are in the order of the kinds.
var redirectSigns = [...]string{"<", ">", ">>", ">|", "&>", "<>", "<&", ">&", "<<"}

// hereBody prints a here document's body as one quoted word.
func (p *printer) hereBody(w *word) {
	p.s("\"")
	for _, part := range w.parts {
		p.inQuotes(part)
	}
	p.s("\"")
}

// quoteWord is a literal in quotes, if it needs them.
func quoteWord(s string) string {
	for i := 0; i < len(s); i++ {
		if c := s[i]; !isName(c) && !isDigit(c) && strings.IndexByte("./-+,:=@%", c) < 0 {
			return quoted(s)
		}
	}
	if s == "" {
		return "''"
	}
	return s
}

// quoted is a string in single quotes.
func quoted(s string) string {
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

func (p *printer) word(w *word) {
	if len(w.parts) == 0 {
		p.s("''")
	}
	for _, part := range w.parts {
		switch {
		case part.kind != partLiteral && part.quoted:
			p.s("\"")
			p.inQuotes(part)
			p.s("\"")
		case part.kind != partLiteral:
			p.expansion(part)
		case part.quoted:
			p.s(quoted(part.text))
		default:
			p.unquoted(part.text)
		}
	}
}

// unquoted prints unquoted text. A dollar sign that stands for itself could begin an
// expansion with what follows.
func (p *printer) unquoted(text string) {
	p.s(strings.ReplaceAll(text, "$", "\\$"))
}

// inQuotes prints a part inside double quotes.
func (p *printer) inQuotes(part part) {
	if part.kind != partLiteral {
		p.expansion(part)
		return
	}
	for i := 0; i < len(part.text); i++ {
		if c := part.text[i]; strings.IndexByte("\\`$\"", c) >= 0 {
			p.s("\\")
		}
		p.out = append(p.out, part.text[i])
	}
}

func (p *printer) expansion(n part) {
	switch n.kind {
	case partCommand:
		p.s("$( ")
		p.body(n.body)
		p.s(")")
	case partProcess:
		if n.write {
			p.s(">(")
		} else {
			p.s("<(")
		}
		p.body(n.body)
		p.s(")")
	case partArith:
		p.s("$((")
		for _, part := range n.word.parts {
			p.inArith(part)
		}
		p.s("))")
	case partParam:
		p.param(n)
	}
}

// inArith prints a part of an expression, where parentheses stand for themselves.
func (p *printer) inArith(n part) {
	if n.kind == partLiteral {
		p.s(escaped(n.text))
		return
	}
	p.expansion(n)
}

var opSigns = [...]string{
	opDefault: "-", opAssign: "=", opError: "?", opAlternative: "+",
	opTrimLeft: "#", opTrimLeftLong: "##", opTrimRight: "%", opTrimRightLong: "%%",
	opSubstring: ":", opReplace: "/", opReplaceAll: "//", opBad: "!", opNone: "", opLength: "",
}

func (p *printer) param(n part) {
	p.s("${")
	if n.op == opLength {
		p.s("#")
	}
	p.s(n.text)
	if n.colon {
		p.s(":")
	}
	p.s(opSigns[n.op])
	p.operand(n, n.word)
	if n.second != nil {
		if n.op == opSubstring {
			p.s(":")
		} else {
			p.s("/")
		}
		p.operand(n, n.second)
	}
	p.s("}")
}

// operand prints the word of ${...}: inside quotes its parts are quoted already.
func (p *printer) operand(n part, w *word) {
	if w == nil {
		return
	}
	trims := n.op >= opTrimLeft && n.op <= opTrimRightLong || n.op == opReplace || n.op == opReplaceAll
	if n.quoted && !trims {
		for _, part := range w.parts {
			if part.kind == partLiteral {
				p.s(strings.NewReplacer("}", "\\}").Replace(escaped(part.text)))
				continue
			}
			p.expansion(part)
		}
		return
	}
	if len(w.parts) > 0 {
		p.word(w)
	}
}

// escaped is text as it stands inside double quotes.
func escaped(text string) string {
	var q printer
	q.inQuotes(part{text: text})
	return string(q.out)
}
