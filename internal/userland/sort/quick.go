package sort

// quick sorts the records of a block.
type quick struct {
	order *order
	text  []byte
	mask  uint64 // of a prefix that counts
	flip  uint64 // all ones if bytes are sorted in reverse
}

func (q *quick) line(r *record) []byte { return q.text[r.off : r.off+r.len] }

// less orders by prefix, keys and at last by place, so that the result is stable.
func (q *quick) less(a, b *record) bool {
	x, y := a.prefix&q.mask, b.prefix&q.mask
	if x != y {
		return x < y
	}
	if r := q.order.compare(q.line(a), q.line(b), a, b); r != 0 {
		return r < 0
	}
	return a.off < b.off
}

// records is quicksort, and heapsort if that goes too deep.
func (q *quick) records(r []record, depth int) {
	for len(r) > 12 {
		if depth--; depth < 0 {
			q.heap(r)
			return
		}
		q.pivot(r)
		i, j := 0, len(r)
		for {
			for i++; i < len(r) && q.less(&r[i], &r[0]); i++ {
			}
			for j--; q.less(&r[0], &r[j]); j-- {
			}
			if i >= j {
				break
			}
			r[i], r[j] = r[j], r[i]
		}
		r[0], r[j] = r[j], r[0]
		if j < len(r)/2 {
			q.records(r[:j], depth)
			r = r[j+1:]
		} else {
			q.records(r[j+1:], depth)
			r = r[:j]
		}
	}
	for i := 1; i < len(r); i++ {
		for j := i; j > 0 && q.less(&r[j], &r[j-1]); j-- {
			r[j], r[j-1] = r[j-1], r[j]
		}
	}
}

// pivot brings the median of three records to the front.
func (q *quick) pivot(r []record) {
	m, last := len(r)/2, len(r)-1
	if q.less(&r[m], &r[0]) {
		r[m], r[0] = r[0], r[m]
	}
	if q.less(&r[last], &r[m]) {
		r[last], r[m] = r[m], r[last]
		if q.less(&r[m], &r[0]) {
			r[m], r[0] = r[0], r[m]
		}
	}
	r[0], r[m] = r[m], r[0]
}

func (q *quick) heap(r []record) {
	for i := len(r)/2 - 1; i >= 0; i-- {
		q.down(r, i)
	}
	for n := len(r) - 1; n > 0; n-- {
		r[0], r[n] = r[n], r[0]
		q.down(r[:n], 0)
	}
}

func (q *quick) down(r []record, i int) {
	for {
		child := 2*i + 1
		if child >= len(r) {
			return
		}
		if child+1 < len(r) && q.less(&r[child], &r[child+1]) {
			child++
		}
		if !q.less(&r[i], &r[child]) {
			return
		}
		r[i], r[child] = r[child], r[i]
		i = child
	}
}

// bytes sorts whole lines: multikey quicksort (Bentley and Sedgewick) with 8 bytes
// as one letter. The records' prefixes are those at depth.
func (q *quick) bytes(r []record, depth uint32) {
	for len(r) > 12 {
		p := median(r[0].prefix, r[len(r)/2].prefix, r[len(r)-1].prefix)
		if len(r) > 1000 {
			n := len(r) / 9
			p = median(median(r[0].prefix, r[n].prefix, r[2*n].prefix),
				median(r[3*n].prefix, r[4*n].prefix, r[5*n].prefix),
				median(r[6*n].prefix, r[7*n].prefix, r[8*n].prefix))
		}
		low, high := 0, len(r)
		for i := 0; i < high; {
			switch x := r[i].prefix; {
			case x < p:
				r[i], r[low] = r[low], r[i]
				low++
				i++
			case x > p:
				high--
				r[i], r[high] = r[high], r[i]
			default:
				i++
			}
		}
		q.bytes(r[:low], depth)
		if q.deeper(r[low:high], depth+8) {
			q.bytes(r[low:high], depth+8)
		}
		r = r[high:]
	}
	for i := 1; i < len(r); i++ {
		for j := i; j > 0 && q.before(&r[j], &r[j-1], depth); j-- {
			r[j], r[j-1] = r[j-1], r[j]
		}
	}
}

func median(a, b, c uint64) uint64 {
	if a > b {
		a, b = b, a
	}
	return max(a, min(b, c))
}

// deeper loads the records' next 8 bytes. It is false if there are none, and then
// the records only differ in their lengths if they differ at all: by zero bytes.
func (q *quick) deeper(r []record, depth uint32) bool {
	more, lengths := false, false
	for i := range r {
		rest := q.line(&r[i])
		lengths = lengths || len(rest) != int(r[0].len)
		rest = rest[min(depth, r[i].len):]
		more = more || len(rest) > 0
		r[i].prefix = load(rest) ^ q.flip
	}
	if !more && lengths {
		q.records(r, 64)
	}
	return more
}

// before compares lines that are equal up to depth.
func (q *quick) before(a, b *record, depth uint32) bool {
	if a.prefix != b.prefix {
		return a.prefix < b.prefix
	}
	x, y := q.line(a), q.line(b)
	return q.order.keys[0].compare(x[min(depth, a.len):], y[min(depth, b.len):]) < 0
}
