// Package lzma decompresses LZMA: files of the old format (.lzma) and xz files.
package lzma

import (
	"errors"

	"bantam/internal/compress/inflate"
)

// Errors in BusyBox's words.
var (
	ErrCorrupt = errors.New("corrupted data")
	ErrHeader  = errors.New("bad lzma header")
	errShort   = errors.New("unexpected EOF")
)

// A range coder's probabilities have 11 bits, and adapt by a 32th.
const (
	probBits = 11
	probMove = 5
	probHalf = 1 << (probBits - 1)
	topValue = 1 << 24

	states       = 12
	mostPosBits  = 4
	leastMatch   = 2
	alignBits    = 4
	fullDistance = 1 << 7
)

// lengths are the probabilities of a match's length.
type lengths struct {
	choice, choice2 uint16
	low, mid        [1 << mostPosBits][8]uint16
	high            [256]uint16
}

// coder decodes LZMA symbols into a dictionary.
type coder struct {
	in    inflate.Source
	p     []byte // of the input, and where in it
	pos   int
	limit int // of the input: the rest of an LZMA2 chunk; -1 for none
	short bool

	code, bound uint32 // bound is the range

	lc, lp, pb uint
	state      uint32
	rep        [4]uint32

	literal    []uint16
	match      [states << mostPosBits]uint16
	isRep      [states]uint16
	isRep0     [states]uint16
	isRep1     [states]uint16
	isRep2     [states]uint16
	isRep0Long [states << mostPosBits]uint16
	slot       [4][64]uint16
	special    [fullDistance]uint16
	align      [1 << alignBits]uint16
	length     lengths
	repLength  lengths

	dictionary
	left uint32 // of the match that is being copied
	end  bool   // the marker for it was there
}

// dictionary is a ring of what was decompressed last.
type dictionary struct {
	buf  []byte
	at   int    // where the next byte goes
	full int    // how much of buf is filled
	size int    // that a match may reach back
	all  uint64 // bytes since the dictionary was new
}

// grow makes the ring, as it is needed, up to the size that the file wants: the
// memory for it must not depend on what a header says alone.
func (d *dictionary) grow(size int) {
	d.size = size
	if d.at == len(d.buf) && len(d.buf) < size {
		n := min(max(2*len(d.buf), 1<<16), size)
		d.buf = append(d.buf, make([]byte, n-len(d.buf))...)
	}
}

func (d *dictionary) reset() { d.at, d.full, d.all = 0, 0, 0 }

// room is how many bytes can be put until the ring's end. There is always some.
func (d *dictionary) room() int {
	if d.at == len(d.buf) {
		if len(d.buf) < d.size {
			d.grow(d.size)
		} else {
			d.at = 0
		}
	}
	return len(d.buf) - d.at
}

// put takes n bytes that were put at d.at.
func (d *dictionary) put(n int) {
	d.at += n
	d.full = max(d.full, d.at)
	d.all += uint64(n)
}

// setProbs makes all probabilities even.
func setProbs(p []uint16) {
	for i := range p {
		p[i] = probHalf
	}
}

func (l *lengths) reset() {
	l.choice, l.choice2 = probHalf, probHalf
	for i := range l.low {
		setProbs(l.low[i][:])
		setProbs(l.mid[i][:])
	}
	setProbs(l.high[:])
}

// properties sets lc, lp and pb from their byte.
func (c *coder) properties(b byte) bool {
	if b >= 9*5*5 {
		return false
	}
	c.lc, c.lp, c.pb = uint(b%9), uint(b/9%5), uint(b/45)
	return true
}

// reset makes the state and the probabilities new.
func (c *coder) reset() {
	if n := 0x300 << (c.lc + c.lp); cap(c.literal) < n {
		c.literal = make([]uint16, n)
	} else {
		c.literal = c.literal[:n]
	}
	setProbs(c.literal)
	for _, p := range [...][]uint16{c.match[:], c.isRep[:], c.isRep0[:], c.isRep1[:], c.isRep2[:], c.isRep0Long[:],
		c.slot[0][:], c.slot[1][:], c.slot[2][:], c.slot[3][:], c.special[:], c.align[:]} {
		setProbs(p)
	}
	c.length.reset()
	c.repLength.reset()
	c.state, c.rep, c.left, c.end = 0, [4]uint32{}, 0, false
}

// begin reads the range coder's first bytes.
func (c *coder) begin() error {
	var p [5]byte
	if err := c.read(p[:]); err != nil {
		return err
	}
	if p[0] != 0 {
		return ErrCorrupt
	}
	c.bound = 0xffffffff
	c.code = uint32(p[1])<<24 | uint32(p[2])<<16 | uint32(p[3])<<8 | uint32(p[4])
	return nil
}

// read fills p, also within a chunk.
func (c *coder) read(p []byte) error {
	if c.limit >= 0 {
		if c.limit < len(p) {
			return ErrCorrupt
		}
		c.limit -= len(p)
	}
	if err := inflate.ReadFull(c.in, p); err == inflate.ErrShort {
		return errShort
	} else {
		return err
	}
}

// next returns the next byte of the input. Behind the end they are zeros, and
// short is set.
func (c *coder) next() uint32 {
	if c.pos == len(c.p) && !c.more() {
		c.short = true
		return 0
	}
	b := c.p[c.pos]
	c.pos++
	return uint32(b)
}

// more gets the next bytes of the input.
func (c *coder) more() bool {
	c.giveBack()
	if c.limit == 0 {
		return false
	}
	if len(c.in.Buffered()) == 0 && c.in.Fill() != nil {
		return false
	}
	c.p = c.in.Buffered()
	if c.limit >= 0 && len(c.p) > c.limit {
		c.p = c.p[:c.limit]
	}
	return true
}

// giveBack takes from the input what was used.
func (c *coder) giveBack() {
	c.in.Discard(c.pos)
	if c.limit >= 0 {
		c.limit -= c.pos
	}
	c.p, c.pos = nil, 0
}

func (c *coder) normalize() {
	if c.bound < topValue {
		c.bound <<= 8
		c.code = c.code<<8 | c.next()
	}
}

// bit decodes a bit.
func (c *coder) bit(prob *uint16) uint32 {
	if c.bound < topValue {
		c.bound <<= 8
		c.code = c.code<<8 | c.next()
	}
	p := uint32(*prob)
	bound := (c.bound >> probBits) * p
	if c.code < bound {
		c.bound = bound
		*prob = uint16(p + (1<<probBits-p)>>probMove)
		return 0
	}
	c.bound -= bound
	c.code -= bound
	*prob = uint16(p - p>>probMove)
	return 1
}

// tree decodes bits, the highest first, with a probability for each that came before.
func (c *coder) tree(probs []uint16, bits int) uint32 {
	return c.branch(probs, 1, 1<<bits) - 1<<bits
}

// branch goes on in a tree from its node m until it is at limit or beyond. It is bit,
// with its state in registers.
func (c *coder) branch(probs []uint16, m, limit uint32) uint32 {
	bound, code := c.bound, c.code
	for m < limit {
		if bound < topValue {
			bound <<= 8
			code = code<<8 | c.next()
		}
		prob := &probs[m]
		p := uint32(*prob)
		if b := (bound >> probBits) * p; code < b {
			bound = b
			*prob = uint16(p + (1<<probBits-p)>>probMove)
			m <<= 1
		} else {
			bound -= b
			code -= b
			*prob = uint16(p - p>>probMove)
			m = m<<1 | 1
		}
	}
	c.bound, c.code = bound, code
	return m
}

// reverse decodes bits, the lowest first.
func (c *coder) reverse(probs []uint16, bits int) uint32 {
	m, v := uint32(1), uint32(0)
	for i := range bits {
		b := c.bit(&probs[m])
		m = m<<1 | b
		v |= b << i
	}
	return v
}
