package awk

import (
	"strconv"
	"strings"

	"bantam/internal/userland/applet/escape"
)

// token is the kind of a token of a program.
type token uint8

const (
	tEnd token = iota
	tNewline
	tNumber
	tString
	tRegex
	tName     // a variable
	tCallName // a name with a parenthesis right behind it
	tBuiltin  // n is the builtin
	tKeyword  // n is the keyword
	tSign     // an operator, or anything else that is no letter
)

// Keywords, in the order of their names in keywordNames.
const (
	kBegin = iota
	kEnd
	kBreak
	kContinue
	kDelete
	kDo
	kElse
	kExit
	kFor
	kFunc
	kFunction
	kGetline
	kIf
	kIn
	kNext
	kNextfile
	kPrint
	kPrintf
	kReturn
	kWhile
)

const keywordNames = " BEGIN END break continue delete do else exit for func function getline if in next nextfile print printf return while "

// Builtins, in the order of their names in builtinNames.
const (
	bAnd = iota
	bAtan2
	bClose
	bCompl
	bCos
	bExp
	bFflush
	bGensub
	bGsub
	bIndex
	bInt
	bLength
	bLog
	bLshift
	bMatch
	bMktime
	bOr
	bRand
	bRshift
	bSin
	bSplit
	bSprintf
	bSqrt
	bSrand
	bStrftime
	bSub
	bSubstr
	bSystem
	bSystime
	bTolower
	bToupper
	bXor
)

const (
	builtinNames = " and atan2 close compl cos exp fflush gensub gsub index int length log lshift match mktime or rand rshift sin split sprintf sqrt srand strftime sub substr system systime tolower toupper xor "
	// How many arguments each needs.
	builtinLeast = "22" + "1111" + "0" + "3" + "22" + "101" + "22" + "12" + "0" + "212" + "11" + "00" + "22" + "10" + "112"
)

// signs are the operators of more than one character, the longest first.
const signs = " **= && || ++ -- += -= *= /= %= ^= == <= >= != !~ >> ** "

// wordIndex returns which word of a list it is, -1 for none.
func wordIndex(list, word string) int {
	i := strings.Index(list, " "+word+" ")
	if i < 0 {
		return -1
	}
	return strings.Count(list[:i], " ")
}

// part is one of the texts that a program is put together of.
type part struct{ name, text string }

// lexer cuts a program into tokens.
type lexer struct {
	parts []part
	text  string
	pos   int
	file  uint8 // the present part
	line  int32

	kind   token
	word   string // of a name, string, regex or sign
	number float64
	n      int
	before bool // the last token was an operand's end: "/" divides
	last   token
	lastAt int32 // the line of the token before
}

// syntax is the panic of an error: it ends the program.
type syntax struct {
	file    uint8
	line    int32
	message string
}

func (l *lexer) fail(message string) {
	panic(syntax{l.file, l.line, message})
}

func isDigit(c byte) bool  { return c >= '0' && c <= '9' }
func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' }

func (l *lexer) peek(ahead int) byte {
	if l.pos+ahead < len(l.text) {
		return l.text[l.pos+ahead]
	}
	return 0
}

// blanks goes over blanks, comments and continued lines.
func (l *lexer) blanks() {
	for {
		switch c := l.peek(0); {
		case c == ' ' || c == '\t' || c == '\r':
			l.pos++
		case c == '\\' && l.peek(1) == '\n':
			l.pos += 2
			l.line++
		case c == '\\' && l.peek(1) == '\r' && l.peek(2) == '\n':
			l.pos += 3
			l.line++
		case c == '#':
			for l.pos < len(l.text) && l.text[l.pos] != '\n' {
				l.pos++
			}
		default:
			return
		}
	}
}

// next reads the next token.
func (l *lexer) next() {
	l.last = l.kind
	l.lastAt = l.line
	l.blanks()
	if l.pos >= len(l.text) {
		if int(l.file)+1 >= len(l.parts) {
			l.kind, l.word = tEnd, ""
			return
		}
		// Parts are separated as lines are.
		l.file++
		l.text, l.pos, l.line = l.parts[l.file].text, 0, 1
		l.kind, l.word, l.before = tNewline, "\n", false
		return
	}
	c := l.peek(0)
	operand := true
	switch {
	case c == '\n':
		l.pos++
		l.line++
		l.kind, l.word, operand = tNewline, "\n", false
	case isDigit(c) || c == '.' && isDigit(l.peek(1)):
		l.numberToken()
	case c == '"':
		l.stringToken()
	case isLetter(c):
		operand = l.wordToken()
	case c == '/' && !l.before:
		l.regexToken()
	default:
		l.signToken()
		operand = l.word == ")" || l.word == "]" || l.word == "$" || l.word == "++" || l.word == "--"
		if l.word == "$" {
			operand = false
		}
		if l.word == "++" || l.word == "--" {
			operand = l.before
		}
	}
	l.before = operand
}

func (l *lexer) signToken() {
	l.kind = tSign
	for n := 3; n > 1; n-- {
		if l.pos+n <= len(l.text) && strings.Contains(signs, " "+l.text[l.pos:l.pos+n]+" ") {
			l.word = l.text[l.pos : l.pos+n]
			l.pos += n
			return
		}
	}
	l.word = l.text[l.pos : l.pos+1]
	if strings.IndexByte("(){}[];,+-*/%^!<>|?:~$=", l.word[0]) < 0 {
		l.fail("Unexpected token")
	}
	l.pos++
}

// numberToken reads a number: decimal, and in programs also octal and hexadecimal.
func (l *lexer) numberToken() {
	start := l.pos
	l.kind = tNumber
	rest := l.text[start:]
	if len(rest) > 2 && rest[0] == '0' && rest[1]|0x20 == 'x' {
		n := 2
		for n < len(rest) && (isDigit(rest[n]) || rest[n]|0x20 >= 'a' && rest[n]|0x20 <= 'f') {
			n++
		}
		if v, err := strconv.ParseUint(rest[2:n], 16, 64); err == nil {
			l.number = float64(v)
			l.pos += n
			return
		}
	}
	n := 0
	l.number, n = parseNumber(rest)
	if rest[0] == '0' && n > 1 {
		if v, err := strconv.ParseUint(rest[:n], 8, 64); err == nil {
			l.number = float64(v)
		}
	}
	l.pos += n
}

func (l *lexer) stringToken() {
	l.kind = tString
	var b []byte
	for l.pos++; ; {
		c := l.peek(0)
		switch {
		case l.pos >= len(l.text) || c == '\n':
			l.fail("Unexpected end of string")
		case c == '"':
			l.pos++
			l.word = string(b)
			return
		case c == '\\' && l.pos+1 < len(l.text):
			l.pos++
			if l.peek(0) == '\n' {
				l.pos++
				l.line++
				continue
			}
			var n int
			if c, n = escape.Sequence(l.text[l.pos:]); n == 0 {
				c, n = l.peek(0), 1
			}
			b = append(b, c)
			l.pos += n
		default:
			b = append(b, c)
			l.pos++
		}
	}
}

// regexToken reads a regular expression up to the slash that ends it. Its
// backslashes are left to the compiler.
func (l *lexer) regexToken() {
	l.kind = tRegex
	l.pos++
	start := l.pos
	for bracket := false; ; l.pos++ {
		c := l.peek(0)
		switch {
		case l.pos >= len(l.text) || c == '\n':
			l.fail("Unexpected end of string")
		case c == '\\':
			l.pos++
		case c == '[' && !bracket:
			// A slash in a bracket is no end, if the bracket has one on the line.
			if bracket = closed(l.text[l.pos:]); bracket && l.peek(1) == '^' {
				l.pos++
			}
			if bracket && l.peek(1) == ']' {
				l.pos++
			}
		case c == ']':
			bracket = false
		case c == '/' && !bracket:
			l.word = l.text[start:l.pos]
			l.pos++
			return
		}
	}
}

// closed says whether the bracket that s begins with ends before the line and the
// next slash but one do.
func closed(s string) bool {
	line, _, _ := strings.Cut(s[1:], "\n")
	i := strings.IndexByte(line[min(1, len(line)):], ']')
	return i >= 0 && strings.IndexByte(line[i+1:], '/') >= 0
}

// wordToken reads a name or keyword and says whether it may end an operand.
func (l *lexer) wordToken() bool {
	start := l.pos
	for isLetter(l.peek(0)) || isDigit(l.peek(0)) {
		l.pos++
	}
	l.word = l.text[start:l.pos]
	if l.n = wordIndex(keywordNames, l.word); l.n >= 0 {
		l.kind = tKeyword
		return false
	}
	if l.n = wordIndex(builtinNames, l.word); l.n >= 0 {
		l.kind = tBuiltin
		return l.n == bLength // "length / 2"
	}
	l.kind = tName
	if l.peek(0) == '(' {
		l.kind = tCallName
	}
	return true
}
