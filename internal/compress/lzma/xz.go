package lzma

import (
	"crypto/sha256"
	"errors"
	"hash"
	"hash/crc32"
	"hash/crc64"
	"io"

	"bantam/internal/compress/inflate"
)

// mostDictionary bounds the memory that a file may want: four times that of xz -9.
const mostDictionary = 256 << 20

var errDictionary = errors.New("the dictionary is too large")

const (
	xzMagic   = "\xfd7zXZ\x00"
	xzFooter  = "YZ"
	deltaID   = 3
	lzma2ID   = 0x21
	mostChain = 4
)

// XZ decompresses xz files: streams one after the other, with zeros between them.
type XZ struct {
	coder
	state  xzState
	check  byte // the stream's kind of check
	any    bool
	blocks uint64
	index  uint32 // a sum of the sizes of the blocks

	filters  []filter
	sum      hash.Hash
	packed   int64 // where the block's data began, in offset
	header   int64
	want     [2]int64 // sizes that the header says, -1 for none
	unpacked int64
	offset   int64 // of what was read without the coder

	chunk      int // bytes that the chunk still gives
	stored     bool
	needsDict  bool
	needsProps bool
}

type xzState uint8

const (
	atStream xzState = iota
	atBlock
	inBlock
	atIndex
	finished
)

// NewXZ decompresses the xz file that in has next.
func NewXZ(in inflate.Source) *XZ { return &XZ{coder: coder{in: in, limit: -1}} }

// Chunk returns the next decompressed bytes, valid until the next call; nil at the end.
func (x *XZ) Chunk() ([]byte, error) {
	for {
		var err error
		switch x.state {
		case atStream:
			err = x.stream()
		case atBlock:
			err = x.blockHeader()
		case inBlock:
			var p []byte
			if p, err = x.data(); len(p) > 0 {
				return p, err
			}
		case atIndex:
			err = x.readIndex()
		case finished:
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// get fills p from the input, outside of the coder.
func (x *XZ) get(p []byte) error {
	x.offset += int64(len(p))
	err := inflate.ReadFull(x.in, p)
	if err == inflate.ErrShort {
		err = ErrCorrupt
	}
	return err
}

func little32(p []byte) uint32 {
	return uint32(p[0]) | uint32(p[1])<<8 | uint32(p[2])<<16 | uint32(p[3])<<24
}

// stream reads the header of a stream, or finds that there is none.
func (x *XZ) stream() error {
	for x.any {
		// Padding, and behind it another stream; anything else is not looked at.
		b, err := x.in.ReadByte()
		if err == io.EOF {
			x.state = finished
			return nil
		}
		if err != nil {
			return err
		}
		if b != 0 {
			x.in.Discard(-1)
			if b != xzMagic[0] {
				x.state = finished
				return nil
			}
			break
		}
	}
	var p [12]byte
	if err := x.get(p[:]); err != nil {
		return err
	}
	if string(p[:6]) != xzMagic || p[6] != 0 || p[7] > 15 || little32(p[8:]) != crc32.ChecksumIEEE(p[6:8]) {
		return ErrCorrupt
	}
	x.check, x.any, x.state = p[7], true, atBlock
	x.blocks, x.index = 0, 0
	return nil
}

// number reads a number of 7 bits a byte.
func number(p []byte) (v uint64, rest []byte, ok bool) {
	for i := 0; i < 9 && i < len(p); i++ {
		v |= uint64(p[i]&0x7f) << (7 * i)
		if p[i] < 0x80 {
			return v, p[i+1:], i == 0 || p[i] != 0
		}
	}
	return 0, nil, false
}

// blockHeader reads a block's header, or finds that the index comes.
func (x *XZ) blockHeader() error {
	var p [1024]byte
	x.header = x.offset
	if err := x.get(p[:1]); err != nil {
		return err
	}
	if p[0] == 0 {
		x.state = atIndex
		return nil
	}
	h := p[:(int(p[0])+1)*4]
	if err := x.get(h[1:]); err != nil {
		return err
	}
	end := len(h) - 4
	if little32(h[end:]) != crc32.ChecksumIEEE(h[:end]) || h[1]&0x3c != 0 {
		return ErrCorrupt
	}
	rest := h[2:end]
	x.want = [2]int64{-1, -1}
	for i := range x.want {
		if h[1]>>(6+i)&1 == 1 {
			v, r, ok := number(rest)
			if !ok {
				return ErrCorrupt
			}
			x.want[i], rest = int64(v), r
		}
	}
	if err := x.chain(rest, int(h[1]&3)+1); err != nil {
		return err
	}
	x.begin()
	return nil
}

// chain reads the filters, the last of which is LZMA2, and then zeros.
func (x *XZ) chain(p []byte, count int) error {
	x.filters = x.filters[:0]
	for i := range count {
		id, rest, ok := number(p)
		if !ok {
			return ErrCorrupt
		}
		size, rest, ok := number(rest)
		if !ok || size > uint64(len(rest)) {
			return ErrCorrupt
		}
		properties := rest[:size]
		p = rest[size:]
		if i == count-1 {
			if id != lzma2ID || size != 1 {
				return ErrCorrupt
			}
			if err := x.dictionarySize(properties[0]); err != nil {
				return err
			}
			continue
		}
		f, ok := newFilter(id, properties)
		if !ok {
			return ErrCorrupt
		}
		x.filters = append(x.filters, f)
	}
	for _, b := range p {
		if b != 0 {
			return ErrCorrupt
		}
	}
	return nil
}

func (x *XZ) dictionarySize(b byte) error {
	if b > 40 {
		return ErrCorrupt
	}
	size := (2 | uint64(b&1)) << (b/2 + 11)
	if b == 40 || size > mostDictionary {
		return errDictionary
	}
	x.grow(int(size))
	return nil
}

// begin begins the block's data.
func (x *XZ) begin() {
	x.packed, x.unpacked = x.offset, 0
	x.needsDict, x.needsProps = true, true
	x.chunk = 0
	x.state = inBlock
	switch x.check {
	case 1:
		x.sum = crc32.NewIEEE()
	case 4:
		x.sum = crc64.New(crc64.MakeTable(crc64.ECMA))
	case 10:
		x.sum = sha256.New()
	default:
		x.sum = nil
	}
}

// data returns bytes of the block, none at its end.
func (x *XZ) data() ([]byte, error) {
	for {
		p, err := x.lzma2()
		if err != nil {
			return nil, err
		}
		last := p == nil
		if len(x.filters) > 0 {
			p = x.filter(p, last)
		}
		x.unpacked += int64(len(p))
		if x.sum != nil {
			x.sum.Write(p)
		}
		if last {
			x.state = atBlock
			return p, x.endBlock()
		}
		if len(p) > 0 {
			return p, nil
		}
	}
}

// lzma2 returns what the next part of a chunk gives, nil at the end.
func (x *XZ) lzma2() ([]byte, error) {
	if x.chunk == 0 {
		more, err := x.chunkHeader()
		if !more || err != nil {
			return nil, err
		}
	}
	n := min(x.chunk, x.room())
	from := x.at
	if x.stored {
		if err := x.get(x.buf[from : from+n]); err != nil {
			return nil, err
		}
		x.put(n)
	} else {
		got, err := x.decode(n)
		if err == errShort || x.end || err == nil && got < n {
			err = ErrCorrupt
		}
		if err != nil {
			return nil, err
		}
	}
	if x.chunk -= n; x.chunk == 0 && !x.stored {
		x.normalize()
		x.giveBack()
		if x.limit != 0 || x.code != 0 || x.left > 0 {
			return nil, ErrCorrupt
		}
		x.limit = -1
	}
	return x.buf[from : from+n], nil
}

// chunkHeader reads the header of a chunk. It returns false at the block's end.
func (x *XZ) chunkHeader() (more bool, err error) {
	var p [6]byte
	if err := x.get(p[:1]); err != nil || p[0] == 0 {
		return false, err
	}
	control := p[0]
	if control == 1 || control >= 0xe0 {
		x.reset2()
	} else if x.needsDict {
		return false, ErrCorrupt
	}
	if control < 0x80 {
		if control > 2 {
			return false, ErrCorrupt
		}
		if err := x.get(p[:2]); err != nil {
			return false, err
		}
		x.chunk, x.stored = int(p[0])<<8+int(p[1])+1, true
		return true, nil
	}
	if err := x.get(p[:4]); err != nil {
		return false, err
	}
	x.chunk, x.stored = int(control&0x1f)<<16+int(p[0])<<8+int(p[1])+1, false
	size := int(p[2])<<8 + int(p[3]) + 1
	if control >= 0xc0 {
		if err := x.get(p[:1]); err != nil {
			return false, err
		}
		if !x.properties(p[0]) || x.lc+x.lp > 4 {
			return false, ErrCorrupt
		}
		x.needsProps = false
	} else if x.needsProps {
		return false, ErrCorrupt
	}
	if control >= 0xa0 {
		x.coder.reset()
	}
	x.offset += int64(size)
	x.limit, x.p, x.pos, x.short = size, nil, 0, false
	if err := x.coder.begin(); err != nil {
		return false, ErrCorrupt
	}
	return true, nil
}

// reset2 begins a new dictionary.
func (x *XZ) reset2() {
	x.dictionary.reset()
	x.needsDict = false
}
