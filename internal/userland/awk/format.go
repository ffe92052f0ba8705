package awk

import (
	"math"
	"strconv"
	"strings"
)

// spec is a conversion of printf.
type spec struct {
	verb                           byte
	minus, plus, space, zero, hash bool
	width                          int
	precision                      int // -1 for none
}

const maxWidth = 1 << 20 // nobody prints more, and memory is finite

// format appends what printf prints.
func (a *awk) format(dst []byte, format string, args []value) []byte {
	next := func() value {
		if len(args) == 0 {
			return value{}
		}
		v := args[0]
		args = args[1:]
		return v
	}
	for format != "" {
		i := strings.IndexByte(format, '%')
		if i < 0 {
			return append(dst, format...)
		}
		dst = append(dst, format[:i]...)
		format = format[i:]
		if len(format) > 1 && format[1] == '%' {
			dst = append(dst, '%')
			format = format[2:]
			continue
		}
		s, length := conversion(format, func() int { v := next(); return int(integer(v.number())) })
		if s.verb == 0 {
			return append(dst, format...)
		}
		if strings.IndexByte("csdiouxXeEfFgGaA", s.verb) < 0 {
			// "%5%" is a percent sign, and what is no conversion is itself.
			if s.verb == '%' {
				dst = append(dst, '%')
			} else {
				dst = append(dst, format[:length]...)
			}
			format = format[length:]
			continue
		}
		format = format[length:]
		v := next()
		dst = a.convert(dst, s, &v)
	}
	return dst
}

// conversion reads a conversion. verb is 0 if the format ends in it.
func conversion(format string, star func() int) (s spec, length int) {
	s.precision = -1
	i := 1
flags:
	for ; i < len(format); i++ {
		switch format[i] {
		case '-':
			s.minus = true
		case '+':
			s.plus = true
		case ' ':
			s.space = true
		case '0':
			s.zero = true
		case '#':
			s.hash = true
		case '\'':
		default:
			break flags
		}
	}
	count := func() int {
		if i < len(format) && format[i] == '*' {
			i++
			return min(max(star(), -maxWidth), maxWidth)
		}
		n := 0
		for ; i < len(format) && isDigit(format[i]); i++ {
			n = min(n*10+int(format[i]-'0'), maxWidth)
		}
		return n
	}
	if s.width = count(); s.width < 0 {
		s.minus, s.width = true, -s.width
	}
	if i < len(format) && format[i] == '.' {
		i++
		if s.precision = count(); s.precision < 0 {
			s.precision = -1
		}
	}
	for i < len(format) && strings.IndexByte("hlLqjzt", format[i]) >= 0 {
		i++
	}
	if i == len(format) {
		return s, i
	}
	s.verb = format[i]
	return s, i + 1
}

// convert appends one converted value.
func (a *awk) convert(dst []byte, s spec, v *value) []byte {
	switch s.verb {
	case 'c':
		c := "\x00"
		if v.kind == vInput {
			v.settle()
		}
		if v.kind == vNumber || v.kind == vBoth || v.kind == vNone {
			c = string([]byte{byte(integer(v.num))})
		} else if v.str != "" {
			c = v.str[:1]
		} else {
			c = ""
		}
		return s.pad(dst, c, "")
	case 's':
		t := a.text(v)
		if s.precision >= 0 && s.precision < len(t) {
			t = t[:s.precision]
		}
		return s.pad(dst, t, "")
	case 'd', 'i', 'o', 'u', 'x', 'X':
		return s.integer(dst, v.number())
	}
	return appendFloat(dst, s, v.number())
}

// integer cuts a number off to a whole one.
func integer(f float64) int64 {
	switch {
	case f != f:
		return math.MinInt64
	case f >= 1<<63:
		return math.MaxInt64
	case f < -1<<63:
		return math.MinInt64
	}
	return int64(f)
}

// pad appends a text in the width; zeros stand between its head and the rest.
func (s *spec) pad(dst []byte, body, head string) []byte {
	n := s.width - len(head) - len(body)
	if !s.minus && !s.zero {
		dst = fill(dst, ' ', n)
	}
	dst = append(dst, head...)
	if !s.minus && s.zero {
		dst = fill(dst, '0', n)
	}
	dst = append(dst, body...)
	if s.minus {
		dst = fill(dst, ' ', n)
	}
	return dst
}

func fill(dst []byte, c byte, n int) []byte {
	for ; n > 0; n-- {
		dst = append(dst, c)
	}
	return dst
}

func (s *spec) sign(negative bool) string {
	switch {
	case negative:
		return "-"
	case s.plus:
		return "+"
	case s.space:
		return " "
	}
	return ""
}

func (s *spec) integer(dst []byte, f float64) []byte {
	if f != f || math.IsInf(f, 0) {
		return appendFloat(dst, spec{verb: 'f', width: s.width, minus: s.minus, plus: s.plus, precision: -1}, f)
	}
	n := integer(f)
	var buf [66]byte
	digits, head := buf[:0], ""
	switch s.verb {
	case 'd', 'i':
		u := uint64(n)
		if n < 0 {
			u = -u
		}
		head, digits = s.sign(n < 0), strconv.AppendUint(digits, u, 10)
	case 'u':
		digits = strconv.AppendUint(digits, unsigned(f), 10)
	case 'o':
		if digits = strconv.AppendUint(digits, unsigned(f), 8); s.hash && digits[0] != '0' {
			head = "0"
		}
	default:
		if digits = strconv.AppendUint(digits, unsigned(f), 16); s.hash && n != 0 {
			head = "0x"
		}
		if s.verb == 'X' {
			digits, head = []byte(strings.ToUpper(string(digits))), strings.ToUpper(head)
		}
	}
	if s.precision >= 0 {
		s.zero = false
		if s.precision == 0 && n == 0 {
			digits = digits[:0]
		}
		if more := s.precision - len(digits); more > 0 {
			digits = append(fill(nil, '0', more), digits...)
		}
	}
	return s.pad(dst, string(digits), head)
}

func unsigned(f float64) uint64 {
	if f >= 1<<63 {
		return uint64(f)
	}
	return uint64(integer(f))
}

// appendFloat appends a number as C's %e, %f, %g and %a do.
func appendFloat(dst []byte, s spec, f float64) []byte {
	head := s.sign(math.Signbit(f))
	upper := s.verb < 'a'
	verb := s.verb | 0x20
	f = math.Abs(f)
	body := ""
	switch {
	case f != f || math.IsInf(f, 0):
		s.zero = false
		if body = "inf"; f != f {
			body = "nan"
		}
	case verb == 'a':
		body = strconv.FormatFloat(f, 'x', s.precision, 64)
	case verb == 'g':
		body = general(f, s)
	default:
		if s.precision < 0 {
			s.precision = 6
		}
		body = strconv.FormatFloat(f, verb, s.precision, 64)
		if s.hash && s.precision == 0 {
			body = dotted(body)
		}
	}
	if upper {
		body = strings.ToUpper(body)
	}
	return s.pad(dst, body, head)
}

// dotted puts a point behind a number's digits.
func dotted(s string) string {
	if i := strings.IndexByte(s, 'e'); i >= 0 {
		return s[:i] + "." + s[i:]
	}
	return s + "."
}

// general is %g: the shorter of %e and %f, without zeros at its end.
func general(f float64, s spec) string {
	precision := s.precision
	if precision < 0 {
		precision = 6
	}
	precision = max(precision, 1)
	body := strconv.FormatFloat(f, 'e', precision-1, 64)
	mark := strings.IndexByte(body, 'e')
	exponent, _ := strconv.Atoi(body[mark+1:])
	tail := body[mark:]
	if exponent >= -4 && exponent < precision {
		body = strconv.FormatFloat(f, 'f', precision-1-exponent, 64)
		mark, tail = len(body), ""
	}
	digits := body[:mark]
	if strings.IndexByte(digits, '.') >= 0 && !s.hash {
		digits = strings.TrimRight(strings.TrimRight(digits, "0"), ".")
	}
	return digits + tail
}
