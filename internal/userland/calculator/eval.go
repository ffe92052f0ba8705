package calculator

// run runs a statement.
func (b *bc) run(s *statement) control {
	switch s.kind {
	case sExpression:
		v, void := b.value(s.a)
		if !void && (s.a.op != oAssign || s.a.paren) {
			b.last = v
			b.p.number(v, b.obase)
			b.p.newline()
		}
	case sString:
		b.p.raw(s.text)
	case sPrint:
		for _, item := range s.list {
			if item.a == nil {
				b.p.escaped(item.text)
				continue
			}
			b.last = b.eval(item.a)
			b.p.number(b.last, b.obase)
		}
	case sIf:
		if !b.eval(s.a).isZero() {
			return b.run(s.body)
		} else if s.rest != nil {
			return b.run(s.rest)
		}
	case sWhile, sFor:
		return b.loop(s)
	case sBlock:
		for _, inner := range s.block {
			if how := b.run(inner); how != cOn {
				return how
			}
		}
	case sBreak:
		return cBreak
	case sContinue:
		return cContinue
	case sReturn:
		b.result = number{}
		if s.a != nil {
			b.result = b.eval(s.a)
		}
		return cReturn
	case sQuit:
		panic(cQuit)
	}
	return cOn
}

func (b *bc) loop(s *statement) control {
	condition := s.a
	if s.kind == sFor {
		if condition = s.b; s.a != nil {
			b.eval(s.a)
		}
	}
	for condition == nil || !b.eval(condition).isZero() {
		if how := b.run(s.body); how == cBreak {
			break
		} else if how == cReturn {
			return how
		}
		if s.kind == sFor && s.c != nil {
			b.eval(s.c)
		}
		if b.c.Out.Err() != nil {
			panic(cQuit)
		}
	}
	return cOn
}

// eval evaluates an expression.
func (b *bc) eval(n *node) number {
	v, void := b.value(n)
	if void {
		fail("bad expression: a void function has no value")
	}
	return v
}

// value evaluates an expression, which may be the call of a function without a value.
func (b *bc) value(n *node) (v number, void bool) {
	switch n.op {
	case oNumber:
		if n.value != nil {
			return *n.value, false
		}
		return parse(n.name, int(b.ibase)), false
	case oCall:
		return b.call(n)
	case oLength, oScaleOf, oSqrt, oRead:
		return b.builtin(n), false
	case oAssign:
		return b.assign(n), false
	case oIncrement:
		old := b.place(n.a)
		step := integer(1)
		if n.sub == '-' {
			step = integer(-1)
		}
		next := old.add(step)
		if b.set(n.a, next); n.prefix {
			return next, false
		}
		return old, false
	case oNegate:
		return b.eval(n.a).negated(), false
	case oNot:
		return truth(b.eval(n.a).isZero()), false
	case oBinary:
		return b.binary(n), false
	case oArray:
		fail("variable is wrong type")
	}
	return b.place(n), false
}

//go:noinline
func truth(is bool) number {
	if is {
		return integer(1)
	}
	return number{}
}

func (b *bc) binary(n *node) number {
	x := b.eval(n.a)
	// Both sides are evaluated, as in other bcs.
	y := b.eval(n.b)
	switch n.sub {
	case '&':
		return truth(!x.isZero() && !y.isZero())
	case '|':
		return truth(!x.isZero() || !y.isZero())
	}
	return b.operate(n.sub, x, y)
}

func (b *bc) operate(sub byte, x, y number) number {
	switch sub {
	case '+':
		return x.add(y)
	case '-':
		return x.sub(y)
	case '*':
		return x.mul(y, b.scale)
	case '/':
		return x.div(y, b.scale)
	case '%':
		_, r := x.mod(y, b.scale)
		return r
	case '^':
		return x.pow(y, b.scale)
	}
	return truth(compares(sub, x.compare(y)))
}

// compares says whether a relation holds for an order.
func compares(sub byte, order int) bool {
	switch sub {
	case '<':
		return order < 0
	case '>':
		return order > 0
	case '=':
		return order == 0
	case '!':
		return order != 0
	case 'l':
		return order <= 0
	}
	return order >= 0
}

// place is the value of what may be assigned to.
func (b *bc) place(n *node) number {
	switch n.op {
	case oElement:
		return b.arrayOf(n.name).elements[b.index(n.a)]
	case oLast:
		return b.last
	case oScale:
		return integer(int64(b.scale))
	case oIbase:
		return integer(b.ibase)
	case oObase:
		return integer(b.obase)
	}
	return b.vars[n.name]
}

//go:noinline
func (b *bc) arrayOf(name string) *array {
	m := b.arrays[name]
	if m == nil {
		m = &array{}
		b.arrays[name] = m
	}
	return m
}

func (b *bc) index(n *node) int64 {
	i, ok := b.eval(n).whole()
	if i < 0 {
		fail("negative number")
	}
	if !ok || i > maxIndex {
		fail("array index is too large")
	}
	return i
}

func (b *bc) set(n *node, v number) {
	switch n.op {
	case oElement:
		b.arrayOf(n.name).set(b.index(n.a), v)
	case oLast:
		b.last = v
	case oScale:
		b.scale = int(between(v, "scale", 0, maxDigits))
	case oIbase:
		b.ibase = between(v, "ibase", 2, 36)
	case oObase:
		b.obase = between(v, "obase", 2, limb-1)
	default:
		b.vars[n.name] = v
	}
}

// between is the integer of a number that has bounds.
func between(v number, what string, low, high int64) int64 {
	n, ok := v.whole()
	if !ok || n < low || n > high {
		p := integer(high)
		fail("bad " + what + "; must be [" + string(rune('0'+low)) + ", " + p.n.string() + "]")
	}
	return n
}

func (b *bc) assign(n *node) number {
	v := b.eval(n.b)
	if n.sub != '=' {
		v = b.operate(n.sub, b.place(n.a), v)
	}
	b.set(n.a, v)
	return v
}

func (b *bc) builtin(n *node) number {
	switch n.op {
	case oRead:
		return b.read()
	case oLength:
		if n.a.op == oArray {
			return integer(b.arrayOf(n.a.name).length)
		}
		v := b.eval(n.a)
		if v.isZero() {
			return integer(int64(max(v.scale, 1)))
		}
		return integer(int64(v.length()))
	case oSqrt:
		return b.eval(n.a).sqrt(b.scale)
	}
	return integer(int64(b.eval(n.a).scale))
}

// read evaluates a line of standard input.
func (b *bc) read() number {
	p := &parser{bc: b}
	line, ok := input(b.c.In, b.c.Out)()
	p.more = lines(line)
	if !ok {
		fail("bad read() expression")
	}
	p.next()
	n := p.expression()
	if p.kind != tNewline && p.kind != tEnd {
		fail("bad read() expression")
	}
	return b.eval(n)
}

// saved is what a name stood for before a function was called.
type saved struct {
	param param
	value number
	array *array
}

// call calls a function. Names are bound dynamically.
func (b *bc) call(n *node) (v number, void bool) {
	f := b.functions[n.name]
	if f == nil {
		fail("undefined function: " + n.name + "()")
	}
	if len(f.params) != len(n.list) {
		fail("function has wrong number of parameters; need " + integer(int64(len(f.params))).n.string() + ", have " + integer(int64(len(n.list))).n.string())
	}
	if b.depth++; b.depth > 5000 {
		fail("functions call each other too deep")
	}
	values := make([]saved, 0, len(f.params)+len(f.autos))
	for i, p := range f.params {
		s := saved{param: p}
		if !p.array {
			s.value = b.eval(n.list[i])
		} else if n.list[i].op != oArray {
			fail("variable is wrong type")
		} else if s.array = b.arrayOf(n.list[i].name); !p.reference {
			s.array = s.array.clone()
		}
		values = append(values, s)
	}
	for _, p := range f.autos {
		values = append(values, saved{param: p, array: &array{}})
	}
	for i := range values {
		b.swap(&values[i])
	}
	b.result = number{}
	for _, s := range f.body {
		if b.run(s) == cReturn {
			break
		}
	}
	for i := len(values) - 1; i >= 0; i-- {
		b.swap(&values[i])
	}
	b.depth--
	v, b.result = b.result, number{}
	return v, f.void
}

func (m *array) clone() *array {
	c := &array{length: m.length}
	for i, v := range m.elements {
		c.set(i, v)
	}
	return c
}

// swap exchanges what a name stands for.
func (b *bc) swap(s *saved) {
	name := s.param.name
	if s.param.array {
		s.array, b.arrays[name] = b.arrays[name], s.array
		return
	}
	s.value, b.vars[name] = b.vars[name], s.value
}
