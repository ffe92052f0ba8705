package regex

// simulation runs the program itself, with all threads at once. It is slower than
// an automaton and takes no memory worth mentioning.
type simulation struct {
	*program
	now, then list
}

func newSimulation(p *program) *simulation {
	s := &simulation{program: p}
	s.now.size(len(p.code))
	s.then.size(len(p.code))
	return s
}

// follow adds what is reached from pc without a byte between two sides, for a thread
// that began at start. It doesn't go on from stop.
func (s *simulation) follow(l *list, pc, stop int32, before, after side, start int) {
	for !l.has(pc) {
		l.add(pc)
		l.starts = append(l.starts, start)
		if pc == stop {
			return
		}
		switch i := &s.code[pc]; i.op {
		case oSplit:
			s.follow(l, i.x, stop, before, after, start)
			pc = i.y
		case oSave, oProgress:
			pc = i.x
		case oAssert:
			if !holds(i.arg, before, after) {
				return
			}
			pc = i.x
		default:
			return
		}
	}
}

func (l *list) clear() { l.pcs, l.starts = l.pcs[:0], l.starts[:0] }

// step moves the threads of now that take data[i] and began before limit to then,
// and swaps the two.
func (s *simulation) step(data []byte, i int, stop int32, flags Flags, limit int) {
	s.then.clear()
	b := data[i]
	before, after := s.sideOf(b), s.after(data, i+1, flags)
	for k, pc := range s.now.pcs {
		in := &s.code[pc]
		if pc != stop && s.now.starts[k] < limit &&
			(in.op == oByte && in.arg == b || in.op == oSet && s.sets[in.y].has(b)) {
			s.follow(&s.then, in.x, stop, before, after, s.now.starts[k])
		}
	}
	s.now, s.then = s.then, s.now
}

// leftmost returns where the first match at or behind the position begins, -1 if
// there is none. Threads stand in the order in which they began.
func (s *simulation) leftmost(data []byte, at int, flags Flags) int {
	const none = int(^uint(0) >> 1)
	best, last := none, int32(0) // instruction 0 is oMatch
	s.now.clear()
	for i := at; ; i++ {
		if best == none {
			s.follow(&s.now, s.entry, last, s.before(data, i, flags), s.after(data, i, flags), i)
		}
		if s.now.has(last) {
			best = min(best, s.now.starts[s.now.where[last]])
		}
		if i == len(data) || best != none && (len(s.now.pcs) == 0 || s.now.starts[0] >= best) {
			break
		}
		s.step(data, i, last, flags, best)
	}
	if best == none {
		return -1
	}
	return best
}

// ends appends where what a node matches from the position may end, up to limit, to
// out, in order.
func (s *simulation) ends(n *node, data []byte, at, limit int, flags Flags, out []int) []int {
	s.now.clear()
	s.follow(&s.now, n.entry, n.next, s.before(data, at, flags), s.after(data, at, flags), 0)
	for i := at; ; i++ {
		if s.now.has(n.next) {
			out = append(out, i)
		}
		if i >= limit || len(s.now.pcs) == 0 {
			return out
		}
		s.step(data, i, n.next, flags, 1)
	}
}
