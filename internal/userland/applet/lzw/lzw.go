// Package lzw decompresses the files of compress(1), .Z.
package lzw

import (
	"errors"
	"io"
	"strconv"

	"bantam/internal/userland/applet"
)

// Errors in BusyBox's words.
var (
	ErrMagic   = errors.New("invalid magic")
	errShort   = errors.New("short read")
	errCorrupt = errors.New("corrupted data")
)

const (
	mostBits  = 16
	leastBits = 9
	clearCode = 256
	enough    = 32 << 10 // of output at a time
)

// Reader decompresses one file.
type Reader struct {
	in       *applet.In
	started  bool
	most     uint // bits of a code
	block    bool // clearCode clears
	bits     uint
	free     int // the next entry
	old      int // the last code, -1 for none
	first    byte
	prefix   [1 << mostBits]uint16
	suffix   [1 << mostBits]byte
	string   []byte // of a code, backwards
	out      []byte
	group    [mostBits]byte // codes come in groups of 8, so in as many bytes as a code has bits
	at, have uint           // bits of the group
}

// NewReader decompresses the file that in has next.
func NewReader(in *applet.In) *Reader { return &Reader{in: in} }

// Chunk returns the next decompressed bytes, valid until the next call; nil at the end.
func (r *Reader) Chunk() ([]byte, error) {
	if !r.started {
		if err := r.header(); err != nil {
			return nil, err
		}
	}
	r.out = r.out[:0]
	for len(r.out) < enough {
		code, err := r.next()
		if err == io.EOF {
			break
		}
		if err == nil {
			err = r.code(code)
		}
		if err != nil {
			return r.out, err
		}
	}
	if len(r.out) == 0 {
		return nil, nil
	}
	return r.out, nil
}

func (r *Reader) header() error {
	var p [3]byte
	for i := range p {
		b, err := r.in.ReadByte()
		switch {
		case err == io.EOF && i < 2:
			return ErrMagic
		case err == io.EOF:
			return errShort
		case err != nil:
			return err
		}
		p[i] = b
	}
	if p[0] != 0x1f || p[1] != 0x9d {
		return ErrMagic
	}
	r.most, r.block = uint(p[2]&31), p[2]&128 != 0
	if r.most > mostBits {
		return errors.New("compressed with " + strconv.Itoa(int(r.most)) + " bits, can only handle 16 bits")
	}
	r.bits, r.free, r.old = leastBits, 256, -1
	if r.block {
		r.free++
	}
	for i := range 256 {
		r.suffix[i] = byte(i)
	}
	r.started = true
	return nil
}

// next returns the next code.
func (r *Reader) next() (int, error) {
	if r.free >= 1<<r.bits && r.bits < r.most {
		r.bits++
		r.at, r.have = 0, 0
	}
	if r.at+r.bits > r.have {
		n := uint(0)
		for ; n < r.bits; n++ {
			b, err := r.in.ReadByte()
			if err == io.EOF {
				break
			}
			if err != nil {
				return 0, err
			}
			r.group[n] = b
		}
		r.at, r.have = 0, 8*n
		if r.have < r.bits {
			return 0, io.EOF
		}
	}
	i := r.at / 8
	v := int(r.group[i]) | int(r.group[min(i+1, mostBits-1)])<<8 | int(r.group[min(i+2, mostBits-1)])<<16
	v = v >> (r.at % 8) & (1<<r.bits - 1)
	r.at += r.bits
	return v, nil
}

// code puts out the string of a code and enters the next one.
func (r *Reader) code(code int) error {
	if r.old < 0 {
		if code >= 256 {
			return errCorrupt
		}
		r.old, r.first = code, byte(code)
		r.out = append(r.out, byte(code))
		return nil
	}
	if code == clearCode && r.block {
		r.free, r.bits = clearCode, leastBits
		r.at, r.have = 0, 0
		return nil
	}
	s := r.string[:0]
	this := code
	if code >= r.free {
		if code > r.free {
			return errCorrupt
		}
		// The string that is entered with this very code.
		s = append(s, r.first)
		this = r.old
	}
	for this >= 256 {
		if len(s) >= 1<<mostBits {
			return errCorrupt
		}
		s = append(s, r.suffix[this])
		this = int(r.prefix[this])
	}
	r.first = byte(this)
	s = append(s, r.first)
	for i := len(s) - 1; i >= 0; i-- {
		r.out = append(r.out, s[i])
	}
	r.string = s
	if r.free < 1<<r.most {
		r.prefix[r.free], r.suffix[r.free] = uint16(r.old), r.first
		r.free++
	}
	r.old = code
	return nil
}
