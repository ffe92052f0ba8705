package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
)

// The table's header (runtime/symtab.go, pcHeader) and a function's entry in it
// (runtime/runtime2.go, _func), by the places of their fields. Go 1.20 to 1.26 have the same.
const (
	magic = 0xfffffff1

	headerFunctions = 8
	headerNames     = 32
	headerPCTab     = 56
	headerFunctab   = 64
	headerSize      = 72

	funcName      = 4
	funcPCSP      = 16
	funcPCFile    = 20
	funcPCLine    = 24
	funcTables    = 28 // number of pcdata tables
	funcDatas     = 43 // number of funcdata pointers, one byte
	funcUnit      = 32
	funcStartLine = 36
	funcSize      = 44

	noUnit = ^uint32(0)
	noData = ^uint32(0)

	inlineIndex = 2  // internal/abi, PCDATA_InlTreeIndex
	inlineTree  = 3  // internal/abi, FUNCDATA_InlTree
	inlineSize  = 16 // runtime/symtabinl.go, inlinedCall: id, name, pc and line
	inlineName  = 4
)

// The runtime asks for one thing by name: whether a function is its own and must not be
// preempted between any two instructions (runtime/preempt.go, isAsyncSafePoint;
// runtime/traceback.go, isSystemGoroutine). So all of those get one name, the others none.
const (
	newNames   = "\x00?\x00runtime.\x00"
	nameless   = 1 // runtime.funcpkgpath wants one character at least
	isRuntimes = 3
)

var runtimePrefixes = []string{"runtime.", "internal/runtime/", "runtime/internal/", "reflect."}

var le = binary.LittleEndian

// table is a program's .gopclntab.
type table struct {
	b       []byte
	names   int // where the names begin: the first byte that can go
	pctab   int
	functab int
	count   int
	// funcdata is what the funcdata pointers count from (moduledata.gofunc), in b.
	funcdata int
}

func parseTable(b []byte) (*table, error) {
	if len(b) < headerSize || le.Uint32(b) != magic {
		return nil, errors.New("an unknown form of .gopclntab: this toolchain needs a new version of shrink")
	}
	word := func(at int) int { return int(le.Uint64(b[at:])) }
	t := &table{b: b, names: word(headerNames), pctab: word(headerPCTab), functab: word(headerFunctab), count: word(headerFunctions)}
	if t.names < headerSize || t.pctab < t.names || t.functab < t.pctab || t.functab+8*t.count > len(b) {
		return nil, errors.New(".gopclntab: its header contradicts itself")
	}
	return t, nil
}

// compact packs the tables that are needed to the end of pctab's room and returns where
// they begin: everything from names to there is zero then.
func (t *table) compact() (begin int, err error) {
	old := t.b[t.pctab:t.functab]
	packed := []byte{0} // the offset 0 is "no table"
	moved := map[uint32]uint32{0: 0}
	var places []int
	move := func(at int) error {
		off := le.Uint32(t.b[at:])
		places = append(places, at)
		if _, done := moved[off]; done {
			return nil
		}
		n, err := tableLength(old, off)
		if err != nil {
			return err
		}
		moved[off] = uint32(len(packed))
		packed = append(packed, old[off:int(off)+n]...)
		return nil
	}
	if err := t.rename(); err != nil {
		return 0, err
	}
	for i := range t.count {
		f := t.functab + int(le.Uint32(t.b[t.functab+8*i+4:]))
		if f+funcSize > len(t.b) {
			return 0, fmt.Errorf(".gopclntab: function %d lies outside", i)
		}
		if err := move(f + funcPCSP); err != nil {
			return 0, err
		}
		tables := int(le.Uint32(t.b[f+funcTables:]))
		if f+funcSize+4*tables > len(t.b) {
			return 0, fmt.Errorf(".gopclntab: function %d lies outside", i)
		}
		for k := range tables {
			if err := move(f + funcSize + 4*k); err != nil {
				return 0, err
			}
		}
		for _, at := range [...]int{funcPCFile, funcPCLine, funcStartLine} {
			le.PutUint32(t.b[f+at:], 0)
		}
		le.PutUint32(t.b[f+funcUnit:], noUnit)
	}
	room := t.functab - t.pctab
	if len(packed) > room {
		return 0, errors.New(".gopclntab: nothing to win")
	}
	shift := uint32(room - len(packed))
	for _, at := range places {
		if off := le.Uint32(t.b[at:]); off != 0 {
			le.PutUint32(t.b[at:], moved[off]+shift)
		}
	}
	begin = t.functab - len(packed)
	clear(t.b[t.names:begin])
	copy(t.b[t.names:], newNames)
	copy(t.b[begin:], packed)
	return begin, nil
}

// rename gives every function, and every call that was inlined, its new name.
func (t *table) rename() error {
	done := map[int]bool{}
	for i := range t.count {
		f := t.functab + int(le.Uint32(t.b[t.functab+8*i+4:]))
		if f+funcSize > len(t.b) {
			return fmt.Errorf(".gopclntab: function %d lies outside", i)
		}
		if err := t.renameAt(f + funcName); err != nil {
			return err
		}
		tables := int(le.Uint32(t.b[f+funcTables:]))
		datas := f + funcSize + 4*tables
		if tables <= inlineIndex || int(t.b[f+funcDatas]) <= inlineTree || datas+4*inlineTree+4 > len(t.b) {
			continue
		}
		off := le.Uint32(t.b[datas+4*inlineTree:])
		index := le.Uint32(t.b[f+funcSize+4*inlineIndex:])
		if off == noData || index == 0 {
			continue
		}
		n, err := greatest(t.b[t.pctab:t.functab], index)
		if err != nil {
			return err
		}
		for k := range n + 1 {
			at := t.funcdata + int(off) + inlineSize*k + inlineName
			if done[at] {
				continue
			}
			done[at] = true
			if err := t.renameAt(at); err != nil {
				return err
			}
		}
	}
	return nil
}

// renameAt replaces the offset of a name.
func (t *table) renameAt(at int) error {
	if at < 0 || at+4 > len(t.b) {
		return errors.New(".gopclntab: a name's place lies outside")
	}
	old := t.names + int(le.Uint32(t.b[at:]))
	if old >= t.pctab {
		return errors.New(".gopclntab: a name lies outside")
	}
	name := string(t.b[old:min(old+32, t.pctab)])
	new := uint32(nameless)
	for _, p := range runtimePrefixes {
		if strings.HasPrefix(name, p) {
			new = isRuntimes
		}
	}
	le.PutUint32(t.b[at:], new)
	return nil
}

// greatest is the greatest value of a pc-value table.
func greatest(b []byte, off uint32) (int, error) {
	value, most := -1, -1
	at := int(off)
	for first := true; ; first = false {
		u, n := binary.Uvarint(b[min(at, len(b)):])
		if n <= 0 {
			return 0, errors.New(".gopclntab: a table runs out of its room")
		}
		at += n
		if u == 0 && !first {
			return most, nil
		}
		delta := int(u >> 1)
		if u&1 != 0 {
			delta = ^delta
		}
		value += delta
		most = max(most, value)
		_, n = binary.Uvarint(b[min(at, len(b)):])
		if n <= 0 {
			return 0, errors.New(".gopclntab: a table runs out of its room")
		}
		at += n
	}
}

// tableLength is the length of one pc-value table: pairs of variable-length numbers
// up to a value difference of 0, which only the first may have (runtime/symtab.go, step).
func tableLength(b []byte, off uint32) (int, error) {
	at := int(off)
	for first := true; ; first = false {
		value, n := binary.Uvarint(b[min(at, len(b)):])
		if n <= 0 {
			return 0, errors.New(".gopclntab: a table runs out of its room")
		}
		at += n
		if value == 0 && !first {
			return at - int(off), nil
		}
		_, n = binary.Uvarint(b[min(at, len(b)):])
		if n <= 0 {
			return 0, errors.New(".gopclntab: a table runs out of its room")
		}
		at += n
	}
}
