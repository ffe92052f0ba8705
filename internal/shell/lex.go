package shell

import "strings"

// token is what the parser sees of the text. Keywords are words that stand where a
// command begins.
type token uint8

const (
	tokEOF token = iota
	tokNewline
	tokRedirect
	tokWord
	tokSemi
	tokAmp
	tokAnd
	tokOr
	tokPipe
	tokOpen
	tokClose
	tokDoubleSemi
	tokBackquote
	tokNot
	tokCase
	tokDo
	tokDone
	tokElif
	tokElse
	tokEsac
	tokFi
	tokFor
	tokFunction
	tokIf
	tokIn
	tokThen
	tokUntil
	tokWhile
	tokBegin
	tokEnd
)

// tokenNames are in the order of the constants.
var tokenNames = [...]string{
	"end of file", "newline", "redirection", "word", ";", "&", "&&", "||", "|", "(", ")", ";;", "`",
	"!", "case", "do", "done", "elif", "else", "esac", "fi", "for", "function", "if", "in",
	"then", "until", "while", "{", "}",
}

func (t token) String() string {
	if t < tokSemi {
		return tokenNames[t]
	}
	return "\"" + tokenNames[t] + "\""
}

// keyword returns the token of a reserved word.
func keyword(s string) (token, bool) {
	if len(s) > 8 {
		return 0, false
	}
	for t := tokNot; t <= tokEnd; t++ {
		if tokenNames[t] == s {
			return t, true
		}
	}
	return 0, false
}

// What the parser wants of the next token.
const (
	wantNewlines = 1 << iota // skip newlines
	wantKeyword
	wantAlias
)

// parser reads commands from text that may grow while it is read.
type parser struct {
	src  string
	pos  int
	line int
	// more returns further text, "" at the end; nil if src is all.
	more func() string
	// alias returns what a name stands for.
	alias func(name string) (string, bool)
	depth int // of nesting, which is bounded
	// internal text comes from a printer: it may have <<<.
	internal bool
	// at is the line that the shell is at, where backquotes are counted from.
	at    *int
	shown int // up to where -v printed the text

	last     token // the last token read
	lastWord *word
	lastText string // unquoted text of lastWord, "" if it has anything else
	redir    *redirect
	start    int // where the last token began
	tokLine  int
	pushed   bool
	pending  []*hereDoc // operators whose bodies weren't read yet
	// aliased are the names being expanded, each until pos reaches its end.
	aliased []aliasSpan
	// aliasNext makes the next word subject to aliases: "alias x='y '".
	aliasNext int
}

type aliasSpan struct {
	name string
	end  int
}

// syntaxError is what a parser panics with.
type syntaxError struct {
	line int
	text string
}

//go:noinline
func (p *parser) fail(text string) {
	panic(&syntaxError{p.line, "syntax error: " + text})
}

const maxDepth = 1000

//go:noinline
func (p *parser) enter() {
	if p.depth++; p.depth > maxDepth {
		p.fail("nested too deeply")
	}
}

func (p *parser) leave() { p.depth-- }

// byte returns the byte at an offset from the position, 0 at the end.
//
//go:noinline
func (p *parser) byte(offset int) byte {
	for p.pos+offset >= len(p.src) {
		if !p.fill() {
			return 0
		}
	}
	return p.src[p.pos+offset]
}

func (p *parser) fill() bool {
	if p.more == nil {
		return false
	}
	text := p.more()
	if text == "" {
		return false
	}
	p.src += text
	return true
}

// atEnd says whether the text is over.
//
//go:noinline
func (p *parser) atEnd() bool { return p.pos >= len(p.src) && !p.fill() }

// peek skips backslashes that end their line, and returns the byte there.
func (p *parser) peek() byte {
	for {
		c := p.byte(0)
		if c != '\\' || p.byte(1) != '\n' {
			return c
		}
		p.pos += 2
		p.line++
	}
}

// peekSecond is the byte after the one at the position, over continued lines.
func (p *parser) peekSecond() byte {
	i := 1
	for p.byte(i) == '\\' && p.byte(i+1) == '\n' {
		i += 2
	}
	return p.byte(i)
}

// take goes over c if it is next.
//
//go:noinline
func (p *parser) take(c byte) bool {
	if p.peek() == c && !p.atEnd() {
		p.pos++
		return true
	}
	return false
}

// next reads a token.
func (p *parser) next(want int) token {
	for {
		t := p.raw()
		if t == tokNewline && want&wantNewlines != 0 {
			p.readHereDocs()
			continue
		}
		if t != tokWord || p.lastText == "" {
			return t
		}
		if want&wantKeyword != 0 {
			if k, ok := keyword(p.lastText); ok {
				p.last = k
				return k
			}
		}
		if (want&wantAlias != 0 || p.start == p.aliasNext && p.aliasNext > 0) && p.expandAlias() {
			continue
		}
		return t
	}
}

// expandAlias puts an alias's text in the place of the last word.
func (p *parser) expandAlias() bool {
	if p.alias == nil {
		return false
	}
	keep := p.aliased[:0]
	for _, s := range p.aliased {
		if p.start < s.end {
			keep = append(keep, s)
		}
	}
	p.aliased = keep
	for _, s := range p.aliased {
		if s.name == p.lastText {
			return false
		}
	}
	value, ok := p.alias(p.lastText)
	if !ok {
		return false
	}
	grown := len(value) - (p.pos - p.start)
	for i := range p.aliased {
		p.aliased[i].end += grown
	}
	p.src = p.src[:p.start] + value + p.src[p.pos:]
	p.aliased = append(p.aliased, aliasSpan{p.lastText, p.start + len(value)})
	p.pos = p.start
	if n := len(value); n > 0 && (value[n-1] == ' ' || value[n-1] == '\t') {
		// The word behind is looked up, too.
		i := p.start + n
		for i < len(p.src) && (p.src[i] == ' ' || p.src[i] == '\t') {
			i++
		}
		p.aliasNext = i
	}
	return true
}

// raw reads a token, or gives the pushed-back one again.
func (p *parser) raw() token {
	if p.pushed {
		p.pushed = false
		return p.last
	}
	p.lastText, p.lastWord = "", nil
	p.blanks()
	p.start, p.tokLine = p.pos, p.line
	p.last = p.scan()
	return p.last
}

// blanks goes over spaces and comments.
func (p *parser) blanks() {
	for {
		switch p.peek() {
		case ' ', '\t':
			p.pos++
		case '#':
			for !p.atEnd() && p.src[p.pos] != '\n' {
				if i := strings.IndexByte(p.src[p.pos:], '\n'); i >= 0 {
					p.pos += i
				} else {
					p.pos = len(p.src)
				}
			}
			return
		default:
			return
		}
	}
}

func (p *parser) scan() token {
	if p.atEnd() {
		return tokEOF
	}
	switch c := p.peek(); c {
	case '\n':
		p.pos++
		p.line++
		return tokNewline
	case ';':
		p.pos++
		if p.take(';') {
			return tokDoubleSemi
		}
		return tokSemi
	case '&':
		if p.peekSecond() == '>' {
			p.pos++
			p.take('>')
			p.redir = &redirect{kind: redirBoth, fd: 1}
			return tokRedirect
		}
		p.pos++
		if p.take('&') {
			return tokAnd
		}
		return tokAmp
	case '|':
		p.pos++
		if p.take('|') {
			return tokOr
		}
		return tokPipe
	case '(':
		p.pos++
		return tokOpen
	case ')':
		p.pos++
		return tokClose
	case '<', '>':
		if p.peekSecond() != '(' {
			p.redirection(-1)
			return tokRedirect
		}
	case 0:
		if p.atEnd() {
			return tokEOF
		}
	}
	return p.scanWord()
}

// scanWord reads a word, or a redirection with its number.
func (p *parser) scanWord() token {
	p.lastWord = p.word()
	w := p.lastWord
	if p.src[p.start:p.pos] == w.literal && w.static || len(w.parts) == 1 && w.parts[0].kind == partLiteral && !w.parts[0].quoted {
		p.lastText = w.literal
	}
	if c := p.peek(); (c == '<' || c == '>') && p.lastText != "" && isDigits(p.lastText) {
		fd := 0
		for i := 0; i < len(p.lastText) && fd < 1<<20; i++ {
			fd = fd*10 + int(p.lastText[i]-'0')
		}
		p.lastText = ""
		p.redirection(fd)
		return tokRedirect
	}
	return tokWord
}

func isDigits(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}
