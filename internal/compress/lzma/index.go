package lzma

import "hash/crc32"

// endBlock reads the padding and the check behind a block.
func (x *XZ) endBlock() error {
	packed := x.offset - x.packed
	if x.want[0] >= 0 && x.want[0] != packed || x.want[1] >= 0 && x.want[1] != x.unpacked {
		return ErrCorrupt
	}
	var p [64]byte
	pad := p[:-packed&3]
	if err := x.get(pad); err != nil {
		return err
	}
	for _, b := range pad {
		if b != 0 {
			return ErrCorrupt
		}
	}
	// Sizes of the kinds of checks: 4, 8, 16, 32 and 64 bytes for three each.
	size := 0
	if x.check > 0 {
		size = 4 << ((x.check - 1) / 3)
	}
	check := p[:size]
	if err := x.get(check); err != nil {
		return err
	}
	x.blocks++
	x.note(uint64(x.packed-x.header)+uint64(packed)+uint64(size), uint64(x.unpacked))
	if x.sum == nil {
		return nil
	}
	sum := x.sum.Sum(nil)
	for i, b := range sum {
		// The sums are in big-endian order, those of the file are not, but for SHA256.
		if at := len(sum) - 1 - i; x.check == 10 && check[i] != b || x.check != 10 && check[at] != b {
			return ErrCorrupt
		}
	}
	return nil
}

// note counts a block's sizes for the comparison with the index.
func (x *XZ) note(packed, unpacked uint64) {
	var p [16]byte
	for i := range 8 {
		p[i], p[8+i] = byte(packed>>(8*i)), byte(unpacked>>(8*i))
	}
	x.index = crc32.Update(x.index, crc32.IEEETable, p[:])
}

// indexReader reads the index and its CRC.
type indexReader struct {
	x   *XZ
	crc uint32
	n   int64
}

func (r *indexReader) number() (uint64, error) {
	var v uint64
	for i := range 9 {
		var p [1]byte
		if err := r.x.get(p[:]); err != nil {
			return 0, err
		}
		r.crc = crc32.Update(r.crc, crc32.IEEETable, p[:])
		r.n++
		v |= uint64(p[0]&0x7f) << (7 * i)
		if p[0] < 0x80 {
			if i > 0 && p[0] == 0 {
				break
			}
			return v, nil
		}
	}
	return 0, ErrCorrupt
}

// readIndex reads the index, which must say what the blocks were, and the footer.
func (x *XZ) readIndex() error {
	r := indexReader{x: x, crc: crc32.ChecksumIEEE([]byte{0}), n: 1}
	count, err := r.number()
	if err != nil {
		return err
	}
	want := x.index
	x.index = 0
	if count != x.blocks {
		return ErrCorrupt
	}
	for range count {
		packed, err := r.number()
		if err != nil {
			return err
		}
		unpacked, err := r.number()
		if err != nil {
			return err
		}
		x.note(packed, unpacked)
	}
	if x.index != want {
		return ErrCorrupt
	}
	pad := -r.n & 3
	var p [3 + 4 + 12]byte
	rest := p[:pad+16]
	if err := x.get(rest); err != nil {
		return err
	}
	for _, b := range rest[:pad] {
		if b != 0 {
			return ErrCorrupt
		}
	}
	size := (r.n+pad+4)/4 - 1
	footer := rest[pad+4:]
	if little32(rest[pad:]) != crc32.Update(r.crc, crc32.IEEETable, rest[:pad]) ||
		little32(footer) != crc32.ChecksumIEEE(footer[4:10]) || int64(little32(footer[4:])) != size ||
		footer[8] != 0 || footer[9] != x.check || string(footer[10:]) != xzFooter {
		return ErrCorrupt
	}
	x.state = atStream
	return nil
}
