package diff

import (
	"strconv"

	"bantam/internal/userland/applet"
)

// change is lines of the first file that lines of the second took the place of.
type change struct{ a0, a1, b0, b1 int }

// print prints the hunks.
func (d *differ) print(a, b *side, names [2]string) bool {
	any := false
	var group []change
	for i, j := 0, 0; ; {
		for i < len(a.changed) && j < len(b.changed) && !a.changed[i] && !b.changed[j] {
			i++
			j++
		}
		k := change{i, i, j, j}
		for k.a1 < len(a.changed) && a.changed[k.a1] {
			k.a1++
		}
		for k.b1 < len(b.changed) && b.changed[k.b1] {
			k.b1++
		}
		last := k.a0 == k.a1 && k.b0 == k.b1
		if n := len(group); n > 0 && (last || k.a0-group[n-1].a1 > 2*d.context) {
			if d.counts(a, b, group) {
				if !any && !d.brief {
					d.header(names)
				}
				any = true
				if d.brief {
					return true
				}
				d.hunk(a, b, group)
			}
			group = group[:0]
		}
		if last || d.c.Out.Err() != nil {
			return any
		}
		group = append(group, k)
		i, j = k.a1, k.b1
	}
}

// counts says whether a hunk has more than blank lines, if that matters.
func (d *differ) counts(a, b *side, group []change) bool {
	if !d.blankLines {
		return true
	}
	for _, k := range group {
		for i := k.a0; i < k.a1; i++ {
			if string(a.line(i)) != "\n" {
				return true
			}
		}
		for j := k.b0; j < k.b1; j++ {
			if string(b.line(j)) != "\n" {
				return true
			}
		}
	}
	return false
}

func (d *differ) header(names [2]string) {
	for i, sign := range [...]string{"--- ", "+++ "} {
		name := names[i]
		if i < len(d.labels) {
			name = d.labels[i]
		}
		d.c.Out.Print(sign, name, "\n")
	}
}

// hunk prints some changes with the lines around them, which are the first file's.
func (d *differ) hunk(a, b *side, group []change) {
	first, last := group[0], group[len(group)-1]
	lead := min(d.context, first.a0)
	trail := min(d.context, len(a.ends)-last.a1)
	out := d.c.Out
	out.Print("@@ -")
	span(out, a.before+first.a0-lead, a.before+last.a1+trail)
	out.Print(" +")
	span(out, b.before+first.b0-lead, b.before+last.b1+trail)
	out.Print(" @@\n")
	at := first.a0 - lead
	for _, k := range group {
		d.lines(a, at, k.a0, ' ')
		d.lines(a, k.a0, k.a1, '-')
		d.lines(b, k.b0, k.b1, '+')
		at = k.a1
	}
	d.lines(a, at, last.a1+trail, ' ')
}

// span prints the lines from one number to another, counted from 0.
func span(out *applet.Out, from, to int) {
	switch to - from {
	case 0:
		out.Print(strconv.Itoa(from), ",0")
	case 1:
		out.Int(int64(from + 1))
	default:
		out.Print(strconv.Itoa(from+1), ",", strconv.Itoa(to-from))
	}
}

// lines prints lines with a sign in front.
func (d *differ) lines(s *side, from, to int, sign byte) {
	out := d.c.Out
	for i := from; i < to; i++ {
		line := s.line(i)
		out.WriteByte(sign)
		if d.initialTab {
			out.WriteByte('\t')
		}
		if d.expandTabs {
			expand(out, line)
		} else {
			out.Write(line)
		}
		if line[len(line)-1] != '\n' {
			out.WriteString("\n\\ No newline at end of file\n")
		}
	}
}

func expand(out *applet.Out, line []byte) {
	column := 0
	for _, b := range line {
		if b != '\t' {
			out.WriteByte(b)
			column++
			continue
		}
		for {
			out.WriteByte(' ')
			if column++; column%8 == 0 {
				break
			}
		}
	}
}
