package main

import (
	"encoding/binary"
	"errors"
)

// A pc-value table says which value holds at each instruction of a function: pairs of
// the difference of the value (zigzag) and of the address, both of variable length, up
// to a value difference of 0, which only the first may have (runtime/symtab.go, step).

// A run is a part of a function, up to an offset, and its value.
type run struct {
	value int32
	end   uint32
}

const (
	before   = -1 // the value before the first pair, and of a table that isn't there
	unsafePC = -2 // internal/abi, UnsafePointUnsafe

	// longestRun is longer than any function, in four bytes.
	longestRun = 1<<28 - 1
)

var (
	errTable    = errors.New(".gopclntab: a table runs out of its room")
	errTooLarge = errors.New(".gopclntab: a number takes more than three bytes")
)

// decode returns the runs of the table that begins at off; offset 0 is none.
func decode(b []byte, off uint32, quantum uint32) ([]run, error) {
	if off == 0 {
		return nil, nil
	}
	var runs []run
	r := run{value: before}
	at := int(off)
	number := func() (uint32, bool) {
		if at > len(b) {
			return 0, false
		}
		v, n := binary.Uvarint(b[at:])
		at += n
		return uint32(v), n > 0 && v <= 1<<32-1
	}
	for {
		value, ok := number()
		if !ok {
			return nil, errTable
		}
		if value == 0 && len(runs) > 0 {
			return runs, nil
		}
		length, ok := number()
		if !ok {
			return nil, errTable
		}
		r.value += int32(-(value & 1) ^ (value >> 1))
		if length > (4*longestRun-r.end)/quantum {
			return nil, errTable
		}
		r.end += length * quantum
		runs = append(runs, r)
	}
}

// encode is the opposite of decode. Nobody asks for an address behind the function, so the
// last run is as long as the bytes of its length can say: more tables are the same then.
func encode(runs []run, quantum uint32) []byte {
	var b []byte
	last := run{value: before}
	for i, r := range runs {
		if i+1 < len(runs) && runs[i+1].value == r.value {
			continue
		}
		d := uint32(r.value - last.value)
		b = binary.AppendUvarint(b, uint64(d<<1^uint32(int32(d)>>31)))
		length := uint64((r.end - last.end) / quantum)
		if i+1 == len(runs) {
			length = longest(length)
		}
		b = binary.AppendUvarint(b, length)
		last = r
	}
	return append(b, 0)
}

// longest is the greatest number that takes as many bytes as n.
func longest(n uint64) uint64 {
	most := uint64(1)<<7 - 1
	for most < n {
		most = most<<7 | 127
	}
	return most
}

// valueAt is the value at an offset.
func valueAt(runs []run, pc uint32) int32 {
	for _, r := range runs {
		if pc < r.end {
			return r.value
		}
	}
	return before
}

// mark returns the runs of a with the value unsafePC wherever wanted says so of b's value.
func mark(a, b []run, wanted func(int32) bool) []run {
	var out []run
	for from := uint32(0); ; {
		end := min(next(a, from), next(b, from))
		if end == none {
			return out
		}
		v := valueAt(a, from)
		if wanted(valueAt(b, from)) {
			v = unsafePC
		}
		out = append(out, run{v, end})
		from = end
	}
}

const none = 1<<32 - 1

// next is where the run ends that pc is in.
func next(runs []run, pc uint32) uint32 {
	for _, r := range runs {
		if r.end > pc {
			return r.end
		}
	}
	return none
}
