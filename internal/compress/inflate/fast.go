package inflate

import "unsafe"

func load64(p unsafe.Pointer, at int) uint64 { return *(*uint64)(unsafe.Add(p, at)) }

func store64(p unsafe.Pointer, at int, v uint64) { *(*uint64)(unsafe.Add(p, at)) = v }

// fast decodes as long as the input's buffer has 16 bytes and the output has room, so
// that nothing needs to be checked within a symbol but the distance. The pointers
// stay within the buffers by those two conditions: a round reads at most 8 bytes
// beyond position 8, and writes at most a match of 258 bytes and a word, for which
// the output has slack. The machine is little-endian: amd64, arm64.
func (f *Inflater) fast() {
	src := f.in.Buffered()
	if len(src) < 16 {
		return
	}
	in, out := unsafe.Pointer(&src[0]), unsafe.Pointer(&f.out[0])
	literals, distances := &f.literals, &f.distances
	pos, end, w := 0, len(src)-16, f.w
	bits, n := f.bits, f.n
	for pos <= end && w < WindowSize+roomSize {
		// Bits above n may be set already: they are the same as those that come.
		bits |= load64(in, pos) << (n & 63)
		pos += int(63-n) >> 3
		n |= 56
		e := literals[bits&(1<<literalBits-1)]
		for range 2 {
			if e&literalFlag == 0 {
				break
			}
			bits >>= e & 63
			n -= uint(e & 63)
			*(*byte)(unsafe.Add(out, w)) = byte(e >> 16)
			w++
			e = literals[bits&(1<<literalBits-1)]
		}
		code := bits
		if e&(subFlag|endFlag|badFlag) != 0 {
			if e&subFlag == 0 {
				break
			}
			sub := literals[uint64(e>>16)+code>>literalBits&(1<<(e>>8&15)-1)]
			if sub&(endFlag|badFlag) != 0 {
				break
			}
			code >>= literalBits
			n -= literalBits
			bits = code
			e = sub
		}
		bits >>= e & 63
		n -= uint(e & 63)
		if e&literalFlag != 0 {
			*(*byte)(unsafe.Add(out, w)) = byte(e >> 16)
			w++
			continue
		}
		length := int(e>>16) + int(code&(1<<(e&63)-1)>>(e>>8&15))
		bits |= load64(in, pos) << (n & 63)
		pos += int(63-n) >> 3
		n |= 56
		d := distances[bits&(1<<distanceBits-1)]
		code = bits
		if d&(subFlag|badFlag) != 0 {
			if d&subFlag != 0 {
				d = distances[uint64(d>>16)+code>>distanceBits&(1<<(d>>8&15)-1)]
			}
			if d&badFlag != 0 {
				f.state = broken
				break
			}
			code >>= distanceBits
			n -= distanceBits
		}
		bits = code >> (d & 63)
		n -= uint(d & 63)
		distance := int(d>>16) + int(code&(1<<(d&63)-1)>>(d>>8&15))
		if distance > w-f.base {
			f.state = broken
			break
		}
		copyMatch(out, w, distance, length)
		w += length
	}
	f.w, f.n, f.bits = w, n, bits&(1<<n-1)
	f.in.Discard(pos)
}

// copyMatch copies length bytes from distance before w to w.
func copyMatch(out unsafe.Pointer, w, distance, length int) {
	from := w - distance
	switch {
	case distance >= 8:
		// Words don't overlap, and up to 7 bytes too many are written over later.
		for end := w + length; w < end; w += 8 {
			store64(out, w, load64(out, from))
			from += 8
		}
	case distance == 1:
		v := uint64(*(*byte)(unsafe.Add(out, from))) * 0x0101010101010101
		for end := w + length; w < end; w += 8 {
			store64(out, w, v)
		}
	default:
		for end := w + length; w < end; w++ {
			*(*byte)(unsafe.Add(out, w)) = *(*byte)(unsafe.Add(out, from))
			from++
		}
	}
}
