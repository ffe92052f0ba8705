package bzip2

import (
	"hash/crc32"
	"io"
	"math/bits"

	"bantam/internal/userland/applet"
)

// reader reads bits, the first one highest. An error sticks; bits are zeros then.
type reader struct {
	in  *applet.In
	acc uint64 // the next bits, from the top
	n   uint
	err error

	ended bool // the input, though its buffer may have bytes yet
}

// fill makes the accumulator have more than 56 bits, or all that are left.
func (r *reader) fill() {
	for r.n <= 56 {
		if len(r.in.Buffered()) == 0 {
			if r.ended {
				return
			}
			r.more()
			continue
		}
		p := r.in.Buffered()
		if len(p) >= 8 {
			v := uint64(p[0])<<56 | uint64(p[1])<<48 | uint64(p[2])<<40 | uint64(p[3])<<32 |
				uint64(p[4])<<24 | uint64(p[5])<<16 | uint64(p[6])<<8 | uint64(p[7])
			r.acc |= v >> r.n
			k := (64 - r.n) / 8
			r.in.Discard(int(k))
			r.n += 8 * k
			// What came in beyond n isn't there yet.
			r.acc &= ^uint64(0) << (64 - r.n)
			return
		}
		r.acc |= uint64(p[0]) << (56 - r.n)
		r.in.Discard(1)
		r.n += 8
	}
}

// more fills the input's buffer, which must have the bytes for align to give back. The
// end is no error before bits are missing.
func (r *reader) more() {
	k := r.n / 8
	r.in.Discard(-int(k))
	r.n -= 8 * k
	r.acc &= ^(^uint64(0) >> r.n)
	if err := r.in.Fill(); err != nil {
		r.ended = true
		if err != io.EOF {
			r.err = err
		}
	}
}

// take returns the next n bits, at most 32.
func (r *reader) take(n uint) uint64 {
	if r.n < n {
		if r.fill(); r.n < n {
			r.short()
			return 0
		}
	}
	v := r.acc >> (64 - n)
	r.acc <<= n
	r.n -= n
	return v
}

func (r *reader) short() {
	if r.err == nil {
		r.err = errShort
	}
	r.acc, r.n = 0, 0
}

// align drops the bits up to the next byte and gives whole bytes back to the input.
func (r *reader) align() {
	r.in.Discard(-int(r.n / 8))
	r.acc, r.n = 0, 0
}

const (
	mostLength = 20
	indexBits  = 10
)

// table decodes a code: by the next 10 bits, or for longer codes by their lengths.
type table struct {
	short   [1 << indexBits]uint16 // symbol above bit 5, length below; 0 for longer ones
	limit   [mostLength + 2]uint32 // the first 20 bits that are beyond the codes of a length
	base    [mostLength + 2]int    // add the code for the place in symbols
	symbols [258]uint16
}

// read reads the lengths of a code.
func (t *table) read(r *reader, n int) error {
	var lengths [258]uint8
	length := int(r.take(5))
	for i := range n {
		for {
			if length < 1 || length > mostLength {
				return errData
			}
			if r.take(1) == 0 {
				break
			}
			length += 1 - 2*int(r.take(1))
		}
		lengths[i] = uint8(length)
	}
	if r.err != nil {
		return r.err
	}
	return t.build(lengths[:n])
}

func (t *table) build(lengths []uint8) error {
	clear(t.short[:])
	code, place := uint32(0), 0
	for l := uint(1); l <= mostLength; l++ {
		t.base[l] = place - int(code)
		for symbol, length := range lengths {
			if uint(length) != l {
				continue
			}
			if code >= 1<<l {
				return errData
			}
			t.symbols[place] = uint16(symbol)
			if l <= indexBits {
				first := code << (indexBits - l)
				for i := range uint32(1) << (indexBits - l) {
					t.short[first+i] = uint16(symbol<<5) | uint16(l)
				}
			}
			place++
			code++
		}
		t.limit[l] = code << (mostLength - l)
		code <<= 1
	}
	return nil
}

// symbol returns the next symbol, one beyond all others if there is none.
func (t *table) symbol(r *reader) int {
	if r.n < mostLength {
		r.fill()
	}
	if e := t.short[r.acc>>(64-indexBits)]; e != 0 && uint(e&31) <= r.n {
		r.acc <<= e & 31
		r.n -= uint(e & 31)
		return int(e >> 5)
	}
	const none = 1 << 10
	bits := uint32(r.acc >> (64 - mostLength))
	for l := uint(1); l <= mostLength; l++ {
		if bits >= t.limit[l] {
			continue
		}
		if l > r.n {
			r.short()
			return none
		}
		r.acc <<= l
		r.n -= l
		return int(t.symbols[t.base[l]+int(bits>>(mostLength-l))])
	}
	if r.n < mostLength {
		r.short()
	}
	return none
}

// checksum is bzip2's CRC, whose bits are in the other order: the usual one, of
// bytes that are turned round.
type checksum struct {
	crc uint32
	buf [4096]byte
}

func (c *checksum) update(p []byte) {
	for len(p) > 0 {
		n := min(len(p), len(c.buf))
		for i, b := range p[:n] {
			c.buf[i] = bits.Reverse8(b)
		}
		c.crc = crc32.Update(c.crc, crc32.IEEETable, c.buf[:n])
		p = p[n:]
	}
}

func (c *checksum) sum() uint32 { return bits.Reverse32(c.crc) }

// expander undoes the first step of compression: after four equal bytes comes how many
// more there are.
type expander struct {
	checksum
	current *block
	rest    []byte // of the block's data
	last    int    // byte
	equal   int    // how often it came
	repeat  int    // how often it comes yet
	out     []byte
}

func (e *expander) begin(b *block) {
	e.current, e.rest = b, b.data
	e.last, e.equal, e.repeat, e.crc = -1, 0, 0, 0
	if e.out == nil {
		e.out = make([]byte, 64<<10)
	}
}

// expand returns the next bytes of the block, none at its end.
func (e *expander) expand() []byte {
	out, n := e.out, 0
	for n < len(out) {
		if e.repeat > 0 {
			out[n] = byte(e.last)
			n++
			e.repeat--
			continue
		}
		if len(e.rest) == 0 {
			break
		}
		c := int(e.rest[0])
		e.rest = e.rest[1:]
		if e.equal == 4 {
			e.repeat, e.equal = c, 0
			continue
		}
		if c == e.last {
			e.equal++
		} else {
			e.last, e.equal = c, 1
		}
		out[n] = byte(c)
		n++
	}
	e.update(out[:n])
	return out[:n]
}
