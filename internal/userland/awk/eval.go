package awk

import (
	"math"
)

// eval evaluates an expression.
func (a *awk) eval(n *node) value {
	switch n.op {
	case oNumber:
		return number(n.number)
	case oString:
		return text(n.text)
	case oVar:
		if n.slot <= vRT {
			return a.counter(n.slot)
		}
		return a.globals[n.slot].value
	case oLocal:
		return a.frame[n.slot].value
	case oField:
		return a.field(a.fieldNumber(n))
	case oIndex:
		return a.element(n).value
	case oAssign:
		v := a.eval(n.b)
		a.assign(n.a, v)
		return v
	case oConcat:
		return text(a.concat(n.list))
	case oTernary:
		if a.isTrue(n.a) {
			return a.eval(n.b)
		}
		return a.eval(n.c)
	case oCall:
		return a.call(n)
	case oBuiltin:
		return a.builtin(n)
	case oGroup:
		return text(a.subscript(n.list))
	case oGetline:
		return a.getline(n)
	case oRegex, oNot, oAnd, oOr, oLess, oLessEqual, oEqual, oNotEqual, oGreater, oGreaterEqual, oMatch, oNoMatch, oIn:
		return truth(a.isTrue(n))
	}
	return number(a.number(n))
}

// number evaluates an expression as a number.
func (a *awk) number(n *node) float64 {
	switch n.op {
	case oNumber:
		return n.number
	case oField:
		i := a.fieldNumber(n)
		if s, ok := a.rec.bytes(i); ok {
			f, _ := parseNumber(s)
			return f
		}
	case oAdd:
		x := a.number(n.a)
		return x + a.number(n.b)
	case oSubtract:
		x := a.number(n.a)
		return x - a.number(n.b)
	case oMultiply:
		x := a.number(n.a)
		return x * a.number(n.b)
	case oDivide, oModulo, oPower:
		x := a.number(n.a)
		return a.arithmetic(n, n.op, x, a.number(n.b))
	case oNegate:
		return -a.number(n.a)
	case oPlus:
		return a.number(n.a)
	case oIncrement:
		return a.increment(n)
	case oAssignOp:
		return a.assignOp(n)
	}
	v := a.eval(n)
	return v.number()
}

// arithmetic is what a binary operator does.
func (a *awk) arithmetic(n *node, o op, x, y float64) float64 {
	switch o {
	case oAdd:
		return x + y
	case oSubtract:
		return x - y
	case oMultiply:
		return x * y
	case oPower:
		return power(x, y)
	}
	if y == 0 {
		a.at = n
		a.fatal("Division by zero")
	}
	if o == oDivide {
		return x / y
	}
	return math.Mod(x, y)
}

// power is math.Pow, exact for whole numbers.
func power(x, y float64) float64 {
	if y == math.Trunc(y) && y >= 0 && y <= 1024 {
		result := 1.0
		for n := int(y); n > 0; n >>= 1 {
			if n&1 != 0 {
				result *= x
			}
			x *= x
		}
		return result
	}
	return math.Pow(x, y)
}

// isTrue evaluates an expression as a condition.
func (a *awk) isTrue(n *node) bool {
	switch n.op {
	case oRegex:
		return a.regexOf(n).Match(a.bytes(nil), 0)
	case oMatch:
		return a.regexOf(n.b).Match(a.bytes(n.a), 0)
	case oNoMatch:
		return !a.regexOf(n.b).Match(a.bytes(n.a), 0)
	case oNot:
		return !a.isTrue(n.a)
	case oAnd:
		return a.isTrue(n.a) && a.isTrue(n.b)
	case oOr:
		return a.isTrue(n.a) || a.isTrue(n.b)
	case oLess, oLessEqual, oEqual, oNotEqual, oGreater, oGreaterEqual:
		return a.relation(n)
	case oIn:
		m := a.arrayOf(n)
		_, found := m.cells[string(a.subscriptKey(n.list))]
		return found
	}
	v := a.eval(n)
	return v.isTrue()
}

func (a *awk) relation(n *node) bool {
	x := a.eval(n.a)
	y := a.eval(n.b)
	order, ok := a.compare(&x, &y)
	switch n.op {
	case oLess:
		return ok && order < 0
	case oLessEqual:
		return ok && order <= 0
	case oEqual:
		return ok && order == 0
	case oNotEqual:
		return !ok || order != 0
	case oGreater:
		return ok && order > 0
	}
	return ok && order >= 0
}

// bytes evaluates an expression, or $0 for nil, to bytes that are valid for the moment
// and may not be changed.
func (a *awk) bytes(n *node) []byte {
	if n == nil || n.op == oField {
		i := 0
		if n != nil {
			i = a.fieldNumber(n)
		}
		if !a.rec.stale || i > 0 {
			if s, ok := a.rec.bytes(i); ok {
				return bytesOf(s)
			}
		}
		v := a.field(i)
		return bytesOf(a.text(&v))
	}
	return bytesOf(a.textOf(n))
}

// textOf evaluates an expression as a string.
func (a *awk) textOf(n *node) string {
	if n.op == oString {
		return n.text
	}
	v := a.eval(n)
	return a.text(&v)
}

// appendText appends an expression's text.
func (a *awk) appendText(dst []byte, n *node) []byte {
	if n.op == oField {
		i := a.fieldNumber(n)
		if s, ok := a.rec.bytes(i); ok && (i > 0 || !a.rec.stale) {
			return append(dst, s...)
		}
	}
	v := a.eval(n)
	if v.kind == vNumber {
		return a.appendNumber(dst, v.num, a.convfmt)
	}
	return append(dst, v.str...)
}

// concat joins texts. Nested ones are behind each other in the buffer.
func (a *awk) concat(list []*node) string {
	start := len(a.scratch)
	for _, n := range list {
		// Evaluating may use the buffer from here on, and leaves it as it was.
		v := a.eval(n)
		if v.kind == vNumber {
			a.scratch = a.appendNumber(a.scratch, v.num, a.convfmt)
		} else {
			a.scratch = append(a.scratch, v.str...)
		}
	}
	s := string(a.scratch[start:])
	if a.scratch = a.scratch[:start]; cap(a.scratch) > 1<<20 && start == 0 {
		a.scratch = nil
	}
	return s
}

// subscript is the key of subscripts.
func (a *awk) subscript(list []*node) string { return string(a.subscriptKey(list)) }

// subscriptKey is subscript in a buffer, valid until the next one.
func (a *awk) subscriptKey(list []*node) []byte {
	if len(list) == 1 {
		n := list[0]
		if n.op == oField {
			a.key = a.appendText(a.key[:0], n)
			return a.key
		}
		v := a.eval(n)
		if v.kind == vNumber {
			a.key = a.appendNumber(a.key[:0], v.num, a.convfmt)
			return a.key
		}
		return bytesOf(v.str)
	}
	start := len(a.scratch)
	for i, n := range list {
		v := a.eval(n)
		if i > 0 {
			a.scratch = append(a.scratch, a.subsep...)
		}
		a.scratch = append(a.scratch, a.text(&v)...)
	}
	a.key = append(a.key[:0], a.scratch[start:]...)
	a.scratch = a.scratch[:start]
	return a.key
}

// arrayOf returns the array that a node names.
func (a *awk) arrayOf(n *node) *array {
	cells := a.globals
	if n.local || n.op == oLocal {
		cells = a.frame
	}
	c := &cells[n.slot]
	if c.array == nil {
		c.grow()
	}
	return c.array
}

// grow makes the variable an array, and those of the callers that it stands for.
func (c *cell) grow() {
	if c.link != nil {
		if c.link.array == nil {
			c.link.grow()
		}
		c.array = c.link.array
		return
	}
	c.array = newArray()
}

func (a *awk) element(n *node) *element {
	// The subscripts may make a key of their own: they come first.
	key := a.subscriptKey(n.list)
	return a.arrayOf(n).get(key)
}

// fieldNumber is the number of a field.
func (a *awk) fieldNumber(n *node) int {
	f := a.number(n.a)
	if f < 0 || f != f {
		a.at = n
		a.fatal("Access to negative field")
	}
	return int(min(f, maxFields+1))
}

// counter is the value of one of the variables that are made when they are read.
func (a *awk) counter(slot int32) value {
	switch slot {
	case vNF:
		return number(float64(a.rec.count()))
	case vNR:
		return number(a.nr)
	case vFNR:
		return number(a.fnr)
	}
	return text(a.rt)
}
