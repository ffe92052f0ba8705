// Package printf is the applet printf, which is also the shell's builtin.
package printf

import (
	"strconv"
	"strings"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/escape"
)

// Applet is printf.
var Applet = applet.Applet{
	Names: "printf",
	Usage: "FORMAT [ARG]...",
	About: "Format and print ARG(s) according to FORMAT (a-la C printf)",
	Form:  applet.Plain,
	Dir:   "/usr/bin",
	Quick: true,
	Min:   true,
	Run:   run,
}

func run(c *applet.Call) int {
	args := c.Args
	if len(args) > 0 && args[0] == "--" {
		args = args[1:]
	}
	if len(args) == 0 {
		if c.Speaker != "" {
			c.Complain("usage: printf FORMAT [ARGUMENT...]")
			return 2
		}
		return c.UsageError("")
	}
	p := printer{c: c, args: args[1:]}
	for {
		left := len(p.args)
		if !p.format(args[0]) || len(p.args) == left || len(p.args) == 0 {
			return p.status
		}
	}
}

type printer struct {
	c      *applet.Call
	args   []string
	status int
}

// directive is a parsed %-sequence.
type directive struct {
	left, plus, space, alternate, zero bool
	width, precision                   int // precision -1: none
}

// next takes an argument.
func (p *printer) next() (s string, ok bool) {
	if len(p.args) == 0 {
		return "", false
	}
	s, p.args = p.args[0], p.args[1:]
	return s, true
}

// format prints the format once; false ends it all.
func (p *printer) format(f string) bool {
	for i := 0; i < len(f); i++ {
		switch f[i] {
		case '\\':
			if i+1 < len(f) && f[i+1] == 'c' {
				return false
			}
			b, n := escape.Sequence(f[i+1:])
			p.c.Out.WriteByte(b)
			i += n
		case '%':
			n, ok := p.directive(f[i:])
			if !ok {
				return false
			}
			i += n - 1
		default:
			n := 1
			for i+n < len(f) && f[i+n] != '%' && f[i+n] != '\\' {
				n++
			}
			p.c.Out.WriteString(f[i : i+n])
			i += n - 1
		}
	}
	return true
}

// directive prints what the %-sequence at the start of f says and returns its length.
func (p *printer) directive(f string) (length int, ok bool) {
	d := directive{precision: -1}
	i := 1
	if len(f) > 1 && f[1] == '%' {
		p.c.Out.WriteByte('%')
		return 2, true
	}
	if len(f) > 1 && f[1] == 'b' {
		s, _ := p.next()
		text, stop := escape.Argument(s)
		p.c.Out.WriteString(text)
		return 2, !stop
	}
	for ; i < len(f) && d.flag(f[i]); i++ {
	}
	n := 0
	d.width, n = p.count(f[i:], 0)
	i += n
	if d.width < 0 {
		d.left, d.width = true, -d.width
	}
	if i < len(f) && f[i] == '.' {
		i++
		d.precision, n = p.count(f[i:], 0)
		i += n
		d.precision = max(d.precision, -1)
	}
	for i < len(f) && strings.IndexByte("lLhz", f[i]) >= 0 {
		i++
	}
	if i == len(f) || strings.IndexByte("diouxXfeEgGcsF", f[i]) < 0 || f[i] == 'F' {
		p.c.Complain(f + ": invalid format")
		p.status = 1
		return 0, false
	}
	p.convert(&d, f[i])
	return i + 1, true
}

func (d *directive) flag(c byte) bool {
	switch c {
	case '-':
		d.left = true
	case '+':
		d.plus = true
	case ' ':
		d.space = true
	case '#':
		d.alternate = true
	case '0':
		d.zero = true
	default:
		return false
	}
	return true
}

// most is the widest field: what is beyond it is a mistake, and memory.
const most = 1 << 20

// count reads a width or precision: digits, or * for an argument.
func (p *printer) count(f string, none int) (n, length int) {
	if f != "" && f[0] == '*' {
		s, ok := p.next()
		if !ok {
			return none, 1
		}
		n, err := strconv.Atoi(s)
		if err != nil {
			p.c.Complain("invalid number '" + s + "'")
			n = 0
		}
		return max(min(n, most), -most), 1
	}
	for length < len(f) && f[length] >= '0' && f[length] <= '9' {
		n = min(n*10+int(f[length]-'0'), most)
		length++
	}
	return n, length
}

// convert prints the next argument.
func (p *printer) convert(d *directive, letter byte) {
	arg, _ := p.next()
	switch letter {
	case 's':
		if d.precision >= 0 && d.precision < len(arg) {
			arg = arg[:d.precision]
		}
		p.pad(d, "", arg, false)
	case 'c':
		if arg == "" {
			arg = "\x00"
		}
		p.pad(d, "", arg[:1], false)
	case 'd', 'i':
		p.signed(d, p.integer(arg))
	case 'o', 'u', 'x', 'X':
		p.unsigned(d, letter, uint64(p.natural(arg)))
	default:
		p.float(d, letter, p.real(arg))
	}
}

// pad prints sign and digits filled up to the width.
func (p *printer) pad(d *directive, sign, digits string, zeros bool) {
	n := d.width - len(sign) - len(digits)
	fill := func(c byte) {
		for ; n > 0; n-- {
			p.c.Out.WriteByte(c)
		}
	}
	if !d.left && !zeros {
		fill(' ')
	}
	p.c.Out.WriteString(sign)
	if zeros && !d.left {
		fill('0')
	}
	p.c.Out.WriteString(digits)
	fill(' ')
}

func (d *directive) sign(negative bool) string {
	switch {
	case negative:
		return "-"
	case d.plus:
		return "+"
	case d.space:
		return " "
	}
	return ""
}

// atLeast puts zeros before digits up to the precision.
func (d *directive) atLeast(digits string) string {
	if d.precision == 0 && digits == "0" {
		return ""
	}
	if n := d.precision - len(digits); n > 0 {
		return strings.Repeat("0", n) + digits
	}
	return digits
}

func (p *printer) signed(d *directive, n int64) {
	digits := strconv.FormatInt(n, 10)
	if n < 0 {
		digits = digits[1:]
	}
	p.pad(d, d.sign(n < 0), d.atLeast(digits), d.zero && d.precision < 0)
}

func (p *printer) unsigned(d *directive, letter byte, n uint64) {
	base := 10
	switch letter {
	case 'o':
		base = 8
	case 'x', 'X':
		base = 16
	}
	digits := d.atLeast(strconv.FormatUint(n, base))
	prefix := ""
	switch {
	case !d.alternate:
	case letter == 'o' && !strings.HasPrefix(digits, "0"):
		digits = "0" + digits
	case base == 16 && n != 0:
		prefix = "0x"
	}
	if letter == 'X' {
		prefix, digits = strings.ToUpper(prefix), strings.ToUpper(digits)
	}
	p.pad(d, prefix, digits, d.zero && d.precision < 0)
}

func (p *printer) float(d *directive, letter byte, f float64) {
	precision := d.precision
	if precision < 0 {
		precision = 6
	}
	lower := letter | 0x20
	if lower == 'g' && precision == 0 {
		precision = 1
	}
	digits := strconv.FormatFloat(f, lower, precision, 64)
	negative := strings.HasPrefix(digits, "-")
	digits = strings.TrimLeft(digits, "+-")
	finite := digits[0] >= '0' && digits[0] <= '9'
	switch {
	case !finite:
		digits = strings.ToLower(digits)
	case lower == 'g':
		digits = general(f, precision, d.alternate)
	case d.alternate && !strings.Contains(digits, "."):
		mantissa, exponent, found := strings.Cut(digits, "e")
		if digits = mantissa + "."; found {
			digits += "e" + exponent
		}
	}
	if letter != lower {
		digits = strings.ToUpper(digits)
	}
	p.pad(d, d.sign(negative), digits, d.zero && finite)
}

// general is C's %g: fixed or with an exponent, without zeros at the end.
func general(f float64, precision int, keep bool) string {
	if f < 0 {
		f = -f
	}
	scientific := strconv.FormatFloat(f, 'e', precision-1, 64)
	mantissa, tail, _ := strings.Cut(scientific, "e")
	exponent, _ := strconv.Atoi(tail)
	if exponent >= -4 && exponent < precision {
		mantissa, tail = strconv.FormatFloat(f, 'f', precision-1-exponent, 64), ""
	} else {
		tail = "e" + tail
	}
	if !keep && strings.Contains(mantissa, ".") {
		mantissa = strings.TrimRight(strings.TrimRight(mantissa, "0"), ".")
	}
	return mantissa + tail
}

func (p *printer) invalid(arg string) {
	p.c.Complain("invalid number '" + arg + "'")
	p.status = 1
}

// character is the value of an argument that begins with a quote.
func character(arg string) (int64, bool) {
	if len(arg) > 0 && (arg[0] == '"' || arg[0] == '\'') {
		if len(arg) == 1 {
			return 0, true
		}
		return int64(arg[1]), true
	}
	return 0, false
}

// digits splits a number as C writes it: 0x1f, 017, 15.
func digits(s string) (text string, base int) {
	switch {
	case len(s) > 2 && s[0] == '0' && s[1]|0x20 == 'x':
		return s[2:], 16
	case len(s) > 1 && s[0] == '0':
		return s[1:], 8
	}
	return s, 10
}

func (p *printer) integer(arg string) int64 {
	if n, ok := character(arg); ok {
		return n
	}
	s := strings.TrimPrefix(strings.TrimLeft(arg, " \t\n\v\f\r"), "+")
	sign := ""
	if strings.HasPrefix(s, "-") {
		sign, s = "-", s[1:]
	}
	text, base := digits(s)
	n, err := strconv.ParseInt(sign+text, base, 64)
	if err != nil || text == "" || text[0] == '+' || text[0] == '-' {
		p.invalid(strings.TrimLeft(arg, " \t\n\v\f\r"))
		return 0
	}
	return n
}

func (p *printer) natural(arg string) uint64 {
	if n, ok := character(arg); ok {
		return uint64(n)
	}
	s := strings.TrimPrefix(strings.TrimLeft(arg, " \t\n\v\f\r"), "+")
	if strings.HasPrefix(s, "-") {
		return uint64(p.integer(arg))
	}
	text, base := digits(s)
	n, err := strconv.ParseUint(text, base, 64)
	if err != nil {
		p.invalid(strings.TrimLeft(arg, " \t\n\v\f\r"))
		return 0
	}
	return n
}

func (p *printer) real(arg string) float64 {
	if n, ok := character(arg); ok {
		return float64(n)
	}
	s := strings.TrimLeft(arg, " \t\n\v\f\r")
	f, err := strconv.ParseFloat(s, 64)
	if err != nil && (err.(*strconv.NumError).Err != strconv.ErrRange) || strings.IndexByte(s, '_') >= 0 {
		p.invalid(arg)
		return 0
	}
	return f
}
