package sort

import (
	"bytes"
	"io"
	"sync"
	"syscall"

	"bantam/internal/parallel"
	"bantam/internal/userland/applet"
)

const (
	firstBlock = 64 << 10
	blockSize  = 8 << 20
)

// record is a line of a block and what comparing mostly needs of it.
type record struct {
	prefix   uint64 // of the first key
	off, len uint32 // the line
	key, end uint32 // the first key, within the line
}

// block is a part of the input; sorting it gives records.
type block struct {
	text    []byte
	records []record
}

// sorter holds the input.
type sorter struct {
	order *order
	limit int64  // of memory
	dir   string // for the files

	text   []byte // the block that is being filled
	blocks []*block
	memory int64
	tasks  sync.WaitGroup
	slots  chan struct{} // as many as may be sorted at once
	files  []*applet.In
	spare  []*block
	failed error // of a file
}

// read takes all lines of an input in.
func (s *sorter) read(in *applet.In) error {
	if s.text == nil {
		s.text = make([]byte, 0, firstBlock)
	}
	for {
		if len(s.text) == cap(s.text) {
			// A place in a block has 32 bits.
			if len(s.text) >= 1<<31 && bytes.IndexByte(s.text, s.order.end) < 0 {
				return syscall.EFBIG
			}
			s.grow()
		}
		n, err := in.Read(s.text[len(s.text):cap(s.text)])
		s.text = s.text[:len(s.text)+n]
		if err == io.EOF {
			// The next file begins a new line.
			if len(s.text) > 0 && s.text[len(s.text)-1] != s.order.end {
				s.text = append(s.text, s.order.end)
			}
			return nil
		}
		if err != nil {
			return err
		}
		if s.failed != nil {
			return s.failed
		}
	}
}

// grow makes room in a full block: more of it while it is small, or while it has
// no complete line, else a new one.
func (s *sorter) grow() {
	cut := 0
	if cap(s.text) >= blockSize {
		cut = bytes.LastIndexByte(s.text, s.order.end) + 1
	}
	if cut == 0 {
		bigger := make([]byte, len(s.text), max(2*cap(s.text), firstBlock))
		copy(bigger, s.text)
		s.text = bigger
		return
	}
	rest := s.text[cut:]
	s.start(s.text[:cut])
	next := s.reuse()
	if cap(next) < len(rest)+firstBlock {
		next = make([]byte, 0, max(blockSize, 2*len(rest)))
	}
	s.text = append(next[:0], rest...)
}

// reuse returns the memory of a block that is in a file now.
func (s *sorter) reuse() []byte {
	if len(s.spare) == 0 {
		return nil
	}
	b := s.spare[len(s.spare)-1]
	text := b.text
	b.text = nil
	return text
}

// start gives a block to be sorted, after others went into a file if there
// is no memory for it.
func (s *sorter) start(text []byte) {
	lines := count(text, s.order.end)
	size := int64(len(text)) + int64(lines)*24
	if s.memory+size > s.limit && len(s.blocks) > 0 {
		s.spill()
	}
	s.memory += size
	b := &block{text: text}
	if n := len(s.spare); n > 0 {
		b.records = s.spare[n-1].records[:0]
		s.spare = s.spare[:n-1]
	}
	if cap(b.records) < lines {
		b.records = make([]record, 0, lines)
	}
	s.blocks = append(s.blocks, b)
	if s.slots == nil {
		s.slots = make(chan struct{}, parallel.Processors())
	}
	s.slots <- struct{}{}
	s.tasks.Add(1)
	go func() {
		b.sort(s.order)
		<-s.slots
		s.tasks.Done()
	}()
}

// finish sorts what is left. All blocks are sorted afterwards.
func (s *sorter) finish() {
	if len(s.text) > 0 {
		if len(s.blocks) == 0 && len(s.text) < firstBlock {
			// Not worth another thread.
			b := &block{text: s.text}
			b.sort(s.order)
			s.blocks = append(s.blocks, b)
		} else {
			s.start(s.text)
		}
		s.text = nil
	}
	s.tasks.Wait()
}

// sort finds the block's lines and sorts them.
func (b *block) sort(o *order) {
	k := &o.keys[0]
	for off := 0; off < len(b.text); {
		n := bytes.IndexByte(b.text[off:], o.end)
		line := b.text[off : off+n]
		r := record{off: uint32(off), len: uint32(n), end: uint32(n)}
		if !o.wholeRaw {
			start, end := o.find(k, line)
			r.key, r.end = uint32(start), uint32(end)
		}
		r.prefix = k.prefix(line[r.key:r.end])
		b.records = append(b.records, r)
		off += n + 1
	}
	q := quick{order: o, text: b.text, mask: ^uint64(0)}
	if k.kind == 'n' {
		q.mask &^= inexact
	}
	if o.wholeRaw {
		if k.how.reverse {
			q.flip = ^uint64(0)
		}
		q.bytes(b.records, 0)
		return
	}
	q.records(b.records, 64)
}

// compare compares two lines whose prefixes are the same, with their first keys.
func (o *order) compare(a, b []byte, x, y *record) int {
	if o.wholeRaw {
		return o.keys[0].compare(a, b)
	}
	k := &o.keys[0]
	known := k.kind == 'g' || k.kind == 'h' || k.kind == 'M' || k.kind == 'n' && (x.prefix|y.prefix)&inexact == 0
	if !known {
		if r := k.compare(a[x.key:x.end], b[y.key:y.end]); r != 0 {
			return r
		}
	}
	return o.compareFrom(1, a, b)
}
