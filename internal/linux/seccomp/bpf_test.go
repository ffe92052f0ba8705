package seccomp

import (
	"encoding/binary"
	"fmt"

	"golang.org/x/sys/unix"
)

// call is struct seccomp_data as a program sees it.
type call struct {
	arch, nr uint32
	args     [6]uint64
}

func (c *call) word(off uint32, big bool) (uint32, error) {
	switch {
	case off == offsetNr:
		return c.nr, nil
	case off == offsetArch:
		return c.arch, nil
	case off >= offsetArgs && off < offsetArgs+48 && off%4 == 0:
		arg := c.args[(off-offsetArgs)/8]
		if ((off-offsetArgs)%8 == 4) != big {
			arg >>= 32
		}
		return uint32(arg), nil
	}
	return 0, fmt.Errorf("load from offset %d", off)
}

// run interprets a program as the kernel would; steps is the number of instructions executed.
func run(prog []byte, c *call, big bool) (ret uint32, steps int, err error) {
	var a uint32
	n := len(prog) / sizeofFilter
	for pc := 0; pc < n; pc++ {
		steps++
		ins := prog[pc*sizeofFilter:]
		code, jt, jf, k := binary.NativeEndian.Uint16(ins), int(ins[2]), int(ins[3]), binary.NativeEndian.Uint32(ins[4:])
		test := false
		switch code {
		case unix.BPF_LD | unix.BPF_W | unix.BPF_ABS:
			if a, err = c.word(k, big); err != nil {
				return 0, steps, err
			}
			continue
		case unix.BPF_ALU | unix.BPF_AND | unix.BPF_K:
			a &= k
			continue
		case unix.BPF_RET | unix.BPF_K:
			return k, steps, nil
		case unix.BPF_JMP | unix.BPF_JA:
			pc += int(k)
			continue
		case unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K:
			test = a == k
		case unix.BPF_JMP | unix.BPF_JGT | unix.BPF_K:
			test = a > k
		case unix.BPF_JMP | unix.BPF_JGE | unix.BPF_K:
			test = a >= k
		default:
			return 0, steps, fmt.Errorf("instruction %d: unexpected code %#x", pc, code)
		}
		if test {
			pc += jt
		} else {
			pc += jf
		}
	}
	return 0, steps, fmt.Errorf("ran off the end")
}
