package regex

import "unsafe"

// The entries of the transition table that are no row of a plain state.
const (
	eUnknown int32 = 0 // row 0 is never used
	eDead    int32 = -1
	eIdle    int32 = -2 // nothing has begun to match: see jump
	// Other negative numbers are ^row of a state reached with a match before the byte.
)

// maxMemory bounds what the states of an automaton take before they are dropped, to
// be made anew as they are needed.
const maxMemory = 2 << 20

// dfa is a deterministic automaton that is made while it runs. A state is a set of
// instructions and what stood before. Whether a match ended is known one byte late,
// because assertions look at that byte.
type dfa struct {
	*program
	unanchored bool // a match may begin anywhere: only whether and where the first ends
	stride     int32
	trans      []int32 // a row of stride entries for each state
	states     []state
	index      map[string]int32 // from state.key to row
	starts     [5]int32         // rows, by the side before
	memory     int
	jump       jump
	gain       int // bytes skipped, less what skipping cost
	work       list
	kernel     list
}

type state struct {
	pcs    []int32
	before side
}

// list is a set of instructions in the order in which they came.
type list struct {
	pcs    []int32
	where  []int32 // index in pcs, if that has the instruction there
	starts []int   // of simulation: where the thread began
}

func (l *list) size(n int) {
	if len(l.where) < n {
		l.where = make([]int32, n)
		l.pcs = make([]int32, 0, n)
	}
}

func (l *list) has(pc int32) bool {
	i := l.where[pc]
	return int(i) < len(l.pcs) && l.pcs[i] == pc
}

func (l *list) add(pc int32) {
	l.where[pc] = int32(len(l.pcs))
	l.pcs = append(l.pcs, pc)
}

func newDFA(p *program, unanchored bool, j jump) *dfa {
	d := &dfa{program: p, unanchored: unanchored, jump: j, stride: int32(p.classes) + 2}
	d.work.size(len(p.code))
	d.kernel.size(len(p.code))
	d.reset()
	return d
}

// reset drops all states.
func (d *dfa) reset() {
	d.trans = append(d.trans[:0], make([]int32, d.stride)...)
	d.states = append(d.states[:0], state{})
	d.index = make(map[string]int32)
	d.starts = [5]int32{}
	d.memory = 0
}

// follow adds an instruction and those that are reached from it without a byte. The
// assertions stay: they are followed when the next byte is known.
func (d *dfa) follow(l *list, pc int32) {
	for !l.has(pc) {
		l.add(pc)
		switch i := &d.code[pc]; i.op {
		case oSplit:
			d.follow(l, i.x)
			pc = i.y
		case oSave, oProgress:
			pc = i.x
		default:
			return
		}
	}
}

// intern returns the row of the state of the instructions in kernel.
func (d *dfa) intern(before side) int32 {
	pcs := d.kernel.pcs
	// Only what takes a byte, asserts or matches tells states apart.
	n := 0
	for _, pc := range pcs {
		if o := d.code[pc].op; o != oSplit && o != oSave && o != oProgress {
			pcs[n] = pc
			n++
		}
	}
	pcs = append(pcs[:n], int32(before))
	key := unsafe.Slice((*byte)(unsafe.Pointer(&pcs[0])), len(pcs)*4)
	if row, known := d.index[string(key)]; known {
		return row
	}
	row := int32(len(d.states)) * d.stride
	d.states = append(d.states, state{pcs: append([]int32(nil), pcs[:n]...), before: before})
	d.trans = append(d.trans, make([]int32, d.stride)...)
	d.index[string(key)] = row
	d.memory += int(d.stride)*4 + len(pcs)*8 + 100
	return row
}

// start returns the row to begin with behind a side.
func (d *dfa) start(before side) int32 {
	if row := d.starts[before]; row != 0 {
		return row
	}
	if d.memory > maxMemory {
		d.reset()
	}
	d.kernel.pcs = d.kernel.pcs[:0]
	d.follow(&d.kernel, d.entry)
	row := d.intern(before)
	d.starts[before] = row
	return row
}

// step works out the entry for a state and a class; the classes behind the bytes'
// are the end of the text, and the end with NotEOL. It returns the row of the state,
// which is another than the given one if the states were dropped.
func (d *dfa) step(row int32, class int) (entry, from int32) {
	if d.memory > maxMemory {
		s := d.states[row/d.stride]
		d.reset()
		d.kernel.pcs = append(d.kernel.pcs[:0], s.pcs...)
		row = d.intern(s.before)
	}
	if d.jump.kind != jNone {
		// What idles is known by the state that a search behind such a byte starts in.
		d.start(sOther)
		d.start(sWord)
	}
	s := &d.states[row/d.stride]
	after := sText
	switch {
	case class < d.classes:
		after = d.sideOf(d.member[class])
	case class > d.classes:
		after = sInside
	}
	matched := d.advance(s, class, after)
	if d.unanchored && class < d.classes {
		d.follow(&d.kernel, d.entry)
	}
	entry = eDead
	if len(d.kernel.pcs) > 0 || matched {
		entry = d.intern(after)
		switch {
		case matched:
			entry = ^entry
		case d.unanchored && d.jump.kind != jNone && entry == d.starts[after]:
			entry = eIdle
		}
	}
	d.trans[int(row)+class] = entry
	return entry, row
}

// advance puts what is reached from the state over the class into kernel, and
// says whether a match ended before it.
func (d *dfa) advance(s *state, class int, after side) (matched bool) {
	w := &d.work
	w.pcs = w.pcs[:0]
	for _, pc := range s.pcs {
		w.add(pc)
	}
	d.kernel.pcs = d.kernel.pcs[:0]
	b := byte(0)
	if class < d.classes {
		b = d.member[class]
	}
	for k := 0; k < len(w.pcs); k++ {
		hit := false
		i := &d.code[w.pcs[k]]
		switch i.op {
		case oAssert:
			if holds(i.arg, s.before, after) {
				d.follow(w, i.x)
			}
		case oMatch:
			matched = true
		case oByte:
			hit = i.arg == b
		case oSet:
			hit = d.sets[i.y].has(b)
		}
		if hit && class < d.classes {
			d.follow(&d.kernel, i.x)
		}
	}
	return matched
}

// first returns where the match that ends first ends, at or behind the position,
// -1 if there is none.
func (d *dfa) first(data []byte, at int, flags Flags) int {
	row := d.start(d.before(data, at, flags))
	class, trans := &d.class, d.trans
	for i := at; i < len(data); {
		entry := trans[int(row)+int(class[data[i]])]
		i++
		if entry > 0 {
			row = entry
			continue
		}
		if entry == eUnknown {
			entry, _ = d.step(row, int(class[data[i-1]]))
			trans = d.trans
		}
		switch {
		case entry > 0:
			row = entry
		case entry == eIdle:
			i = d.skip(data, i)
			row = d.start(d.before(data, i, flags))
			trans = d.trans
		case entry == eDead:
			return -1
		default:
			return i - 1
		}
	}
	if d.ends(row, flags) {
		return len(data)
	}
	return -1
}

// skip returns the next position where a match may begin. What doesn't pay is not
// done again.
func (d *dfa) skip(data []byte, at int) int {
	to := d.jump.next(data, at)
	d.gain += to - at - 3
	if d.gain < -1000 {
		d.jump.kind = jNone
		d.reset()
	}
	d.gain = min(d.gain, 1<<20)
	return to
}

// ends says whether a match ends with the text.
func (d *dfa) ends(row int32, flags Flags) bool {
	class := d.classes
	if flags&NotEOL != 0 {
		class++
	}
	entry := d.trans[int(row)+class]
	if entry == eUnknown {
		entry, _ = d.step(row, class)
	}
	return entry < eDead
}

// longest returns where the longest match that begins at the position ends, -1 if
// none does, and how far it had to look.
func (d *dfa) longest(data []byte, at int, flags Flags) (end, looked int) {
	row := d.start(d.before(data, at, flags))
	end = -1
	for i := at; i < len(data); i++ {
		class := int(d.class[data[i]])
		entry := d.trans[int(row)+class]
		if entry > 0 {
			row = entry
			continue
		}
		if entry == eUnknown {
			entry, _ = d.step(row, class)
		}
		if entry < eDead {
			end = i
			entry = ^entry
			if len(d.states[entry/d.stride].pcs) == 0 {
				return end, i + 1 - at
			}
		}
		if entry == eDead {
			return end, i + 1 - at
		}
		row = entry
	}
	if d.ends(row, flags) {
		end = len(data)
	}
	return end, len(data) + 1 - at
}
