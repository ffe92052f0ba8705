package wget

import (
	"bytes"
	"io"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"bantam/internal/userland/applet/socket"
)

// link is a socket that calls tick each second in which nothing comes.
type link struct {
	socket.Conn
	tick func()
}

// Read is io.Reader's. The error is ETIMEDOUT after the limit.
func (l *link) Read(p []byte) (int, error) {
	for waited := time.Duration(0); ; waited += time.Second {
		if l.Limit >= 0 && waited >= l.Limit {
			return 0, syscall.ETIMEDOUT
		}
		err := socket.Wait(l.Fd, unix.POLLIN, time.Second)
		if err == nil {
			break
		}
		if err != syscall.ETIMEDOUT {
			return 0, err
		}
		if l.tick != nil {
			l.tick()
		}
	}
	return l.Conn.Read(p)
}

// stream is a connection, maybe an encrypted one, with a buffer for reading.
type stream struct {
	io.ReadWriteCloser
	link *link
	buf  []byte
	r, w int
}

const bufferSize = 64 << 10

func newStream(w *wget, fd int) *stream {
	l := &link{Conn: socket.Conn{Fd: fd, Limit: w.limit}}
	return &stream{ReadWriteCloser: l, link: l, buf: make([]byte, bufferSize)}
}

// chunk returns at most limit bytes that have come, and waits for some. It is nil at
// the end.
func (s *stream) chunk(limit int64) ([]byte, error) {
	if s.r == s.w {
		n, err := s.ReadWriteCloser.Read(s.buf)
		if err == io.EOF && n == 0 {
			return nil, nil
		}
		if err != nil && n == 0 {
			return nil, err
		}
		s.r, s.w = 0, n
	}
	p := s.buf[s.r:s.w]
	if int64(len(p)) > limit {
		p = p[:limit]
	}
	s.r += len(p)
	return p, nil
}

// line returns a line without its end. What doesn't fit the buffer is cut off.
func (s *stream) line() (string, error) {
	var line []byte
	for {
		p, err := s.chunk(bufferSize)
		if err == nil && p == nil {
			err = io.EOF
		}
		if err != nil {
			return "", err
		}
		i := bytes.IndexByte(p, '\n')
		if i >= 0 {
			s.r -= len(p) - i - 1
			p = p[:i]
		}
		line = append(line, p[:min(len(p), bufferSize-len(line))]...)
		if i >= 0 {
			return string(line), nil
		}
	}
}
