package awk

import (
	"math"
	"strconv"
	"strings"
)

// sort is what a value is.
type sort uint8

const (
	vNone   sort = iota // never set: 0 and ""
	vNumber             // num
	vString             // str
	vInput              // str came from outside: it may look like a number
	vBoth               // it does, and num is it
)

// value is a value. Numbers get their text and texts their number when asked for.
type value struct {
	kind sort
	num  float64
	str  string
}

func number(f float64) value     { return value{kind: vNumber, num: f} }
func text(s string) value        { return value{kind: vString, str: s} }
func fromOutside(s string) value { return value{kind: vInput, str: s} }

func truth(b bool) value {
	if b {
		return number(1)
	}
	return number(0)
}

// number is the value as a number.
func (v *value) number() float64 {
	if v.kind == vString || v.kind == vInput {
		f, _ := parseNumber(v.str)
		return f
	}
	return v.num
}

// settle finds out whether a text from outside looks like a number.
func (v *value) settle() {
	if v.kind != vInput {
		return
	}
	v.kind = vString
	if f, ok := wholeNumber(v.str); ok {
		v.kind, v.num = vBoth, f
	}
}

// isTrue is the value as a condition.
func (v *value) isTrue() bool {
	v.settle()
	if v.kind == vString {
		return v.str != ""
	}
	return v.num != 0
}

// text is the value as a string.
func (a *awk) text(v *value) string {
	if v.kind == vNumber {
		return a.numberText(v.num, a.convfmt)
	}
	return v.str
}

// numberText prints a number by CONVFMT or OFMT; one without a fraction as an integer.
func (a *awk) numberText(f float64, format string) string {
	if i := int64(f); float64(i) == f && f < 1<<63 {
		return strconv.FormatInt(i, 10)
	}
	return string(a.appendNumber(nil, f, format))
}

// appendNumber is numberText for a buffer.
func (a *awk) appendNumber(dst []byte, f float64, format string) []byte {
	if i := int64(f); float64(i) == f && f < 1<<63 {
		return strconv.AppendInt(dst, i, 10)
	}
	if format == "%.6g" {
		return appendFloat(dst, spec{verb: 'g', precision: 6}, f)
	}
	v := number(f)
	return a.format(dst, format, []value{v})
}

// compare compares as numbers if both are, or else as strings: below 0, 0 or above.
// A comparison with NaN is false for all of them.
func (a *awk) compare(x, y *value) (order int, ok bool) {
	x.settle()
	y.settle()
	if x.kind != vString && y.kind != vString && (x.kind != vNone || y.kind != vNone) {
		switch {
		case x.num < y.num:
			return -1, true
		case x.num > y.num:
			return 1, true
		}
		return 0, x.num == y.num
	}
	return strings.Compare(a.text(x), a.text(y)), true
}

var powers = [...]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22}

func isBlank(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }

// parseNumber reads the decimal number that s begins with, and how much of s it is; 0
// if that begins with none.
func parseNumber(s string) (f float64, length int) {
	i := 0
	for i < len(s) && isBlank(s[i]) {
		i++
	}
	start := i
	negative := i < len(s) && s[i] == '-'
	if i < len(s) && (s[i] == '-' || s[i] == '+') {
		i++
	}
	if i+2 < len(s) && s[i] == '0' && s[i+1]|0x20 == 'x' {
		if f, n := hexadecimal(s[i+2:]); n > 0 {
			if negative {
				f = -f
			}
			return f, i + 2 + n
		}
	}
	mantissa, digits, fraction := uint64(0), 0, 0
	for ; i < len(s) && isDigit(s[i]); i++ {
		mantissa = mantissa*10 + uint64(s[i]-'0')
		digits++
	}
	if i < len(s) && s[i] == '.' {
		for i++; i < len(s) && isDigit(s[i]); i++ {
			mantissa = mantissa*10 + uint64(s[i]-'0')
			digits++
			fraction++
		}
	}
	if digits == 0 {
		return special(s, start)
	}
	if n := exponent(s[i:]); n > 0 || digits > 15 && (fraction > 0 || digits > 19) {
		f, _ = strconv.ParseFloat(s[start:i+n], 64)
		return f, i + n
	}
	// The digits and the power are exact, and so the quotient is rounded once.
	if f = float64(mantissa); fraction > 0 {
		f /= powers[fraction]
	}
	if negative {
		f = -f
	}
	return f, i
}

// hexadecimal reads the digits behind 0x, as BusyBox's strtod(3) does.
func hexadecimal(s string) (f float64, length int) {
	for ; length < len(s); length++ {
		d := strings.IndexByte("0123456789abcdef", s[length]|0x20)
		if d < 0 || isDigit(s[length]|0x20) && !isDigit(s[length]) {
			break
		}
		f = f*16 + float64(d)
	}
	return f, length
}

// exponent is the length of the exponent that s begins with.
func exponent(s string) int {
	if len(s) < 2 || s[0]|0x20 != 'e' {
		return 0
	}
	i := 1
	if s[i] == '-' || s[i] == '+' {
		i++
	}
	digits := i
	for i < len(s) && isDigit(s[i]) {
		i++
	}
	if i == digits {
		return 0
	}
	return i
}

// special reads "+inf" and "-nan", which need their signs to be numbers.
func special(s string, start int) (float64, int) {
	if len(s) < start+4 || s[start] != '+' && s[start] != '-' {
		return 0, 0
	}
	sign := 1
	if s[start] == '-' {
		sign = -1
	}
	switch strings.ToLower(s[start+1 : start+4]) {
	case "inf":
		return math.Inf(sign), start + 4
	case "nan":
		return math.NaN(), start + 4
	}
	return 0, 0
}

// wholeNumber reads a number that is all of s, but for blanks around it.
func wholeNumber(s string) (float64, bool) {
	f, n := parseNumber(s)
	if n == 0 {
		return 0, false
	}
	for n < len(s) && isBlank(s[n]) {
		n++
	}
	return f, n == len(s)
}

// cell is where a value is kept: a variable, a parameter or an array's element.
type cell struct {
	value
	array *array
	// link is the caller's variable that a parameter without a value stands for: it
	// becomes an array if the parameter does.
	link *cell
}

// array is an array, with its elements in the order in which they were made.
type array struct {
	cells map[string]*element
	order []*element
	dead  int
}

type element struct {
	cell
	key   string
	alive bool
}

func newArray() *array { return &array{cells: make(map[string]*element)} }

// get returns the element of a key, which it makes if there is none.
func (m *array) get(key []byte) *element {
	if e := m.cells[string(key)]; e != nil {
		return e
	}
	e := &element{key: string(key), alive: true}
	m.cells[e.key] = e
	m.order = append(m.order, e)
	return e
}

func (m *array) set(key string, v value) {
	e := m.cells[key]
	if e == nil {
		e = m.get([]byte(key))
	}
	e.value = v
}

func (m *array) delete(key []byte) {
	e := m.cells[string(key)]
	if e == nil {
		return
	}
	delete(m.cells, e.key)
	e.alive = false
	if m.dead++; m.dead > 32 && m.dead > len(m.order)/2 {
		kept := m.order[:0]
		for _, e := range m.order {
			if e.alive {
				kept = append(kept, e)
			}
		}
		clear(m.order[len(kept):])
		m.order, m.dead = kept, 0
	}
}

func (m *array) clear() {
	clear(m.cells)
	m.order, m.dead = nil, 0
}

// keys returns the keys, for a loop that may change the array.
func (m *array) keys() []string {
	keys := make([]string, 0, len(m.cells))
	for _, e := range m.order {
		if e.alive {
			keys = append(keys, e.key)
		}
	}
	return keys
}
