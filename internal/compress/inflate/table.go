package inflate

// The tables are indexed by the next bits of the input. An entry has
//
//	bits 0-7    how many bits the code and its extra bits have
//	bits 8-11   how many of them are the code's
//	bits 12-14  flags
//	bits 16-30  the literal, or the base of the length or distance
//	bit 31      literal
//
// A code longer than the table's index has an entry with subFlag there: its base is
// where the code's own table begins, bits 8-11 say by how many further bits that is
// indexed, and its entries count without the first index.
type table [tableSize]uint32

const (
	literalBits  = 11
	distanceBits = 8
	// zlib's enough.c: 2342 entries for 288 codes over 11 bits, 402 for 32 over 8.
	tableSize = 2400

	literalFlag = 1 << 31
	subFlag     = 1 << 12
	endFlag     = 1 << 13
	badFlag     = 1 << 14
)

// LengthBase is the shortest length of each code (RFC 1951, 3.2.5).
var LengthBase = [...]uint16{3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258}

// LengthExtra is how many extra bits a length's code has.
func LengthExtra(code int) uint {
	if code < 8 || code == 28 {
		return 0
	}
	return uint(code-4) / 4
}

// DistanceOf is the base of a distance's code and how many extra bits it has.
func DistanceOf(code int) (base int, extra uint) {
	if code < 4 {
		return code + 1, 0
	}
	extra = uint(code-2) / 2
	return (2+code&1)<<extra + 1, extra
}

// literalEntry is the entry for a symbol of the literal alphabet without its code.
func literalEntry(symbol int) uint32 {
	switch {
	case symbol < 256:
		return literalFlag | uint32(symbol)<<16
	case symbol == 256:
		return endFlag
	case symbol > 285:
		return badFlag
	}
	return uint32(LengthBase[symbol-257])<<16 | uint32(LengthExtra(symbol-257))
}

func distanceEntry(symbol int) uint32 {
	if symbol > 29 {
		return badFlag
	}
	base, extra := DistanceOf(symbol)
	return uint32(base)<<16 | uint32(extra)
}

// plainEntry is for the alphabet of the code lengths.
func plainEntry(symbol int) uint32 { return uint32(symbol) << 16 }

// build fills the table for a code given by its lengths. It returns false if they
// are no complete code; one code of one bit and no code at all are allowed, as
// zlib does.
func (t *table) build(lengths []uint8, bits uint, entry func(int) uint32) bool {
	var count [16]int // of the codes that aren't entered yet
	for _, l := range lengths {
		count[l]++
	}
	count[0] = 0
	var next, at [16]int // the next code of each length, and its place in sorted
	left, most := 1, uint(0)
	for l := uint(1); l < 16; l++ {
		if left = left<<1 - count[l]; left < 0 {
			return false
		}
		if count[l] > 0 {
			most = l
		}
		next[l] = (next[l-1] + count[l-1]) << 1
		at[l] = at[l-1] + count[l-1]
	}
	if left > 0 {
		if most > 1 {
			return false
		}
		for i := range t[:1<<bits] {
			t[i] = badFlag
		}
	}
	var sorted [320]uint16
	for symbol, l := range lengths {
		if l > 0 {
			sorted[at[l]] = uint16(symbol)
			at[l]++
		}
	}
	return t.enter(sorted[:at[most]], &count, &next, bits, most, entry)
}

// enter makes the entries of symbols sorted by the lengths of their codes.
func (t *table) enter(sorted []uint16, count, next *[16]int, bits, most uint, entry func(int) uint32) bool {
	free, l := 1<<bits, uint(1)
	for _, symbol := range sorted {
		for count[l] == 0 {
			l++
		}
		code, e := Reverse(next[l], l), entry(int(symbol))
		next[l]++
		if l <= bits {
			e += uint32(l) + uint32(l)<<8
			for i := code; i < 1<<bits; i += 1 << l {
				t[i] = e
			}
		} else if free = t.long(code, l, bits, most, free, count, e); free < 0 {
			return false
		}
		count[l]--
	}
	return true
}

// long enters a code that is longer than the index. The first one with its first
// bits makes the table for them. It returns where the next table begins.
func (t *table) long(code int, l, bits, most uint, free int, count *[16]int, e uint32) int {
	first := code & (1<<bits - 1)
	if code>>bits == 0 {
		// As many bits as the codes need that still come with these first bits.
		size := l - bits
		for room := 1 << size; bits+size < most; room <<= 1 {
			if room -= count[bits+size]; room <= 0 {
				break
			}
			size++
		}
		if free+1<<size > tableSize {
			return -1
		}
		t[first] = subFlag | uint32(size)<<8 | uint32(free)<<16
		free += 1 << size
	}
	base, size := int(t[first]>>16), t[first]>>8&15
	e += uint32(l-bits) + uint32(l-bits)<<8
	for i := code >> bits; i < 1<<size; i += 1 << (l - bits) {
		t[base+i] = e
	}
	return free
}

// Reverse reverses the lowest n bits.
func Reverse(v int, n uint) int {
	r := 0
	for range n {
		r = r<<1 | v&1
		v >>= 1
	}
	return r
}

// fixed sets the tables of the fixed codes.
func (f *Inflater) fixed() {
	var lengths [288]uint8
	FixedLengths(&lengths)
	f.literals.build(lengths[:], literalBits, literalEntry)
	for i := range 32 {
		lengths[i] = 5
	}
	f.distances.build(lengths[:32], distanceBits, distanceEntry)
}

// FixedLengths are the lengths of the fixed codes (RFC 1951, 3.2.6).
func FixedLengths(lengths *[288]uint8) {
	for i := range lengths {
		switch {
		case i < 144:
			lengths[i] = 8
		case i < 256:
			lengths[i] = 9
		case i < 280:
			lengths[i] = 7
		default:
			lengths[i] = 8
		}
	}
}

// CodeOrder is the order in which the lengths of the code lengths' code come.
const CodeOrder = "\x10\x11\x12\x00\x08\x07\x09\x06\x0a\x05\x0b\x04\x0c\x03\x0d\x02\x0e\x01\x0f"

// dynamic reads a block's own codes.
func (f *Inflater) dynamic() error {
	if err := f.need(14); err != nil {
		return err
	}
	literals, distances, codes := 257+f.take(5), 1+f.take(5), 4+f.take(4)
	if literals > 286 || distances > 30 {
		return ErrCorrupt
	}
	var lengths [320]uint8
	for i := range codes {
		if err := f.need(3); err != nil {
			return err
		}
		lengths[CodeOrder[i]] = uint8(f.take(3))
	}
	const bits = 7
	t := &f.literals
	if !t.build(lengths[:19], bits, plainEntry) {
		return ErrCorrupt
	}
	clear(lengths[:19])
	if err := f.lengths(t, bits, lengths[:literals+distances]); err != nil {
		return err
	}
	if lengths[256] == 0 || !f.literals.build(lengths[:literals], literalBits, literalEntry) ||
		!f.distances.build(lengths[literals:literals+distances], distanceBits, distanceEntry) {
		return ErrCorrupt
	}
	return nil
}

// lengths reads the lengths of both codes, which are compressed themselves.
func (f *Inflater) lengths(t *table, bits uint, lengths []uint8) error {
	for i := 0; i < len(lengths); {
		e, err := f.lookup(t, bits)
		if err != nil {
			return err
		}
		symbol := e >> 16
		if symbol < 16 {
			lengths[i] = uint8(symbol)
			i++
			continue
		}
		value, least, extra := uint8(0), 3, uint(3)
		switch {
		case symbol == 16 && i == 0:
			return ErrCorrupt
		case symbol == 16:
			value, extra = lengths[i-1], 2
		case symbol == 18:
			least, extra = 11, 7
		}
		if err := f.need(extra); err != nil {
			return err
		}
		count := least + f.take(extra)
		if i+count > len(lengths) {
			return ErrCorrupt
		}
		for range count {
			lengths[i] = value
			i++
		}
	}
	return nil
}
