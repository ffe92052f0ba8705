package sort

import (
	"bytes"
	"math"
	"strconv"
	"strings"
)

// prefix puts the beginning of a key into an integer that compares as the keys do,
// as far as it reaches: what is equal here may differ further on, except for the
// kinds g, h and M and for numbers where neither has the bit inexact.
func (k *key) prefix(text []byte) uint64 {
	var p uint64
	switch {
	case k.kind == 'n':
		p = numberPrefix(text)
		if k.how.reverse {
			return ^p ^ inexact
		}
		return p
	case k.kind == 'V':
		return 0
	case k.kind == 'M':
		p = month(text)
	case k.kind != 0:
		p = floatPrefix(text, k.kind == 'h')
	case k.how.fold || k.how.dictionary || k.how.printable:
		for i, at := 0, 0; i < 8; i++ {
			var b int
			if b, at = k.how.next(text, at); b < 0 {
				p <<= 8 * (8 - i)
				break
			}
			p = p<<8 | uint64(b)
		}
	default:
		p = load(text)
	}
	if k.how.reverse {
		return ^p
	}
	return p
}

// load takes 8 bytes, the first of them the most significant.
func load(text []byte) (p uint64) {
	if len(text) >= 8 {
		_ = text[7]
		return uint64(text[0])<<56 | uint64(text[1])<<48 | uint64(text[2])<<40 | uint64(text[3])<<32 |
			uint64(text[4])<<24 | uint64(text[5])<<16 | uint64(text[6])<<8 | uint64(text[7])
	}
	for i, b := range text {
		p |= uint64(b) << (56 - 8*i)
	}
	return p
}

// decimal is a number cut into its parts.
type decimal struct {
	negative bool
	whole    []byte // without leading zeros
	fraction []byte // without trailing zeros
}

func parseDecimal(text []byte) (d decimal) {
	text = text[skipBlanks(text, 0):]
	if len(text) > 0 && (text[0] == '-' || text[0] == '+') {
		d.negative, text = text[0] == '-', text[1:]
	}
	n := 0
	for n < len(text) && text[n] == '0' {
		n++
	}
	text = text[n:]
	n = countDigits(text)
	d.whole, text = text[:n], text[n:]
	if len(text) > 0 && text[0] == '.' {
		text = text[1:]
		d.fraction = bytes.TrimRight(text[:countDigits(text)], "0")
	}
	if len(d.whole) == 0 && len(d.fraction) == 0 {
		d.negative = false
	}
	return d
}

func countDigits(text []byte) (n int) {
	for n < len(text) && text[n]-'0' <= 9 {
		n++
	}
	return n
}

// compareNumbers compares numbers of any length.
func compareNumbers(a, b []byte) int {
	x, y := parseDecimal(a), parseDecimal(b)
	if x.negative != y.negative {
		if x.negative {
			return -1
		}
		return 1
	}
	r := len(x.whole) - len(y.whole)
	if r == 0 {
		r = bytes.Compare(x.whole, y.whole)
	}
	if r == 0 {
		r = bytes.Compare(x.fraction, y.fraction)
	}
	if x.negative {
		return -r
	}
	return r
}

// inexact marks the prefix of a number that has more digits than fit.
const inexact = 1

// numberPrefix packs sign, length and the first 12 digits.
func numberPrefix(text []byte) uint64 {
	d := parseDecimal(text)
	p := uint64(min(len(d.whole), 1023)) << 53
	shift := 49
	for _, digits := range [2][]byte{d.whole, d.fraction} {
		for _, b := range digits {
			if shift < 5 {
				break
			}
			p |= uint64(b-'0') << shift
			shift -= 4
		}
	}
	var more uint64
	if len(d.whole)+len(d.fraction) > 12 {
		more = inexact
	}
	if d.negative {
		return (^p&^(1<<63))&^0x1F | more
	}
	return p | 1<<63 | more
}

// floatPrefix reads a number of -g or -h. What isn't one comes first, then NaN.
func floatPrefix(text []byte, human bool) uint64 {
	text = text[skipBlanks(text, 0):]
	n := floatLength(text, !human)
	f, err := strconv.ParseFloat(string(text[:n]), 64)
	switch {
	case n == 0 || err != nil && !math.IsInf(f, 0):
		if !human {
			return 0
		}
		f = 0
	case f != f:
		return 1
	}
	bits := math.Float64bits(math.Abs(f))
	if human {
		// The unit comes before the number: 3000 before 2K.
		bits >>= 4
		if n < len(text) && f != 0 {
			unit := strings.IndexByte(" KMGTPEZY", text[n])
			if text[n] == 'k' {
				unit = 1
			}
			bits |= uint64(max(unit, 0)) << 59
		}
	}
	if f < 0 {
		return ^bits &^ (1 << 63)
	}
	return bits | 1<<63
}

// floatLength is how much of text strtod(3) takes. Without exponent it leaves
// letters alone, which are units.
func floatLength(text []byte, exponent bool) int {
	n := 0
	if n < len(text) && (text[n] == '-' || text[n] == '+') {
		n++
	}
	if exponent && len(text) >= n+3 {
		switch word := strings.ToLower(string(text[n : n+3])); word {
		case "inf", "nan":
			return n + 3
		}
	}
	whole := countDigits(text[n:])
	n += whole
	fraction := 0
	if n < len(text) && text[n] == '.' {
		fraction = countDigits(text[n+1:])
		n += 1 + fraction
	}
	if whole+fraction == 0 {
		return 0
	}
	if exponent && n+1 < len(text) && text[n]|0x20 == 'e' {
		e := n + 1
		if text[e] == '-' || text[e] == '+' {
			e++
		}
		if k := countDigits(text[e:]); k > 0 {
			n = e + k
		}
	}
	return n
}

// month numbers the months' names from 1; everything else is 0.
func month(text []byte) uint64 {
	text = text[skipBlanks(text, 0):]
	if len(text) < 3 {
		return 0
	}
	i := strings.Index("janfebmaraprmayjunjulaugsepoctnovdec", strings.ToLower(string(text[:3])))
	if i < 0 || i%3 != 0 {
		return 0
	}
	return uint64(i/3) + 1
}

// compareVersions is strverscmp(3): runs of digits count as numbers, and as
// fractions if they begin with a zero.
func compareVersions(a, b []byte) int {
	same := 0
	for same < len(a) && same < len(b) && a[same] == b[same] {
		same++
	}
	if same == len(a) && same == len(b) {
		return 0
	}
	run, zeros := same, true // the digits before the difference
	for run > 0 && a[run-1]-'0' <= 9 {
		run--
		zeros = zeros && a[run] == '0'
	}
	x, y := at(a, same), at(b, same)
	switch {
	case at(a, run)-'1' < 9 && at(b, run)-'1' < 9:
		// Numbers without leading zeros: the longer one is larger.
		if r := countDigits(a[same:]) - countDigits(b[same:]); r != 0 {
			return r
		}
	case zeros && run < same && (x-'0' <= 9 || y-'0' <= 9):
		return int(x-'0') - int(y-'0')
	}
	return int(x) - int(y)
}

// at is a byte of text, 0 behind its end.
func at(text []byte, i int) byte {
	if i < len(text) {
		return text[i]
	}
	return 0
}
