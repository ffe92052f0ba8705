package lzma

import "bantam/internal/compress/inflate"

// Reader decompresses a file of the old format.
type Reader struct {
	coder
	size    uint64 // that is left; all ones if the marker ends it
	started bool
	zip     bool
}

// NewZip decompresses a member of a ZIP archive, of that size, or up to its marker.
func NewZip(in inflate.Source, size uint64, marker bool) *Reader {
	if marker {
		size = ^uint64(0)
	}
	return &Reader{coder: coder{in: in, limit: -1}, size: size, zip: true}
}

// NewReader decompresses the .lzma file that in has next.
func NewReader(in inflate.Source) *Reader { return &Reader{coder: coder{in: in, limit: -1}} }

// Chunk returns the next decompressed bytes, valid until the next call; nil at the end.
func (r *Reader) Chunk() ([]byte, error) {
	if !r.started {
		if err := r.header(); err != nil {
			return nil, err
		}
	}
	const unknown = ^uint64(0)
	if r.size == 0 || r.end {
		r.giveBack()
		return nil, nil
	}
	n := min(r.room(), 1<<20)
	if r.size != unknown {
		n = int(min(uint64(n), r.size))
	}
	from := r.at
	n, err := r.decode(n)
	if r.size != unknown {
		if r.size -= uint64(n); r.end && r.size > 0 && err == nil {
			err = ErrCorrupt
		}
	}
	if n == 0 {
		r.giveBack()
		return nil, err
	}
	return r.buf[from : from+n], err
}

// header reads the properties, the size of the dictionary and that of the content.
func (r *Reader) header() error {
	var p [13]byte
	h := p[:]
	if r.zip {
		// Two bytes of a version, and two of the size of the rest.
		if err := r.read(p[:4]); err != nil || p[2] != 5 || p[3] != 0 {
			return ErrCorrupt
		}
		h = p[:5]
	}
	if err := r.read(h); err == errShort {
		return ErrHeader
	} else if err != nil {
		return err
	}
	if !r.properties(p[0]) {
		return ErrHeader
	}
	size := uint64(0)
	for i := range 4 {
		size |= uint64(p[1+i]) << (8 * i)
	}
	for i := 0; i < 8 && !r.zip; i++ {
		r.size |= uint64(p[5+i]) << (8 * i)
	}
	if size == 0 {
		size = 1
	}
	if r.size != ^uint64(0) {
		size = min(size, max(r.size, 1))
	}
	if size > mostDictionary {
		return errDictionary
	}
	r.grow(int(size))
	r.coder.reset()
	r.started = true
	return r.begin()
}
