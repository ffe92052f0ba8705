package main

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"
)

// rebuilt is what the runtime needs of the table, made anew.
type rebuilt struct {
	pctab   []byte
	functab []byte
	data    []byte
}

// builder collects the functions' entries before their tables have places.
type builder struct {
	t       *table
	entries []newEntry
	tables  map[string]uint32 // of addresses and values, by their bytes
	data    []byte
	datas   map[string]uint32
	err     error
}

type newEntry struct {
	kind, flag byte
	numbers    [words]uint32
	tables     [words]string // whose places in pctab are numbers, too
}

// rebuild leaves out what only stack traces and profiles ask for: names, files, lines,
// arguments, and which calls were inlined, but in two places where that matters:
//   - code of the runtime that was inlined elsewhere must not be preempted
//     (runtime/preempt.go, isAsyncSafePoint), so it is marked as the compiler marks such code;
//   - recover counts the functions between itself and the panic and leaves out wrappers, into
//     which others may be inlined (runtime/panic.go, gorecover), so those keep their trees.
func (t *table) rebuild() (*rebuilt, error) {
	b := &builder{t: t, tables: map[string]uint32{}, datas: map[string]uint32{}}
	b.data = make([]byte, 8) // the place 0 is "no funcdata"
	for i := range t.count {
		e, err := t.entry(i)
		if err != nil {
			return nil, err
		}
		b.add(e, t.code(i))
	}
	if b.err != nil {
		return nil, b.err
	}
	pctab := b.pack()
	functab := b.functab()
	return &rebuilt{pctab, functab, b.data}, b.err
}

// add takes a function up with its code.
func (b *builder) add(e entry, code []byte) {
	own := b.t.isRuntimes(le.Uint32(e.fixed[funcName:]))
	n := newEntry{kind: e.fixed[funcKind], flag: e.fixed[funcFlag]}
	if own {
		n.flag |= ownFlag
	}
	n.numbers[wordArgs] = arguments(le.Uint32(e.fixed[funcArgs:]))
	n.numbers[wordDeferreturn] = le.Uint32(e.fixed[funcDeferreturn:])
	n.tables[wordSP] = b.runs(flat(b.decode(le.Uint32(e.fixed[funcPCSP:])), code))
	n.tables[wordPCData+unsafePoints] = b.runs(b.unsafe(e, own))
	n.tables[wordPCData+stackMaps] = b.runs(b.decode(e.pc(stackMaps)))
	n.tables[wordPCData+panicBounds] = b.runs(b.decode(e.pc(panicBounds)))
	n.numbers[wordFuncData+argsMap] = b.put(e.funcdata(argsMap), 4, stackMapSize)
	n.numbers[wordFuncData+localsMap] = b.put(e.funcdata(localsMap), 4, stackMapSize)
	n.numbers[wordFuncData+stackObjects] = b.put(e.funcdata(stackObjects), 8, stackObjectsSize)
	n.numbers[wordFuncData+openDefers] = b.put(e.funcdata(openDefers), 1, openDefersSize)
	if n.kind == wrapper && e.funcdata(inlineTree) != noData && e.pc(inlineIndex) != 0 {
		index := b.decode(e.pc(inlineIndex))
		n.tables[wordPCData+inlineIndex] = b.runs(index)
		n.numbers[wordFuncData+inlineTree] = b.inlined(e.funcdata(inlineTree), index)
	}
	b.entries = append(b.entries, n)
}

// arguments is their size as a word; internal/abi's ArgsSizeUnknown is -1<<31.
func arguments(size uint32) uint32 {
	if size == 1<<31 {
		return argsUnknown
	}
	return size
}

// unsafe is where the function must not be preempted.
func (b *builder) unsafe(e entry, own bool) []run {
	if own {
		return []run{{unsafePC, longestRun}}
	}
	points := b.decode(e.pc(unsafePoints))
	tree, index := e.funcdata(inlineTree), b.decode(e.pc(inlineIndex))
	if tree == noData || len(index) == 0 {
		return points
	}
	if len(points) == 0 {
		points = []run{{before, index[len(index)-1].end}}
	}
	return mark(points, index, func(i int32) bool {
		return i >= 0 && b.t.isRuntimes(le.Uint32(b.bytes(tree, inlineSize*int(i)+inlineName, 4)))
	})
}

func (b *builder) decode(off uint32) []run {
	runs, err := decode(b.t.pctab, off, b.t.quantum)
	b.err = cmp.Or(b.err, err)
	return runs
}

// runs takes a table up and returns its bytes; none if it says what no table says.
func (b *builder) runs(runs []run) string {
	if !slices.ContainsFunc(runs, func(r run) bool { return r.value != before }) {
		return ""
	}
	s := string(encode(runs, b.t.quantum))
	b.tables[s] = 0
	return s
}

// bytes are n bytes of the funcdata, at a distance from an offset.
func (b *builder) bytes(off uint32, at, n int) []byte {
	at += int(off)
	if at < 0 || n < 0 || at+n > len(b.t.data) {
		b.err = cmp.Or(b.err, errTable)
		return make([]byte, min(max(n, 0), 16))
	}
	return b.t.data[at : at+n]
}

// put takes a funcdata of some alignment up, whose size a function knows.
func (b *builder) put(off uint32, align int, size func(*builder, uint32) int) uint32 {
	if off == noData {
		return 0
	}
	return b.store(b.bytes(off, 0, size(b, off)), align)
}

func (b *builder) store(s []byte, align int) uint32 {
	key := string(append([]byte{byte(align)}, s...))
	if at, done := b.datas[key]; done {
		return at
	}
	for len(b.data)%align != 0 {
		b.data = append(b.data, 0)
	}
	at := uint32(len(b.data))
	b.datas[key] = at
	b.data = append(b.data, s...)
	return at
}

// stackMapSize is that of a number of bit vectors of one length (runtime/stack.go, stackmap).
func stackMapSize(b *builder, off uint32) int {
	head := b.bytes(off, 0, 8)
	return 8 + int(int32(le.Uint32(head)))*((int(int32(le.Uint32(head[4:])))+7)/8)
}

// stackObjectsSize is that of a number of stackObjectRecords.
func stackObjectsSize(b *builder, off uint32) int {
	return 8 + 16*int(le.Uint32(b.bytes(off, 0, 8)))
}

// openDefersSize is that of two numbers of variable length.
func openDefersSize(b *builder, off uint32) int {
	s := b.t.data[min(int(off), len(b.t.data)):]
	_, n := binary.Uvarint(s)
	_, m := binary.Uvarint(s[max(n, 0):])
	if n <= 0 || m <= 0 {
		b.err = cmp.Or(b.err, errTable)
		return 0
	}
	return n + m
}

// inlined is the tree of calls that were inlined, as far as its index goes.
func (b *builder) inlined(off uint32, index []run) uint32 {
	most := int32(before)
	for _, r := range index {
		most = max(most, r.value)
	}
	tree := bytes.Clone(b.bytes(off, 0, inlineSize*int(most+1)))
	for at := inlineName; at+4 <= len(tree); at += inlineSize {
		le.PutUint32(tree[at:], newName(b.t.isRuntimes(le.Uint32(tree[at:]))))
	}
	return b.store(tree, 4)
}

// pack gives the tables places in one row of bytes. One that is a part of another is there
// already.
func (b *builder) pack() []byte {
	all := make([]string, 0, len(b.tables))
	for s := range b.tables {
		all = append(all, s)
	}
	slices.SortFunc(all, func(x, y string) int {
		return cmp.Or(len(y)-len(x), cmp.Compare(x, y))
	})
	packed := []byte{0} // the offset 0 is "no table"
	for _, s := range all {
		at := bytes.Index(packed[1:], []byte(s))
		if at < 0 {
			at = len(packed) - 1
			packed = append(packed, s...)
		}
		b.tables[s] = uint32(at + 1)
	}
	b.tables[""] = 0
	return packed
}

// functab is the list of all functions and, behind it, their entries, each one once.
func (b *builder) functab() []byte {
	list := bytes.Clone(b.t.functab[:8*b.t.count+4]) // with the end of the last function
	first := len(list)
	places := map[string]uint32{}
	for i, e := range b.entries {
		s := string(b.entry(e))
		at, done := places[s]
		if !done {
			at = uint32(len(list))
			places[s] = at
			list = append(list, s...)
		}
		le.PutUint32(list[8*i+4:first], at)
	}
	return list
}

// entry is what accessors, which are read by the runtime, take apart.
func (b *builder) entry(e newEntry) []byte {
	has := uint16(0)
	s := []byte{e.kind, e.flag, 0, 0}
	for k, v := range e.numbers {
		if t := e.tables[k]; t != "" {
			v = b.tables[t]
		}
		if v == 0 {
			continue
		}
		if v > maxWord || v == maxWord && k != wordArgs {
			b.err = cmp.Or(b.err, errTooLarge)
		}
		has |= 1 << k
		s = append(s, byte(v), byte(v>>8), byte(v>>16))
	}
	le.PutUint16(s[2:], has)
	return s
}
