package bzip2

import "slices"

const (
	longestCode = 17 // as bzip2 does since 1.0.3
	rounds      = 4
)

// code chooses the codes for the symbols and writes them and the symbols.
func (b *packer) code(size int) {
	var lengths [mostTables][258]uint8
	count := tableCount(len(b.symbols))
	b.begin(&lengths, count, size)
	groups := (len(b.symbols) + groupSize - 1) / groupSize
	selectors := make([]uint8, groups)
	for range rounds {
		b.improve(&lengths, count, size, selectors)
	}
	w := &b.bits
	w.put(uint64(count), 3)
	w.put(uint64(groups), 15)
	order := [mostTables]uint8{0, 1, 2, 3, 4, 5}
	for _, s := range selectors {
		j := 0
		for ; order[j] != s; j++ {
			w.put(1, 1)
		}
		w.put(0, 1)
		copy(order[1:j+1], order[:j])
		order[0] = s
	}
	var codes [mostTables][258]uint32
	for t := range count {
		writeLengths(w, lengths[t][:size])
		assign(lengths[t][:size], codes[t][:])
	}
	for g, s := range selectors {
		l, c := &lengths[s], &codes[s]
		for _, symbol := range b.symbols[g*groupSize : min((g+1)*groupSize, len(b.symbols))] {
			w.put(uint64(c[symbol]), uint(l[symbol]))
		}
	}
}

// tableCount is how many tables are worth it, as in bzip2.
func tableCount(symbols int) int {
	switch {
	case symbols < 200:
		return 2
	case symbols < 600:
		return 3
	case symbols < 1200:
		return 4
	case symbols < 2400:
		return 5
	}
	return 6
}

// begin makes first tables, each of which is good for a part of the symbols that occur
// equally often.
func (b *packer) begin(lengths *[mostTables][258]uint8, count, size int) {
	var counts [258]int
	for _, s := range b.symbols {
		counts[s]++
	}
	from, left := 0, len(b.symbols)
	for t := range count {
		share, have, to := left/(count-t), 0, from
		for to < size && (have < share || t == count-1) {
			have += counts[to]
			to++
		}
		left -= have
		for s := range size {
			lengths[t][s] = 15
			if s >= from && s < to {
				lengths[t][s] = 0
			}
		}
		from = to
	}
}

// improve gives each group the table that is best for it, and makes the tables
// best for their groups.
func (b *packer) improve(lengths *[mostTables][258]uint8, count, size int, selectors []uint8) {
	var counts [mostTables][258]uint32
	// The lengths of a symbol in all tables at once, 10 bits for each sum.
	var all [258]uint64
	for s := range size {
		for t := range count {
			all[s] |= uint64(lengths[t][s]) << (10 * t)
		}
	}
	for g := range selectors {
		group := b.symbols[g*groupSize : min((g+1)*groupSize, len(b.symbols))]
		sum := uint64(0)
		for _, s := range group {
			sum += all[s]
		}
		best, least := 0, uint64(1<<10)
		for t := range count {
			if n := sum >> (10 * t) & (1<<10 - 1); n < least {
				best, least = t, n
			}
		}
		selectors[g] = uint8(best)
		for _, s := range group {
			counts[best][s]++
		}
	}
	for t := range count {
		codeLengths(counts[t][:size], lengths[t][:size])
	}
}

// codeLengths makes the lengths of the best code, none longer than longestCode: if
// one is, the rare symbols count for more and it is tried again.
func codeLengths(counts []uint32, lengths []uint8) {
	var weights [258]uint64
	n := len(counts)
	for i, c := range counts {
		weights[i] = uint64(max(c, 1))
	}
	for !huffman(weights[:n], lengths) {
		for i := range weights[:n] {
			weights[i] = weights[i]/2 + 1
		}
	}
}

// huffman builds the tree with two queues: the leaves, sorted, and the inner nodes,
// which come out in ascending order.
func huffman(weights []uint64, lengths []uint8) bool {
	n := len(weights)
	var leaves [258]uint64
	for i, w := range weights {
		leaves[i] = w<<16 | uint64(i)
	}
	slices.Sort(leaves[:n])
	var inner [258]uint64
	var parent [2 * 258]uint16 // leaves first
	leaf, node := 0, 0
	for next := range n - 1 {
		for range 2 {
			if node >= next || leaf < n && leaves[leaf]>>16 <= inner[node] {
				inner[next] += leaves[leaf] >> 16
				parent[leaf] = uint16(next)
				leaf++
			} else {
				inner[next] += inner[node]
				parent[258+node] = uint16(next)
				node++
			}
		}
	}
	var depth [258]uint8
	for i := n - 3; i >= 0; i-- {
		depth[i] = depth[parent[258+i]] + 1
	}
	for i := range n {
		l := depth[parent[i]] + 1
		if l > longestCode {
			return false
		}
		lengths[leaves[i]&0xffff] = l
	}
	return true
}

// assign makes the canonical code.
func assign(lengths []uint8, codes []uint32) {
	code := uint32(0)
	for l := uint8(1); l <= longestCode; l++ {
		for i, length := range lengths {
			if length == l {
				codes[i] = code
				code++
			}
		}
		code <<= 1
	}
}

// writeLengths writes the lengths as differences.
func writeLengths(w *writer, lengths []uint8) {
	at := lengths[0]
	w.put(uint64(at), 5)
	for _, l := range lengths {
		for ; at < l; at++ {
			w.put(2, 2)
		}
		for ; at > l; at-- {
			w.put(3, 2)
		}
		w.put(0, 1)
	}
}
