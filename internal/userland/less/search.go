package less

import (
	"bytes"
	"strings"

	"bantam/internal/userland/applet/regex"
)

// newSearch reads a pattern and goes to its next line, or the one before for ?.
func (p *pager) newSearch(key rune) {
	text, ok := p.ask(string(key))
	if !ok || text == "" {
		p.pattern = nil
		p.show()
		return
	}
	flags := regex.Flags(0)
	if p.ignoreCase {
		flags |= regex.IgnoreCase
	}
	re, err := regex.Compile(text, flags)
	if err != nil {
		p.say("bad regex '" + text + "': " + err.Error())
		return
	}
	p.pattern, p.match = re, p.src.begin(p.top)
	p.again(1, key == '/')
}

// again goes to the n-th next or previous line that matches, or to the last such line.
func (p *pager) again(n int64, forward bool) {
	if p.pattern == nil {
		return
	}
	if p.match < 0 {
		p.match = p.src.begin(p.top)
	}
	found := int64(-1)
	for at := p.match; n > 0; n-- {
		if forward {
			at = p.forward(p.src.end(at))
		} else {
			at = p.backward(at)
		}
		if at < 0 {
			break
		}
		found = at
	}
	if found < 0 {
		// There is none on this side: stay with the outermost one.
		if forward {
			found = p.backward(p.src.size)
		} else {
			found = p.forward(0)
		}
	}
	if found < 0 {
		p.say("No matches found")
		return
	}
	p.match = found
	p.jump(found)
}

func (p *pager) matches(off int64) bool { return p.pattern.Match(p.lineText(off), 0) }

// forward is the first line from one on that matches, -1 for none. A pipe is read on.
func (p *pager) forward(off int64) int64 {
	for n := 0; ; n++ {
		if len(p.src.at(off, 1)) == 0 && !p.src.more(!p.src.eof && !p.keys.Waiting()) {
			return -1
		}
		if p.matches(off) {
			return off
		}
		next := p.src.end(off)
		if next == off || n%1000 == 999 && p.keys.Waiting() {
			return -1
		}
		off = next
	}
}

// backward is the last line before one that matches, -1 for none.
func (p *pager) backward(off int64) int64 {
	for off > 0 {
		off = p.src.begin(off - 1)
		if p.matches(off) {
			return off
		}
	}
	return -1
}

// bracket looks from a bracket in the top line for the one that closes it, or from one
// in the bottom line for the one that opens it.
func (p *pager) bracket(c byte, closing bool) {
	const brackets = "{}()[]"
	other := brackets[strings.IndexByte(brackets, c)^1]
	if closing {
		if bytes.IndexByte(p.lineText(p.top), c) < 0 {
			p.say("No bracket in top line")
			return
		}
		for off := p.top; len(p.src.at(off, 1)) > 0; off = p.src.end(off) {
			if bytes.IndexByte(p.lineText(off), other) >= 0 {
				p.top = off
				p.up(int64(p.rows - 1))
				return
			}
		}
		p.say("No matching bracket found")
		return
	}
	off := p.src.begin(max(p.bottom-1, 0))
	if bytes.IndexByte(p.lineText(off), c) < 0 {
		p.say("No bracket in bottom line")
		return
	}
	for {
		if bytes.IndexByte(p.lineText(off), other) >= 0 {
			p.jump(off)
			return
		}
		if off == 0 {
			break
		}
		off = p.src.begin(off - 1)
	}
	p.say("No matching bracket found")
}
