package patch

import (
	"strconv"
	"strings"
)

// text is a file that is patched.
type text struct {
	lines []string
	bare  bool // the last line has no newline
	at    int  // lines before this are done
	drift int  // how many lines further down than told the last hunk was
	out   []string
}

func parse(data string) *text {
	t := &text{}
	if data == "" {
		return t
	}
	t.bare = !strings.HasSuffix(data, "\n")
	t.lines = strings.Split(strings.TrimSuffix(data, "\n"), "\n")
	return t
}

// string is the patched text.
func (t *text) string() string {
	out := append(t.out, t.lines[t.at:]...)
	if len(out) == 0 {
		return ""
	}
	s := strings.Join(out, "\n")
	if !t.bare {
		s += "\n"
	}
	return s
}

// matches says whether lines stand at a place.
func (t *text) matches(lines []string, at int, toEnd bool) bool {
	if at < t.at || at+len(lines) > len(t.lines) || toEnd && at+len(lines) != len(t.lines) {
		return false
	}
	for i, line := range lines {
		if t.lines[at+i] != line {
			return false
		}
	}
	return true
}

// find looks for lines, first where they should be and then further and further away.
func (t *text) find(lines []string, line int, toEnd bool) int {
	want := line - 1 + t.drift
	if len(lines) == 0 {
		want++ // "-5,0" is behind line 5
	}
	want = max(min(want, len(t.lines)), t.at)
	for off := 0; off <= len(t.lines); off++ {
		if t.matches(lines, want+off, toEnd) {
			return want + off
		}
		if off > 0 && t.matches(lines, want-off, toEnd) {
			return want - off
		}
	}
	return -1
}

// apply applies a hunk, as far as its old lines are found.
func (t *text) apply(h *hunk) bool {
	old := h.side('-')
	before, after := h.context()
	// With less context behind than before the text ends there.
	at := t.find(old, h.oldLine, after < before)
	if at < 0 {
		return false
	}
	t.drift = at - (h.oldLine - 1)
	if len(old) == 0 {
		t.drift--
	}
	end := at + len(old)
	t.out = append(t.out, t.lines[t.at:at]...)
	t.out = append(t.out, h.side('+')...)
	if t.at = end; end == len(t.lines) && (h.bare[0] || h.bare[1] || len(t.lines) == 0) {
		t.bare = h.bare[1]
	}
	return true
}

// file applies the hunks of one file. It is false if nothing more can be done.
func (p *patch) file(names [2]string) bool {
	var hunks []*hunk
	for {
		h := p.hunk(len(hunks) + 1)
		if h == nil {
			break
		}
		if p.reverse {
			h.turn()
		}
		hunks = append(hunks, h)
	}
	if len(hunks) == 0 {
		p.next()
		return true
	}
	if p.reverse {
		names[0], names[1] = names[1], names[0]
	}
	target, ok := p.open(names, hunks[0])
	if !ok {
		return false
	}
	defer target.close()
	t := parse(target.data)
	changed := false
	for _, h := range hunks {
		if p.forward && t.reversed(h) {
			continue
		}
		if !t.apply(h) {
			p.failed(t, h)
			return true
		}
		changed = true
	}
	if !changed || p.dry {
		return true
	}
	new := t.string()
	var err error
	if new == "" && (p.empty || names[1] == null || hunks[0].newCount == 0 && len(hunks) == 1 && hunks[0].newLine == 0) {
		p.c.Out.Print("removing ", target.name, "\n")
		err = target.remove()
	} else {
		err = target.write(new)
	}
	if err != nil {
		p.status = p.c.Warn(target.name, err)
	}
	return true
}

// reversed says whether a hunk's change is there already.
func (t *text) reversed(h *hunk) bool {
	before, after := h.context()
	return t.find(h.side('+'), h.newLine-t.drift, after < before) >= 0 && t.find(h.side('-'), h.oldLine, after < before) < 0
}

// failed tells that a hunk's place wasn't found.
func (p *patch) failed(t *text, h *hunk) {
	p.c.Out.Flush()
	if t.find(h.side('+'), h.newLine, false) >= 0 {
		p.c.Err.WriteString("Possibly reversed hunk " + strconv.Itoa(h.number) + " at " + strconv.Itoa(len(t.lines)+1) + "\n")
	}
	p.c.Err.WriteString("Hunk " + strconv.Itoa(h.number) + " FAILED " + strconv.Itoa(h.oldLine) + "/" + strconv.Itoa(h.newLine) + ".\n" + strings.Join(h.lines, "\n") + "\n")
	p.c.Err.Flush()
	p.status = 1
}
