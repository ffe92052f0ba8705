package calculator

// operator runs an operator of two or three numbers.
func (d *dc) operator(c byte) {
	var m number
	if c == '|' {
		if len(d.stack) < 3 {
			fail("stack has too few elements")
		}
		m = d.popNumber()
	}
	x, y := d.two()
	switch c {
	case '+':
		d.push(x.add(y))
	case '-':
		d.push(x.sub(y))
	case '*':
		d.push(x.mul(y, d.scale))
	case '/':
		d.push(x.div(y, d.scale))
	case '%', '~':
		q, r := x.mod(y, d.scale)
		if c == '~' {
			d.push(q)
		}
		d.push(r)
	case '^':
		d.push(x.pow(y, d.scale))
	case '|':
		d.push(x.modpow(y, m))
	case '(':
		d.push(truth(y.compare(x) < 0))
	case '{':
		d.push(truth(y.compare(x) <= 0))
	default:
		d.push(truth(y.compare(x) == 0))
	}
}

// register runs the commands of registers and arrays.
func (d *dc) register(c byte, name string) {
	values := d.registers[name]
	n := len(values)
	switch c {
	case 's':
		if v := d.pop(); n == 0 {
			d.registers[name] = []item{v}
		} else {
			values[n-1] = v
		}
	case 'S':
		d.registers[name] = append(values, d.pop())
	case 'l':
		if n == 0 {
			// A register that was never set is 0.
			d.push(number{})
			return
		}
		d.stack = append(d.stack, values[n-1])
	case 'L':
		if n == 0 {
			fail("stack has too few elements")
		}
		d.stack = append(d.stack, values[n-1])
		d.registers[name] = values[:n-1]
	default:
		d.element(c, name)
	}
}

func (d *dc) element(c byte, name string) {
	i, ok := d.popNumber().whole()
	if !ok || i < 0 || i > maxIndex {
		fail("bad array index")
	}
	if c == ';' {
		d.stack = append(d.stack, d.arrays[name][i])
		return
	}
	if d.arrays[name] == nil {
		d.arrays[name] = make(map[int64]item)
	}
	d.arrays[name][i] = d.pop()
}

// property runs the commands of scale, bases, sizes and the like.
func (d *dc) property(c byte) {
	switch c {
	case 'k':
		d.scale = int(between(d.popNumber(), "scale", 0, maxDigits))
	case 'i':
		d.ibase = between(d.popNumber(), "ibase", 2, 16)
	case 'o':
		d.obase = between(d.popNumber(), "obase", 2, limb-1)
	case 'K':
		d.push(integer(int64(d.scale)))
	case 'I':
		d.push(integer(d.ibase))
	case 'O':
		d.push(integer(d.obase))
	case 'z':
		d.push(integer(int64(len(d.stack))))
	case 'Z':
		n := 0
		if v := d.pop(); v.isText {
			n = len(v.text)
		} else {
			n = v.length()
		}
		d.push(integer(int64(n)))
	case 'X':
		n := 0
		if v := d.pop(); !v.isText {
			n = v.scale
		}
		d.push(integer(int64(n)))
	case 'N':
		d.push(truth(d.popNumber().isZero()))
	case 'v':
		d.push(d.popNumber().sqrt(d.scale))
	default:
		d.asText()
	}
}

// asText makes a text of one byte of a number, or of a text's first.
func (d *dc) asText() {
	v := d.pop()
	if v.isText {
		d.pushText(v.text[:min(1, len(v.text))])
		return
	}
	_, rest := v.n.down(v.scale).div(natOf(256))
	b, _ := rest.uint64()
	d.pushText(string([]byte{byte(b)}))
}

// condition runs <r, >r, =r and their negations, each perhaps with another register
// behind "e" for what doesn't hold.
func (d *dc) condition(f *frame, c byte) {
	sub := c
	if c == '!' {
		switch f.byte() {
		case '=':
		case '<':
			sub = 'g'
		case '>':
			sub = 'l'
		default:
			fail("bad character '!'")
		}
	}
	name, otherwise := d.name(f), ""
	if f.peek() == 'e' {
		f.pos++
		otherwise = d.name(f)
	}
	x, y := d.two()
	if !compares(sub, y.compare(x)) {
		name = otherwise
	}
	if name == "" {
		return
	}
	values := d.registers[name]
	if len(values) == 0 {
		fail("variable is wrong type")
	}
	if v := values[len(values)-1]; v.isText {
		d.execute(v.text)
	} else {
		fail("variable is wrong type")
	}
}
