package regex

import "bytes"

// jump finds the next position where a match may begin faster than an automaton.
type jump struct {
	kind    uint8
	literal []byte    // of jLiteral; its first byte for jByte
	first   [256]bool // of jFirst: the bytes that a match may begin with
}

const (
	jNone    uint8 = iota
	jByte          // every match begins with this byte
	jLiteral       // or with these
	jFirst         // or with one of these
	jLine          // or behind this byte
	jText          // or where the text begins
)

// byBytes says whether a match has bytes for certain.
func (j *jump) byBytes() bool { return j.kind == jByte || j.kind == jLiteral || j.kind == jFirst }

// next returns the next such position, or the end. It is never behind the beginning
// of a match.
func (j *jump) next(data []byte, at int) int {
	i := 0
	switch j.kind {
	case jNone:
		return at
	case jByte:
		i = bytes.IndexByte(data[at:], j.literal[0])
	case jLiteral:
		i = bytes.Index(data[at:], j.literal)
	case jFirst:
		for i = at; i < len(data) && !j.first[data[i]]; i++ {
		}
		return i
	case jLine:
		if at == 0 || data[at-1] == j.literal[0] {
			return at
		}
		if i = bytes.IndexByte(data[at:], j.literal[0]); i >= 0 {
			i++
		}
	case jText:
		if at > 0 {
			return len(data)
		}
	}
	if i < 0 {
		return len(data)
	}
	return at + i
}

// jumpOf finds out how the matches of the program begin.
func jumpOf(p *program, tree *node) jump {
	var j jump
	var l list
	l.size(len(p.code))
	d := dfa{program: p}
	d.follow(&l, p.entry)
	if kind := bordered(p, l.pcs); kind != jNone {
		return jump{kind: kind, literal: []byte{p.end}}
	}
	var s set
	for k := 0; k < len(l.pcs); k++ {
		switch i := &p.code[l.pcs[k]]; i.op {
		case oMatch, oBackref:
			return jump{}
		case oByte:
			s.add(i.arg)
		case oSet:
			s.merge(&p.sets[i.y])
		case oAssert:
			d.follow(&l, i.x)
		}
	}
	n := 0
	for b := range j.first {
		if j.first[b] = s.has(byte(b)); j.first[b] {
			n++
		}
	}
	if n <= 100 {
		j.kind = jFirst
	}
	if literal, _ := tree.prefix(); len(literal) > 0 {
		j.literal = literal
		if j.kind = jLiteral; len(literal) == 1 {
			j.kind = jByte
		}
	}
	return j
}

// bordered returns jLine or jText if each way into the program asserts that first.
func bordered(p *program, pcs []int32) uint8 {
	kind := jText
	for _, pc := range pcs {
		switch i := &p.code[pc]; {
		case i.op == oSplit || i.op == oSave || i.op == oProgress:
		case i.op == oAssert && (i.arg == uint8(aTextStart) || i.arg == uint8(aLineStart) && !p.anyLine):
		case i.op == oAssert && i.arg == uint8(aLineStart):
			kind = jLine
		default:
			return jNone
		}
	}
	return kind
}
