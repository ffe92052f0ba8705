package less

import (
	"bytes"
	"sort"
	"syscall"

	"golang.org/x/sys/unix"
)

// source is the text: a file, which is read where it is looked at, or a pipe, which is
// read as far as it is looked at and kept.
type source struct {
	fd      int
	regular bool
	size    int64 // what is known to be there
	eof     bool
	err     error
	data    []byte // of a pipe

	window   []byte // a part of a file
	windowAt int64

	// index are the beginnings of every so many lines, up to scanned.
	index   []int64
	scanned int64
	lines   int64 // newlines up to there
}

const (
	every     = 512       // lines between entries of the index
	chunk     = 256 << 10 // what is read at once
	longestUp = 1 << 20   // so far back a line's beginning is looked for
)

func newSource(fd int) *source {
	s := &source{fd: fd, index: []int64{0}}
	var st syscall.Stat_t
	if syscall.Fstat(fd, &st) == nil && st.Mode&syscall.S_IFMT == syscall.S_IFREG {
		// Files of /proc say that they are empty: they are read like pipes.
		s.regular, s.size, s.eof = st.Size > 0, st.Size, st.Size > 0
	}
	return s
}

// more reads more of a pipe if that doesn't block, or if block says that it may.
func (s *source) more(block bool) bool {
	if s.eof {
		return false
	}
	if !block {
		fds := []unix.PollFd{{Fd: int32(s.fd), Events: unix.POLLIN}}
		// Also after EINTR, which Go's scheduler may cause.
		if n, _ := unix.Poll(fds, 0); n <= 0 {
			return false
		}
	}
	if cap(s.data)-len(s.data) < chunk/4 {
		s.data = append(make([]byte, 0, 2*cap(s.data)+chunk), s.data...)
	}
	n, err := syscall.Read(s.fd, s.data[len(s.data):cap(s.data)])
	if err == syscall.EINTR || err == syscall.EAGAIN {
		return false
	}
	if err != nil || n <= 0 {
		s.eof, s.err = true, err
		return false
	}
	s.data = s.data[:len(s.data)+n]
	s.size = int64(len(s.data))
	return true
}

// at returns some bytes from an offset on, at most n, none at the end of what is there.
func (s *source) at(off int64, n int) []byte {
	if !s.regular {
		for off+int64(n) > s.size && s.more(false) {
		}
		if off >= s.size {
			return nil
		}
		return s.data[off:min(off+int64(n), s.size)]
	}
	n = min(n, chunk)
	if off < s.windowAt || off+int64(n) > s.windowAt+int64(len(s.window)) {
		s.load(off, n)
	}
	if off < s.windowAt || off >= s.windowAt+int64(len(s.window)) {
		return nil
	}
	p := s.window[off-s.windowAt:]
	return p[:min(n, len(p))]
}

// load reads the window around an offset.
func (s *source) load(off int64, n int) {
	if s.window == nil {
		s.window = make([]byte, 2*chunk)
	}
	s.window = s.window[:cap(s.window)]
	s.windowAt = max(off-int64(len(s.window)-n)/2, 0)
	if off >= s.windowAt+chunk || s.windowAt == 0 {
		s.windowAt = max(off-chunk/2, 0)
	}
	got := 0
	for got < len(s.window) {
		k, err := syscall.Pread(s.fd, s.window[got:], s.windowAt+int64(got))
		if err == syscall.EINTR {
			continue
		}
		if k <= 0 || err != nil {
			s.err = err
			break
		}
		got += k
	}
	s.window = s.window[:got]
	s.size = max(s.size, s.windowAt+int64(got))
}

// begin is where the line of an offset begins; of a very long line only what is near.
func (s *source) begin(off int64) int64 {
	for low := off; ; {
		from := max(low-4096, 0)
		p := s.at(from, int(low-from))
		if i := bytes.LastIndexByte(p, '\n'); i >= 0 {
			return from + int64(i) + 1
		}
		if low = from; low == 0 || off-low >= longestUp {
			return low
		}
	}
}

// end is where the next line begins, or the end of what is there.
func (s *source) end(off int64) int64 {
	for {
		p := s.at(off, 4096)
		if len(p) == 0 {
			return off
		}
		if i := bytes.IndexByte(p, '\n'); i >= 0 {
			return off + int64(i) + 1
		}
		off += int64(len(p))
	}
}

// scan goes on with the index until it has an offset or a line.
func (s *source) scan(off, line int64) {
	for s.scanned < off && s.lines < line {
		p := s.at(s.scanned, chunk)
		if len(p) == 0 {
			return
		}
		if s.scanned+int64(len(p)) > off {
			p = p[:off-s.scanned]
		}
		base := s.scanned
		for rest := p; ; {
			i := bytes.IndexByte(rest, '\n')
			if i < 0 {
				break
			}
			rest = rest[i+1:]
			s.lines++
			if s.lines%every == 0 {
				s.index = append(s.index, base+int64(len(p)-len(rest)))
			}
		}
		s.scanned = base + int64(len(p))
	}
}

const everything = 1 << 62

// number is the number of the line of an offset, from 1 on.
func (s *source) number(off int64) int64 {
	s.scan(off, everything)
	i := sort.Search(len(s.index), func(i int) bool { return s.index[i] > off }) - 1
	n := int64(i) * every
	for at := s.index[i]; at < off; {
		p := s.at(at, int(min(off-at, chunk)))
		if len(p) == 0 {
			break
		}
		n += int64(bytes.Count(p, []byte("\n")))
		at += int64(len(p))
	}
	return n + 1
}

// line is where a line begins, from 1 on, or where the last one does.
func (s *source) line(n int64) int64 {
	n = max(n-1, 0)
	s.scan(everything, n+every)
	i := min(n/every, int64(len(s.index)-1))
	off := s.index[i]
	for left := n - i*every; left > 0; left-- {
		next := s.end(off)
		if next == off || len(s.at(next, 1)) == 0 {
			break
		}
		off = next
	}
	return off
}

// count is the number of lines of a text that is there to its end.
func (s *source) count() int64 {
	s.scan(everything, everything)
	if s.size > 0 {
		if p := s.at(s.size-1, 1); len(p) == 1 && p[0] != '\n' {
			return s.lines + 1
		}
	}
	return s.lines
}
