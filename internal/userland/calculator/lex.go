package calculator

import "strings"

// token is the kind of a token of bc.
type token uint8

const (
	tEnd token = iota
	tNewline
	tNumber
	tString
	tName // also keywords
	tSign
)

// lexer cuts lines into tokens. It asks for another line when a token needs one, so that
// a statement runs before the next line is read.
type lexer struct {
	more func() (line string, ok bool)
	text string
	pos  int
	kind token
	word string
}

func (l *lexer) peek(ahead int) byte {
	if l.pos+ahead < len(l.text) {
		return l.text[l.pos+ahead]
	}
	return 0
}

// load gets the next line, with those that backslashes at its end add to it.
func (l *lexer) load() bool {
	line, ok := l.more()
	if !ok {
		return false
	}
	for strings.HasSuffix(line, "\\\n") {
		var rest string
		if rest, ok = l.more(); !ok {
			break
		}
		line = line[:len(line)-2] + rest
	}
	l.text, l.pos = line, 0
	return true
}

// blanks goes over blanks and comments.
func (l *lexer) blanks() {
	for {
		switch c := l.peek(0); {
		case c == ' ' || c >= '\t' && c <= '\r' && c != '\n':
			l.pos++
		case c == '#':
			for l.pos < len(l.text) && l.text[l.pos] != '\n' {
				l.pos++
			}
		case c == '/' && l.peek(1) == '*':
			l.pos += 2
			for {
				if i := strings.Index(l.text[l.pos:], "*/"); i >= 0 {
					l.pos += i + 2
					break
				}
				if !l.load() {
					fail("unterminated comment")
				}
			}
		default:
			return
		}
	}
}

func isLower(c byte) bool { return c >= 'a' && c <= 'z' }

// next reads the next token.
func (l *lexer) next() {
	if l.blanks(); l.pos >= len(l.text) {
		if !l.load() {
			l.kind, l.word = tEnd, ""
			return
		}
		l.next()
		return
	}
	start := l.pos
	c := l.peek(0)
	switch {
	case c == '\n':
		l.pos++
		l.kind = tNewline
	case digit(c) >= 0 || c == '.' && digit(l.peek(1)) >= 0:
		l.kind = tNumber
		for point := false; digit(l.peek(0)) >= 0 || l.peek(0) == '.' && !point; l.pos++ {
			point = point || l.peek(0) == '.'
		}
	case isLower(c):
		l.kind = tName
		for isLower(l.peek(0)) || l.peek(0) >= '0' && l.peek(0) <= '9' || l.peek(0) == '_' {
			l.pos++
		}
	case c == '"':
		l.stringToken()
		return
	default:
		l.kind = tSign
		l.pos++
		switch two := l.text[start:min(start+2, len(l.text))]; two {
		case "&&", "||", "++", "--", "==", "!=", "<=", ">=", "+=", "-=", "*=", "/=", "%=", "^=":
			l.pos++
		default:
			if strings.IndexByte("(){}[],;+-*/%^<>=!.", c) < 0 {
				fail("bad character '" + string(c) + "'")
			}
		}
	}
	l.word = l.text[start:l.pos]
}

func (l *lexer) stringToken() {
	l.kind, l.word = tString, ""
	for l.pos++; ; {
		if i := strings.IndexByte(l.text[l.pos:], '"'); i >= 0 {
			l.word += l.text[l.pos : l.pos+i]
			l.pos += i + 1
			return
		}
		l.word += l.text[l.pos:]
		if !l.load() {
			fail("unterminated string")
		}
	}
}
