package sort

import (
	"strconv"
	"syscall"

	"bantam/internal/userland/applet"
)

// maxFiles is how many files are merged at once.
const maxFiles = 64

// source is a sorted run that is merged with others: a block or a file.
type source struct {
	block *block
	next  int
	in    *applet.In

	record record
	line   []byte // with its end
}

// advance goes to the next line. It is false at the end.
func (s *source) advance(o *order) bool {
	k := &o.keys[0]
	if s.in == nil {
		if s.next == len(s.block.records) {
			return false
		}
		s.record = s.block.records[s.next]
		s.next++
		s.line = s.block.text[s.record.off : s.record.off+s.record.len+1]
		if o.wholeRaw { // the prefix is one from further in
			s.record.prefix = k.prefix(s.line[:s.record.len])
		}
		return true
	}
	line, ok := s.in.Until(o.end)
	if !ok {
		return false
	}
	s.line = line[:len(line)+1] // the end byte stands behind it in the buffer
	s.record = record{len: uint32(len(line)), end: uint32(len(line))}
	if !o.wholeRaw {
		start, end := o.find(k, line)
		s.record.key, s.record.end = uint32(start), uint32(end)
	}
	s.record.prefix = k.prefix(line[s.record.key:s.record.end])
	return true
}

// merger is a heap of sources, earlier input first among equals.
type merger struct {
	order   *order
	mask    uint64
	sources []source
	heap    []int
}

// compare compares the lines at which two sources stand.
func (m *merger) compare(a, b *source) int {
	x, y := a.record.prefix&m.mask, b.record.prefix&m.mask
	switch {
	case x < y:
		return -1
	case x > y:
		return 1
	}
	return m.order.compare(a.line[:a.record.len], b.line[:b.record.len], &a.record, &b.record)
}

func (m *merger) less(i, j int) bool {
	r := m.compare(&m.sources[i], &m.sources[j])
	return r < 0 || r == 0 && i < j
}

func (m *merger) down(i int) {
	h := m.heap
	for {
		child := 2*i + 1
		if child >= len(h) {
			return
		}
		if child+1 < len(h) && m.less(h[child+1], h[child]) {
			child++
		}
		if !m.less(h[child], h[i]) {
			return
		}
		h[i], h[child] = h[child], h[i]
		i = child
	}
}

// write merges the sources into out.
func (m *merger) write(out *applet.Out) error {
	o := m.order
	if m.mask = ^uint64(0); o.keys[0].kind == 'n' {
		m.mask &^= inexact
	}
	for i := range m.sources {
		if m.sources[i].advance(o) {
			m.heap = append(m.heap, i)
		}
	}
	for i := len(m.heap)/2 - 1; i >= 0; i-- {
		m.down(i)
	}
	var last source // of the line that was written, for -u
	var kept []byte
	for any := false; len(m.heap) > 0 && out.Err() == nil; {
		s := &m.sources[m.heap[0]]
		if !o.unique || !any || m.compare(&last, s) != 0 {
			out.Write(s.line)
			if o.unique {
				kept = append(kept[:0], s.line...)
				last, any = source{record: s.record, line: kept}, true
			}
		}
		if !s.advance(o) {
			if s.in != nil && s.in.Err() != nil {
				return s.in.Err()
			}
			m.heap[0] = m.heap[len(m.heap)-1]
			m.heap = m.heap[:len(m.heap)-1]
		}
		m.down(0)
	}
	return nil
}

// write writes all lines in order. The error is one of the temporary files.
func (s *sorter) write(out *applet.Out) error {
	s.finish()
	if s.failed != nil {
		return s.failed
	}
	m := merger{order: s.order}
	for _, in := range s.files {
		m.sources = append(m.sources, source{in: in})
	}
	for _, b := range s.blocks {
		m.sources = append(m.sources, source{block: b})
	}
	return m.write(out)
}

// spill merges the blocks into a file and, if there are many of those, the files
// into one.
func (s *sorter) spill() {
	s.tasks.Wait()
	m := merger{order: s.order}
	for _, b := range s.blocks {
		m.sources = append(m.sources, source{block: b})
	}
	s.toFile(&m)
	for _, b := range s.blocks {
		if len(b.text) <= 2*blockSize {
			s.spare = append(s.spare, b)
		}
	}
	s.blocks, s.memory = nil, 0
	if len(s.files) < maxFiles {
		return
	}
	m = merger{order: s.order}
	for _, in := range s.files {
		m.sources = append(m.sources, source{in: in})
	}
	old := s.files
	s.files = nil
	s.toFile(&m)
	for _, in := range old {
		syscall.Close(in.Fd())
	}
}

// toFile writes what m merges into a new file without a name.
func (s *sorter) toFile(m *merger) {
	fd, err := temporary(s.dir)
	if err == nil {
		out := applet.NewOut(fd)
		if err = m.write(out); err == nil {
			err = out.Flush()
		}
		syscall.Seek(fd, 0, 0)
		s.files = append(s.files, applet.NewIn(fd))
	}
	if s.failed == nil {
		s.failed = err
	}
}

// temporary opens a new file that is gone when it is closed.
func temporary(dir string) (int, error) {
	for n := syscall.Getpid(); ; n++ {
		name := applet.Join(dir, "sort"+strconv.Itoa(n))
		fd, err := applet.OpenFile(name, syscall.O_RDWR|syscall.O_CREAT|syscall.O_EXCL, 0o600)
		if err == syscall.EEXIST {
			continue
		}
		if err == nil {
			syscall.Unlink(name)
		}
		return fd, err
	}
}

// close closes the files.
func (s *sorter) close() {
	s.tasks.Wait()
	for _, in := range s.files {
		syscall.Close(in.Fd())
	}
}
