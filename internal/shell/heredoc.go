package shell

import "strings"

// readHereDocs reads the bodies of the operators on the line that just ended.
func (p *parser) readHereDocs() {
	docs := p.pending
	p.pending = nil
	for _, d := range docs {
		p.readHereDoc(d)
	}
}

// readHereDoc collects lines up to the delimiter.
func (p *parser) readHereDoc(d *hereDoc) {
	line := p.line
	var body strings.Builder
	for joined := false; !p.atEnd(); {
		text, whole := p.hereLine()
		bare := text
		if d.tabs && !joined {
			bare = strings.TrimLeft(text, "\t")
		}
		if !joined && bare == d.delimiter {
			break
		}
		joined = !d.quoted && continued(bare)
		body.WriteString(bare)
		if whole {
			body.WriteByte('\n')
		}
	}
	if d.quoted {
		text := body.String()
		d.body = &word{parts: []part{{text: text, quoted: true}}, literal: text, static: true}
		return
	}
	q := &parser{src: body.String(), line: line, alias: p.alias, depth: p.depth, internal: p.internal}
	q.enter()
	d.body = q.hereBody()
}

// continued says whether a line ends with a backslash that isn't quoted by another.
func continued(line string) bool {
	n := 0
	for n < len(line) && line[len(line)-1-n] == '\\' {
		n++
	}
	return n%2 == 1
}

// hereLine takes one line.
func (p *parser) hereLine() (text string, whole bool) {
	for {
		if i := strings.IndexByte(p.src[p.pos:], '\n'); i >= 0 {
			text = p.src[p.pos : p.pos+i]
			p.pos += i + 1
			p.line++
			return text, true
		}
		if !p.fill() {
			text = p.src[p.pos:]
			p.pos = len(p.src)
			return text, false
		}
	}
}
