package deflate

import (
	"math/bits"
	"unsafe"

	"bantam/internal/compress/inflate"
)

const (
	hashBits  = 15
	pieceSize = 256 << 10 // of input that one goroutine compresses
	leastLen  = 3
	mostLen   = 258
)

// effort is what a level does: how many earlier places are looked at, the length
// that ends the search, whether a match waits for a better one at the next byte, and
// the length up to which it waits.
type effort struct {
	depth, nice uint16
	lazy        uint16
}

var efforts = [...]effort{
	1: {6, 12, 0}, {10, 24, 0}, {8, 24, 8},
	{12, 30, 16}, {16, 48, 24}, {32, 80, 40}, {80, 130, 80}, {250, 258, 258}, {900, 258, 258},
}

// matcher finds matches in a piece of input and the window before it. Places with the
// same hash of 4 bytes are chained, the latest first; of 3 bytes only the latest
// is known, because matches of 3 bytes are worth something only if near.
type matcher struct {
	data  []byte // with slack behind
	end   int
	next  int // the first place that isn't entered yet
	head  [1 << hashBits]int32
	head3 [1 << 14]int32
	prev  [inflate.WindowSize]uint16 // distance to the place before in the chain, 0 for none
}

func (m *matcher) reset(data []byte, end int) {
	clear(m.head[:])
	clear(m.head3[:])
	m.data, m.end, m.next = data, end, 0
}

func load32(p unsafe.Pointer, at int) uint32 { return *(*uint32)(unsafe.Add(p, at)) }

func hash4(v uint32) uint32 { return v * 0x9e3779b1 >> (32 - hashBits) }
func hash3(v uint32) uint32 { return v << 8 * 0x9e3779b1 >> (32 - 14) }

// enter makes the places before to known. Places are stored plus one: 0 is none.
func (m *matcher) enter(to int) {
	p := unsafe.Pointer(&m.data[0])
	for i := m.next; i < to; i++ {
		v := load32(p, i)
		h := hash4(v)
		m.prev[i&(inflate.WindowSize-1)] = gap(int(m.head[h])-1, i)
		m.head[h] = int32(i + 1)
		m.head3[hash3(v)] = int32(i + 1)
	}
	m.next = max(m.next, to)
}

// gap is the distance of two places in a chain: 0 if it ends there.
func gap(at, i int) uint16 {
	if at < 0 || i-at > inflate.WindowSize {
		return 0
	}
	return uint16(i - at)
}

// find returns the longest match at place i if it is longer than best, and enters i.
func (m *matcher) find(i, best int, depth, nice int) (length, distance int) {
	p := unsafe.Pointer(&m.data[0])
	v := load32(p, i)
	h, h3 := hash4(v), hash3(v)
	at, at3 := int(m.head[h])-1, int(m.head3[h3])-1
	step := gap(at, i)
	m.prev[i&(inflate.WindowSize-1)] = step
	m.head[h], m.head3[h3] = int32(i+1), int32(i+1)
	m.next = i + 1
	most := min(mostLen, m.end-i)
	if most < 4 {
		return m.three(p, i, at3, best, most, v)
	}
	nice = min(nice, most)
	if best < leastLen {
		length, distance = m.three(p, i, at3, best, most, v)
		best = leastLen // what the chains have is longer
	}
	for ; step != 0 && depth > 0; depth-- {
		if d := i - at; d > inflate.WindowSize {
			break
		}
		// The 4 bytes that would make the match longer, then the first 4.
		if load32(p, at+best-3) == load32(p, i+best-3) && load32(p, at) == v {
			if n := same(p, at, i, most); n > best {
				best, length, distance = n, n, i-at
				if n >= nice {
					break
				}
			}
		}
		step = m.prev[at&(inflate.WindowSize-1)]
		at -= int(step)
	}
	return length, distance
}

// three finds a match of 3 bytes, or more, at the latest place of that hash.
func (m *matcher) three(p unsafe.Pointer, i, at, best, most int, v uint32) (length, distance int) {
	const far = 4096 // where two literals are shorter than the distance
	if at < 0 || i-at > far || best >= leastLen || most < leastLen || load32(p, at)<<8 != v<<8 {
		return 0, 0
	}
	return leastLen, i - at
}

func load64(p unsafe.Pointer, at int) uint64 { return *(*uint64)(unsafe.Add(p, at)) }

// same is how many bytes, at most most, are the same at a and b.
func same(p unsafe.Pointer, a, b, most int) int {
	for n := 0; n < most; n += 8 {
		if x := load64(p, a+n) ^ load64(p, b+n); x != 0 {
			return min(n+bits.TrailingZeros64(x)/8, most)
		}
	}
	return most
}
