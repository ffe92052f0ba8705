package shell

import "strings"

// redirection reads an operator; fd is the number before it, -1 for none.
func (p *parser) redirection(fd int) {
	r := &redirect{fd: 1}
	p.redir = r
	if p.take('<') {
		r.fd = 0
		switch {
		case p.take('<'):
			r.kind = redirHere
			r.here = &hereDoc{}
			if p.internal && p.take('<') {
				r.kind = redirString
				break
			}
			r.here.tabs = p.take('-')
		case p.take('&'):
			r.kind = redirDupIn
		case p.take('>'):
			r.kind = redirReadWrite
		}
	} else {
		p.take('>')
		switch {
		case p.take('>'):
			r.kind = redirAppend
		case p.take('&'):
			r.kind = redirDupOut
		case p.take('|'):
			r.kind = redirClobber
		default:
			r.kind = redirOut
		}
	}
	if fd >= 0 {
		r.fd = fd
	}
}

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
	for !p.atEnd() {
		raw, joined, whole := p.hereLogical(d)
		if joined == d.delimiter {
			break
		}
		body.WriteString(raw)
		if whole {
			body.WriteByte('\n')
		}
	}
	if d.quoted {
		text := body.String()
		d.body = &word{parts: []part{{text: text, quoted: true}}, literal: text, static: true}
		return
	}
	q := &parser{src: body.String(), line: line, at: p.at, alias: p.alias, depth: p.depth, internal: p.internal}
	q.enter()
	d.body = q.hereBody()
}

// hereLogical takes a line with those that continue it: raw as they stand, joined
// without the backslashes.
func (p *parser) hereLogical(d *hereDoc) (raw, joined string, whole bool) {
	for {
		var text string
		text, whole = p.hereLine()
		if d.tabs && raw == "" {
			text = strings.TrimLeft(text, "\t")
		}
		raw, joined = raw+text, joined+text
		if d.quoted || !whole || !continued(text) {
			return raw, joined, whole
		}
		raw += "\n"
		joined = joined[:len(joined)-1]
	}
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
