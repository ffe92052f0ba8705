package dump

import (
	"math"
	"strconv"
	"strings"

	"bantam/internal/userland/applet/escape"
	"bantam/internal/userland/applet/pad"
)

// unit is a part of hexdump's format string: 8/2 "%04x ".
type unit struct {
	times  int
	given  bool // times was
	size   int  // bytes of each conversion, 0: what it takes itself
	pieces []piece
}

// piece is a conversion with the text around it.
type piece struct {
	before, after string
	flags         string
	width, digits int  // digits -1: not given
	kind          byte // 0: only text
	address       byte // of kinds a and A: d, o, x
	size          int
}

// parseFormat reads a format string. It returns what is wrong with it.
func parseFormat(s string) (units []unit, wrong string) {
	text := s
	for {
		s = strings.TrimLeft(s, " \t\n")
		if s == "" {
			return units, ""
		}
		u := unit{times: 1}
		if n, rest, ok := digits(s); ok {
			u.times, u.given = n, true
			s = strings.TrimLeft(rest, " \t")
		}
		if strings.HasPrefix(s, "/") {
			n, rest, ok := digits(strings.TrimLeft(s[1:], " \t"))
			if !ok {
				return nil, "bad format {" + text + "}"
			}
			u.size = n
			s = strings.TrimLeft(rest, " \t")
		}
		if !strings.HasPrefix(s, `"`) {
			return nil, "bad format {" + text + "}"
		}
		end := 1
		for end < len(s) && s[end] != '"' {
			end++
		}
		if end == len(s) || u.times > 1<<16 || u.size > 1<<16 {
			return nil, "bad format {" + text + "}"
		}
		if wrong := u.parse(escape.Expand(s[1:end])); wrong != "" {
			return nil, wrong
		}
		units = append(units, u)
		s = s[end+1:]
	}
}

func digits(s string) (n int, rest string, ok bool) {
	i := 0
	for i < len(s) && s[i] >= '0' && s[i] <= '9' && i < 9 {
		n = n*10 + int(s[i]-'0')
		i++
	}
	return n, s[i:], i > 0
}

// parse cuts the text into pieces with one conversion each.
func (u *unit) parse(s string) (wrong string) {
	for s != "" {
		p := piece{digits: -1}
		p.before, s = literal(s)
		if s == "" {
			u.pieces = append(u.pieces, p)
			break
		}
		whole := s
		s = s[1:]
		n := 0
		for n < len(s) && strings.IndexByte("#-+ 0", s[n]) >= 0 {
			n++
		}
		p.flags, s = s[:n], s[n:]
		p.width, s, _ = digits(s)
		if strings.HasPrefix(s, ".") {
			p.digits, s, _ = digits(s[1:])
		}
		var ok bool
		if s, ok = p.conversion(s, u.size); !ok || p.width > 1<<16 || p.digits > 1<<16 {
			return "bad conversion character %" + whole[1:min(2, len(whole))]
		}
		u.pieces = append(u.pieces, p)
	}
	// Text behind the last conversion belongs to it.
	if n := len(u.pieces); n > 1 && u.pieces[n-1].kind == 0 {
		u.pieces[n-2].after = u.pieces[n-1].before
		u.pieces = u.pieces[:n-1]
	}
	return ""
}

// literal cuts off the text before the next conversion; %% is one percent sign.
func literal(s string) (text, rest string) {
	for i := 0; i < len(s); i++ {
		if s[i] != '%' {
			continue
		}
		if !strings.HasPrefix(s[i:], "%%") {
			return text + s[:i], s[i:]
		}
		text, s, i = text+s[:i+1], s[i+2:], -1
	}
	return text + s, ""
}

// conversion reads the letters of a conversion and finds its size.
func (p *piece) conversion(s string, size int) (rest string, ok bool) {
	if s == "" {
		return "", false
	}
	p.kind, rest = s[0], s[1:]
	p.size = size
	switch p.kind {
	case 'd', 'i', 'o', 'u', 'x', 'X':
		if size == 0 {
			p.size = 4
		}
		return rest, p.size == 1 || p.size == 2 || p.size == 4 || p.size == 8
	case 'e', 'E', 'f', 'g', 'G':
		if size == 0 {
			p.size = 8
		}
		return rest, p.size == 4 || p.size == 8
	case 'c':
		p.size = 1
		return rest, size <= 1
	case 's':
		if size == 0 {
			p.size = p.digits
		}
		return rest, p.size > 0
	case '_':
	default:
		return "", false
	}
	if rest == "" {
		return "", false
	}
	p.size = 1
	switch kind := rest[0]; kind {
	case 'c':
		p.kind = 'C'
	case 'p':
		p.kind = 'p'
	case 'u':
		p.kind = 'U'
	case 'a', 'A':
		p.kind, p.size = kind, 0
		if len(rest) < 2 || strings.IndexByte("dox", rest[1]) < 0 {
			return "", false
		}
		p.address = rest[1]
		return rest[2:], true
	default:
		return "", false
	}
	return rest[1:], size <= 1
}

// bytes is how many bytes a unit takes each time.
func (u *unit) bytes() (n int) {
	for _, p := range u.pieces {
		n += p.size
	}
	return n
}

// spread puts a value into the width.
func (p *piece) spread(s string) string {
	switch {
	case strings.Contains(p.flags, "-"):
		return pad.Right(s, p.width)
	case strings.Contains(p.flags, "0") && p.digits < 0:
		sign := ""
		if s != "" && (s[0] == '-' || s[0] == '+') {
			sign, s = s[:1], s[1:]
		}
		return sign + zeros(s, p.width-len(sign))
	}
	return pad.Left(s, p.width)
}

// value is what stands for some bytes.
func (p *piece) value(b []byte) string {
	switch p.kind {
	case 'd', 'i':
		shift := 64 - 8*p.size
		n := int64(load(b)<<shift) >> shift
		return p.sign(strconv.FormatInt(n, 10), n >= 0)
	case 'u':
		return p.integer(strconv.FormatUint(load(b), 10))
	case 'o':
		return p.prefix("0", strconv.FormatUint(load(b), 8))
	case 'x':
		return p.prefix("0x", strconv.FormatUint(load(b), 16))
	case 'X':
		return p.prefix("0X", strings.ToUpper(strconv.FormatUint(load(b), 16)))
	case 'c':
		return string(b)
	case 's':
		if i := strings.IndexByte(string(b), 0); i >= 0 {
			b = b[:i]
		}
		if p.digits >= 0 {
			b = b[:min(len(b), p.digits)]
		}
		return string(b)
	case 'C':
		return character(b[0])
	case 'p':
		if b[0] < ' ' || b[0] >= 127 {
			return "."
		}
		return string(b)
	case 'U':
		return ascii(b[0], false)
	}
	f := math.Float64frombits(load(b))
	if p.size == 4 {
		f = float64(math.Float32frombits(uint32(load(b))))
	}
	digits := p.digits
	if digits < 0 {
		digits = 6
	}
	return p.sign(strconv.FormatFloat(f, p.kind, digits, 64), f >= 0)
}

// integer has at least so many digits.
func (p *piece) integer(s string) string { return zeros(s, p.digits) }

func (p *piece) prefix(with, s string) string {
	s = p.integer(s)
	if strings.Contains(p.flags, "#") && s != "0" {
		return with + s
	}
	return s
}

func (p *piece) sign(s string, positive bool) string {
	switch {
	case positive && strings.Contains(p.flags, "+"):
		return "+" + s
	case positive && strings.Contains(p.flags, " "):
		return " " + s
	}
	return s
}
