package cut

import (
	"bytes"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/regex"
)

// wholeLines is -d of a newline: LIST counts lines.
func (k *cutter) wholeLines(in *applet.In) error {
	for n := 0; ; n++ {
		line, ok := in.Line()
		if !ok {
			return in.Err()
		}
		for _, s := range k.spans {
			if s.first <= n && n <= s.last {
				k.out.Write(line)
				k.out.WriteByte('\n')
				break
			}
		}
	}
}

// orderedBytes prints bytes in the order of LIST, each once.
func (k *cutter) orderedBytes(in *applet.In) error {
	for {
		line, ok := in.Line()
		if !ok {
			return in.Err()
		}
		for i, s := range k.spans {
			for at := s.first; at <= min(s.last, len(line)-1); at++ {
				done := false
				for _, before := range k.spans[:i] {
					done = done || before.first <= at && at <= before.last
				}
				if !done {
					k.out.WriteByte(line[at])
				}
			}
		}
		k.out.WriteByte('\n')
	}
}

// ordered prints fields in the order of the spans. With re the separators are its
// matches, empty fields aren't printed, and a line without a separator is a field.
func (k *cutter) ordered(in *applet.In, re *regex.Regexp) error {
	var fields []span
	for {
		line, ok := in.Line()
		if !ok {
			return in.Err()
		}
		fields = k.split(fields[:0], line, re)
		switch {
		case len(fields) > 1 || re != nil:
			k.pick(line, fields, re == nil)
		case k.separated:
			continue
		default:
			k.out.Write(line)
		}
		k.out.WriteByte('\n')
	}
}

// pick prints the wanted ones of the fields.
func (k *cutter) pick(line []byte, fields []span, empty bool) {
	printed := false
	for _, s := range k.spans {
		for n := s.first; n <= min(s.last, len(fields)-1); n++ {
			text := line[fields[n].first:fields[n].last]
			if len(text) == 0 && !empty {
				continue
			}
			if printed {
				k.out.WriteString(k.join)
			}
			printed = true
			k.out.Write(text)
		}
	}
}

// split finds the fields: here last is behind the end.
func (k *cutter) split(fields []span, line []byte, re *regex.Regexp) []span {
	start, at := 0, 0
	for {
		from, to := -1, 0
		if re == nil {
			if i := bytes.IndexByte(line[start:], k.delim); i >= 0 {
				from, to = start+i, start+i+1
			}
		} else {
			var slots [2]int
			for at <= len(line) && re.Find(line, at, slots[:], 0) {
				if from, to = slots[0], slots[1]; to > from {
					break
				}
				from, at = -1, to+1 // an empty match separates nothing
			}
		}
		if from < 0 {
			return append(fields, span{start, len(line)})
		}
		fields = append(fields, span{start, from})
		start, at = to, to
	}
}
