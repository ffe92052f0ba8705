package lzo

import "math/bits"

// decompress decompresses a block that fills dst. It returns false if it is none.
func decompress(dst, src []byte) bool {
	d := decoder{dst: dst, src: src}
	if len(src) > 0 && src[0] > 17 {
		n := int(src[0]) - 17
		d.i = 1
		d.literals(n)
		d.state = min(n, 4)
	}
	for !d.bad && !d.end {
		d.instruction()
	}
	return !d.bad && d.i == len(src) && d.w == len(dst)
}

// decoder's state is how many literals came last: 4 for a run, which is at least that.
type decoder struct {
	dst, src []byte
	i, w     int
	state    int
	bad, end bool
}

func (d *decoder) next() int {
	if d.i >= len(d.src) {
		d.bad = true
		return 1 // ends every loop
	}
	b := d.src[d.i]
	d.i++
	return int(b)
}

// long is a length: n, or if that is 0 base and what follows, 255 for each zero.
func (d *decoder) long(n, base int) int {
	if n != 0 {
		return n
	}
	for {
		b := d.next()
		if b != 0 {
			return base + b
		}
		if base += 255; base > mostBlock {
			d.bad = true
			return 1
		}
	}
}

func (d *decoder) literals(n int) {
	if d.bad || n > len(d.src)-d.i || n > len(d.dst)-d.w {
		d.bad = true
		return
	}
	copy(d.dst[d.w:], d.src[d.i:d.i+n])
	d.w += n
	d.i += n
}

// instruction decodes a run of literals, or a match and the few literals behind it.
func (d *decoder) instruction() {
	t := d.next()
	var distance, length int
	switch {
	case t >= 64:
		distance, length = t>>2&7+d.next()<<3+1, t>>5+1
		d.state = t & 3
	case t >= 32:
		length = d.long(t&31, 31) + 2
		v := d.next() | d.next()<<8
		distance, d.state = v>>2+1, v&3
	case t >= 16:
		length = d.long(t&7, 7) + 2
		v := d.next() | d.next()<<8
		distance, d.state = t&8<<11+v>>2, v&3
		if distance == 0 {
			d.end = true
			return
		}
		distance += 0x4000
	case d.state == 0:
		d.literals(d.long(t, 15) + 3)
		d.state = 4
		return
	case d.state == 4:
		distance, length = t>>2+d.next()<<2+0x801, 3
		d.state = t & 3
	default:
		distance, length = t>>2+d.next()<<2+1, 2
		d.state = t & 3
	}
	if d.bad || distance > d.w || length > len(d.dst)-d.w {
		d.bad = true
		return
	}
	for range length {
		d.dst[d.w] = d.dst[d.w-distance]
		d.w++
	}
	d.literals(d.state)
}

const (
	hashBits = 14
	farthest = 0xbfff
)

// compressor finds matches by the last place of each 4 bytes.
type compressor struct {
	places [1 << hashBits]int32 // plus one
	out    []byte
	last   int // where the two bits for literals behind the last match are; -1 for none
}

func load32(p []byte) uint32 {
	return uint32(p[0]) | uint32(p[1])<<8 | uint32(p[2])<<16 | uint32(p[3])<<24
}

// compress returns the compressed block, valid until the next call.
func (c *compressor) compress(p []byte) []byte {
	clear(c.places[:])
	c.out, c.last = c.out[:0], -1
	start, missed := 0, 0
	for i := 0; i+8 <= len(p); {
		v := load32(p[i:])
		h := v * 0x9e3779b1 >> (32 - hashBits)
		at := int(c.places[h]) - 1
		c.places[h] = int32(i + 1)
		if at < 0 || i-at > farthest || load32(p[at:]) != v {
			// Content without matches is gone through faster and faster.
			missed++
			i += 1 + missed>>5
			continue
		}
		missed = 0
		n := same(p, at, i)
		c.literals(p[start:i])
		c.match(i-at, n)
		i += n
		start = i
	}
	c.literals(p[start:])
	c.out = append(c.out, 17, 0, 0)
	return c.out
}

// same is how many bytes are the same from a and b on.
func same(p []byte, a, b int) int {
	n := 4
	for ; b+n+4 <= len(p); n += 4 {
		if x := load32(p[a+n:]) ^ load32(p[b+n:]); x != 0 {
			return n + bits.TrailingZeros32(x)/8
		}
	}
	for b+n < len(p) && p[a+n] == p[b+n] {
		n++
	}
	return n
}

func (c *compressor) literals(p []byte) {
	n := len(p)
	switch {
	case n == 0:
		return
	case c.last < 0 && n <= 238:
		c.out = append(c.out, byte(17+n))
	case c.last >= 0 && n <= 3:
		c.out[c.last] |= byte(n)
	default:
		c.long(0, n-3, 15)
	}
	c.out = append(c.out, p...)
}

// long writes a length that has room up to most beside the instruction.
func (c *compressor) long(instruction byte, n, most int) {
	if n <= most {
		c.out = append(c.out, instruction|byte(n))
		return
	}
	c.out = append(c.out, instruction)
	for n -= most; n > 255; n -= 255 {
		c.out = append(c.out, 0)
	}
	c.out = append(c.out, byte(n))
}

func (c *compressor) match(distance, n int) {
	switch {
	case n <= 8 && distance <= 0x800:
		distance--
		c.last = len(c.out)
		c.out = append(c.out, byte((n-1)<<5|distance&7<<2), byte(distance>>3))
		return
	case distance <= 0x4000:
		distance--
		c.long(32, n-2, 31)
	default:
		distance -= 0x4000
		c.long(16|byte(distance>>11&8), n-2, 7)
	}
	c.last = len(c.out)
	c.out = append(c.out, byte(distance<<2), byte(distance&0x3fff>>6))
}
