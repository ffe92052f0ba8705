package less

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf8"

	"bantam/internal/userland/applet/pad"
	"bantam/internal/userland/applet/width"
)

const (
	reverse = "\x1b[7m"
	normal  = "\x1b[m"
)

const numberWidth = 8

// width is that of a row of text.
//
//go:noinline
func (p *pager) width() int {
	if p.numbers {
		return p.columns - numberWidth
	}
	return p.columns
}

// row is what stands in the row from an offset on, where the next row begins, and
// whether there is a row at all.
func (p *pager) row(off int64) (text []byte, next int64, ok bool) {
	room := p.width()
	line := p.src.at(off, room*utf8.UTFMax+1024)
	if len(line) == 0 {
		return nil, off, false
	}
	x, i := 0, 0
	for i < len(line) && line[i] != '\n' {
		if n := p.sequence(line[i:]); n > 0 {
			i += n
			continue
		}
		_, w, size := glyph(line[i:], x)
		if x+w > room {
			break
		}
		x += w
		i += size
	}
	text, next = line[:i], off+int64(i)
	switch {
	case p.chop:
		next = p.src.end(next)
	case i < len(line) && line[i] == '\n':
		next++
	case i == 0:
		next++ // never the same place again
	}
	return text, next, true
}

// sequence is the length of a color's escape sequence that is left out, 0 for none.
func (p *pager) sequence(s []byte) int {
	if !p.plain || len(s) < 3 || s[0] != 27 || s[1] != '[' {
		return 0
	}
	for i := 2; i < len(s) && i < 64; i++ {
		if s[i] == 'm' {
			return i + 1
		}
		if s[i] != ';' && (s[i] < '0' || s[i] > '9') {
			break
		}
	}
	return 0
}

// glyph is how a character is shown in a column. control says that it stands for a
// control character.
//
//go:noinline
func glyph(s []byte, x int) (control bool, w, size int) {
	switch c := s[0]; {
	case c == '\t':
		return false, 8 - x%8, 1
	case c < ' ' || c == 127:
		return true, 1, 1
	case c < utf8.RuneSelf:
		return false, 1, 1
	}
	r, size := utf8.DecodeRune(s)
	w = width.Rune(r)
	if r == utf8.RuneError && size == 1 || w < 0 {
		return true, 1, size
	}
	return false, w, size
}

// draw writes a row with its matches highlighted.
func (p *pager) draw(text []byte) {
	from, to := p.nextMatch(text, 0)
	x := 0
	for i := 0; i < len(text); {
		if i == to && to > from {
			p.write(normal)
			from, to = p.nextMatch(text, to)
		}
		if i == from && to > from {
			p.write(reverse)
		}
		if n := p.sequence(text[i:]); n > 0 {
			i += n
			continue
		}
		control, w, size := glyph(text[i:], x)
		switch {
		case text[i] == '\t':
			p.write(pad.Spaces(w))
		case control && p.pattern != nil:
			p.write(".")
		case control:
			c := text[i]
			if c < ' ' {
				c += '@'
			} else {
				c = '?'
			}
			p.write(reverse + string(rune(c)) + normal)
		default:
			p.write(string(text[i : i+size]))
		}
		x += w
		i += size
	}
	if to >= len(text) && from < len(text) && to > from {
		p.write(normal)
	}
}

// nextMatch is the next match in a row that isn't empty; its end is 0 if there is none.
func (p *pager) nextMatch(text []byte, at int) (from, to int) {
	if p.pattern == nil {
		return 0, 0
	}
	slots := []int{0, 0}
	for at <= len(text) && p.pattern.Find(text, at, slots, 0) {
		if slots[1] > slots[0] {
			return slots[0], slots[1]
		}
		at = slots[1] + 1
	}
	return 0, 0
}

// show draws the screen.
func (p *pager) show() {
	p.write("\x1b[H")
	off := p.top
	p.complete = false
	number := int64(0)
	if p.numbers {
		number = p.src.number(off)
	}
	for range p.rows {
		p.write("\x1b[K")
		text, next, ok := p.row(off)
		if !ok {
			p.complete = true
			if !p.noTildes {
				p.write("~")
			}
			p.write("\r\n")
			continue
		}
		if p.numbers {
			p.write(pad.Int(number, numberWidth-1) + " ")
			if p.endsLine(next) {
				number++
			}
		}
		p.draw(text)
		p.write("\r\n")
		off = next
	}
	p.bottom = off
	if len(p.src.at(off, 1)) == 0 {
		p.complete = true
	}
	if p.complete && p.src.eof && (p.quitAtEnd || p.quitIfShort && p.top == 0) {
		p.quit(0)
	}
	p.statusLine()
	p.flush()
}

//go:noinline
func (p *pager) endsLine(next int64) bool {
	b := p.src.at(next-1, 1)
	return len(b) == 1 && b[0] == '\n'
}

// statusLine is what the last row shows.
func (p *pager) statusLine() {
	many := ""
	if len(p.files) > 1 {
		many = " (file " + strconv.Itoa(p.at+1) + " of " + strconv.Itoa(len(p.files)) + ")"
	}
	switch {
	case p.long:
		p.longStatus()
	case p.top > 0 && !p.complete:
		p.write("\r\x1b[K:")
	case p.top == 0:
		p.message(p.name + many)
	default:
		p.message("(END)" + many)
	}
}

func (p *pager) longStatus() {
	s := p.name
	if len(p.files) > 1 {
		s += " (file " + strconv.Itoa(p.at+1) + " of " + strconv.Itoa(len(p.files)) + ")"
	}
	first, last := p.src.number(p.top), p.src.number(max(p.bottom-1, 0))
	if p.src.size == 0 {
		first, last = 0, 0
	}
	s += " lines " + strconv.FormatInt(first, 10) + "-" + strconv.FormatInt(last, 10)
	total := int64(0)
	if p.src.eof {
		total = p.src.count()
		s += "/" + strconv.FormatInt(total, 10)
	}
	switch {
	case p.complete:
		s += " (END)"
		if p.at+1 < len(p.files) {
			s += " - next: " + p.files[p.at+1]
		}
	case total > 0:
		s += " " + strconv.FormatInt(min((100*last+total/2)/total, 100), 10) + "%"
	}
	p.message(s)
}

// message shows a text in the last row.
//
//go:noinline
func (p *pager) message(text string) {
	text = strings.ToValidUTF8(text, "?")
	p.write("\r\x1b[K" + reverse + text + normal)
}

// say shows a message at once.
//
//go:noinline
func (p *pager) say(text string) {
	p.message(text)
	p.flush()
}

// down moves by rows, but not further than to the end and a row behind it.
func (p *pager) down(n int64) {
	off := p.top
	for ; n > 0; n-- {
		_, next, ok := p.row(off)
		if !ok {
			break
		}
		off = next
	}
	p.top = off
	p.cap()
	p.show()
}

// cap takes the top back so that the last row is the one before the last on the screen.
func (p *pager) cap() {
	off, n := p.top, 0
	for n < p.rows {
		_, next, ok := p.row(off)
		if !ok {
			break
		}
		off = next
		n++
	}
	for ; n < p.rows-1 && p.top > 0; n++ {
		p.top = p.before(p.top)
	}
}

// before is where the row before one begins.
func (p *pager) before(off int64) int64 {
	if off == 0 {
		return 0
	}
	at := p.src.begin(off - 1)
	if p.chop {
		return at
	}
	for {
		_, next, ok := p.row(at)
		if !ok || next >= off {
			return at
		}
		at = next
	}
}

func (p *pager) up(n int64) {
	for ; n > 0 && p.top > 0; n-- {
		p.top = p.before(p.top)
	}
	p.show()
}

// jump shows the line that begins there at the top.
func (p *pager) jump(off int64) {
	p.top = off
	p.cap()
	p.show()
}

// last goes to the end. A pipe is read to its end, or until a key is pressed.
func (p *pager) last() {
	for !p.src.eof && !p.keys.Waiting() {
		if !p.src.more(false) && !p.src.eof {
			p.keys.Wait(20)
		}
	}
	p.jump(p.src.size)
}

// lineText is a line without its newline, at most so much that searching in it ends.
func (p *pager) lineText(off int64) []byte {
	line := p.src.at(off, chunk)
	if i := bytes.IndexByte(line, '\n'); i >= 0 {
		line = line[:i]
	}
	return line
}
