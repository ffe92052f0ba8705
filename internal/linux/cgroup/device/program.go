package device

import "encoding/binary"

// Instruction is a struct bpf_insn (linux/bpf.h).
type Instruction struct {
	Op       uint8
	Dst, Src uint8
	Off      int16
	Imm      int32
}

// The operations that a program uses (bpf_insn in the kernel's
// Documentation/bpf/standardization/instruction-set.rst).
const (
	opLoad  = 0x61 // dst = *(u32 *)(src + off)
	opMov   = 0xb7 // dst = imm
	opAnd   = 0x57 // dst &= imm
	opShift = 0x77 // dst >>= imm
	opMovR  = 0xbf // dst = src
	opJa    = 0x05 // goto off
	opJne   = 0x56 // if (u32)dst != imm goto off
	opJeq   = 0x16 // if (u32)dst == imm goto off
	opJset  = 0x46 // if (u32)dst & imm goto off
	opExit  = 0x95
)

// Registers. The context, struct bpf_cgroup_dev_ctx, comes in r1: access in the
// upper and kind in the lower half of its first word, then major and minor.
const (
	r0 = iota
	rCtx
	rKind
	rWant // the wanted accesses that no rule has allowed yet
	rMajor
	rMinor
)

// Compile makes the program of type BPF_PROG_TYPE_CGROUP_DEVICE for the rules.
// It goes through them from the last to the first and does what [Allowed] does.
func Compile(rules []Rule) []Instruction {
	a := &assembler{}
	a.emit(opLoad, rKind, rCtx, 0)
	a.emit(opMovR, rWant, rKind, 0)
	a.emit(opShift, rWant, 0, 16)
	a.emit(opAnd, rKind, 0, 0xffff)
	a.code = append(a.code, Instruction{Op: opLoad, Dst: rMajor, Src: rCtx, Off: 4},
		Instruction{Op: opLoad, Dst: rMinor, Src: rCtx, Off: 8})
	for i := len(rules) - 1; i >= 0; i-- {
		r := &rules[i]
		if r.universal() {
			a.end = r.Allow
			break
		}
		a.rule(r)
	}
	return a.finish()
}

// assembler collects instructions and the jumps to its two ends.
type assembler struct {
	code          []Instruction
	allows, denys []int // jumps to be pointed at the ends
	end           bool  // the answer that the code falls into
}

func (a *assembler) emit(op, dst, src uint8, imm int32) int {
	a.code = append(a.code, Instruction{Op: op, Dst: dst, Src: src, Imm: imm})
	return len(a.code) - 1
}

func (a *assembler) rule(r *Rule) {
	var skip []int
	if r.Kind != Any {
		skip = append(skip, a.emit(opJne, rKind, 0, int32(r.Kind)))
	}
	if r.Major != Wild {
		skip = append(skip, a.emit(opJne, rMajor, 0, int32(uint32(r.Major))))
	}
	if r.Minor != Wild {
		skip = append(skip, a.emit(opJne, rMinor, 0, int32(uint32(r.Minor))))
	}
	switch {
	case !r.Allow:
		a.denys = append(a.denys, a.emit(opJset, rWant, 0, int32(r.Access)))
	case r.Access == All:
		a.allows = append(a.allows, a.emit(opJa, 0, 0, 0))
	default:
		a.emit(opAnd, rWant, 0, int32(All&^r.Access))
		a.allows = append(a.allows, a.emit(opJeq, rWant, 0, 0))
	}
	for _, at := range skip {
		a.code[at].Off = int16(len(a.code) - at - 1)
	}
}

// finish writes the ends. An end that nothing reaches is left out: the verifier
// refuses unreachable code.
func (a *assembler) finish() []Instruction {
	same, other := a.denys, a.allows
	if a.end {
		same, other = a.allows, a.denys
	}
	a.point(same)
	a.answer(a.end)
	if len(other) > 0 {
		a.point(other)
		a.answer(!a.end)
	}
	return a.code
}

func (a *assembler) point(jumps []int) {
	for _, at := range jumps {
		a.code[at].Off = int16(len(a.code) - at - 1)
	}
}

func (a *assembler) answer(allow bool) {
	v := int32(0)
	if allow {
		v = 1
	}
	a.emit(opMov, r0, 0, v)
	a.emit(opExit, 0, 0, 0)
}

// maxRules keeps jumps within their 16 bits: a rule takes at most five instructions.
const maxRules = 6000

// encode packs a program as the kernel reads it.
func encode(program []Instruction) []byte {
	b := make([]byte, 0, 8*len(program))
	for _, i := range program {
		b = append(b, i.Op, i.registers())
		b = binary.NativeEndian.AppendUint16(b, uint16(i.Off))
		b = binary.NativeEndian.AppendUint32(b, uint32(i.Imm))
	}
	return b
}

// registers packs the two bit fields; their order follows the byte order, and
// every architecture here is little-endian.
func (i Instruction) registers() byte { return i.Src<<4 | i.Dst }
