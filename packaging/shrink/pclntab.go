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

	headerQuantum   = 6
	headerFunctions = 8
	headerNames     = 32
	headerPCTab     = 56
	headerFunctab   = 64
	headerSize      = 72

	funcName        = 4
	funcArgs        = 8
	funcDeferreturn = 12
	funcPCSP        = 16
	funcTables      = 28 // number of pcdata tables
	funcKind        = 40
	funcFlag        = 41
	funcDatas       = 43 // number of funcdata pointers, one byte
	funcSize        = 44

	noData  = ^uint32(0)
	wrapper = 23 // internal/abi, FuncIDWrapper
)

// What a function's pcdata tables and funcdata pointers are (internal/abi/symtab.go).
const (
	unsafePoints = 0
	stackMaps    = 1
	inlineIndex  = 2
	panicBounds  = 4

	argsMap      = 0
	localsMap    = 1
	stackObjects = 2
	inlineTree   = 3
	openDefers   = 4

	inlineSize = 16 // runtime/symtabinl.go, inlinedCall: id, name, pc and line
	inlineName = 4
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
	pctab   []byte
	functab []byte // and all behind it
	count   int
	quantum uint32
	// data is what the funcdata pointers count from (moduledata.gofunc), up to the end.
	data []byte
	text []byte // the program's code where its returns are known, which is amd64
}

// parseTable takes the section and where in it the funcdata begins and ends.
func parseTable(b []byte, data, end int) (*table, error) {
	if len(b) < headerSize || le.Uint32(b) != magic {
		return nil, errors.New("an unknown form of .gopclntab: this toolchain needs a new version of shrink")
	}
	word := func(at int) int { return int(le.Uint64(b[at:])) }
	t := &table{b: b, names: word(headerNames), count: word(headerFunctions), quantum: uint32(b[headerQuantum])}
	pctab, functab := word(headerPCTab), word(headerFunctab)
	if t.names < headerSize || pctab < t.names || functab < pctab || data < functab || end < data || end > len(b) ||
		t.count < 0 || t.count > (data-functab)/8-1 || t.quantum == 0 {
		return nil, errors.New(".gopclntab: its header contradicts itself")
	}
	t.pctab, t.functab, t.data = b[pctab:functab], b[functab:data], b[data:end]
	return t, nil
}

// entry is what the table says of one function.
type entry struct {
	fixed []byte // funcSize bytes
	pcs   []uint32
	datas []uint32
}

func (t *table) entry(i int) (e entry, err error) {
	at := int(le.Uint32(t.functab[8*i+4:]))
	if at+funcSize > len(t.functab) {
		return e, fmt.Errorf(".gopclntab: function %d lies outside", i)
	}
	e.fixed = t.functab[at : at+funcSize]
	pcs, datas := int(le.Uint32(e.fixed[funcTables:])), int(e.fixed[funcDatas])
	if pcs > 255 || at+funcSize+4*(pcs+datas) > len(t.functab) {
		return e, fmt.Errorf(".gopclntab: function %d lies outside", i)
	}
	for k := range pcs + datas {
		v := le.Uint32(t.functab[at+funcSize+4*k:])
		if k < pcs {
			e.pcs = append(e.pcs, v)
		} else {
			e.datas = append(e.datas, v)
		}
	}
	return e, nil
}

// code is a function's.
func (t *table) code(i int) []byte {
	at, end := le.Uint32(t.functab[8*i:]), le.Uint32(t.functab[8*i+8:])
	if at > end || uint64(end) > uint64(len(t.text)) {
		return nil
	}
	return t.text[at:end]
}

// pc and funcdata are one of its tables; 0 and noData say that it has none.
func (e entry) pc(kind int) uint32 {
	if kind < len(e.pcs) {
		return e.pcs[kind]
	}
	return 0
}

func (e entry) funcdata(kind int) uint32 {
	if kind < len(e.datas) {
		return e.datas[kind]
	}
	return noData
}

// isRuntimes says whether the name at this place is a function of the runtime.
func (t *table) isRuntimes(name uint32) bool {
	at := t.names + int(name)
	if at >= len(t.b) {
		return false
	}
	s := string(t.b[at:min(at+32, len(t.b))])
	for _, p := range runtimePrefixes {
		if strings.HasPrefix(s, p) {
			return true
		}
	}
	return false
}

func newName(runtimes bool) uint32 {
	if runtimes {
		return isRuntimes
	}
	return nameless
}
