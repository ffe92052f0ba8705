// Package archive is what the archivers share: the stream of an archive, the
// description of its members, and their extraction, which never leaves the folder that
// it is made for.
package archive

import (
	"syscall"

	"bantam/internal/compress/inflate"
	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/inplace"

	"golang.org/x/sys/unix"
)

// ErrShort is the error for an archive that ends too early.
var ErrShort error = shortRead{}

type shortRead struct{}

func (shortRead) Error() string { return "short read" }

// Source reads an archive from its beginning to its end.
type Source struct {
	// Offset is how many bytes were read or skipped.
	Offset int64

	decoder inplace.Decoder
	file    *applet.In // if it is a file in which one can seek
	size    int64
	p       []byte
}

// NewSource reads what d decompresses. d may be an input itself.
func NewSource(d inplace.Decoder) *Source {
	s := &Source{decoder: d}
	if in, plain := d.(*applet.In); plain {
		var st unix.Stat_t
		if in.Fd() >= 0 && unix.Fstat(in.Fd(), &st) == nil && st.Mode&unix.S_IFMT == unix.S_IFREG {
			s.file, s.size = in, st.Size
		}
	}
	return s
}

// Next returns the next bytes, as many as there are at hand but at most n, valid until
// the next call. There are none only at the end.
func (s *Source) Next(n int64) ([]byte, error) {
	if len(s.p) == 0 && n > 0 {
		p, err := s.decoder.Chunk()
		if len(p) == 0 {
			return nil, err
		}
		s.p = p // an error comes again with the next call
	}
	p := s.p[:min(n, int64(len(s.p)))]
	s.p = s.p[len(p):]
	s.Offset += int64(len(p))
	return p, nil
}

// Read fills p as far as the archive goes.
func (s *Source) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		q, err := s.Next(int64(len(p) - n))
		if len(q) == 0 {
			return n, err
		}
		n += copy(p[n:], q)
	}
	return n, nil
}

// ReadFull fills p, or gives ErrShort.
func (s *Source) ReadFull(p []byte) error {
	n, err := s.Read(p)
	if err == nil && n < len(p) {
		err = ErrShort
	}
	return short(err)
}

func short(err error) error {
	if err == inflate.ErrShort {
		return ErrShort
	}
	return err
}

// Copy gives the next n bytes to f in pieces. An error of f ends it after all of them
// are read; an error of the archive is fatal to it.
func (s *Source) Copy(n int64, f func([]byte) error) (failed, fatal error) {
	for n > 0 {
		p, err := s.Next(n)
		if len(p) == 0 {
			if err == nil {
				err = ErrShort
			}
			return failed, err
		}
		n -= int64(len(p))
		if failed == nil {
			failed = f(p)
		}
	}
	return failed, nil
}

// Skip goes over the next n bytes.
func (s *Source) Skip(n int64) error {
	if n < 0 {
		return ErrShort
	}
	here := min(n, int64(len(s.p)))
	s.p = s.p[here:]
	s.Offset += here
	n -= here
	if s.file != nil && n > 0 {
		return s.seek(n)
	}
	_, err := s.Copy(n, func([]byte) error { return nil })
	return err
}

// seek goes over bytes of a file.
func (s *Source) seek(n int64) error {
	here := min(n, int64(len(s.file.Buffered())))
	s.file.Discard(int(here))
	s.Offset += here
	if n -= here; n == 0 {
		return nil
	}
	at, err := syscall.Seek(s.file.Fd(), 0, 1)
	if err != nil {
		return err
	}
	if n > s.size-at {
		return ErrShort
	}
	_, err = syscall.Seek(s.file.Fd(), n, 1)
	s.Offset += n
	return err
}

// Align skips to the next multiple of n.
func (s *Source) Align(n int64) error { return s.Skip((n - s.Offset%n) % n) }
