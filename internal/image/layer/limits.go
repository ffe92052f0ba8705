package layer

import (
	"errors"
	"io"
	"strconv"
)

// Limits stop archives that are made to fill a disk or a memory. A zero value
// means the default.
type Limits struct {
	Entries int64 // headers and implied folders: 16,777,216
	Size    int64 // bytes of the decompressed archive, and of its files: 256 GiB
	Depth   int   // folders within folders: 256, each of which holds a descriptor
}

// The kernel's limits for the names of files (limits.h).
const (
	maxPath = 4095
	maxName = 255
)

func (l Limits) withDefaults() Limits {
	if l.Entries <= 0 {
		l.Entries = 1 << 24
	}
	if l.Size <= 0 {
		l.Size = 256 << 30
	}
	if l.Depth <= 0 {
		l.Depth = 256
	}
	return l
}

// ErrLimit says that an archive is larger than what was allowed.
var ErrLimit = errors.New("limit exceeded")

type limitError string

func (e limitError) Error() string        { return string(e) }
func (e limitError) Is(target error) bool { return target == ErrLimit }

func sizeError(limit int64) error {
	return limitError("the archive expands to more than the limit of " + strconv.FormatInt(limit, 10) + " bytes")
}

func (s *Stats) count(l Limits) error {
	if s.Entries++; s.Entries > l.Entries {
		return limitError("the archive has more than the limit of " + strconv.FormatInt(l.Entries, 10) + " entries")
	}
	return nil
}

// grow accounts for a file before a byte of it is written: a header may claim
// what it likes, and the holes of a sparse file are not in the archive.
func (s *Stats) grow(size int64, l Limits) error {
	if size < 0 || size > l.Size-s.Size {
		return sizeError(l.Size)
	}
	s.Size += size
	return nil
}

// limitReader fails, where io.LimitReader would end, when more than left is read.
type limitReader struct {
	r    io.Reader
	left int64
	read int64
}

func (l *limitReader) Read(p []byte) (int, error) {
	n, err := l.r.Read(p)
	l.read += int64(n)
	if l.read > l.left {
		return 0, sizeError(l.left)
	}
	return n, err
}
