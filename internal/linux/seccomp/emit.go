package seccomp

import "golang.org/x/sys/unix"

// filter is struct sock_filter of linux/filter.h.
type filter struct {
	code   uint16
	jt, jf uint8
	k      uint32
}

// Offsets into struct seccomp_data (seccomp(2)).
const (
	offsetNr   = 0
	offsetArch = 4
	offsetArgs = 16
)

// emitter writes a program from its end to its beginning, so that the target of
// each jump is known when the jump is written: BPF jumps lead forwards only.
type emitter struct {
	*rules
	sorter sorter
	code   []filter
	chains []label // start of each chain's code, narrow and wide, 0: not written yet
	wide   bool    // the chain being written compares 64 bits
	rets   []label // return instructions written, latest last
}

// label is a place in the program: the number of instructions from its end, so
// never 0.
type label int

// reach is how far a conditional jump is allowed to lead. A few instructions
// are kept back for those written between reading a label and jumping to it.
const reach = 255 - 8

func (e *emitter) put(f filter) label {
	e.code = append(e.code, f)
	return label(len(e.code))
}

// distance is the offset of a jump to l in the next instruction written.
func (e *emitter) distance(l label) int { return len(e.code) - int(l) }

// near returns a label within reach that leads to l.
func (e *emitter) near(l label) label {
	if e.distance(l) <= reach {
		return l
	}
	if f := e.code[l-1]; f.code == unix.BPF_RET|unix.BPF_K {
		return e.ret(f.k)
	}
	return e.put(filter{code: unix.BPF_JMP | unix.BPF_JA, k: uint32(e.distance(l))})
}

// ret returns a label within reach that returns k.
func (e *emitter) ret(k uint32) label {
	for i := len(e.rets) - 1; i >= 0 && e.distance(e.rets[i]) <= reach; i-- {
		if e.code[e.rets[i]-1].k == k {
			return e.rets[i]
		}
	}
	l := e.put(filter{code: unix.BPF_RET | unix.BPF_K, k: k})
	e.rets = append(e.rets, l)
	return l
}

func (e *emitter) load(offset uint32) label {
	return e.put(filter{code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, k: offset})
}

// jump compares A with k by BPF_JEQ, JGT, JGE or JSET.
func (e *emitter) jump(test uint16, k uint32, yes, no label) label {
	yes = e.near(yes)
	no = e.near(no)
	return e.put(filter{
		code: unix.BPF_JMP | test | unix.BPF_K, k: k,
		jt: uint8(e.distance(yes)), jf: uint8(e.distance(no)),
	})
}

// arch writes the code for one architecture.
func (e *emitter) arch(a *arch) (label, error) {
	spans, err := e.sorter.sort(e.rules, a)
	if err != nil {
		return 0, err
	}
	e.chains = append(e.chains[:0], make([]label, 2*len(e.sorter.links))...)
	if root := e.tree(spans); root != label(len(e.code)) {
		e.put(filter{code: unix.BPF_JMP | unix.BPF_JA, k: uint32(e.distance(root))})
	}
	return e.load(offsetNr), nil
}

// tree writes the search for a number in spans; it ends with the instruction
// that has to follow the load of the number.
func (e *emitter) tree(spans []span) label {
	if len(spans) == 1 {
		return e.outcome(spans[0].out)
	}
	mid := len(spans) / 2
	right := e.tree(spans[mid:])
	left := e.tree(spans[:mid])
	return e.jump(unix.BPF_JGE, spans[mid].from, right, left)
}

func (e *emitter) outcome(o outcome) label {
	if o.chain == 0 {
		return e.ret(o.ret)
	}
	at := 2 * int(o.chain)
	if o.wide {
		at++
	}
	if e.chains[at] == 0 {
		e.wide = o.wide
		e.chains[at] = e.chain(o)
	}
	return e.near(e.chains[at])
}

// chain writes the rules of a chain, the last one first.
func (e *emitter) chain(o outcome) label {
	no := e.ret(o.ret)
	for c := o.chain; c != 0; c = e.sorter.links[c].prev {
		r := e.sorter.number(e.sorter.links[c].rule)
		yes := e.ret(r.action)
		for i := len(r.conds) - 1; i >= 0; i-- {
			yes = e.cond(&r.conds[i], yes, no)
		}
		no = yes
	}
	return no
}

func (e *emitter) cond(c *cond, yes, no label) label {
	switch c.op {
	case opEQ:
		return e.equal(c, ^uint64(0), yes, no)
	case opNE:
		return e.equal(c, ^uint64(0), no, yes)
	case opMasked:
		return e.equal(c, c.mask, yes, no)
	case opGT:
		return e.greater(c, unix.BPF_JGT, yes, no)
	case opGE:
		return e.greater(c, unix.BPF_JGE, yes, no)
	case opLE:
		return e.greater(c, unix.BPF_JGT, no, yes)
	}
	return e.greater(c, unix.BPF_JGE, no, yes) // opLT
}

// equal compares the argument's bits in mask with c.value. Words without bits in
// the mask are equal.
func (e *emitter) equal(c *cond, mask uint64, yes, no label) label {
	low, high := e.sorter.arch.words(c.arg)
	start := e.word(low, uint32(mask), uint32(c.value), yes, no)
	if e.wide {
		start = e.word(high, uint32(mask>>32), uint32(c.value>>32), start, no)
	}
	return start
}

func (e *emitter) word(offset, mask, value uint32, yes, no label) label {
	if mask == 0 {
		return yes
	}
	e.jump(unix.BPF_JEQ, value, yes, no)
	if mask != ^uint32(0) {
		e.put(filter{code: unix.BPF_ALU | unix.BPF_AND | unix.BPF_K, k: mask})
	}
	return e.load(offset)
}

// greater compares with c.value; test is JGT or JGE, for the low word.
func (e *emitter) greater(c *cond, test uint16, yes, no label) label {
	low, high := e.sorter.arch.words(c.arg)
	e.jump(test, uint32(c.value), yes, no)
	start := e.load(low)
	if !e.wide {
		return start
	}
	equal := e.jump(unix.BPF_JEQ, uint32(c.value>>32), start, no)
	e.jump(unix.BPF_JGT, uint32(c.value>>32), yes, equal)
	return e.load(high)
}

// words are the offsets of an argument's halves.
func (a *arch) words(arg uint8) (low, high uint32) {
	low = offsetArgs + 8*uint32(arg)
	if a.big {
		return low + 4, low
	}
	return low, low + 4
}
