package archive

import (
	"errors"
	"io"

	"bantam/internal/compress/inflate"
	"bantam/internal/compress/lzma"
)

// chunked reads what one of the userland's decompressors gives, to the source's end: what follows the
// compressed data is an error.
type chunked struct {
	source
	next func() ([]byte, error) // nil at the end
	rest []byte
	err  error
}

func newChunked(r io.Reader) *chunked {
	return &chunked{source: source{from: r, buf: make([]byte, 64<<10)}}
}

// newGunzip decompresses gzip members.
func newGunzip(r io.Reader) io.Reader {
	c := newChunked(r)
	c.next = inflate.NewReader(&c.source).Chunk
	return c
}

// newXZ decompresses xz streams.
func newXZ(r io.Reader) io.Reader {
	c := newChunked(r)
	c.next = lzma.NewXZ(&c.source).Chunk
	return c
}

// errTrailing says that something follows the compressed data.
var errTrailing = errors.New("something else follows the end of the stream")

func (c *chunked) Read(p []byte) (int, error) {
	for len(c.rest) == 0 {
		if c.err != nil {
			return 0, c.err
		}
		c.rest, c.err = c.next()
		switch {
		case c.err != nil && c.source.err != nil && c.source.err != io.EOF:
			c.err = c.source.err // what the decompressor says is its consequence
		case c.err == lzma.ErrCorrupt && c.source.short:
			c.err = inflate.ErrShort // in xz's words that is the same
		case len(c.rest) == 0 && c.err == nil:
			c.err = c.end()
		}
	}
	n := copy(p, c.rest)
	c.rest = c.rest[n:]
	return n, nil
}

// end is the error for the end of the compressed data: io.EOF where nothing follows.
func (c *chunked) end() error {
	if len(c.Buffered()) > 0 {
		return errTrailing
	}
	err := c.Fill()
	if err == nil {
		err = errTrailing
	}
	return err
}

// source is an inflate.Source over a reader.
type source struct {
	from  io.Reader
	buf   []byte
	r, w  int
	err   error
	short bool // more was asked for than there is
}

func (s *source) Buffered() []byte { return s.buf[s.r:s.w] }

func (s *source) Discard(n int) { s.r += n }

// Fill reads more, behind the few bytes that are left.
func (s *source) Fill() error {
	if s.err != nil {
		s.short = true
		return s.err
	}
	s.w = copy(s.buf, s.buf[s.r:s.w])
	s.r = 0
	if s.w == len(s.buf) {
		return io.ErrShortBuffer
	}
	n := 0
	for n == 0 && s.err == nil {
		n, s.err = s.from.Read(s.buf[s.w:])
	}
	if s.w += n; n > 0 {
		return nil
	}
	s.short = true
	return s.err
}

func (s *source) Read(p []byte) (int, error) {
	if s.r == s.w {
		if err := s.Fill(); err != nil {
			return 0, err
		}
	}
	n := copy(p, s.buf[s.r:s.w])
	s.r += n
	return n, nil
}

func (s *source) ReadByte() (byte, error) {
	var b [1]byte
	_, err := s.Read(b[:])
	return b[0], err
}
