// Package dump is the applets that show bytes: od, hexdump, hd, xxd.
package dump

import (
	"strconv"
	"strings"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/number"
	"bantam/internal/userland/applet/pad"
)

// Od is od.
var Od = applet.Applet{
	Names: "od",
	Usage: "[-abcdfhilovxs] [-t TYPE] [-A RADIX] [-N SIZE] [-j SKIP] [-S MINSTR] [-w WIDTH] [FILE]...",
	About: "Print the bytes of FILEs, as octal numbers of two bytes if nothing else is said.",
	Options: `
-t, --format TYPE	a: names, c: characters, d, o, u, x: numbers (of 1, 2, 4, 8 or C, S, I, L bytes), f: floating point (4, 8 or F, D)
-a	as -t a
-b	as -t o1
-c	as -t c
-d	as -t u2
-D	as -t u4
-f	as -t f4
-h, -x	as -t x2
-H, -X	as -t x4
-i	as -t d4
-I, -l, -L	as -t d8
-o, -B	as -t o2
-O	as -t o4
-s	as -t d2
-A, --address-radix RADIX	addresses: d, o, x or n for none
-j, --skip-bytes SKIP[bkm]	begin behind SKIP bytes
-N, --read-bytes SIZE[bkm]	SIZE bytes at most
-S MINSTR	strings of at least MINSTR bytes that end with a zero byte
--strings[=MINSTR]	the same, 3 bytes if not told
-v, --output-duplicates	no * for lines like the one before
-w[WIDTH], --width[=WIDTH]	WIDTH bytes a line (16; 32 without WIDTH)
--traditional	the operands are [FILE] [[+]OFFSET[.][b] [[+]LABEL[.][b]]]
`,
	Dir:   "/usr/bin",
	Quick: true,
	Run:   od,
}

// kind is one -t.
type kind struct {
	letter byte
	size   int
}

// octal is one call of od.
type octal struct {
	c        *applet.Call
	kinds    []kind
	radix    byte
	at       int64
	left     int64 // bytes that may be read, -1: all
	width    int
	all      bool
	label    int64 // added to addresses in parentheses
	hasLabel bool
	inputs   []string
	in       *applet.In
	status   int
}

func od(c *applet.Call) int {
	o := octal{c: c, radix: 'o', left: -1, all: c.Has("v"), inputs: c.Args}
	if wrong := o.parse(); wrong != "" {
		return c.Complain(wrong)
	}
	if len(o.inputs) == 0 {
		o.inputs = []string{"-"}
	}
	if !o.next() {
		return 1
	}
	if !o.skip() {
		return c.Complain("can't skip past end of combined input")
	}
	if which := c.Last("S", "strings"); which != "" {
		min := c.Value(which)
		n := int64(3)
		if min != "" {
			var err error
			if n, err = number.Size(min); err != nil {
				return c.Complain("invalid number '" + min + "'")
			}
		}
		o.strings(int(n))
	} else {
		o.dump()
	}
	return o.status
}

// parse reads the options.
func (o *octal) parse() (wrong string) {
	o.c.Each(func(key, value string) {
		types := ""
		switch key {
		case "t":
			types = value
		case "A":
			if value == "" || strings.IndexByte("doxn", value[0]) < 0 {
				wrong = "bad output address radix '" + value + "' (must be [doxn])"
				return
			}
			o.radix = value[0]
		default:
			if i := strings.Index("a=a b=oC c=c d=u2 D=u4 f=fF h=x2 H=x4 i=d4 I=d8 o=o2 O=o4 s=d2 ", key+"="); i >= 0 && len(key) == 1 {
				types, _, _ = strings.Cut("a=a b=oC c=c d=u2 D=u4 f=fF h=x2 H=x4 i=d4 I=d8 o=o2 O=o4 s=d2 "[i+2:], " ")
			}
		}
		if types != "" && !o.types(types) {
			wrong = "invalid type string '" + types + "'"
		}
	})
	for _, v := range [...]struct {
		key string
		to  *int64
	}{{"j", &o.at}, {"N", &o.left}} {
		if text, given := o.c.Given(v.key); given && wrong == "" {
			n, err := number.Size(text)
			if err != nil {
				wrong = "invalid number '" + text + "'"
			}
			*v.to = n
		}
	}
	if o.c.Has("traditional") && wrong == "" {
		wrong = o.traditional()
	}
	if len(o.kinds) == 0 {
		o.kinds = []kind{{'o', 2}}
	}
	return o.setWidth(wrong)
}

func (o *octal) setWidth(wrong string) string {
	unit := 1
	for _, k := range o.kinds {
		unit = max(unit, k.size)
	}
	o.width = 16
	if text, given := o.c.Given("w"); given && wrong == "" {
		o.width = 32
		if text != "" {
			n, err := number.Int(text, 1<<20)
			if err != nil {
				return "invalid number '" + text + "'"
			}
			o.width = n
		}
		if o.width == 0 || o.width%unit != 0 {
			o.c.Complain("warning: invalid width " + strconv.Itoa(o.width) + "; using " + strconv.Itoa(unit) + " instead")
			o.width = unit
		}
	}
	return wrong
}

// types reads one or more types.
func (o *octal) types(s string) bool {
	for s != "" {
		k := kind{letter: s[0]}
		s = s[1:]
		sizes, standard := "", 1
		switch k.letter {
		case 'a', 'c':
		case 'd', 'o', 'u', 'x':
			sizes, standard = "C1S2I4L8", 4
		case 'f':
			sizes, standard = "F4D8L8", 8
		default:
			return false
		}
		k.size = standard
		if s != "" && sizes != "" {
			if i := strings.IndexByte(sizes, s[0]); i >= 0 {
				k.size = int(sizes[i|1] - '0')
				s = s[1:]
			} else if s[0] >= '0' && s[0] <= '9' {
				return false
			}
		}
		o.kinds = append(o.kinds, k)
	}
	return true
}

// traditional reads the operands of --traditional.
func (o *octal) traditional() string {
	args := o.inputs
	switch n := len(args); {
	case n == 0:
	case n > 3:
		return "too many arguments"
	case n == 3:
		at, ok := oldOffset(args[1])
		label, ok2 := oldOffset(args[2])
		if !ok || !ok2 {
			return "the last two arguments must be offsets"
		}
		o.at, o.label, o.hasLabel, o.inputs = at, label-at, true, args[:1]
	case n == 2:
		at, ok := oldOffset(args[1])
		if !ok {
			return "invalid second argument '" + args[1] + "'"
		}
		if first, both := oldOffset(args[0]); both {
			o.at, o.label, o.hasLabel, o.inputs = first, at-first, true, nil
			return ""
		}
		o.at, o.inputs = at, args[:1]
	default:
		if at, ok := oldOffset(args[0]); ok {
			o.at, o.inputs = at, nil
		}
	}
	return ""
}

// next opens the next file that can be opened.
func (o *octal) next() bool {
	for len(o.inputs) > 0 {
		name := o.inputs[0]
		o.inputs = o.inputs[1:]
		if o.in = o.c.Open(name); o.in != nil {
			return true
		}
		o.status = 1
	}
	return false
}

// fill reads bytes from one file after the other.
func (o *octal) fill(p []byte) (n int) {
	if o.left >= 0 {
		p = p[:min(int64(len(p)), o.left)]
	}
	for n < len(p) {
		k, err := o.in.Read(p[n:])
		n += k
		if err != nil {
			if e := o.in.Err(); e != nil {
				o.status = o.c.Warn("read error", e)
			}
			o.in.Close()
			if !o.next() {
				break
			}
		}
	}
	if o.left >= 0 {
		o.left -= int64(n)
	}
	return n
}

func (o *octal) skip() bool {
	left := o.left
	o.left = -1
	buf := make([]byte, 32<<10)
	for n := o.at; n > 0; {
		k := o.fill(buf[:min(n, int64(len(buf)))])
		if k == 0 {
			o.at -= n
			return false
		}
		n -= int64(k)
	}
	o.left = left
	return true
}

func (o *octal) address(end string) {
	if o.radix == 'n' && !o.hasLabel {
		o.c.Out.Print(end)
		return
	}
	text := o.number(o.at)
	if o.hasLabel {
		if o.radix == 'n' {
			text = ""
		} else {
			text += " "
		}
		text += "(" + o.number(o.at+o.label) + ")"
	}
	o.c.Out.Print(text, end)
}

func (o *octal) number(n int64) string {
	base, width := 8, 7
	switch o.radix {
	case 'd':
		base = 10
	case 'x':
		base, width = 16, 6
	}
	text := strconv.FormatInt(n, base)
	return strings.Repeat("0", max(width-len(text), 0)) + text
}

// dump prints all lines.
func (o *octal) dump() {
	unit := 1
	for _, k := range o.kinds {
		unit = max(unit, k.size)
	}
	line, before := make([]byte, o.width), make([]byte, o.width)
	first, star := true, false
	for o.c.Out.Err() == nil {
		n := o.fill(line)
		if n == 0 {
			break
		}
		if n == o.width && !first && !o.all && string(line) == string(before) {
			if !star {
				o.c.Out.Print("*\n")
			}
			star = true
		} else {
			clear(line[n:])
			o.line(line[:(n+unit-1)/unit*unit])
			star = false
		}
		first = false
		o.at += int64(n)
		line, before = before, line
		if n < o.width {
			break
		}
	}
	if o.radix != 'n' || o.hasLabel {
		o.address("\n")
	}
}

// line prints a line in each type.
func (o *octal) line(p []byte) {
	for i, k := range o.kinds {
		if i == 0 {
			o.address("")
		} else if o.radix != 'n' {
			o.c.Out.Print(pad.Spaces(len(o.number(0))))
		}
		for at := 0; at+k.size <= len(p); at += k.size {
			o.c.Out.Print(k.text(p[at : at+k.size]))
		}
		o.c.Out.Print("\n")
	}
}

// strings prints strings that end with a zero byte.
func (o *octal) strings(least int) {
	var text []byte
	start := o.at
	buf := make([]byte, 4096)
	for o.c.Out.Err() == nil {
		n := o.fill(buf)
		if n == 0 {
			return
		}
		for _, b := range buf[:n] {
			o.at++
			if b >= ' ' && b < 127 || b >= '\a' && b <= '\r' {
				text = append(text, b)
				continue
			}
			if b == 0 && len(text) >= least {
				at := o.at
				o.at = start
				if o.radix != 'n' {
					o.address(" ")
				}
				o.at = at
				for _, b := range text {
					if b < ' ' {
						o.c.Out.Print(character(b))
					} else {
						o.c.Out.WriteByte(b)
					}
				}
				o.c.Out.Print("\n")
			}
			text, start = text[:0], o.at
		}
	}
}
