package calculator

import "strings"

// number is a decimal number: n / 10^scale, negative with neg. Numbers aren't changed
// once they are made.
type number struct {
	n     nat
	scale int
	neg   bool
}

// trouble is the panic of an error.
type trouble string

func fail(what string) { panic(trouble(what)) }

//go:noinline
func integer(n int64) number {
	if n < 0 {
		return number{n: natOf(uint64(-n)), neg: true}
	}
	return number{n: natOf(uint64(n))}
}

func (x number) isZero() bool { return len(x.n) == 0 }

// made gives a result its sign: 0 has none.
//
//go:noinline
func made(n nat, scale int, neg bool) number {
	if len(n)*limbDigits > maxDigits || scale > maxDigits {
		fail("number too large")
	}
	return number{n, scale, neg && len(n) > 0}
}

// aligned returns the numbers to the same scale.
func aligned(x, y number) (a, b nat, scale int) {
	scale = max(x.scale, y.scale)
	return x.n.up(scale - x.scale), y.n.up(scale - y.scale), scale
}

//go:noinline
func (x number) negated() number { return made(x.n, x.scale, !x.neg) }

func (x number) add(y number) number {
	// 0 has no digits behind the point to add, as in BusyBox's.
	switch {
	case x.isZero():
		return y
	case y.isZero():
		return x
	}
	a, b, scale := aligned(x, y)
	if x.neg == y.neg {
		return made(a.add(b), scale, x.neg)
	}
	if a.compare(b) >= 0 {
		return made(a.sub(b), scale, x.neg)
	}
	return made(b.sub(a), scale, y.neg)
}

func (x number) sub(y number) number { return x.add(y.negated()) }

func (x number) compare(y number) int {
	if x.neg != y.neg {
		if x.neg {
			return -1
		}
		return 1
	}
	a, b, _ := aligned(x, y)
	if x.neg {
		return b.compare(a)
	}
	return a.compare(b)
}

// to cuts off, or adds, digits behind the point.
func (x number) to(scale int) number {
	if scale >= x.scale {
		return made(x.n.up(scale-x.scale), scale, x.neg)
	}
	return made(x.n.down(x.scale-scale), scale, x.neg)
}

// cut cuts off digits behind the point.
//
//go:noinline
func (x number) cut(scale int) number {
	if scale >= x.scale {
		return x
	}
	return x.to(scale)
}

func (x number) mul(y number, scale int) number {
	if (len(x.n)+len(y.n))*limbDigits > maxDigits {
		fail("number too large")
	}
	p := number{x.n.mul(y.n), x.scale + y.scale, x.neg != y.neg}
	p = p.cut(max(scale, x.scale, y.scale))
	return made(p.n, p.scale, p.neg)
}

func (x number) div(y number, scale int) number {
	if y.isZero() {
		fail("divide by zero")
	}
	if scale > maxDigits {
		fail("number too large")
	}
	a, b := x.n, y.n
	if up := scale + y.scale - x.scale; up >= 0 {
		a = a.up(up)
	} else {
		b = b.up(-up)
	}
	q, _ := a.div(b)
	return made(q, scale, x.neg != y.neg)
}

// mod is the rest of a division to the scale.
func (x number) mod(y number, scale int) (q, r number) {
	q = x.div(y, scale)
	p := number{q.n.mul(y.n), q.scale + y.scale, q.neg != y.neg}
	return q, x.sub(p).to(max(scale+y.scale, x.scale))
}

// whole is the number as an integer, if it is one of at most 18 digits.
//
//go:noinline
func (x number) whole() (n int64, ok bool) {
	i := x.n.down(x.scale)
	u, ok := i.uint64()
	if !ok {
		return 0, false
	}
	if x.neg {
		return -int64(u), true
	}
	return int64(u), true
}

// isWhole says whether there is nothing behind the point.
func (x number) isWhole() bool { return x.n.down(x.scale).up(x.scale).compare(x.n) == 0 }

func (x number) pow(y number, scale int) number {
	if !y.isWhole() {
		fail("not an integer")
	}
	e, ok := y.whole()
	if x.isZero() && !y.isZero() {
		return number{}
	}
	negative := e < 0
	if negative {
		e = -e
	}
	one := len(x.n.down(x.scale)) == 1 && x.n.down(x.scale)[0] == 1 && x.isWhole()
	if !ok || int64(max(x.n.digits(), x.scale)) > maxDigits/max(e, 1) && !one && !x.isZero() {
		fail("number too large")
	}
	result, square := integer(1), x
	for k := e; k > 0; k >>= 1 {
		if k&1 != 0 {
			result = number{result.n.mul(square.n), result.scale + square.scale, result.neg != square.neg}
		}
		if k > 1 {
			square = number{square.n.mul(square.n), 2 * square.scale, false}
		}
	}
	if negative {
		return integer(1).div(result, scale)
	}
	result = result.cut(int(min(int64(x.scale)*e, int64(max(scale, x.scale)))))
	return made(result.n, result.scale, result.neg)
}

func (x number) sqrt(scale int) number {
	if x.neg {
		fail("negative number")
	}
	scale = max(scale, x.scale)
	if scale > maxDigits {
		fail("number too large")
	}
	return made(x.n.up(2*scale-x.scale).sqrt(), scale, false)
}

// modpow is x^e modulo m, of integers.
func (x number) modpow(e, m number) number {
	switch {
	case m.isZero():
		fail("divide by zero")
	case !x.isWhole() || !e.isWhole() || !m.isWhole():
		fail("not an integer")
	case e.neg:
		fail("negative number")
	}
	n := m.n.down(m.scale)
	_, square := x.n.down(x.scale).div(n)
	result := natOf(1)
	odd := false
	for k, first := e.n.down(e.scale), true; len(k) > 0; first = false {
		var bit uint32
		if k, bit = k.divSmall(2); bit == 1 {
			_, result = result.mul(square).div(n)
		}
		odd = odd || first && bit == 1
		_, square = square.mul(square).div(n)
	}
	return made(result, 0, x.neg && odd)
}

// length is the number of significant digits.
func (x number) length() int {
	if x.isZero() {
		return 1
	}
	return x.n.digits()
}

// digit is the value of a digit, -1 for what is none.
func digit(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'A' && c <= 'Z':
		return int(c-'A') + 10
	}
	return -1
}

// parse reads a number to a base. Digits that the base hasn't count as its highest, but
// for a number of one digit.
func parse(s string, base int) number {
	whole, fraction, _ := strings.Cut(s, ".")
	if one := strings.TrimLeft(s, "0"); len(one) == 1 && one != "." {
		return integer(int64(digit(one[0])))
	}
	digits := []byte(whole + fraction)
	for i, c := range digits {
		if d := digit(c); d >= base {
			d = base - 1
			if digits[i] = byte('0' + d); d > 9 {
				digits[i] = byte('A' + d - 10)
			}
		}
	}
	if base == 10 {
		return made(natFrom(string(digits)), len(fraction), false)
	}
	n := nat(nil)
	power := natOf(1)
	for i, c := range digits {
		n = n.small(uint32(base), uint32(digit(c)))
		if i >= len(whole) {
			power = power.small(uint32(base), 0)
		}
	}
	return number{n: n}.div(number{n: power}, len(fraction))
}
