// Package lzo compresses and decompresses lzop files, whose blocks are LZO1X: see
// Documentation/staging/lzo.rst of Linux.
package lzo

import (
	"errors"
	"hash/adler32"
	"hash/crc32"
	"io"

	"bantam/internal/compress/inflate"
	"bantam/internal/userland/applet"
)

// Errors in BusyBox's words.
var (
	errMagic    = errors.New("bad magic number")
	errChecksum = errors.New("checksum error")
	errCorrupt  = errors.New("corrupted data")
	errShort    = errors.New("short read")
	errSplit    = errors.New("this file is a split lzop file")
)

const (
	magic     = "\x89LZO\x00\r\n\x1a\n"
	version   = 0x1010
	needed    = 0x0940
	blockSize = 256 << 10
	mostBlock = 64 << 20
)

// Flags of the header.
const (
	adlerData   = 1
	adlerPacked = 2
	extraField  = 0x40
	crcData     = 0x100
	crcPacked   = 0x200
	filtered    = 0x800
	crcHeader   = 0x1000
	reserved    = 0x0fc000
)

// Reader decompresses an lzop file.
type Reader struct {
	// Unchecked leaves checksums alone.
	Unchecked bool

	in      *applet.In
	started bool
	ended   bool
	flags   uint32
	packed  []byte
	data    []byte
}

// NewReader decompresses the file that in has next.
func NewReader(in *applet.In) *Reader { return &Reader{in: in} }

func (r *Reader) read(p []byte) error {
	err := inflate.ReadFull(r.in, p)
	if err == inflate.ErrShort {
		return errShort
	}
	return err
}

func big32(p []byte) uint32 {
	return uint32(p[0])<<24 | uint32(p[1])<<16 | uint32(p[2])<<8 | uint32(p[3])
}

func (r *Reader) word() (uint32, error) {
	var p [4]byte
	err := r.read(p[:])
	return big32(p[:]), err
}

// Chunk returns the next decompressed bytes, valid until the next call; nil at the end.
func (r *Reader) Chunk() ([]byte, error) {
	if !r.started {
		if err := r.begin(); err != nil {
			return nil, err
		}
		r.started = true
	}
	if r.ended {
		return nil, nil
	}
	size, err := r.word()
	if err != nil || size == 0 {
		r.ended = true
		return nil, err
	}
	if size == 0xffffffff {
		return nil, errSplit
	}
	packed, err := r.word()
	if err != nil {
		return nil, err
	}
	if size > mostBlock || packed == 0 || packed > size {
		return nil, errCorrupt
	}
	return r.block(int(size), int(packed))
}

// block reads and checks a block.
func (r *Reader) block(size, packed int) ([]byte, error) {
	var sums [4]uint32
	for i, flag := range [...]uint32{adlerData, crcData, adlerPacked, crcPacked} {
		if r.flags&flag != 0 && (i < 2 || packed < size) {
			var err error
			if sums[i], err = r.word(); err != nil {
				return nil, err
			}
		}
	}
	// Memory for what is there, not for what a header says.
	r.packed = r.packed[:0]
	for len(r.packed) < packed {
		n := len(r.packed)
		more := min(packed-n, blockSize)
		r.packed = append(r.packed, make([]byte, more)...)
		if err := r.read(r.packed[n:]); err != nil {
			return nil, err
		}
	}
	if packed == size {
		return r.packed, r.check(r.packed, sums[0], sums[1], adlerData, crcData)
	}
	if err := r.check(r.packed, sums[2], sums[3], adlerPacked, crcPacked); err != nil {
		return nil, err
	}
	if cap(r.data) < size {
		r.data = make([]byte, size)
	}
	r.data = r.data[:size]
	if !decompress(r.data, r.packed) {
		return nil, errCorrupt
	}
	return r.data, r.check(r.data, sums[0], sums[1], adlerData, crcData)
}

func (r *Reader) check(p []byte, adler, crc, adlerFlag, crcFlag uint32) error {
	if r.Unchecked {
		return nil
	}
	if r.flags&adlerFlag != 0 && adler32.Checksum(p) != adler || r.flags&crcFlag != 0 && crc32.ChecksumIEEE(p) != crc {
		return errChecksum
	}
	return nil
}

// headerError has the number that lzop has for what is wrong.
func headerError(text string) error { return errors.New("header_error " + text) }

// begin reads the header.
func (r *Reader) begin() error {
	var p [len(magic)]byte
	if err := r.read(p[:]); err != nil {
		return err
	}
	if string(p[:]) != magic {
		return errMagic
	}
	var h [26]byte
	if err := r.read(h[:]); err != nil {
		return err
	}
	r.flags = big32(h[8:])
	want := uint32(h[4])<<8 | uint32(h[5])
	switch {
	case uint32(h[0])<<8|uint32(h[1]) < needed, want < needed:
		return headerError("3")
	case want > version, r.flags&filtered != 0:
		return headerError("16")
	case h[6] == 0:
		return headerError("14")
	case h[6] > 3:
		return headerError("-1")
	case h[7] > 9:
		return headerError("15")
	case r.flags&reserved != 0:
		return headerError("-13")
	}
	name := make([]byte, h[24])
	// The first byte of the name, or of the checksum, is read already.
	return r.rest(append(h[:25:25], name...), h[25])
}

// rest reads the header's end, of which the first byte is there.
func (r *Reader) rest(h []byte, first byte) error {
	tail := make([]byte, len(h)-25+4)
	tail[0] = first
	if err := r.read(tail[1:]); err != nil {
		return err
	}
	n := len(tail) - 4
	copy(h[25:], tail[:n])
	if r.headerSum(h) != big32(tail[n:]) {
		return headerError("2")
	}
	if r.flags&extraField == 0 {
		return nil
	}
	size, err := r.word()
	if err != nil {
		return err
	}
	if size > mostBlock {
		return errCorrupt
	}
	extra := []byte{byte(size >> 24), byte(size >> 16), byte(size >> 8), byte(size)}
	for range size {
		b, err := r.in.ReadByte()
		if err == io.EOF {
			return errShort
		} else if err != nil {
			return err
		}
		extra = append(extra, b)
	}
	sum, err := r.word()
	if err == nil && sum != r.headerSum(extra) {
		err = headerError("3")
	}
	return err
}

func (r *Reader) headerSum(p []byte) uint32 {
	if r.flags&crcHeader != 0 {
		return crc32.ChecksumIEEE(p)
	}
	return adler32.Checksum(p)
}

// Options of compression: the level that the header names, and the checksums.
type Options struct {
	Level             int
	Unchecked, Packed bool
}

// Compress compresses in to out.
func Compress(out *applet.Out, in *applet.In, o Options) error {
	const unix, library = 0x03000000, 0x2030
	flags, method := uint32(unix), byte(1)
	if !o.Unchecked {
		flags |= adlerData
		if o.Packed {
			flags |= adlerPacked
		}
	}
	if o.Level == 1 {
		method = 2
	}
	h := []byte{version >> 8, version & 0xff, library >> 8, library & 0xff, needed >> 8, needed & 0xff, method, byte(o.Level)}
	h = put32(h, flags)
	h = append(h, make([]byte, 13)...) // mode, time and name, which it doesn't store
	out.Write([]byte(magic))
	out.Write(put32(h, adler32.Checksum(h)))
	var c compressor
	block := make([]byte, blockSize)
	for out.Err() == nil {
		n := 0
		var err error
		for n < len(block) && err == nil {
			var k int
			k, err = in.Read(block[n:])
			n += k
		}
		if err != nil && err != io.EOF {
			return err
		}
		if n == 0 {
			out.Write(put32(nil, 0))
			break
		}
		p := block[:n]
		packed := c.compress(p)
		head := put32(nil, uint32(n))
		head = put32(head, uint32(min(len(packed), n)))
		if flags&adlerData != 0 {
			head = put32(head, adler32.Checksum(p))
		}
		if len(packed) >= n {
			packed = p
		} else if flags&adlerPacked != 0 {
			head = put32(head, adler32.Checksum(packed))
		}
		out.Write(head)
		out.Write(packed)
	}
	return nil
}

func put32(p []byte, v uint32) []byte {
	return append(p, byte(v>>24), byte(v>>16), byte(v>>8), byte(v))
}
