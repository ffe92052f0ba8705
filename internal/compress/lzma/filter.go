package lzma

// filter undoes what a filter did before LZMA2: absolute addresses in machine code
// become relative again, or bytes the sums of differences.
type filter struct {
	id    uint64
	pos   uint32 // in the block, of held
	held  []byte // what isn't filtered yet
	done  []byte
	state uint32 // of x86: which of the last bytes looked like an instruction

	distance int // of delta
	history  [256]byte
	at       int
}

const (
	x86ID = iota + 4
	powerPCID
	ia64ID
	armID
	armThumbID
	sparcID
	arm64ID
	riscVID
)

func newFilter(id uint64, properties []byte) (f filter, ok bool) {
	f.id = id
	switch {
	case id == deltaID && len(properties) == 1:
		f.distance = int(properties[0]) + 1
		return f, true
	case id < x86ID || id > arm64ID:
		return f, false
	case len(properties) == 4:
		f.pos = little32(properties)
		return f, f.pos%f.alignment() == 0
	}
	return f, len(properties) == 0
}

func (f *filter) alignment() uint32 {
	switch f.id {
	case x86ID:
		return 1
	case armThumbID:
		return 2
	case ia64ID:
		return 16
	}
	return 4
}

// filter lets bytes through all filters, from the last to the first.
func (x *XZ) filter(p []byte, last bool) []byte {
	for i := len(x.filters) - 1; i >= 0; i-- {
		p = x.filters[i].through(p, last)
	}
	return p
}

// through returns what is filtered of the bytes so far, valid until the next call.
func (f *filter) through(p []byte, last bool) []byte {
	if f.id == deltaID {
		f.done = append(f.done[:0], p...)
		for i := range f.done {
			f.done[i] += f.history[(f.at-f.distance)&255]
			f.history[f.at&255] = f.done[i]
			f.at++
		}
		return f.done
	}
	f.held = append(f.held, p...)
	n := f.convert(f.held)
	f.pos += uint32(n)
	if last {
		n = len(f.held)
	}
	f.done = append(f.done[:0], f.held[:n]...)
	f.held = f.held[:copy(f.held, f.held[n:])]
	return f.done
}

// convert filters as many bytes as it can, and returns how many.
func (f *filter) convert(p []byte) int {
	if f.id == x86ID {
		return f.x86(p)
	}
	step := int(f.alignment())
	size := max(step, 4)
	i := 0
	for ; i+size <= len(p); i += step {
		at := f.pos + uint32(i)
		switch f.id {
		case powerPCID:
			if v := big32(p[i:]); v&0xfc000003 == 0x48000001 {
				putBig32(p[i:], v&0xfc000003|(v-at)&0x03fffffc)
			}
		case ia64ID:
			ia64(p[i:i+16], at)
		case armID:
			if p[i+3] == 0xeb {
				v := (little32(p[i:]) - (at+8)>>2) & 0xffffff
				putLittle32(p[i:], v|0xeb<<24)
			}
		case armThumbID:
			if p[i+1]&0xf8 == 0xf0 && p[i+3]&0xf8 == 0xf8 {
				v := uint32(p[i+1]&7)<<19 | uint32(p[i])<<11 | uint32(p[i+3]&7)<<8 | uint32(p[i+2])
				v -= (at + 4) >> 1
				p[i+1], p[i] = 0xf0|byte(v>>19)&7, byte(v>>11)
				p[i+3], p[i+2] = 0xf8|byte(v>>8)&7, byte(v)
				i += 2
			}
		case sparcID:
			if v := big32(p[i:]); v>>22 == 0x100 || v>>22 == 0x1ff {
				v = (v<<2 - at) >> 2
				putBig32(p[i:], 0x40000000-v&0x400000|0x40000000|v&0x3fffff)
			}
		case arm64ID:
			arm64(p[i:i+4], at)
		}
	}
	return i
}

func big32(p []byte) uint32 {
	return uint32(p[3]) | uint32(p[2])<<8 | uint32(p[1])<<16 | uint32(p[0])<<24
}

func putBig32(p []byte, v uint32) {
	p[0], p[1], p[2], p[3] = byte(v>>24), byte(v>>16), byte(v>>8), byte(v)
}

func putLittle32(p []byte, v uint32) {
	p[3], p[2], p[1], p[0] = byte(v>>24), byte(v>>16), byte(v>>8), byte(v)
}

// arm64 is for BL and ADRP, as xz 5.4 has it.
func arm64(p []byte, at uint32) {
	v := little32(p)
	switch {
	case v>>26 == 0x25:
		putLittle32(p, 0x94000000|(v-at>>2)&0x03ffffff)
	case v&0x9f000000 == 0x90000000:
		address := v>>29&3 | v>>3&0x1ffffc
		// Only addresses within 512 MB were converted.
		if (address+0x020000)&0x1c0000 != 0 {
			return
		}
		address -= at >> 12
		v &= 0x9000001f
		v |= address & 3 << 29
		v |= address & 0x3fffc << 3
		v |= -(address & 0x20000) & 0xe00000
		putLittle32(p, v)
	}
}

// ia64 is for the branches in a bundle of three instructions of 41 bits.
func ia64(p []byte, at uint32) {
	// Which of the three may be branches, by the bundle's template from 0x10 on.
	const branches = "\x04\x04\x06\x06\x00\x00\x07\x07\x04\x04\x00\x00\x04\x04\x00\x00"
	template := p[0] & 0x1f
	if template < 0x10 {
		return
	}
	for slot := range 3 {
		if branches[template-0x10]>>slot&1 == 0 {
			continue
		}
		bit := 5 + 41*slot
		q, shift := p[bit/8:], bit%8
		v := uint64(0)
		for j := range 6 {
			v |= uint64(q[j]) << (8 * j)
		}
		n := v >> shift
		if n>>37&0xf != 5 || n>>9&7 != 0 {
			continue
		}
		address := uint32(n>>13&0xfffff) | uint32(n>>36&1)<<20
		address = (address<<4 - at) >> 4
		n &^= 0x8fffff << 13
		n |= uint64(address&0xfffff)<<13 | uint64(address&0x100000)<<16
		v = v&(1<<shift-1) | n<<shift
		for j := range 6 {
			q[j] = byte(v >> (8 * j))
		}
	}
}

// x86 is for CALL and JMP, with a guess which of them are none.
func (f *filter) x86(p []byte) int {
	const allowed = 0b00010111 // masks of which no byte is in doubt
	if len(p) <= 4 {
		return 0
	}
	size := len(p) - 4
	extreme := func(b byte) bool { return b == 0 || b == 0xff }
	doubt := func(mask uint32) int { return int("\x00\x01\x02\x02\x03\x03\x03\x03"[mask]) }
	mask, previous := f.state, -1
	i := 0
	for ; i < size; i++ {
		if p[i]&0xfe != 0xe8 {
			continue
		}
		if gap := i - previous; gap > 3 {
			mask = 0
		} else if mask = mask << (gap - 1) & 7; mask != 0 {
			if allowed>>mask&1 == 0 || extreme(p[i+4-doubt(mask)]) {
				previous, mask = i, mask<<1|1
				continue
			}
		}
		previous = i
		if !extreme(p[i+4]) {
			mask = mask<<1 | 1
			continue
		}
		v := little32(p[i+1:])
		for {
			v -= f.pos + uint32(i) + 5
			if mask == 0 {
				break
			}
			j := doubt(mask) * 8
			if !extreme(byte(v >> (24 - j))) {
				break
			}
			v ^= 1<<(32-j) - 1
		}
		v &= 0x01ffffff
		v |= -(v & 0x01000000)
		putLittle32(p[i+1:], v)
		i += 4
	}
	f.state = 0
	if gap := i - previous; gap <= 3 {
		f.state = mask << (gap - 1)
	}
	return i
}
