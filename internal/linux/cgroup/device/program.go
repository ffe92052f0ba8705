package device

import "encoding/binary"

// Instruction is a struct bpf_insn (linux/bpf.h).
type Instruction struct {
	Op       uint8
	Dst, Src uint8
	Off      int16
	Imm      int32
}

// The operations that a program uses (the kernel's
// Documentation/bpf/standardization/instruction-set.rst). There is no jump
// among them: the verifier then has one path to walk, and loading the rules of a
// default spec takes 70 µs; with compare and jump it took 210.
const (
	opLoad  = 0x61 // dst = *(u32 *)(src + off)
	opMov   = 0xb7 // dst = imm
	opMovR  = 0xbf // dst = src
	opSub   = 0x17 // dst -= imm
	opAnd   = 0x57 // dst &= imm
	opAndR  = 0x5f // dst &= src
	opOr    = 0x47 // dst |= imm
	opOrR   = 0x4f // dst |= src
	opXor   = 0xa7 // dst ^= imm
	opXor32 = 0xa4 // dst = (u32)dst ^ (u32)imm
	opLeft  = 0x67 // dst <<= imm
	opRight = 0x77 // dst >>= imm
	opMul   = 0x27 // dst *= imm
	opExit  = 0x95
)

// Registers. The context, struct bpf_cgroup_dev_ctx, comes in r1: access in the
// upper and kind in the lower half of its first word, then major and minor.
const (
	r0        = iota // the answer; before, the access wanted
	rCtx             // later: scratch
	rNotBlock        // 0 where the device is a block device
	rNotChar         // 0 where it is a character device
	rMajor
	rMinor
	rDevice  // major and minor in one: the kernel has 12 and 20 bits for them
	rAllowed // the accesses allowed so far
)

const (
	rScratch  = rCtx
	minorBits = 20
	maxMajor  = 1<<12 - 1
	maxMinor  = 1<<minorBits - 1
)

// Compile makes the program of type BPF_PROG_TYPE_CGROUP_DEVICE for the rules.
// It goes through them in order; each sets or clears its accesses in rAllowed if
// it speaks of the device.
func Compile(rules []Rule) []Instruction {
	start, allowed := lastUniversal(rules)
	a := assembler{code: make([]Instruction, 0, 18+7*(len(rules)-start))}
	a.prologue(allowed)
	for i := start; i < len(rules); i++ {
		a.rule(&rules[i])
	}
	// 1 where nothing that is wanted is missing: 0 - 1 has the highest bit.
	a.emit(opXor, rAllowed, 0, -1)
	a.emit(opAndR, r0, rAllowed, 0)
	a.emit(opSub, r0, 0, 1)
	a.emit(opRight, r0, 0, 63)
	a.emit(opExit, 0, 0, 0)
	return a.code
}

// lastUniversal returns the rules to start from and what is allowed before them.
func lastUniversal(rules []Rule) (start int, allowed Access) {
	for i := len(rules) - 1; i >= 0; i-- {
		if rules[i].universal() {
			if rules[i].Allow {
				allowed = All
			}
			return i + 1, allowed
		}
	}
	return 0, 0
}

type assembler struct{ code []Instruction }

func (a *assembler) emit(op, dst, src uint8, imm int32) {
	a.code = append(a.code, Instruction{Op: op, Dst: dst, Src: src, Imm: imm})
}

func (a *assembler) prologue(allowed Access) {
	a.emit(opLoad, r0, rCtx, 0)
	a.code = append(a.code, Instruction{Op: opLoad, Dst: rMajor, Src: rCtx, Off: 4},
		Instruction{Op: opLoad, Dst: rMinor, Src: rCtx, Off: 8})
	a.emit(opMovR, rNotBlock, r0, 0)
	a.emit(opAnd, rNotBlock, 0, 0xffff)
	a.emit(opMovR, rNotChar, rNotBlock, 0)
	a.emit(opXor, rNotBlock, 0, int32(Block))
	a.emit(opXor, rNotChar, 0, int32(Char))
	a.emit(opRight, r0, 0, 16)
	a.emit(opMovR, rDevice, rMajor, 0)
	a.emit(opLeft, rDevice, 0, minorBits)
	a.emit(opOrR, rDevice, rMinor, 0)
	a.emit(opMov, rAllowed, 0, int32(allowed))
}

func (a *assembler) rule(r *Rule) {
	if r.Major > maxMajor || r.Minor > maxMinor {
		return // there is no such device
	}
	if r.Kind == Any && r.Major == Wild && r.Minor == Wild {
		if r.Allow {
			a.emit(opOr, rAllowed, 0, int32(r.Access))
		} else {
			a.emit(opAnd, rAllowed, 0, ^int32(r.Access))
		}
		return
	}
	a.mismatch(r)
	// The accesses where the scratch register is 0, else 0. (Not by a mask from
	// an arithmetic shift: the verifier of Linux 6.16 takes both ways at each.)
	a.emit(opSub, rScratch, 0, 1)
	a.emit(opRight, rScratch, 0, 63)
	a.emit(opMul, rScratch, 0, int32(r.Access))
	if r.Allow {
		a.emit(opOrR, rAllowed, rScratch, 0)
		return
	}
	a.emit(opXor, rScratch, 0, -1)
	a.emit(opAndR, rAllowed, rScratch, 0)
}

// mismatch makes the scratch register 0 if the rule speaks of the device, else
// a positive number.
func (a *assembler) mismatch(r *Rule) {
	kind := uint8(rNotBlock)
	if r.Kind == Char {
		kind = rNotChar
	}
	number, imm := uint8(rDevice), int32(uint32(r.Major<<minorBits|r.Minor))
	switch {
	case r.Major == Wild && r.Minor == Wild:
		a.emit(opMovR, rScratch, kind, 0)
		return
	case r.Major == Wild:
		number, imm = rMinor, int32(r.Minor)
	case r.Minor == Wild:
		number, imm = rMajor, int32(r.Major)
	}
	a.emit(opMovR, rScratch, number, 0)
	a.emit(opXor32, rScratch, 0, imm)
	if r.Kind != Any {
		a.emit(opOrR, rScratch, kind, 0)
	}
}

// maxRules keeps programs far below the kernel's limit of a million instructions.
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
