package main

import (
	"bytes"
	"debug/elf"
	"errors"
)

const (
	page       = 4096
	fileHeader = 64 // of an ELF file
	progHeader = 56 // of a program header
)

// errDone says that the program was made smaller before: it has no section headers.
var errDone = errors.New("it is small already")

// Shrink returns the program without what only stack traces need. It takes 64-bit
// little-endian executables of Go's own linker.
func Shrink(b []byte) ([]byte, error) {
	f, err := elf.NewFile(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	if f.Class != elf.ELFCLASS64 || f.Data != elf.ELFDATA2LSB || f.Type != elf.ET_EXEC {
		return nil, errors.New("not a 64-bit little-endian executable at fixed addresses")
	}
	if len(f.Sections) == 0 {
		return nil, errDone
	}
	m, err := findModule(b, f)
	if err != nil {
		return nil, err
	}
	b = bytes.Clone(b)
	names, begin, err := m.compact(b)
	if err != nil {
		return nil, err
	}
	first := (names + page - 1) / page * page
	last := begin / page * page
	if last <= first {
		return nil, errors.New(".gopclntab: nothing to win")
	}
	return cut(b, f.Progs, first, last)
}

// cut takes the file's bytes from first to last out of the segment that has them and
// maps zeroes there.
func cut(b []byte, progs []*elf.Prog, first, last uint64) ([]byte, error) {
	var headers []elf.ProgHeader
	end := uint64(0) // of what the program headers name: section headers come behind it
	found := false
	for _, p := range progs {
		h := p.ProgHeader
		end = max(end, h.Off+h.Filesz)
		if h.Type != elf.PT_LOAD || first < h.Off || last > h.Off+h.Filesz {
			if h.Off >= last {
				h.Off -= last - first
			}
			headers = append(headers, h)
			continue
		}
		found = true
		before, hole, after := h, h, h
		before.Filesz = first - h.Off
		before.Memsz = before.Filesz
		hole.Vaddr += first - h.Off
		hole.Off, hole.Filesz, hole.Memsz = first, 0, last-first
		after.Vaddr += last - h.Off
		after.Off = first
		after.Filesz = h.Off + h.Filesz - last
		after.Memsz = h.Memsz - (last - h.Off)
		hole.Paddr, after.Paddr = hole.Vaddr, after.Vaddr
		headers = append(headers, before, hole, after)
	}
	if !found || fileHeader+progHeader*len(headers) > firstNote(progs) {
		return nil, errors.New("its program headers leave no room")
	}
	out := append(bytes.Clone(b[:first]), b[last:end]...)
	writeHeaders(out, headers)
	return out, nil
}

// firstNote is where the first thing behind the headers begins.
func firstNote(progs []*elf.Prog) int {
	at := page
	for _, p := range progs {
		if p.Type == elf.PT_NOTE {
			at = min(at, int(p.Off))
		}
	}
	return at
}

// writeHeaders writes the program headers and takes the section headers off.
func writeHeaders(out []byte, headers []elf.ProgHeader) {
	clear(out[fileHeader : fileHeader+progHeader*len(headers)])
	for i, h := range headers {
		if h.Type == elf.PT_PHDR {
			h.Filesz = uint64(progHeader * len(headers))
			h.Memsz = h.Filesz
		}
		e := out[fileHeader+progHeader*i:]
		le.PutUint32(e, uint32(h.Type))
		le.PutUint32(e[4:], uint32(h.Flags))
		for k, v := range [...]uint64{h.Off, h.Vaddr, h.Paddr, h.Filesz, h.Memsz, h.Align} {
			le.PutUint64(e[8+8*k:], v)
		}
	}
	le.PutUint64(out[40:], 0)                    // e_shoff
	le.PutUint16(out[56:], uint16(len(headers))) // e_phnum
	le.PutUint16(out[60:], 0)                    // e_shnum
	le.PutUint16(out[62:], 0)                    // e_shstrndx
}
