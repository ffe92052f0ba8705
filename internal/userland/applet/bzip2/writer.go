package bzip2

import (
	"bytes"
	"io"

	"bantam/internal/parallel"
	"bantam/internal/userland/applet"
)

// packer is a block on its way from its bytes to its bits.
type packer struct {
	data    []byte // after the first step: see expander
	last    []byte // of the sorted rotations
	symbols []uint16
	scratch scratch
	crc     uint32
	bits    writer
	done    chan bool
}

// Writer collects blocks and compresses them on the side.
type Writer struct {
	out     io.Writer
	err     error
	bits    writer
	size    int // of a block
	current *packer
	checksum
	value   int // the byte that comes again and again, and how often
	run     int
	total   uint32
	running []*packer
	idle    []*packer
}

// NewWriter writes a bzip2 file to out, in blocks of so many 100 KB.
func NewWriter(out io.Writer, level int) *Writer {
	// Room for the last run.
	c := &Writer{out: out, size: level*blockUnit - 19, value: -1}
	c.bits.put(uint64('B')<<24|uint64('Z')<<16|uint64('h')<<8|uint64('0'+level), 32)
	return c
}

// Close ends the file. It must be called also after errors: no goroutine is left then.
func (c *Writer) Close() error {
	c.end()
	for len(c.running) > 0 {
		c.finish()
	}
	c.bits.put(endMagic>>24, 24)
	c.bits.put(endMagic&0xffffff, 24)
	c.bits.put(uint64(c.total), 32)
	c.bits.align()
	c.flushBits()
	return c.err
}

func (c *Writer) flushBits() {
	if c.err == nil {
		_, c.err = c.out.Write(c.bits.out)
	}
	c.bits.out = c.bits.out[:0]
}

// Compress compresses in to out.
func Compress(out *applet.Out, in *applet.In, level int) error {
	c := NewWriter(out, level)
	var err error
	buf := make([]byte, 64<<10)
	for err == nil && c.err == nil {
		var n int
		n, err = in.Read(buf)
		c.add(buf[:n])
	}
	e := c.Close()
	if err == io.EOF {
		return e
	}
	return err
}

// Write is io.Writer's.
func (c *Writer) Write(p []byte) (int, error) {
	c.add(p)
	return len(p), c.err
}

// add adds bytes to the block.
func (c *Writer) add(p []byte) {
	for len(p) > 0 {
		if c.current == nil {
			c.current = c.take()
		}
		b := c.current
		used := len(p)
		for i, v := range p {
			if int(v) == c.value && c.run < 255 {
				c.run++
				continue
			}
			c.flush(b)
			c.value, c.run = int(v), 1
			if len(b.data) >= c.size {
				// The byte begins the next block.
				c.value, c.run = -1, 0
				used = i
				break
			}
		}
		c.update(p[:used])
		p = p[used:]
		if used == 0 || len(b.data) >= c.size {
			c.end()
		}
	}
}

// flush writes the run into the block.
func (c *Writer) flush(b *packer) {
	v := byte(c.value)
	for range min(c.run, 4) {
		b.data = append(b.data, v)
	}
	if c.run >= 4 {
		b.data = append(b.data, byte(c.run-4))
	}
	c.run = 0
}

func (c *Writer) take() *packer {
	if n := len(c.idle); n > 0 {
		b := c.idle[n-1]
		c.idle = c.idle[:n-1]
		return b
	}
	return &packer{done: make(chan bool, 1)}
}

// end ends the block and starts to compress it.
func (c *Writer) end() {
	b := c.current
	if b == nil {
		return
	}
	c.flush(b)
	c.value, c.current = -1, nil
	if len(b.data) == 0 {
		c.idle = append(c.idle, b)
		return
	}
	b.crc, c.crc = c.sum(), 0
	for len(c.running) > parallel.Processors() {
		c.finish()
	}
	c.running = append(c.running, b)
	go func() {
		b.pack()
		b.done <- true
	}()
}

// finish writes the oldest block.
func (c *Writer) finish() {
	b := c.running[0]
	c.running = c.running[:copy(c.running, c.running[1:])]
	<-b.done
	c.total = (c.total<<1 | c.total>>31) ^ b.crc
	c.bits.join(&b.bits)
	c.flushBits()
	b.data = b.data[:0]
	c.idle = append(c.idle, b)
}

// pack compresses the block.
func (b *packer) pack() {
	if cap(b.last) < len(b.data) {
		b.last = make([]byte, len(b.data))
	}
	b.last = b.last[:len(b.data)]
	origin := b.scratch.transform(b.data, b.last)
	w := &b.bits
	w.out, w.acc, w.n = w.out[:0], 0, 0
	w.put(blockMagic>>24, 24)
	w.put(blockMagic&0xffffff, 24)
	w.put(uint64(b.crc), 32)
	w.put(uint64(origin), 25) // a bit that nobody uses any more, and 24
	used := b.order()
	b.code(used + 2)
}

// order writes which bytes there are and makes the symbols by move-to-front.
func (b *packer) order() (used int) {
	var present [256]bool
	for _, v := range b.last {
		present[v] = true
	}
	var groups uint64
	var parts [16]uint64
	var order [256]byte
	for v, is := range present {
		if is {
			groups |= 1 << (15 - v/16)
			parts[v/16] |= 1 << (15 - v%16)
			order[used] = byte(v)
			used++
		}
	}
	b.bits.put(groups, 16)
	for _, part := range parts {
		if part != 0 {
			b.bits.put(part, 16)
		}
	}
	b.symbols = b.symbols[:0]
	run := 0
	for _, v := range b.last {
		if order[0] == v {
			run++
			continue
		}
		b.run(run)
		run = 0
		i := bytes.IndexByte(order[:used], v)
		copy(order[1:i+1], order[:i])
		order[0] = v
		b.symbols = append(b.symbols, uint16(i+1))
	}
	b.run(run)
	b.symbols = append(b.symbols, uint16(used+1))
	return used
}

// run writes a run of the first byte in the digits 1 and 2, the lowest first.
func (b *packer) run(n int) {
	for ; n > 0; n = (n - 1) / 2 {
		b.symbols = append(b.symbols, uint16((n-1)%2))
	}
}

// writer writes bits, the first one highest.
type writer struct {
	out []byte
	acc uint64 // from the top
	n   uint   // less than 8
}

// put writes n bits, at most 32.
func (w *writer) put(v uint64, n uint) {
	a := w.acc | v<<(64-n)>>w.n
	at := len(w.out)
	n += w.n
	w.out = append(w.out, byte(a>>56), byte(a>>48), byte(a>>40), byte(a>>32), byte(a>>24))
	w.out = w.out[:at+int(n/8)]
	w.acc, w.n = a<<(n&^7), n&7
}

func (w *writer) align() {
	if w.n > 0 {
		w.put(0, 8-w.n)
	}
}

// join appends what another writer has.
func (w *writer) join(o *writer) {
	for _, v := range o.out {
		w.put(uint64(v), 8)
	}
	if o.n > 0 {
		w.put(o.acc>>(64-o.n), o.n)
	}
}
