// Package bzip2 compresses and decompresses bzip2 files. Blocks are sorted and put
// back in order by goroutines while the next ones are read or collected; what comes out
// doesn't depend on the number of processors.
package bzip2

import (
	"errors"
	"io"

	"bantam/internal/parallel"
	"bantam/internal/userland/applet"
)

// Errors in BusyBox's words.
var (
	ErrMagic    = errors.New("invalid magic")
	errNotBzip  = errors.New("bunzip error -2")
	errShort    = errors.New("bunzip error -3")
	errData     = errors.New("bunzip error -5")
	errObsolete = errors.New("bunzip error -7")
	errCRC      = errors.New("CRC error")
)

const (
	blockMagic = 0x314159265359
	endMagic   = 0x177245385090
	blockUnit  = 100_000
	groupSize  = 50
	mostTables = 6
)

// block is one on its way from its symbols to its bytes.
type block struct {
	next   []uint32 // the bytes below, and above bit 8 where the following one is
	n      int
	origin int
	crc    uint32
	data   []byte
	done   chan bool
	end    bool // no block but the end of a stream with its crc
}

// Reader decompresses bzip2 streams, one after the other, and ignores what is behind
// them. Goroutines that are left behind when it isn't read to its end end by themselves.
type Reader struct {
	bits    reader
	level   int // 0 before a stream
	any     bool
	ended   bool
	tables  [mostTables]table
	running []*block
	idle    []*block
	failed  error // to be told when the blocks before are through

	expander
	total uint32
}

// NewReader decompresses the bzip2 file that in has next.
func NewReader(in *applet.In) *Reader { return &Reader{bits: reader{in: in}} }

// Chunk returns the next decompressed bytes, valid until the next call; nil at the end.
func (r *Reader) Chunk() ([]byte, error) {
	for {
		if r.current != nil {
			if p := r.expand(); len(p) > 0 {
				return p, nil
			}
			b := r.current
			r.current = nil
			r.idle = append(r.idle, b)
			if b.crc != r.sum() {
				return nil, errCRC
			}
			r.total = (r.total<<1 | r.total>>31) ^ b.crc
		}
		for !r.ended && r.failed == nil && len(r.running) <= parallel.Processors() {
			r.failed = r.ahead()
		}
		if len(r.running) == 0 {
			return nil, r.failed
		}
		b := r.running[0]
		r.running = r.running[:copy(r.running, r.running[1:])]
		if b.end {
			if b.crc != r.total {
				return nil, errCRC
			}
			r.total = 0
			continue
		}
		<-b.done
		r.begin(b)
	}
}

// ahead reads the next block, or a stream's beginning or end.
func (r *Reader) ahead() error {
	if r.level == 0 {
		return r.stream()
	}
	magic := r.bits.take(24)<<24 | r.bits.take(24)
	crc := uint32(r.bits.take(32))
	switch {
	case r.bits.err != nil:
		return r.bits.err
	case magic == endMagic:
		r.running = append(r.running, &block{end: true, crc: crc})
		r.level = 0
		r.bits.align()
		return nil
	case magic != blockMagic:
		return errNotBzip
	}
	b := r.take()
	b.crc = crc
	if err := r.block(b); err != nil {
		return err
	}
	r.running = append(r.running, b)
	go func() {
		b.restore()
		b.done <- true
	}()
	return nil
}

// take returns a block of the level's size.
func (r *Reader) take() *block {
	for n := len(r.idle); n > 0; n = len(r.idle) {
		b := r.idle[n-1]
		r.idle = r.idle[:n-1]
		if len(b.next) == r.level*blockUnit {
			return b
		}
	}
	return &block{next: make([]uint32, r.level*blockUnit), done: make(chan bool, 1)}
}

// stream reads the beginning of a stream.
func (r *Reader) stream() error {
	in := r.bits.in
	for len(in.Buffered()) < 4 {
		if err := in.Fill(); err == io.EOF {
			break
		} else if err != nil {
			return err
		}
	}
	p := in.Buffered()
	if len(p) < 2 || p[0] != 'B' || p[1] != 'Z' {
		r.ended = true
		if !r.any {
			return ErrMagic
		}
		return nil
	}
	if len(p) < 4 {
		return errShort
	}
	if p[2] != 'h' || p[3] < '1' || p[3] > '9' {
		return errNotBzip
	}
	r.level, r.any = int(p[3]-'0'), true
	in.Discard(4)
	return nil
}

// block reads a block's codes and symbols.
func (r *Reader) block(b *block) error {
	if r.bits.take(1) == 1 {
		return errObsolete
	}
	b.origin = int(r.bits.take(24))
	var order [256]byte
	used := 0
	groups := r.bits.take(16)
	for i := range 16 {
		if groups>>(15-i)&1 == 0 {
			continue
		}
		bits := r.bits.take(16)
		for j := range 16 {
			if bits>>(15-j)&1 == 1 {
				order[used] = byte(16*i + j)
				used++
			}
		}
	}
	tables, count := int(r.bits.take(3)), int(r.bits.take(15))
	if r.bits.err != nil {
		return r.bits.err
	}
	if used == 0 || tables < 2 || tables > mostTables || count == 0 {
		return errData
	}
	selectors, err := r.selectors(tables, count)
	if err != nil {
		return err
	}
	for i := range tables {
		if err := r.tables[i].read(&r.bits, used+2); err != nil {
			return err
		}
	}
	if err := r.symbols(b, selectors, &order, used); err != nil {
		return err
	}
	if b.origin >= b.n {
		return errData
	}
	return nil
}

// selectors reads which table each group of symbols is in.
func (r *Reader) selectors(tables, count int) ([]byte, error) {
	selectors := make([]byte, count)
	order := [mostTables]byte{0, 1, 2, 3, 4, 5}
	for i := range selectors {
		j := 0
		for ; r.bits.take(1) == 1; j++ {
			if j >= tables-1 {
				return nil, errData
			}
		}
		s := order[j]
		copy(order[1:j+1], order[:j])
		order[0] = s
		selectors[i] = s
	}
	return selectors, r.bits.err
}

// symbols reads the symbols and undoes their runs and move-to-front.
func (r *Reader) symbols(b *block, selectors []byte, order *[256]byte, used int) error {
	next, n := b.next, 0
	run, weight := 0, 1
	for _, s := range selectors {
		t := &r.tables[s]
		for range groupSize {
			symbol := t.symbol(&r.bits)
			if symbol < 2 {
				if run += weight << symbol; run > len(next)-n {
					return errData
				}
				weight <<= 1
				continue
			}
			if run > 0 {
				v := uint32(order[0])
				for i := range next[n : n+run] {
					next[n+i] = v
				}
				n += run
				run, weight = 0, 1
			}
			if symbol > used {
				b.n = n
				if symbol == used+1 {
					return r.bits.err
				}
				return r.bad()
			}
			if n == len(next) {
				return r.bad()
			}
			c := order[symbol-1]
			copy(order[1:symbol], order[:symbol-1])
			order[0] = c
			next[n] = uint32(c)
			n++
		}
	}
	return r.bad()
}

// bad is the error for wrong data, or for data that isn't there.
func (r *Reader) bad() error {
	if r.bits.err != nil {
		return r.bits.err
	}
	return errData
}

// restore puts the bytes of the block in order.
func (b *block) restore() {
	next := b.next[:b.n]
	var at [256]uint32
	for _, v := range next {
		at[v&0xff]++
	}
	sum := uint32(0)
	for i, n := range at {
		at[i] = sum
		sum += n
	}
	for i, v := range next {
		c := v & 0xff
		next[at[c]] |= uint32(i) << 8
		at[c]++
	}
	if cap(b.data) < b.n {
		b.data = make([]byte, b.n)
	}
	b.data = b.data[:b.n]
	v := next[b.origin]
	for i := range b.data {
		v = next[v>>8]
		b.data[i] = byte(v)
	}
}
