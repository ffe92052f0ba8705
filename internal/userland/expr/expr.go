// Package expr is the applet expr.
package expr

import (
	"strconv"
	"strings"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/regex"
)

// Applet is expr.
var Applet = applet.Applet{
	Names: "expr",
	Usage: "EXPRESSION",
	About: "Print the value of EXPRESSION.",
	Notes: `
EXPRESSION may be:
	A | B		A if it is neither null nor 0, otherwise B
	A & B		A if neither is null or 0, otherwise 0
	A < B		1 if A is less than B, otherwise 0; also <= = == != >= >
	A + B, A - B, A * B, A / B, A % B
	STRING : REGEXP	the text of \(...\) in REGEXP, which must match STRING from
			its beginning, or else the length of the match
	match STRING REGEXP	the same
	substr STRING POSITION LENGTH	a part of STRING; positions count from 1
	index STRING CHARACTERS	where the first of CHARACTERS stands in STRING, or 0
	length STRING	the length of STRING
	quote TOKEN	TOKEN, even if it is an operator or a word of these
	( EXPRESSION )
Comparisons are of numbers if both sides are, otherwise of texts.
The exit status is 1 if the value is null or 0, and 2 after an error.
`,
	Form:    applet.Plain,
	Trouble: 2,
	Dir:     "/usr/bin",
	Quick:   true,
	Min:     true,
	Run:     run,
}

// value is a text, or a number not yet written as one.
type value struct {
	text   string
	number int64
	is     bool // a number
}

// evaluator evaluates the arguments while it parses them.
type evaluator struct {
	c    *applet.Call
	args []string
	err  string
}

func run(c *applet.Call) int {
	e := evaluator{c: c, args: c.Args}
	if len(e.args) == 0 {
		e.fail("too few arguments")
	}
	v := e.binary(0)
	if len(e.args) > 0 {
		e.fail("syntax error")
	}
	if e.err != "" {
		c.Complain(e.err)
		return 2
	}
	c.Out.Print(v.string(), "\n")
	if v.null() {
		return 1
	}
	return 0
}

// fail keeps the first error. What is evaluated afterwards doesn't matter.
func (e *evaluator) fail(what string) value {
	if e.err == "" {
		e.err = what
	}
	e.args = nil
	return value{}
}

func (v *value) string() string {
	if v.is {
		return strconv.FormatInt(v.number, 10)
	}
	return v.text
}

// null says whether the value is null or 0.
func (v *value) null() bool {
	if v.is {
		return v.number == 0
	}
	return v.text == "" || v.text == "0"
}

// arithmetic returns the value as a number, if it is one.
func (v *value) arithmetic() (int64, bool) {
	if v.is {
		return v.number, true
	}
	digits := strings.TrimPrefix(v.text, "-")
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return 0, false
	}
	// A number that is too large becomes the largest one, as strtoll(3) has it.
	n, _ := strconv.ParseInt(v.text, 10, 64)
	return n, true
}

// levels are the binary operators, those that bind least first.
var levels = [...]string{" | ", " & ", " < <= = == != >= > ", " + - ", " * / % ", " : "}

// binary evaluates operators of a level and those that bind tighter.
func (e *evaluator) binary(level int) value {
	if level == len(levels) {
		return e.prefix()
	}
	v := e.binary(level + 1)
	for len(e.args) > 0 && e.args[0] != "" && strings.Contains(levels[level], " "+e.args[0]+" ") {
		operator := e.args[0]
		e.args = e.args[1:]
		w := e.binary(level + 1)
		if e.err != "" {
			return value{}
		}
		v = e.apply(level, operator, v, w)
	}
	return v
}

// apply applies a binary operator.
func (e *evaluator) apply(level int, operator string, v, w value) value {
	switch level {
	case 0:
		if v.null() {
			return w
		}
		return v
	case 1:
		if v.null() || w.null() {
			return value{is: true}
		}
		return v
	case 2:
		return compare(operator, v, w)
	case 5:
		return e.match(v.string(), w.string())
	}
	x, ok := v.arithmetic()
	y, okay := w.arithmetic()
	if !ok || !okay {
		return e.fail("non-numeric argument")
	}
	switch operator {
	case "+":
		x += y
	case "-":
		x -= y
	case "*":
		x *= y
	default:
		if y == 0 {
			return e.fail("division by zero")
		}
		if operator == "/" {
			x /= y
		} else {
			x %= y
		}
	}
	return value{is: true, number: x}
}

func compare(operator string, v, w value) value {
	order := 0
	x, ok := v.arithmetic()
	y, okay := w.arithmetic()
	switch {
	case !ok || !okay:
		order = strings.Compare(v.string(), w.string())
	case x < y:
		order = -1
	case x > y:
		order = 1
	}
	holds := false
	switch operator {
	case "<":
		holds = order < 0
	case "<=":
		holds = order <= 0
	case "=", "==":
		holds = order == 0
	case "!=":
		holds = order != 0
	case ">=":
		holds = order >= 0
	default:
		holds = order > 0
	}
	if holds {
		return value{is: true, number: 1}
	}
	return value{is: true}
}

// match matches a text from its beginning.
func (e *evaluator) match(text, pattern string) value {
	if strings.HasPrefix(pattern, "^") {
		e.c.Complain("warning: '" + pattern + "': using '^' as the first character\n" +
			"of a basic regular expression is not portable; it is ignored")
	}
	re, err := regex.Compile(pattern, 0)
	if err != nil {
		return e.fail("bad regex '" + pattern + "': " + err.Error())
	}
	slots := []int{-1, -1, -1, -1}
	found := re.Find([]byte(text), 0, slots, 0) && slots[0] == 0
	switch {
	case re.Groups() == 0 && found:
		return value{is: true, number: int64(slots[1])}
	case re.Groups() == 0:
		return value{is: true}
	case !found:
		return value{}
	case slots[2] < 0:
		return value{is: true, number: int64(slots[1])}
	}
	return value{text: text[slots[2]:slots[3]]}
}

// prefix evaluates the words that stand before their arguments, and operands.
func (e *evaluator) prefix() value {
	if len(e.args) == 0 {
		return e.fail("syntax error")
	}
	word := e.args[0]
	e.args = e.args[1:]
	switch word {
	case "(":
		v := e.binary(0)
		if len(e.args) == 0 || e.args[0] != ")" {
			return e.fail("syntax error")
		}
		e.args = e.args[1:]
		return v
	case ")":
		return e.fail("syntax error")
	case "quote":
		if len(e.args) == 0 {
			return e.fail("syntax error")
		}
		word, e.args = e.args[0], e.args[1:]
	case "length":
		v := e.prefix()
		return value{is: true, number: int64(len(v.string()))}
	case "match", "index", "substr":
		return e.call(word)
	}
	return value{text: word}
}

// call evaluates match, index and substr.
func (e *evaluator) call(word string) value {
	v := e.prefix()
	w := e.prefix()
	text := v.string()
	switch word {
	case "match":
		if e.err != "" {
			return value{}
		}
		return e.match(text, w.string())
	case "index":
		return value{is: true, number: int64(strings.IndexAny(text, w.string()) + 1)}
	}
	u := e.prefix()
	from, ok := w.arithmetic()
	length, okay := u.arithmetic()
	if !ok || !okay || from <= 0 || from > int64(len(text)) || length <= 0 {
		return value{}
	}
	return value{text: text[from-1:][:min(length, int64(len(text))-from+1)]}
}
