package shell

import "strings"

// arith evaluates an expression: C's operators with assignment, and ** and comma.
// Variables hold expressions themselves.
func (sh *shell) arith(text string) int64 {
	a := arith{sh: sh, text: text}
	a.skip()
	if a.pos == len(a.text) {
		return 0
	}
	n := a.comma()
	if a.pos < len(a.text) {
		a.wrong()
	}
	return n
}

// arith is an expression being evaluated.
type arith struct {
	sh   *shell
	text string
	pos  int
	// dry counts the branches that aren't taken around here: nothing is assigned and
	// no variable looked up there.
	dry   int
	depth int
	// name is the variable that the last primary was, "" if it was none.
	name string
}

const wrongArith = "arithmetic syntax error"

func (a *arith) wrong() { a.sh.fail(wrongArith) }

func (a *arith) skip() {
	for a.pos < len(a.text) {
		switch a.text[a.pos] {
		case ' ', '\t', '\n', '\r', '\v', '\f':
			a.pos++
		default:
			return
		}
	}
}

// operators with the strength of their binding, longest first.
var operators = [...]struct {
	sign  string
	level int8
}{
	{"<<=", 1}, {">>=", 1}, {"**", 13},
	{"||", 3}, {"&&", 4}, {"==", 8}, {"!=", 8}, {"<=", 9}, {">=", 9}, {"<<", 10}, {">>", 10},
	{"+=", 1}, {"-=", 1}, {"*=", 1}, {"/=", 1}, {"%=", 1}, {"&=", 1}, {"|=", 1}, {"^=", 1},
	{"|", 5}, {"^", 6}, {"&", 7}, {"<", 9}, {">", 9},
	{"+", 11}, {"-", 11}, {"*", 12}, {"/", 12}, {"%", 12}, {"=", 1}, {"?", 2}, {",", 0},
}

// operator is the binary operator at the position.
func (a *arith) operator() (sign string, level int) {
	a.skip()
	rest := a.text[a.pos:]
	if rest == "" || isName(rest[0]) || isDigit(rest[0]) {
		return "", -1
	}
	for i := range operators {
		if o := &operators[i]; strings.HasPrefix(rest, o.sign) {
			return o.sign, int(o.level)
		}
	}
	return "", -1
}

func (a *arith) comma() int64 {
	n := a.expr(1)
	for {
		sign, _ := a.operator()
		if sign != "," {
			return n
		}
		a.pos++
		n = a.expr(1)
	}
}

// expr evaluates operators that bind at least as strongly as level.
func (a *arith) expr(level int) int64 {
	if a.depth++; a.depth > maxDepth {
		a.sh.fail("expression nested too deeply")
	}
	defer func() { a.depth-- }()
	left := a.unary()
	for {
		sign, at := a.operator()
		if sign == "" || at < level || sign == "," {
			return left
		}
		name := a.name
		a.pos += len(sign)
		switch {
		case at == 1:
			left = a.assign(name, sign, left)
		case sign == "?":
			left = a.ternary(left)
		case sign == "||" || sign == "&&":
			left = a.logical(sign, left)
		case sign == "**":
			left = a.binary(sign, left, a.expr(at)) // right to left
		default:
			left = a.binary(sign, left, a.expr(at+1))
		}
		a.name = ""
	}
}

func (a *arith) assign(name, sign string, left int64) int64 {
	if name == "" {
		a.wrong()
	}
	right := a.expr(1)
	if sign != "=" {
		right = a.binary(sign[:len(sign)-1], left, right)
	}
	a.store(name, right)
	return right
}

func (a *arith) store(name string, n int64) {
	if a.dry == 0 {
		a.sh.set(name, itoa(n))
	}
}

func (a *arith) ternary(left int64) int64 {
	a.dry += b2i(left == 0)
	yes := a.comma()
	a.dry -= b2i(left == 0)
	a.skip()
	if a.pos >= len(a.text) || a.text[a.pos] != ':' {
		a.wrong()
	}
	a.pos++
	a.dry += b2i(left != 0)
	no := a.expr(2)
	a.dry -= b2i(left != 0)
	if left != 0 {
		return yes
	}
	return no
}

func (a *arith) logical(sign string, left int64) int64 {
	decided, level := left == 0, 5
	if sign == "||" {
		decided, level = left != 0, 4
	}
	a.dry += b2i(decided)
	right := a.expr(level)
	a.dry -= b2i(decided)
	if sign == "||" {
		return int64(b2i(left != 0 || right != 0))
	}
	return int64(b2i(left != 0 && right != 0))
}

func (a *arith) binary(sign string, l, r int64) int64 {
	switch sign {
	case "|":
		return l | r
	case "^":
		return l ^ r
	case "&":
		return l & r
	case "<<":
		return l << (uint64(r) & 63)
	case ">>":
		return l >> (uint64(r) & 63)
	case "+":
		return l + r
	case "-":
		return l - r
	case "*":
		return l * r
	case "/", "%":
		return a.divide(sign, l, r)
	case "**":
		return a.power(l, r)
	}
	var yes bool
	switch sign {
	case "==":
		yes = l == r
	case "!=":
		yes = l != r
	case "<=":
		yes = l <= r
	case ">=":
		yes = l >= r
	case "<":
		yes = l < r
	case ">":
		yes = l > r
	}
	return int64(b2i(yes))
}

func (a *arith) divide(sign string, l, r int64) int64 {
	switch {
	case a.dry > 0 && r == 0:
		return 0
	case r == 0:
		a.sh.fail("divide by zero")
	case r == -1 && sign == "/":
		return -l // the smallest number stays itself instead of a trap
	case r == -1:
		return 0
	}
	if sign == "/" {
		return l / r
	}
	return l % r
}

func (a *arith) power(l, r int64) int64 {
	if r < 0 {
		if a.dry == 0 {
			a.sh.fail("exponent less than 0")
		}
		return 0
	}
	n := int64(1)
	for ; r > 0; r >>= 1 {
		if r&1 != 0 {
			n *= l
		}
		l *= l
	}
	return n
}
