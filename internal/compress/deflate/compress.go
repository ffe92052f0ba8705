package deflate

import (
	"math/bits"

	"bantam/internal/compress/inflate"
)

// blockTokens is how many literals and matches a block has at most.
const blockTokens = 24 << 10

// A token is a literal, or a match: the length above bit 16 and the distance less one.
type token uint32

// encoder compresses pieces. It is some 700 KB, so that a pool of them is kept.
type encoder struct {
	matcher
	writer
	tokens    []token
	start     int // of the block, in data
	least     int // a match has at least
	literals  [286]uint32
	distances [30]uint32
	codes     codes
}

// piece compresses data[from:end], with what is before as the dictionary, and appends
// it to out. It ends at a byte's end: the last piece with the last block, the others with
// an empty stored one.
func (e *encoder) piece(data []byte, from, end int, level int, last bool, out []byte) []byte {
	e.reset(data, end)
	e.writer = writer{out: out}
	if e.tokens == nil {
		e.tokens = make([]token, 0, blockTokens+2)
	}
	e.enter(from)
	e.start = from
	var seen [256]uint32
	for _, c := range data[from:min(end, from+4096)] {
		seen[c]++
	}
	e.least = leastFor(seen[:], 1)
	effort := &efforts[level]
	if effort.lazy == 0 {
		e.greedy(from, effort)
	} else {
		e.lazily(from, effort)
	}
	if e.start < end || last {
		e.block(end, last)
	}
	if !last {
		e.stored(nil, false)
	}
	e.align()
	return e.out
}

func (e *encoder) literal(i int) {
	c := e.data[i]
	e.literals[c]++
	e.tokens = append(e.tokens, token(c))
}

func (e *encoder) match(length, distance int) {
	e.literals[257+int(lengthCode[length-3])]++
	e.distances[distanceCode(distance)]++
	e.tokens = append(e.tokens, token(length<<16|(distance-1)))
}

// leastFor is the length from which on a match is shorter than its literals: few
// different literals have short codes. Those that occur less often than limit count
// for nothing.
func leastFor(counts []uint32, limit uint32) int {
	used := 0
	for _, n := range counts {
		if n >= limit {
			used++
		}
	}
	switch {
	case used < 6:
		return 9
	case used < 10:
		return 7
	case used < 16:
		return 6
	case used < 46:
		return 5
	case used < 80:
		return 4
	}
	return leastLen
}

// greedy takes every match that it finds.
func (e *encoder) greedy(i int, effort *effort) {
	depth, nice := int(effort.depth), int(effort.nice)
	for i < e.end {
		if length, distance := e.find(i, e.least-1, depth, nice); length > 0 {
			e.match(length, distance)
			i += length
			e.enter(min(i, e.end))
		} else {
			e.literal(i)
			i++
		}
		e.full(i)
	}
}

// lazily takes a match only if there isn't a longer one at the next byte.
func (e *encoder) lazily(i int, effort *effort) {
	depth, nice, lazy := int(effort.depth), int(effort.nice), int(effort.lazy)
	for i < e.end {
		length, distance := e.find(i, e.least-1, depth, nice)
		if length == 0 {
			e.literal(i)
			i++
			e.full(i)
			continue
		}
		for length < lazy && i+1 < e.end {
			effort := depth
			if length >= 8 {
				effort = depth/4 + 1
			} else if length >= 4 {
				effort = depth/2 + 1
			}
			longer, farther := e.find(i+1, length-1, effort, nice)
			if longer == 0 || !better(longer, farther, length, distance) {
				break
			}
			e.literal(i)
			i++
			length, distance = longer, farther
		}
		e.match(length, distance)
		i += length
		e.enter(min(i, e.end))
		e.full(i)
	}
}

// better says whether the match a byte later is worth the literal before it: a byte
// is about 4 times what a bit of the distance is.
func better(longer, farther, length, distance int) bool {
	return 4*(longer-length)+bits.Len(uint(distance))-bits.Len(uint(farther)) > 2
}

// full ends the block if it has all its tokens.
func (e *encoder) full(i int) {
	if len(e.tokens) >= blockTokens {
		e.block(i, false)
	}
}

// block writes the tokens as a block: in codes of its own, the fixed ones or stored,
// whatever is shortest. It covers data[e.start:end].
func (e *encoder) block(end int, last bool) {
	e.literals[256]++
	own := e.codes.own(&e.literals, &e.distances)
	fixed := fixedSize(&e.literals, &e.distances)
	stored := (end-e.start)*8 + 35 + (end-e.start)/65535*40
	switch {
	case stored < own && stored < fixed:
		e.storedAll(e.data[e.start:end], last)
	case fixed <= own:
		e.codes.fixed()
		e.bits(uint64(flag(last)|1<<1), 3)
		e.symbols()
	default:
		e.bits(uint64(flag(last)|2<<1), 3)
		e.codes.write(&e.writer)
		e.symbols()
	}
	e.least = leastFor(e.literals[:256], max(uint32(end-e.start)>>11, 1))
	e.tokens = e.tokens[:0]
	e.start = end
	clear(e.literals[:])
	clear(e.distances[:])
}

func flag(b bool) uint32 {
	if b {
		return 1
	}
	return 0
}

func (e *encoder) storedAll(p []byte, last bool) {
	for {
		n := min(len(p), 65535)
		e.stored(p[:n], last && n == len(p))
		if p = p[n:]; len(p) == 0 {
			return
		}
	}
}

// symbols writes the tokens and the end of the block.
func (e *encoder) symbols() {
	c := &e.codes
	// One entry for a length: its code and the extra bits.
	var lengths [mostLen + 1]uint32
	for length := leastLen; length <= mostLen; length++ {
		symbol := int(lengthCode[length-3])
		code := c.literals[257+symbol]
		extra := uint32(length - int(inflate.LengthBase[symbol]))
		lengths[length] = code + extra<<(8+code&0xff) + uint32(inflate.LengthExtra(symbol))
	}
	for _, t := range e.tokens {
		if t < 1<<16 {
			code := c.literals[t]
			e.bits(uint64(code>>8), uint(code&0xff))
			continue
		}
		distance := int(t&0xffff) + 1
		code, symbol := lengths[t>>16], distanceCode(distance)
		base, extra := inflate.DistanceOf(symbol)
		far := c.distances[symbol]
		v, n := uint64(code>>8), uint(code&0xff)
		v |= uint64(far>>8) << n
		n += uint(far & 0xff)
		v |= uint64(distance-base) << n
		e.bits(v, n+extra)
	}
	code := c.literals[256]
	e.bits(uint64(code>>8), uint(code&0xff))
}

// lengthCode is the code of a length less 3.
const lengthCode = "\x00\x01\x02\x03\x04\x05\x06\x07\x08\x08\x09\x09\x0a\x0a\x0b\x0b" +
	"\x0c\x0c\x0c\x0c\x0d\x0d\x0d\x0d\x0e\x0e\x0e\x0e\x0f\x0f\x0f\x0f" +
	"\x10\x10\x10\x10\x10\x10\x10\x10\x11\x11\x11\x11\x11\x11\x11\x11" +
	"\x12\x12\x12\x12\x12\x12\x12\x12\x13\x13\x13\x13\x13\x13\x13\x13" +
	"\x14\x14\x14\x14\x14\x14\x14\x14\x14\x14\x14\x14\x14\x14\x14\x14" +
	"\x15\x15\x15\x15\x15\x15\x15\x15\x15\x15\x15\x15\x15\x15\x15\x15" +
	"\x16\x16\x16\x16\x16\x16\x16\x16\x16\x16\x16\x16\x16\x16\x16\x16" +
	"\x17\x17\x17\x17\x17\x17\x17\x17\x17\x17\x17\x17\x17\x17\x17\x17" +
	"\x18\x18\x18\x18\x18\x18\x18\x18\x18\x18\x18\x18\x18\x18\x18\x18" +
	"\x18\x18\x18\x18\x18\x18\x18\x18\x18\x18\x18\x18\x18\x18\x18\x18" +
	"\x19\x19\x19\x19\x19\x19\x19\x19\x19\x19\x19\x19\x19\x19\x19\x19" +
	"\x19\x19\x19\x19\x19\x19\x19\x19\x19\x19\x19\x19\x19\x19\x19\x19" +
	"\x1a\x1a\x1a\x1a\x1a\x1a\x1a\x1a\x1a\x1a\x1a\x1a\x1a\x1a\x1a\x1a" +
	"\x1a\x1a\x1a\x1a\x1a\x1a\x1a\x1a\x1a\x1a\x1a\x1a\x1a\x1a\x1a\x1a" +
	"\x1b\x1b\x1b\x1b\x1b\x1b\x1b\x1b\x1b\x1b\x1b\x1b\x1b\x1b\x1b\x1b" +
	"\x1b\x1b\x1b\x1b\x1b\x1b\x1b\x1b\x1b\x1b\x1b\x1b\x1b\x1b\x1b\x1c"

// distanceCode is the code of a distance: two for each power of two.
func distanceCode(distance int) int {
	d := uint(distance - 1)
	if d < 2 {
		return int(d)
	}
	n := uint(bits.Len(d)) - 1
	return int(2*n + d>>(n-1)&1)
}
