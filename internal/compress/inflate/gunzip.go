package inflate

import (
	"errors"
	"hash/crc32"
	"io"
)

// Reader decompresses gzip members, one after the other, and ignores what is behind
// them if that is no further member, as gzip does.
type Reader struct {
	// Modified is the time in the last member's header, 0 if it has none.
	Modified int64

	in       Source
	inflater *Inflater
	crc      uint32
	size     uint32
	inside   bool // a member
	any      bool // member was there already
}

// Errors of a gzip file, in BusyBox's words.
var (
	ErrMagic  = errors.New("invalid magic")
	errCRC    = errors.New("crc error")
	errLength = errors.New("incorrect length")
)

// NewReader decompresses the gzip file that in has next.
func NewReader(in Source) *Reader { return &Reader{in: in} }

// Chunk returns the next decompressed bytes, valid until the next call; nil at the end.
func (r *Reader) Chunk() ([]byte, error) {
	for {
		if !r.inside {
			if more, err := r.begin(); !more {
				return nil, err
			}
		}
		p, err := r.inflater.Chunk()
		if len(p) > 0 {
			r.crc = crc32.Update(r.crc, crc32.IEEETable, p)
			r.size += uint32(len(p))
			return p, err
		}
		if err != nil {
			return nil, err
		}
		if err := r.trailer(); err != nil {
			return nil, err
		}
	}
}

// begin reads a member's header. It returns false at the end.
func (r *Reader) begin() (more bool, err error) {
	for len(r.in.Buffered()) < 2 {
		if err := r.in.Fill(); err == io.EOF {
			break
		} else if err != nil {
			return false, err
		}
	}
	if p := r.in.Buffered(); len(p) < 2 || p[0] != 0x1f || p[1] != 0x8b {
		if !r.any {
			err = ErrMagic
		}
		return false, err
	}
	r.in.Discard(2)
	if err := r.header(); err != nil {
		return false, err
	}
	if r.inflater == nil {
		r.inflater = NewInflater(r.in)
	}
	r.inflater.Reset()
	r.any, r.inside, r.crc, r.size = true, true, 0, 0
	return true, nil
}

// header reads what follows the magic number.
func (r *Reader) header() error {
	var p [8]byte
	if err := ReadFull(r.in, p[:]); err != nil {
		return err
	}
	const crc, extra, name, comment = 2, 4, 8, 16
	flags := p[1]
	if p[0] != 8 {
		return ErrCorrupt
	}
	r.Modified = int64(little32(p[2:]))
	if flags&extra != 0 {
		if err := ReadFull(r.in, p[:2]); err != nil {
			return err
		}
		for range int(p[0]) | int(p[1])<<8 {
			if _, err := r.in.ReadByte(); err != nil {
				return short(err)
			}
		}
	}
	for _, text := range [...]byte{name, comment} {
		for end := flags&text == 0; !end; {
			b, err := r.in.ReadByte()
			if err != nil {
				return short(err)
			}
			end = b == 0
		}
	}
	if flags&crc != 0 {
		return ReadFull(r.in, p[:2])
	}
	return nil
}

func (r *Reader) trailer() error {
	var p [8]byte
	if err := ReadFull(r.in, p[:]); err != nil {
		return err
	}
	r.inside = false
	switch {
	case little32(p[:]) != r.crc:
		return errCRC
	case little32(p[4:]) != r.size:
		return errLength
	}
	return nil
}

func little32(p []byte) uint32 {
	return uint32(p[0]) | uint32(p[1])<<8 | uint32(p[2])<<16 | uint32(p[3])<<24
}

// short makes the input's end the error that it is within a stream.
func short(err error) error {
	if err == io.EOF {
		return ErrShort
	}
	return err
}

// ReadFull fills p from in; ErrShort if in ends before.
func ReadFull(in Source, p []byte) error {
	for len(p) > 0 {
		n, err := in.Read(p)
		if p = p[n:]; err != nil && len(p) > 0 {
			return short(err)
		}
	}
	return nil
}
