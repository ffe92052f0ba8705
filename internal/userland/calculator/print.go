package calculator

import (
	"strconv"
	"strings"

	"bantam/internal/userland/applet"
)

// printer prints numbers and texts in lines of a width.
type printer struct {
	out    *applet.Out
	width  int // at which a backslash and a newline come
	column int
}

// byte prints one character of a number.
//
//go:noinline
func (p *printer) byte(c byte) {
	if p.column == p.width-1 {
		p.out.Print("\\\n")
		p.column = 0
	}
	p.out.WriteByte(c)
	p.column++
}

func (p *printer) string(s string) {
	for i := range len(s) {
		p.byte(s[i])
	}
}

func (p *printer) newline() {
	p.out.Print("\n")
	p.column = 0
}

// raw prints a text as it is.
func (p *printer) raw(s string) {
	p.out.Print(s)
	if i := strings.LastIndexByte(s, '\n'); i >= 0 {
		p.column, s = 0, s[i+1:]
	}
	p.column += len(s)
}

// escaped prints a text with its escape sequences replaced.
func (p *printer) escaped(s string) {
	const letters, values = `nabfrte\q`, "\n\a\b\f\r\t\\\\\""
	var b []byte
	for i := 0; i < len(s); i++ {
		if k := -1; s[i] == '\\' && i+1 < len(s) {
			if k = strings.IndexByte(letters[:8], s[i+1]); k >= 0 {
				b = append(b, values[k])
				i++
				continue
			}
		}
		b = append(b, s[i])
	}
	p.raw(string(b))
}

// number prints a number to a base.
func (p *printer) number(x number, base int64) {
	if x.isZero() {
		p.byte('0')
		return
	}
	if x.neg {
		p.byte('-')
	}
	x.neg = false
	if base == 10 {
		s := x.n.string()
		if more := x.scale - len(s); more > 0 {
			s = strings.Repeat("0", more) + s
		}
		whole, fraction := s[:len(s)-x.scale], s[len(s)-x.scale:]
		if p.string(whole); fraction != "" {
			p.string("." + fraction)
		}
		return
	}
	p.other(x, base)
}

// other prints a number to a base other than 10.
func (p *printer) other(x number, base int64) {
	width := len(strconv.FormatInt(base-1, 10))
	var digits []int64
	b := natOf(uint64(base))
	for whole := x.n.down(x.scale); len(whole) > 0; {
		var rest nat
		whole, rest = whole.div(b)
		d, _ := rest.uint64()
		digits = append(digits, int64(d))
	}
	for i := len(digits) - 1; i >= 0; i-- {
		p.digit(digits[i], base, width, false)
	}
	_, fraction := x.n.div(natOf(1).up(x.scale))
	power := natOf(1)
	for first := true; x.scale > 0 && power.digits() <= x.scale; first = false {
		fraction = fraction.mul(b)
		d, _ := fraction.down(x.scale).uint64()
		_, fraction = fraction.div(natOf(1).up(x.scale))
		p.digit(int64(d), base, width, first)
		power = power.mul(b)
	}
}

// digit prints one digit, and the point before the first one behind it.
func (p *printer) digit(d, base int64, width int, point bool) {
	if base <= 16 {
		if point {
			p.byte('.')
		}
		p.byte("0123456789ABCDEF"[d])
		return
	}
	if point {
		p.byte('.')
	} else {
		p.byte(' ')
	}
	s := strconv.FormatInt(d, 10)
	p.string(strings.Repeat("0", max(width-len(s), 0)) + s)
}
