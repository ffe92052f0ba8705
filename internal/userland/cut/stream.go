package cut

import (
	"bytes"

	"bantam/internal/userland/applet"
)

// bytes cuts bytes, of lines of any length.
func (k *cutter) bytes(in *applet.In) error {
	at := 0 // within the line
	for {
		p, err := in.Chunk()
		if err != nil {
			return err
		}
		if p == nil {
			break
		}
		for len(p) > 0 {
			n := bytes.IndexByte(p, '\n')
			line := p
			if n >= 0 {
				line = p[:n]
			}
			for _, s := range k.spans {
				first, last := max(s.first-at, 0), min(s.last-at+1, len(line))
				if first < last {
					k.out.Write(line[first:last])
				}
			}
			if at += len(line); n < 0 {
				break
			}
			k.out.WriteByte('\n')
			p = p[n+1:]
			at = 0
		}
	}
	if at > 0 || in.Cut() {
		k.out.WriteByte('\n')
	}
	return nil
}

// fieldState is where fields stands in a line.
type fieldState struct {
	hold    bool // the first field must wait for a separator
	held    []byte
	number  int  // of the field
	begun   bool // some of the line was read
	inField bool // some of the field was written
	printed bool // some of the line was
	seen    bool // a separator
	span    int
}

// fields cuts fields, of lines of any length. Only a first field is held in memory
// if it depends on what follows whether it is printed.
func (k *cutter) fields(in *applet.In) error {
	f := &k.field
	last := k.spans[len(k.spans)-1].last
	for {
		p, err := in.Chunk()
		if err != nil {
			return err
		}
		if p == nil {
			break
		}
		for len(p) > 0 {
			n := bytes.IndexByte(p, '\n')
			line := p
			if n >= 0 {
				line = p[:n]
			}
			f.begun = true
			for f.number <= last {
				i := bytes.IndexByte(line, k.delim)
				if i < 0 {
					k.part(line)
					break
				}
				k.separator(line[:i])
				line = line[i+1:]
			}
			if n < 0 {
				break
			}
			k.endLine()
			p = p[n+1:]
		}
	}
	if f.begun {
		k.endLine()
	}
	return nil
}

// part takes some of a field.
func (k *cutter) part(text []byte) {
	f := &k.field
	if f.hold && !f.seen {
		f.held = append(f.held, text...)
		return
	}
	for f.span < len(k.spans) && k.spans[f.span].last < f.number {
		f.span++
	}
	if f.span == len(k.spans) || k.spans[f.span].first > f.number {
		return
	}
	if !f.inField {
		if f.printed {
			k.out.WriteString(k.join)
		}
		f.inField, f.printed = true, true
	}
	k.out.Write(text)
}

// separator takes the rest of a field that ends with a separator.
func (k *cutter) separator(text []byte) {
	f := &k.field
	if !f.seen {
		f.seen = true
		if len(f.held) > 0 {
			k.part(f.held)
			f.held = f.held[:0]
		}
	}
	k.part(text)
	f.number++
	f.inField = false
}

func (k *cutter) endLine() {
	f := &k.field
	switch {
	case f.seen:
		k.out.WriteByte('\n')
	case !k.separated:
		k.out.Write(f.held)
		k.out.WriteByte('\n')
	}
	*f = fieldState{hold: f.hold, held: f.held[:0]}
}
