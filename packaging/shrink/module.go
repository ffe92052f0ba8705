package main

import (
	"debug/elf"
	"errors"
)

// The places of fields among the words of moduledata (runtime/symtab.go), the record by
// which the runtime finds its tables. A slice is three words: pointer, length, capacity.
const (
	modulePCTab       = 10
	modulePclntable   = 13
	moduleFtab        = 16
	moduleFindfunctab = 19
	moduleText        = 22
	moduleGofunc      = 40
)

// module is where a program's moduledata and its .gopclntab are.
type module struct {
	at    uint64 // of moduledata, in the file
	off   uint64 // of the table, in the file
	addr  uint64
	size  uint64
	datas uint64 // where funcdata begins and ends, in the table
	end   uint64
	text  []byte // of amd64
}

var errModule = errors.New("an unknown form of .go.module: this toolchain needs a new version of shrink")

func findModule(b []byte, f *elf.File) (*module, error) {
	inside := func(s *elf.Section) bool {
		return s.Offset <= uint64(len(b)) && s.Size <= uint64(len(b))-s.Offset
	}
	s, d := f.Section(".gopclntab"), f.Section(".go.module")
	if s == nil || !inside(s) {
		return nil, errors.New("no .gopclntab: not a Go program")
	}
	if d == nil || !inside(d) || d.Size < 8*(moduleGofunc+1) {
		return nil, errors.New("no .go.module: made by another toolchain than Go 1.26")
	}
	m := &module{at: d.Offset, off: s.Offset, addr: s.Addr, size: s.Size}
	datas, end := m.word(b, moduleGofunc), m.word(b, moduleFindfunctab)
	if m.word(b, 0) != m.addr || datas < m.addr || end < datas || end > m.addr+m.size {
		return nil, errModule
	}
	m.datas, m.end = datas-m.addr, end-m.addr
	if t := f.Section(".text"); t != nil && inside(t) && f.Machine == elf.EM_X86_64 && m.word(b, moduleText) == t.Addr {
		m.text = b[t.Offset : t.Offset+t.Size]
	}
	return m, nil
}

func (m *module) word(b []byte, i int) uint64 { return le.Uint64(b[m.at+8*uint64(i):]) }

func (m *module) set(b []byte, i int, v uint64) { le.PutUint64(b[m.at+8*uint64(i):], v) }

// compact makes the table anew at the end of its room, before findfunctab, which stays. It
// returns the first place in the file that can go, and where the new table begins.
func (m *module) compact(b []byte) (names, begin uint64, err error) {
	section := b[m.off : m.off+m.size]
	t, err := parseTable(section, int(m.datas), int(m.end))
	if err != nil {
		return 0, 0, err
	}
	t.text = m.text
	n, err := t.rebuild()
	if err != nil {
		return 0, 0, err
	}
	data := (int(m.end) - len(n.data)) / 8 * 8
	functab := (data - len(n.functab)) / 4 * 4
	pctab := functab - len(n.pctab)
	if pctab < t.names+len(newNames) {
		return 0, 0, errors.New(".gopclntab: nothing to win")
	}
	clear(section[t.names:m.end])
	copy(section[t.names:], newNames)
	copy(section[pctab:], n.pctab)
	copy(section[functab:], n.functab)
	copy(section[data:], n.data)
	m.move(b, modulePCTab, pctab, len(n.pctab))
	m.move(b, modulePclntable, functab, len(n.functab))
	m.set(b, moduleFtab, m.addr+uint64(functab))
	m.set(b, moduleGofunc, m.addr+uint64(data))
	le.PutUint32(section, newMagic)
	le.PutUint64(section[headerPCTab:], uint64(pctab))
	le.PutUint64(section[headerFunctab:], uint64(functab))
	return m.off + uint64(t.names+len(newNames)), m.off + uint64(pctab), nil
}

// move says where one of the tables is now.
func (m *module) move(b []byte, slice, at, n int) {
	m.set(b, slice, m.addr+uint64(at))
	m.set(b, slice+1, uint64(n))
	m.set(b, slice+2, uint64(n))
}
