package dump

import (
	"math"
	"strconv"
	"strings"

	"bantam/internal/userland/applet/pad"
)

// load reads a number in the order of this machine, which has the lowest byte first.
func load(p []byte) (v uint64) {
	for i, b := range p {
		v |= uint64(b) << (8 * i)
	}
	return v
}

// text is a value with the spaces before it.
func (k kind) text(p []byte) string {
	v := load(p)
	log := 0
	for 1<<log < k.size {
		log++
	}
	switch k.letter {
	case 'a':
		return pad.Left(ascii(byte(v)&127, true), 4)
	case 'c':
		return pad.Left(character(byte(v)), 4)
	case 'o':
		return " " + zeros(strconv.FormatUint(v, 8), [...]int{3, 6, 11, 22}[log])
	case 'x':
		return " " + zeros(strconv.FormatUint(v, 16), 2*k.size)
	case 'u':
		return pad.Left(strconv.FormatUint(v, 10), [...]int{3, 5, 10, 20}[log]+1)
	case 'd':
		shift := 64 - 8*k.size
		return pad.Left(strconv.FormatInt(int64(v<<shift)>>shift, 10), [...]int{4, 6, 11, 20}[log]+1)
	}
	if k.size == 4 {
		return pad.Left(strconv.FormatFloat(float64(math.Float32frombits(uint32(v))), 'e', 7, 64), 16)
	}
	return pad.Left(strconv.FormatFloat(math.Float64frombits(v), 'e', 16, 64), 25)
}

func zeros(s string, width int) string { return strings.Repeat("0", max(width-len(s), 0)) + s }

const asciiNames = "nulsohstxetxeotenqackbelbs ht lf vt ff cr so si dledc1dc2dc3dc4naksynetbcanem subescfs gs rs us sp del"

// ascii is a byte's name. newline is nl where od says that, lf where hexdump does.
func ascii(b byte, newline bool) string {
	i := -1
	switch {
	case b == '\n' && newline:
		return "nl"
	case b < ' ':
		i = int(b)
	case b == 127:
		i = 33
	case b == ' ' && newline:
		i = 32
	case b > 127:
		return strconv.FormatUint(uint64(b), 16)
	}
	if i < 0 {
		return string(rune(b))
	}
	return strings.TrimRight(asciiNames[3*i:3*i+3], " ")
}

// character is a byte as C writes it, or its octal value.
func character(b byte) string {
	if i := strings.IndexByte("\x00\a\b\f\n\r\t\v", b); i >= 0 {
		return `\` + "0abfnrtv"[i:i+1]
	}
	if b < ' ' || b >= 127 {
		return zeros(strconv.FormatUint(uint64(b), 8), 3)
	}
	return string(rune(b))
}

// oldOffset reads [+]OFFSET[.][b].
func oldOffset(s string) (int64, bool) {
	s = strings.TrimPrefix(s, "+")
	s, blocks := strings.CutSuffix(s, "b")
	base := 8
	if rest, ok := strings.CutSuffix(s, "."); ok {
		s, base = rest, 10
	} else if rest, ok := strings.CutPrefix(s, "0x"); ok {
		s, base = rest, 16
	}
	n, err := strconv.ParseUint(s, base, 53)
	if blocks {
		n *= 512
	}
	return int64(n), err == nil
}
