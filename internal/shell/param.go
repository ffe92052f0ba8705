package shell

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// parameter returns the value of a variable or a special parameter but @ and *.
func (sh *shell) parameter(name string) (value string, set bool) {
	switch c := name[0]; {
	case isName(c):
		return sh.lookup(name)
	case isDigit(c):
		n := atoi(name)
		if n == 0 {
			return sh.name0, name[0] == '0'
		}
		if n <= len(sh.args) {
			return sh.args[n-1], true
		}
		return "", false
	case c == '#':
		return strconv.Itoa(len(sh.args)), true
	case c == '?':
		return strconv.Itoa(sh.status), true
	case c == '$':
		return strconv.Itoa(sh.pid), true
	case c == '!':
		return sh.lastBackground()
	case c == '-':
		return sh.letters(), true
	}
	return "", false
}

// param expands $name and ${name...}.
func (e *expander) param(p *part) {
	sh := e.sh
	if p.text == "@" || p.text == "*" {
		e.all(p)
		return
	}
	if p.op == opBad {
		sh.fail("syntax error: bad substitution")
	}
	value, set := sh.parameter(p.text)
	if !set && sh.opt(optNoUnset) {
		switch p.op {
		case opDefault, opAssign, opError, opAlternative:
		default:
			sh.fail(p.text + ": parameter not set")
		}
	}
	switch p.op {
	case opNone:
		e.value(value, set, p.quoted)
	case opLength:
		e.emit(strconv.Itoa(sh.length(value)), p.quoted)
	case opDefault, opAssign, opError, opAlternative:
		e.conditional(p, value, set && (!p.colon || value != ""))
	default:
		if set {
			value = sh.modified(p, value)
		}
		e.value(value, set, p.quoted)
	}
}

func (e *expander) value(value string, set, quoted bool) {
	if value != "" || quoted {
		e.emit(value, quoted)
	}
}

// conditional expands the operators that use their word or the value.
func (e *expander) conditional(p *part, value string, have bool) {
	switch {
	case p.op == opAlternative:
		if have {
			e.nested(p)
		} else if p.quoted {
			e.started = true
		}
		return
	case have:
		e.value(value, true, p.quoted)
		return
	}
	switch p.op {
	case opDefault:
		e.nested(p)
	case opAssign:
		value = e.sh.assigned(p)
		e.value(value, true, p.quoted)
	case opError:
		e.sh.notSet(p)
	}
}

// assigned gives the variable of ${name=word} its value.
func (sh *shell) assigned(p *part) string {
	if !isName(p.text[0]) {
		sh.fail(p.text + ": bad variable name")
	}
	value := sh.expandOne(p.word)
	sh.set(p.text, value)
	return value
}

// notSet fails as ${name?word} says.
func (sh *shell) notSet(p *part) {
	text := "parameter not set"
	switch {
	case len(p.word.parts) > 0:
		text = sh.expandOne(p.word)
	case p.colon:
		text = "parameter not set or null"
	}
	sh.fail(p.text + ": " + text)
}

// nested expands the word of ${name-word} in the place of the value.
func (e *expander) nested(p *part) {
	if p.quoted {
		e.started = true
	}
	e.operand++
	e.parts(p.word, !p.quoted)
	e.operand--
}

// length counts characters.
func (sh *shell) length(s string) int {
	if sh.utf8() {
		return utf8.RuneCountInString(s)
	}
	return len(s)
}

// utf8 says whether the locale's variables name UTF-8.
func (sh *shell) utf8() bool {
	for _, name := range [...]string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if v := sh.value(name); v != "" {
			v = strings.ToLower(v)
			return strings.Contains(v, "utf-8") || strings.Contains(v, "utf8")
		}
	}
	return false
}

// all expands $@ and $*.
func (e *expander) all(p *part) {
	args := e.sh.args
	have := !p.colon || len(args) > 1 || len(args) == 1 && args[0] != ""
	switch p.op {
	case opBad:
		e.sh.fail("syntax error: bad substitution")
	case opLength:
		e.emit(strconv.Itoa(len(args)), p.quoted)
		return
	case opNone:
	case opDefault, opAssign, opError:
		if !have {
			e.conditional(p, "", false)
			return
		}
	case opAlternative:
		if have {
			e.nested(p)
		} else if p.quoted {
			e.started = true
		}
		return
	default:
		sep := " "
		if p.text == "*" {
			sep = e.separator()
		}
		value := e.sh.modified(p, strings.Join(args, sep))
		e.value(value, true, p.quoted)
		return
	}
	e.fieldsOf(p, args)
}

// separator is what joins "$*".
func (e *expander) separator() string {
	if e.sh.ifs == "" {
		return ""
	}
	return e.sh.ifs[:1]
}

// fieldsOf adds the positional parameters as $@ or $* does.
func (e *expander) fieldsOf(p *part, args []string) {
	if !e.split || p.quoted && p.text == "*" {
		sep := e.separator()
		if joined := strings.Join(args, sep); joined != "" || p.quoted && p.text == "*" {
			e.emit(joined, p.quoted)
		}
		return
	}
	for i, a := range args {
		if i > 0 {
			e.end()
		}
		e.value(a, true, p.quoted)
	}
}

// modified applies the operators that change a value.
func (sh *shell) modified(p *part, value string) string {
	switch p.op {
	case opTrimLeft, opTrimLeftLong:
		return value[trimLeft(value, sh.expandTrim(p.word), p.op == opTrimLeftLong):]
	case opTrimRight, opTrimRightLong:
		return value[:trimRight(value, sh.expandTrim(p.word), p.op == opTrimRightLong)]
	case opSubstring:
		return sh.substring(p, value)
	}
	replacement := ""
	if p.second != nil {
		replacement = sh.expandOne(p.second)
	}
	return replaceAll(value, sh.expandTrim(p.word), replacement, p.op == opReplaceAll)
}

// substring is ${name:offset:length}.
func (sh *shell) substring(p *part, value string) string {
	offset := sh.arith(sh.expandHere(p.word))
	size := int64(len(value))
	if offset < 0 {
		offset += size
	}
	if offset < 0 || offset >= size {
		return ""
	}
	length := size - offset
	if p.second != nil {
		n := sh.arith(sh.expandHere(p.second))
		if n < 0 {
			n += length
		}
		if n >= 0 && n < length {
			length = n
		}
	}
	return value[offset : offset+length]
}
