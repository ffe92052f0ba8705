package diff

import (
	"bytes"
	"math/bits"
)

// side is one of the files: the lines around what differs.
type side struct {
	text    []byte
	ends    []int // of the lines
	start   int   // of the first line
	before  int   // lines before that
	class   []int32
	changed []bool
}

func (s *side) line(i int) []byte {
	start := s.start
	if i > 0 {
		start = s.ends[i-1]
	}
	return s.text[start:s.ends[i]]
}

// compare finds the differences and prints them. It is false if there are none that
// count.
func (d *differ) compare(texts [2][]byte, names [2]string) bool {
	a, b := side{text: texts[0]}, side{text: texts[1]}
	d.window(&a, &b)
	d.classify(&a, &b)
	d.match(&a, &b)
	a.settle()
	b.settle()
	return d.print(&a, &b, names)
}

// window cuts off what both texts begin and end with, but for the context, and
// finds the lines in between.
func (d *differ) window(a, b *side) {
	x, y := a.text, b.text
	prefix := commonPrefix(x, y)
	prefix = bytes.LastIndexByte(x[:prefix], '\n') + 1
	suffix := commonSuffix(x[prefix:], y[prefix:])
	// The suffix begins with a whole line in both.
	if at := len(x) - suffix; !(atLine(x, at) && atLine(y, len(y)-suffix)) {
		n := bytes.IndexByte(x[at:], '\n') + 1
		if n == 0 {
			n = suffix
		}
		suffix -= n
	}
	start := prefix
	for n := 0; n < d.context && start > 0; n++ {
		start = bytes.LastIndexByte(x[:start-1], '\n') + 1
	}
	before := bytes.Count(x[:start], newline)
	for n := 0; n <= d.context && suffix > 0; n++ {
		k := bytes.IndexByte(x[len(x)-suffix:], '\n') + 1
		if k == 0 {
			k = suffix
		}
		suffix -= k
	}
	for _, s := range [...]*side{a, b} {
		s.start, s.before = start, before
		end := len(s.text) - suffix
		s.ends = make([]int, 0, bytes.Count(s.text[start:end], newline)+1)
		for at := start; at < end; {
			n := bytes.IndexByte(s.text[at:end], '\n')
			if n < 0 {
				n = end - at - 1
			}
			at += n + 1
			s.ends = append(s.ends, at)
		}
		s.class = make([]int32, len(s.ends))
		s.changed = make([]bool, len(s.ends))
	}
}

var newline = []byte{'\n'}

func atLine(text []byte, at int) bool { return at == 0 || text[at-1] == '\n' }

const block = 4096

func commonPrefix(x, y []byte) int {
	most := min(len(x), len(y))
	n := 0
	for n+block <= most && bytes.Equal(x[n:n+block], y[n:n+block]) {
		n += block
	}
	for n < most && x[n] == y[n] {
		n++
	}
	return n
}

func commonSuffix(x, y []byte) int {
	most := min(len(x), len(y))
	n := 0
	for n+block <= most && bytes.Equal(x[len(x)-n-block:len(x)-n], y[len(y)-n-block:len(y)-n]) {
		n += block
	}
	for n < most && x[len(x)-n-1] == y[len(y)-n-1] {
		n++
	}
	return n
}

// classes numbers lines so that equal ones have the same number.
type classes struct {
	d     *differ
	table []int32 // number + 1
	first []int32 // line of each number: of a, or ^line of b
	hash  []uint32
	sides [2]*side
	p, q  []byte // normalized lines
}

// classify gives all lines their classes.
func (d *differ) classify(a, b *side) {
	size := 1 << bits.Len(uint(2*(len(a.ends)+len(b.ends))))
	k := classes{d: d, table: make([]int32, size), sides: [2]*side{a, b}}
	for i := range a.ends {
		a.class[i] = k.number(a, i, int32(i))
	}
	for i := range b.ends {
		b.class[i] = k.number(b, i, ^int32(i))
	}
}

func (k *classes) number(s *side, i int, place int32) int32 {
	line := k.d.normal(&k.p, s.line(i))
	h := hash(line)
	mask := uint64(len(k.table) - 1)
	for at := h & mask; ; at = (at + 1) & mask {
		n := k.table[at]
		if n == 0 {
			k.first = append(k.first, place)
			k.hash = append(k.hash, uint32(h>>32))
			k.table[at] = int32(len(k.first))
			return int32(len(k.first) - 1)
		}
		if k.hash[n-1] != uint32(h>>32) {
			continue
		}
		other, first := k.sides[0], int(k.first[n-1])
		if first < 0 {
			other, first = k.sides[1], ^first
		}
		if bytes.Equal(line, k.d.normal(&k.q, other.line(first))) {
			return n - 1
		}
	}
}

// hash mixes eight bytes at a time by multiplication, as wyhash does.
func hash(p []byte) uint64 {
	const a, b = 0xa0761d6478bd642f, 0xe7037ed1a0b428db
	h := uint64(len(p)) ^ a
	for len(p) >= 8 {
		v := uint64(p[0]) | uint64(p[1])<<8 | uint64(p[2])<<16 | uint64(p[3])<<24 |
			uint64(p[4])<<32 | uint64(p[5])<<40 | uint64(p[6])<<48 | uint64(p[7])<<56
		high, low := bits.Mul64(h^v, b)
		h = high ^ low
		p = p[8:]
	}
	var v uint64
	for i, c := range p {
		v |= uint64(c) << (8 * i)
	}
	high, low := bits.Mul64(h^v^a, b)
	return high ^ low
}

// normal returns what of a line is compared: it may be in buf. With -b and -w the end
// of the line is white space as well.
func (d *differ) normal(buf *[]byte, line []byte) []byte {
	if !d.fold && !d.amount && !d.space {
		return line
	}
	to := (*buf)[:0]
	blank := false
	for _, c := range line {
		if (d.amount || d.space) && (c == ' ' || c >= '\t' && c <= '\r') {
			blank = true
			continue
		}
		if blank && !d.space {
			to = append(to, ' ')
		}
		blank = false
		if d.fold && c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		to = append(to, c)
	}
	*buf = to
	return to
}
