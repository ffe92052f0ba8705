package regex

// solver finds the submatches of a match whose ends are known, by POSIX's rule: each
// part of the pattern, from left to right, takes as much as the rest allows.
type solver struct {
	re    *Regexp
	data  []byte
	slots []int
	flags Flags
	pool  []int // the ends of the parts being tried, one after the other
}

// solve sets the slots of the groups in a node that matches data[i:j].
func (s *solver) solve(n *node, i, j int) {
	if !n.captures {
		return
	}
	switch n.kind {
	case kGroup:
		if k := 2 * int(n.n); k+1 < len(s.slots) {
			s.slots[k], s.slots[k+1] = i, j
		}
		s.solve(n.subs[0], i, j)
	case kAlt:
		for _, sub := range n.subs {
			if s.exact(sub, i, j) {
				s.solve(sub, i, j)
				return
			}
		}
	case kCat:
		bounds := make([]int, len(n.subs))
		t := split{solver: s, subs: n.subs, bounds: bounds, from: i, end: j}
		if !t.place(0, i) {
			return
		}
		for k, sub := range n.subs {
			s.solve(sub, i, bounds[k])
			i = bounds[k]
		}
	case kRepeat:
		s.repeat(n, i, j)
	}
}

// bare returns what is in the groups around a node.
func bare(n *node) *node {
	for n.kind == kGroup {
		n = n.subs[0]
	}
	return n
}

// takes says whether a node of one byte takes the byte.
func (s *solver) takes(n *node, b byte) bool {
	if n.kind == kByte {
		return byte(n.n) == b
	}
	return s.re.program.sets[n.n].has(b)
}

// run returns how far, up to limit, the repetition of single bytes goes; false if the
// node is none.
func (s *solver) run(n *node, i, limit int) (int, bool) {
	n = bare(n)
	if n.kind != kRepeat || !bare(n.subs[0]).single() {
		return 0, false
	}
	one := bare(n.subs[0])
	if n.max != unbounded {
		limit = min(limit, i+int(n.max))
	}
	for i < limit && s.takes(one, s.data[i]) {
		i++
	}
	return i, true
}

// exact says whether the node matches data[i:j] exactly.
func (s *solver) exact(n *node, i, j int) bool {
	if j-i < int(n.shortest) || n.longest < unbounded && j-i > int(n.longest) {
		return false
	}
	if b := bare(n); b.single() {
		return s.takes(b, s.data[i])
	}
	if end, ok := s.run(n, i, j); ok {
		return end == j
	}
	base := len(s.pool)
	s.pool = s.re.simulation().ends(n, s.data, i, j, s.flags, s.pool)
	hit := len(s.pool) > base && s.pool[len(s.pool)-1] == j
	s.pool = s.pool[:base]
	return hit
}

// split places the borders between the parts of a concatenation.
type split struct {
	*solver
	subs   []*node
	bounds []int // where each part ends
	from   int
	end    int
	failed []uint64 // the parts and positions that are known to lead nowhere
}

// place places the ends of the parts from k on, which begin at i.
func (t *split) place(k, i int) bool {
	for k < len(t.subs)-1 && bare(t.subs[k]).single() {
		if i >= t.end || !t.takes(bare(t.subs[k]), t.data[i]) {
			return false
		}
		i++
		t.bounds[k] = i
		k++
	}
	n := t.subs[k]
	if k == len(t.subs)-1 {
		t.bounds[k] = t.end
		return t.exact(n, i, t.end)
	}
	bit := k*(t.end-t.from+1) + i - t.from
	if t.failed != nil && t.failed[bit>>6]>>(bit&63)&1 != 0 {
		return false
	}
	if t.ends(n, k, i) {
		return true
	}
	if t.failed == nil {
		t.failed = make([]uint64, len(t.subs)*(t.end-t.from+1)/64+1)
	}
	t.failed[bit>>6] |= 1 << (bit & 63)
	return false
}

// ends tries the ends of part k, the farthest first.
func (t *split) ends(n *node, k, i int) bool {
	low, high := i+int(n.shortest), t.end
	if n.longest < unbounded {
		high = min(high, i+int(n.longest))
	}
	if farthest, ok := t.run(n, i, high); ok {
		next := bare(t.subs[k+1])
		for m := farthest; m >= low; m-- {
			if next.single() && (m >= t.end || !t.takes(next, t.data[m])) {
				continue
			}
			if t.bounds[k] = m; t.place(k+1, m) {
				t.bounds[k] = m
				return true
			}
		}
		return false
	}
	base := len(t.pool)
	t.pool = t.re.simulation().ends(n, t.data, i, high, t.flags, t.pool)
	for top := len(t.pool) - 1; top >= base; top-- {
		m := t.pool[top]
		t.pool = t.pool[:top]
		if t.place(k+1, m) {
			t.bounds[k] = m
			return true
		}
	}
	return false
}

// maxMemo bounds the bits that a repetition remembers its failures with. A text
// and a repetition that are too long for it leave the groups inside unset.
const maxMemo = 1 << 30

// turn is one time of a repetition: where it began, and where the ends that are
// still to be tried lie in the pool.
type turn struct{ from, base, top int }

// repeat finds the times that a repetition of groups took, each as long as can be.
func (s *solver) repeat(n *node, i, j int) {
	body := n.subs[0]
	least := int(n.min)
	if body.shortest == 0 {
		least = 0
	}
	if i == j {
		if body.shortest == 0 && n.max > 0 || least > 0 {
			s.solve(body, i, j)
		}
		return
	}
	most := int(n.max)
	// Times count up to where their number makes no difference any more.
	kinds := least + 1
	if n.max != unbounded {
		kinds = most + 1
	}
	var failed []uint64
	width := j - i + 1
	if kinds > maxMemo/width {
		return
	}
	turns := []turn{s.turn(body, i, j)}
	for len(turns) > 0 {
		t := &turns[len(turns)-1]
		bit := min(len(turns)-1, kinds-1)*width + t.from - i
		if t.top == t.base {
			if failed == nil {
				failed = make([]uint64, kinds*width/64+1)
			}
			failed[bit>>6] |= 1 << (bit & 63)
			s.pool = s.pool[:t.base]
			turns = turns[:len(turns)-1]
			continue
		}
		t.top--
		m := s.pool[t.top]
		s.pool = s.pool[:t.top]
		if m == j && len(turns) >= least {
			s.solveTurns(body, turns, j)
			return
		}
		bit = min(len(turns), kinds-1)*width + m - i
		if m == t.from || m == j || len(turns) >= most || failed != nil && failed[bit>>6]>>(bit&63)&1 != 0 {
			continue
		}
		turns = append(turns, s.turn(body, m, j))
	}
}

// turn begins a time at a position.
func (s *solver) turn(body *node, from, j int) turn {
	base := len(s.pool)
	s.pool = s.re.simulation().ends(body, s.data, from, j, s.flags, s.pool)
	return turn{from: from, base: base, top: len(s.pool)}
}

// solveTurns solves each time with its ends.
func (s *solver) solveTurns(body *node, turns []turn, j int) {
	s.pool = s.pool[:0]
	for k, t := range turns {
		end := j
		if k+1 < len(turns) {
			end = turns[k+1].from
		}
		s.solve(body, t.from, end)
	}
}
