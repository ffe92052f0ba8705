package deflate

import (
	"slices"

	"bantam/internal/compress/inflate"
)

// codes are the codes of a block. An entry has the code from bit 8 and its length below.
type codes struct {
	literals  [288]uint32
	distances [30]uint32

	lengths    [320]uint8 // of both, as they are written
	nLiterals  int
	nDistances int
	meta       [19]uint32 // the codes for the lengths
	nMeta      int
	runs       []uint16 // the lengths in these codes: symbol and extra bits from bit 8
}

// own makes the best codes for how often the symbols occur, and returns the size of the
// block in bits.
func (c *codes) own(literals *[286]uint32, distances *[30]uint32) int {
	size := 3 + 14
	lengths(literals[:], 15, c.lengths[:286])
	for c.nLiterals = 286; c.lengths[c.nLiterals-1] == 0; c.nLiterals-- {
	}
	d := c.lengths[c.nLiterals : c.nLiterals+30]
	lengths(distances[:], 15, d)
	for c.nDistances = 30; c.nDistances > 1 && d[c.nDistances-1] == 0; c.nDistances-- {
	}
	size += cost(literals[:], c.lengths[:c.nLiterals], 257, extraOfLength) + cost(distances[:], d[:c.nDistances], 0, extraOfDistance)
	assign(c.lengths[:c.nLiterals], c.literals[:])
	assign(d[:c.nDistances], c.distances[:])

	c.run(c.lengths[:c.nLiterals+c.nDistances])
	var counts [19]uint32
	for _, r := range c.runs {
		counts[r&0xff]++
	}
	var meta [19]uint8
	lengths(counts[:], 7, meta[:])
	assign(meta[:], c.meta[:])
	for c.nMeta = 19; c.nMeta > 4 && meta[inflate.CodeOrder[c.nMeta-1]] == 0; c.nMeta-- {
	}
	size += 3 * c.nMeta
	for i, n := range counts {
		size += int(n) * (int(meta[i]) + int(runExtra(i)))
	}
	return size
}

func extraOfLength(symbol int) uint { return inflate.LengthExtra(symbol - 257) }

func extraOfDistance(symbol int) uint {
	_, extra := inflate.DistanceOf(symbol)
	return extra
}

// cost is how many bits the symbols have, with the extra bits of those from first on.
func cost(counts []uint32, lengths []uint8, first int, extra func(int) uint) int {
	size := 0
	for symbol, l := range lengths {
		if counts[symbol] > 0 {
			n := int(l)
			if symbol >= first {
				n += int(extra(symbol))
			}
			size += n * int(counts[symbol])
		}
	}
	return size
}

// fixedSize is the size of the block with the fixed codes.
func fixedSize(literals *[286]uint32, distances *[30]uint32) int {
	var l [288]uint8
	inflate.FixedLengths(&l)
	size := 3 + cost(literals[:], l[:286], 257, extraOfLength)
	for i := range 30 {
		l[i] = 5
	}
	return size + cost(distances[:], l[:30], 0, extraOfDistance)
}

func (c *codes) fixed() {
	var l [288]uint8
	inflate.FixedLengths(&l)
	assign(l[:], c.literals[:])
	for i := range 30 {
		l[i] = 5
	}
	assign(l[:30], c.distances[:])
}

// assign makes the canonical code of the lengths, reversed as they are written.
func assign(lengths []uint8, codes []uint32) {
	var count, next [17]int
	for _, l := range lengths {
		count[l]++
	}
	count[0] = 0
	for l := 1; l < 16; l++ {
		next[l] = (next[l-1] + count[l-1]) << 1
	}
	for i, l := range lengths {
		codes[i] = uint32(inflate.Reverse(next[l], uint(l)))<<8 | uint32(l)
		next[l]++
	}
}

// runExtra is how many extra bits a symbol of the lengths has.
func runExtra(symbol int) uint {
	switch symbol {
	case 16:
		return 2
	case 17:
		return 3
	case 18:
		return 7
	}
	return 0
}

// run makes runs out of the lengths.
func (c *codes) run(lengths []uint8) {
	c.runs = c.runs[:0]
	for len(lengths) > 0 {
		l, n := lengths[0], 1
		for n < len(lengths) && lengths[n] == l {
			n++
		}
		lengths = lengths[n:]
		if l != 0 {
			c.runs = append(c.runs, uint16(l))
			n--
		}
		for n > 0 {
			k := n
			switch {
			case l == 0 && n >= 11:
				k = min(n, 138)
				c.runs = append(c.runs, 18|uint16(k-11)<<8)
			case l == 0 && n >= 3:
				c.runs = append(c.runs, 17|uint16(k-3)<<8)
			case l != 0 && n >= 3:
				k = min(n, 6)
				c.runs = append(c.runs, 16|uint16(k-3)<<8)
			default:
				k = 1
				c.runs = append(c.runs, uint16(l))
			}
			n -= k
		}
	}
}

// write writes the codes.
func (c *codes) write(w *writer) {
	w.bits(uint64(c.nLiterals-257|(c.nDistances-1)<<5|(c.nMeta-4)<<10), 14)
	for i := range c.nMeta {
		w.bits(uint64(c.meta[inflate.CodeOrder[i]]&0xff), 3)
	}
	for _, r := range c.runs {
		code := c.meta[r&0xff]
		w.bits(uint64(code>>8), uint(code&0xff))
		w.bits(uint64(r>>8), runExtra(int(r&0xff)))
	}
}

// lengths finds the lengths of the codes for symbols that occur so often (Moffat and
// Katajainen, In-place calculation of minimum-redundancy codes), none longer than
// most.
func lengths(counts []uint32, most int, into []uint8) {
	clear(into)
	var a [288]uint64 // counts above bit 16, symbols below
	n := 0
	for i, count := range counts {
		if count > 0 {
			a[n] = uint64(count)<<16 | uint64(i)
			n++
		}
	}
	for n < 2 { // a code has at least two symbols for all decoders
		symbol := 0
		if n == 1 && a[0]&0xffff == 0 {
			symbol = 1
		}
		a[n] = 1<<16 | uint64(symbol)
		n++
	}
	slices.Sort(a[:n])
	var symbols [288]uint16
	var w [288]int
	for i := range n {
		symbols[i] = uint16(a[i])
		w[i] = int(a[i] >> 16)
	}
	depths(w[:n])
	var perLength [33]int
	for _, d := range w[:n] {
		perLength[min(d, 32)]++
	}
	limit(&perLength, most)
	i := 0
	for l := most; l > 0; l-- {
		for range perLength[l] {
			into[symbols[i]] = uint8(l)
			i++
		}
	}
}

// depths replaces weights, ascending, by the lengths of their codes.
func depths(w []int) {
	n := len(w)
	leaf, root := 0, 0
	for next := range n - 1 {
		sum := 0
		for range 2 {
			if leaf >= n || root < next && w[root] < w[leaf] {
				sum += w[root]
				w[root] = next
				root++
			} else {
				sum += w[leaf]
				leaf++
			}
		}
		w[next] = sum
	}
	w[n-2] = 0
	for i := n - 3; i >= 0; i-- {
		w[i] = w[w[i]] + 1
	}
	free, used, depth := 1, 0, 0
	root, next := n-2, n-1
	for free > 0 {
		for root >= 0 && w[root] == depth {
			used++
			root--
		}
		for ; free > used; free-- {
			w[next] = depth
			next--
		}
		free, used = 2*used, 0
		depth++
	}
}

// limit makes no code longer than most: the codes that are too long get most, and
// shorter ones give way until the code is complete again.
func limit(perLength *[33]int, most int) {
	total := 0
	for l := most + 1; l < len(perLength); l++ {
		perLength[most] += perLength[l]
		perLength[l] = 0
	}
	for l := 1; l <= most; l++ {
		total += perLength[l] << (most - l)
	}
	for ; total > 1<<most; total-- {
		perLength[most]--
		l := most - 1
		for perLength[l] == 0 {
			l--
		}
		perLength[l]--
		perLength[l+1] += 2
	}
}

// writer writes bits, the first one lowest.
type writer struct {
	out []byte
	acc uint64
	n   uint
}

// bits writes n bits, at most 56.
func (w *writer) bits(v uint64, n uint) {
	a := w.acc | v<<(w.n&63)
	n += w.n
	at := len(w.out)
	w.out = append(w.out, byte(a), byte(a>>8), byte(a>>16), byte(a>>24), byte(a>>32), byte(a>>40), byte(a>>48), byte(a>>56))
	w.out = w.out[:at+int(n>>3)]
	w.acc = a >> (n &^ 7 & 63)
	w.n = n & 7
}

// align goes on to the next byte.
func (w *writer) align() {
	for ; w.n > 0; w.n -= min(w.n, 8) {
		w.out = append(w.out, byte(w.acc))
		w.acc >>= 8
	}
	w.acc = 0
}

// stored writes a stored block.
func (w *writer) stored(p []byte, last bool) {
	w.bits(uint64(flag(last)), 3)
	w.align()
	n := len(p)
	w.out = append(w.out, byte(n), byte(n>>8), byte(^n), byte(^n>>8))
	w.out = append(w.out, p...)
}
