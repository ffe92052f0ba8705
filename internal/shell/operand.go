package shell

import "strings"

// unary evaluates an operand with the operators before and behind it.
func (a *arith) unary() int64 {
	if a.depth++; a.depth > maxDepth {
		a.sh.fail("expression nested too deeply")
	}
	defer func() { a.depth-- }()
	a.skip()
	a.name = ""
	if a.pos >= len(a.text) {
		a.wrong()
	}
	c := a.text[a.pos]
	if two := a.text[a.pos:min(a.pos+2, len(a.text))]; two == "++" || two == "--" {
		if name := a.nameAhead(); name != "" {
			n := a.lookup(name) + 1
			if two == "--" {
				n -= 2
			}
			a.store(name, n)
			return n
		}
	}
	switch c {
	case '+', '-', '!', '~':
		a.pos++
		return a.prefix(c)
	case '(':
		a.pos++
		n := a.comma()
		a.skip()
		if a.pos >= len(a.text) || a.text[a.pos] != ')' {
			a.wrong()
		}
		a.pos++
		a.name = ""
		return n
	}
	if isName(c) {
		return a.variable()
	}
	return a.number()
}

func (a *arith) prefix(c byte) int64 {
	n := a.unary()
	a.name = ""
	switch c {
	case '-':
		return -n
	case '!':
		return int64(b2i(n == 0))
	case '~':
		return ^n
	}
	return n
}

// nameAhead takes ++ or -- and the name behind it, if there is one.
func (a *arith) nameAhead() string {
	i := a.pos + 2
	for i < len(a.text) && (a.text[i] == ' ' || a.text[i] == '\t') {
		i++
	}
	n := nameLength(a.text[i:])
	if n > 0 {
		a.pos = i + n
	}
	return a.text[i : i+n]
}

// variable evaluates a name, with ++ or -- behind it.
func (a *arith) variable() int64 {
	n := nameLength(a.text[a.pos:])
	name := a.text[a.pos : a.pos+n]
	a.pos += n
	a.skip()
	rest := a.text[a.pos:]
	if strings.HasPrefix(rest, "++") || strings.HasPrefix(rest, "--") {
		// x+++y is x++ + y; x++y is wrong, as x - -y is not.
		a.pos += 2
		old := a.lookup(name)
		if rest[0] == '+' {
			a.store(name, old+1)
		} else {
			a.store(name, old-1)
		}
		a.name = ""
		return old
	}
	a.name = name
	if strings.HasPrefix(rest, "=") && !strings.HasPrefix(rest, "==") {
		return 0 // only assigned: what it holds doesn't matter
	}
	return a.lookup(name)
}

// lookup evaluates what a variable holds.
func (a *arith) lookup(name string) int64 {
	if a.dry > 0 {
		return 0
	}
	value := a.sh.value(name)
	if n, ok := decimal(value); ok {
		return n
	}
	inner := arith{sh: a.sh, text: value, depth: a.depth + 10}
	inner.skip()
	if inner.pos == len(value) {
		return 0
	}
	n := inner.expr(1)
	if inner.pos < len(value) {
		inner.wrong()
	}
	return n
}

// decimal is the quick way for ordinary numbers.
func decimal(s string) (n int64, ok bool) {
	negative := strings.HasPrefix(s, "-")
	if negative {
		s = s[1:]
	}
	if s == "" || len(s) > 18 || s[0] == '0' && len(s) > 1 {
		return 0, false
	}
	for i := 0; i < len(s); i++ {
		if !isDigit(s[i]) {
			return 0, false
		}
		n = n*10 + int64(s[i]-'0')
	}
	if negative {
		n = -n
	}
	return n, true
}

// number reads 12, 012, 0x1f or 16#1f.
func (a *arith) number() int64 {
	text := a.text[a.pos:]
	if !isDigit(text[0]) {
		a.wrong()
	}
	base := uint64(10)
	i := 0
	switch {
	case text[0] == '0' && len(text) > 1 && text[1]|0x20 == 'x':
		base, i = 16, 2
	case text[0] == '0':
		base = 8
	}
	if base == 10 {
		for i < len(text) && isDigit(text[i]) {
			i++
		}
		if i < len(text) && text[i] == '#' && i < 3 {
			base = uint64(atoi(text[:i]))
			if base < 2 || base > 64 {
				a.wrong()
			}
			i++
		} else {
			i = 0
		}
	}
	from := i
	var n uint64
	for i < len(text) {
		d := digitOf(text[i], base)
		if d >= base {
			break
		}
		n = n*base + d
		i++
	}
	if i == from || i < len(text) && (isName(text[i]) || isDigit(text[i])) {
		a.wrong()
	}
	a.pos += i
	return int64(n)
}

// digitOf is the value of a digit up to base 64; letters are one case up to 36.
func digitOf(c byte, base uint64) uint64 {
	switch {
	case isDigit(c):
		return uint64(c - '0')
	case c >= 'a' && c <= 'z':
		return uint64(c-'a') + 10
	case c >= 'A' && c <= 'Z':
		if base <= 36 {
			return uint64(c-'A') + 10
		}
		return uint64(c-'A') + 36
	case c == '@':
		return 62
	case c == '_':
		return 63
	}
	return 255
}
