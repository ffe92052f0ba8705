package regex

// op is an instruction's operation.
type op uint8

const (
	oByte     op = iota // take the byte arg, go on at x
	oSet                // take a byte of set y, go on at x
	oSplit              // go on at x and at y
	oAssert             // if the assertion arg holds go on at x
	oMatch              // a match ends here
	oSave               // remember the position in slot y, go on at x
	oProgress           // fail if the position is that of slot y, else remember it; x
	oBackref            // take what group y matched
)

type inst struct {
	op   op
	arg  uint8
	x, y int32
}

// program is a compiled tree: a nondeterministic automaton, built from its end.
type program struct {
	code  []inst
	sets  []set
	entry int32
	// saves is whether slots are needed in the code: only where back-references are.
	saves bool
	slots int32
	fold  bool // back-references ignore case
	// What the assertions look at.
	words, borders bool
	end            byte // what ends a line for ^ and $, if anyLine
	anyLine        bool
	// class is each byte's class: bytes of one class are alike to all instructions.
	class   [256]uint8
	classes int
	member  []byte // one byte of each class
}

func (p *program) emit(i inst) int32 {
	p.code = append(p.code, i)
	return int32(len(p.code) - 1)
}

// compile makes the code for a node that goes on at next, and returns its entry.
func (p *program) compile(n *node, next int32) int32 {
	n.next = next
	n.entry = next
	switch n.kind {
	case kByte:
		n.entry = p.emit(inst{op: oByte, arg: uint8(n.n), x: next})
	case kSet:
		n.entry = p.emit(inst{op: oSet, y: n.n, x: next})
	case kAssert:
		if n.n == aLineStart || n.n == aLineEnd || n.n == aTextStart || n.n == aTextEnd {
			p.borders = true
		} else {
			p.words = true
		}
		n.entry = p.emit(inst{op: oAssert, arg: uint8(n.n), x: next})
	case kCat:
		for i := len(n.subs) - 1; i >= 0; i-- {
			next = p.compile(n.subs[i], next)
		}
		n.entry = next
	case kAlt:
		entry := p.compile(n.subs[len(n.subs)-1], next)
		for i := len(n.subs) - 2; i >= 0; i-- {
			entry = p.emit(inst{op: oSplit, x: p.compile(n.subs[i], next), y: entry})
		}
		n.entry = entry
	case kRepeat:
		n.entry = p.repeat(n, next)
	case kGroup:
		if !p.saves {
			n.entry = p.compile(n.subs[0], next)
			break
		}
		next = p.emit(inst{op: oSave, y: 2*n.n + 1, x: next})
		n.entry = p.emit(inst{op: oSave, y: 2 * n.n, x: p.compile(n.subs[0], next)})
	case kBackref:
		n.entry = p.emit(inst{op: oBackref, y: n.n, x: next})
	}
	return n.entry
}

// repeat makes a copy of the code for each time, and a loop if there is no most.
func (p *program) repeat(n *node, next int32) int32 {
	body := n.subs[0]
	least := n.min
	switch {
	case n.max == unbounded:
		loop := p.emit(inst{op: oSplit, y: next})
		again := loop
		if p.saves && body.shortest == 0 {
			again = p.emit(inst{op: oProgress, y: p.slots, x: loop})
			p.slots++
		}
		entry := p.compile(body, again)
		p.code[loop].x = entry
		next = loop
		if least > 0 {
			next = entry
			least--
		}
	default:
		end := next
		for i := n.min; i < n.max; i++ {
			next = p.emit(inst{op: oSplit, x: p.compile(body, next), y: end})
		}
	}
	for ; least > 0; least-- {
		next = p.compile(body, next)
	}
	return next
}

// classify finds the classes of bytes.
func (p *program) classify() {
	p.classes = 1
	var one [256]bool
	for _, i := range p.code {
		if i.op == oByte && !one[i.arg] {
			one[i.arg] = true
			var s set
			s.add(i.arg)
			p.refine(&s)
		}
	}
	for i := range p.sets {
		p.refine(&p.sets[i])
	}
	if p.words {
		var s set
		for b := 0; b < 256; b++ {
			if isWord(byte(b)) {
				s.add(byte(b))
			}
		}
		p.refine(&s)
	}
	if p.anyLine {
		var s set
		s.add(p.end)
		p.refine(&s)
	}
	p.member = make([]byte, p.classes)
	for b := 255; b >= 0; b-- {
		p.member[p.class[b]] = byte(b)
	}
}

// refine splits the classes that have bytes both in and out of the set.
func (p *program) refine(s *set) {
	var in, out [256]bool
	for b := 0; b < 256; b++ {
		if s.has(byte(b)) {
			in[p.class[b]] = true
		} else {
			out[p.class[b]] = true
		}
	}
	var moved [256]uint8
	for b := 0; b < 256; b++ {
		c := p.class[b]
		if !s.has(byte(b)) || !in[c] || !out[c] {
			continue
		}
		if moved[c] == 0 {
			moved[c] = uint8(p.classes)
			p.classes++
		}
		p.class[b] = moved[c]
	}
}

// side is what stands before or after a position, as far as assertions ask.
type side uint8

const (
	sOther  side = iota
	sWord        // a byte of a word
	sLine        // the end of a line
	sText        // the beginning or the end of the text, where ^ or $ hold
	sInside      // the same where they don't: REG_NOTBOL, REG_NOTEOL
)

// sideOf is the side that a byte is.
func (p *program) sideOf(b byte) side {
	switch {
	case p.anyLine && b == p.end:
		return sLine
	case p.words && isWord(b):
		return sWord
	}
	return sOther
}

// before is what stands before position i.
func (p *program) before(data []byte, i int, flags Flags) side {
	switch {
	case i > 0:
		return p.sideOf(data[i-1])
	case flags&NotBOL != 0:
		return sInside
	}
	return sText
}

// after is what stands at position i.
func (p *program) after(data []byte, i int, flags Flags) side {
	switch {
	case i < len(data):
		return p.sideOf(data[i])
	case flags&NotEOL != 0:
		return sInside
	}
	return sText
}

// holds says whether an assertion holds between two sides.
func holds(assertion uint8, before, after side) bool {
	switch int32(assertion) {
	case aLineStart:
		return before == sLine || before == sText
	case aLineEnd:
		return after == sLine || after == sText
	case aTextStart:
		return before == sText || before == sInside
	case aTextEnd:
		return after == sText || after == sInside
	case aWordEdge:
		return (before == sWord) != (after == sWord)
	case aNoWordEdge:
		return (before == sWord) == (after == sWord)
	case aWordStart:
		return before != sWord && after == sWord
	case aWordEnd:
		return before == sWord && after != sWord
	case aNotAfterWord:
		return before != sWord
	}
	return after != sWord
}
