package regex

import "bytes"

// maxSteps bounds what the search for one match of a pattern with back-references
// may take: it is exponential in the worst case, for every program.
const maxSteps = 20_000_000

// backtracker tries every way through a program with back-references and keeps
// the longest.
type backtracker struct {
	*program
	slots []int // as they are on the present way
	best  []int
	trail []choice
	steps int
}

// choice is where another way branched off, or with pc < 0 a slot's earlier value.
type choice struct {
	pc  int32
	pos int
}

// match looks for the longest match that begins at the position and puts it into
// best. false is none.
func (b *backtracker) match(data []byte, at int, flags Flags) bool {
	for i := range b.slots {
		b.slots[i] = -1
	}
	b.trail = append(b.trail[:0], choice{b.entry, at})
	end := -1
	for len(b.trail) > 0 && b.steps < maxSteps {
		c := b.trail[len(b.trail)-1]
		b.trail = b.trail[:len(b.trail)-1]
		if c.pc < 0 {
			b.slots[^c.pc] = c.pos
			continue
		}
		if e := b.way(c.pc, data, c.pos, flags); e > end {
			end = e
			copy(b.best, b.slots)
			b.best[0], b.best[1] = at, e
			if e == len(data) {
				break
			}
		}
	}
	return end >= 0
}

// way follows one way until it fails, with -1, or matches. What it leaves untried goes
// onto the trail.
func (b *backtracker) way(pc int32, data []byte, pos int, flags Flags) int {
	for ; b.steps < maxSteps; b.steps++ {
		i := &b.code[pc]
		switch i.op {
		case oByte:
			if pos >= len(data) || data[pos] != i.arg {
				return -1
			}
			pos++
		case oSet:
			if pos >= len(data) || !b.sets[i.y].has(data[pos]) {
				return -1
			}
			pos++
		case oSplit:
			b.trail = append(b.trail, choice{i.y, pos})
		case oAssert:
			if !holds(i.arg, b.before(data, pos, flags), b.after(data, pos, flags)) {
				return -1
			}
		case oSave, oProgress:
			if i.op == oProgress && b.slots[i.y] == pos {
				return -1
			}
			b.trail = append(b.trail, choice{^i.y, b.slots[i.y]})
			b.slots[i.y] = pos
		case oBackref:
			from, to := b.slots[2*i.y], b.slots[2*i.y+1]
			if to < from || from < 0 || len(data)-pos < to-from || !b.same(data[from:to], data[pos:pos+to-from]) {
				return -1
			}
			pos += to - from
		case oMatch:
			return pos
		}
		pc = i.x
	}
	return -1
}

func (b *backtracker) same(x, y []byte) bool {
	if !b.fold {
		return bytes.Equal(x, y)
	}
	for i, c := range x {
		if d := y[i]; c != d && (c^d != 0x20 || !isLetter(c)) {
			return false
		}
	}
	return true
}
