package plan

import (
	"encoding/binary"
	"syscall"
)

// arg is an argument of a step before it is stored.
type arg struct {
	kind Kind
	v    uint64
}

func imm[T ~int | ~uint64 | ~uint32 | ~uintptr | ~uint8](n T) arg { return arg{Imm, uint64(n)} }
func reg(r Reg) arg                                               { return arg{FromR, uint64(r)} }
func ptr(off uint64) arg                                          { return arg{Ptr, off} }

// builder appends steps and data to a plan.
type builder struct {
	*Plan
	next Reg
	why  Why    // of the steps to come
	note string // likewise
}

func newBuilder() *builder {
	return &builder{
		Plan: &Plan{Steps: make([]Step, 0, 224), Data: make([]byte, 8, 6<<10), Relocs: make([]Reloc, 0, 64)},
		next: RegFirst,
	}
}

// about says what the next steps are for.
func (b *builder) about(w Why, note string) { b.why, b.note = w, note }

// register gives out a fresh register. There are enough for a plan; where a hostile spec wants
// more the last one is used again, and Compile refuses the plan.
func (b *builder) register() Reg {
	if b.next < NumReg-1 {
		b.next++
	}
	return b.next - 1
}

// full says that the registers are used up.
func (b *builder) full() bool { return b.next >= NumReg-1 }

// str stores a C string.
func (b *builder) str(s string) uint64 {
	at := len(b.Data)
	b.Data = append(append(b.Data, s...), 0)
	return uint64(at)
}

// path stores a string and is its address as an argument.
func (b *builder) path(s string) arg { return ptr(b.str(s)) }

// bytes stores a structure, aligned to 8.
func (b *builder) bytes(p []byte) uint64 {
	at := b.room(len(p))
	copy(b.Data[at:], p)
	return at
}

// room reserves n zero bytes, aligned to 8.
func (b *builder) room(n int) uint64 {
	for len(b.Data)%8 != 0 {
		b.Data = append(b.Data, 0)
	}
	at := len(b.Data)
	b.Data = append(b.Data, make([]byte, n)...)
	return uint64(at)
}

// words stores 64-bit numbers.
func (b *builder) words(n ...uint64) uint64 {
	at := b.room(8 * len(n))
	for i, v := range n {
		binary.NativeEndian.PutUint64(b.Data[at+uint64(8*i):], v)
	}
	return at
}

// point makes the word at hold the address of to.
func (b *builder) point(at, to uint64) {
	b.Relocs = append(b.Relocs, Reloc{At: uint32(at), To: uint32(to)})
}

// vector stores strings and a null-terminated array of their addresses: argv, envp.
func (b *builder) vector(list []string) uint64 {
	at := b.room(8 * (len(list) + 1))
	for i, s := range list {
		b.point(at+uint64(8*i), b.str(s))
	}
	return at
}

// call appends a system call whose result nobody needs.
func (b *builder) call(nr int, args ...arg) *Step { return b.op(OpCall, nr, args) }

// get appends a system call and returns the register of its result.
func (b *builder) get(nr int, args ...arg) (Reg, *Step) {
	s := b.op(OpCall, nr, args)
	s.Out = b.register()
	return s.Out, s
}

func (b *builder) op(op Op, nr int, args []arg) *Step {
	b.Steps = append(b.Steps, Step{Op: op, Nr: uint16(nr), Why: b.why, Note: b.note})
	s := &b.Steps[len(b.Steps)-1]
	for i, a := range args {
		s.Kinds[i], s.Args[i] = a.kind, a.v
	}
	return s
}

// sync appends an OpSync, tell an OpTell.
func (b *builder) sync(kind int, value Reg) { b.op(OpSync, 0, []arg{imm(kind), imm(value)}) }
func (b *builder) tell(kind int, value Reg) { b.op(OpTell, 0, []arg{imm(kind), imm(value)}) }

// store appends an OpStore of r at offset at.
func (b *builder) store(r Reg, at uint64) { b.op(OpStore, 0, []arg{imm(r), imm(at)}) }

// skip appends an OpSkip whose distance land sets.
func (b *builder) skip() int {
	b.op(OpSkip, 0, nil)
	return len(b.Steps) - 1
}

// land makes the step at index from go on behind the last step.
func (b *builder) land(from int) { b.Steps[from].Skip = uint16(len(b.Steps) - from - 1) }

// here is the index of the last step.
func (b *builder) here() int { return len(b.Steps) - 1 }

// ignore makes a step survive the errors.
func (s *Step) ignore(e ...syscall.Errno) *Step {
	copy(s.Ignore[:], e)
	return s
}

// when makes a step's Skip apply; its distance is set by land.
func (s *Step) when(on SkipOn) *Step {
	s.SkipOn = on
	return s
}
