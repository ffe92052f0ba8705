package lineedit

import (
	"slices"
	"strings"

	"bantam/internal/userland/applet/pad"
	"bantam/internal/userland/applet/width"
)

// tab completes the word before the cursor. A second tab lists the candidates.
func (e *Editor) tab() {
	if e.Complete == nil {
		return
	}
	if e.tabbed {
		e.list()
		return
	}
	before := text(e.line[:e.cursor])
	start, found := e.Complete(before, len(before))
	if len(found) == 0 {
		e.beep()
		return
	}
	found = slices.Clone(found)
	slices.Sort(found)
	found = slices.Compact(found)
	common := found[0]
	for _, f := range found[1:] {
		n := 0
		for n < len(common) && n < len(f) && common[n] == f[n] {
			n++
		}
		common = common[:n]
	}
	open := openQuote(before[:start])
	word := quote(common, open)
	if len(found) == 1 {
		if !strings.HasSuffix(common, "/") {
			if open != 0 {
				word += string(rune(open))
			}
			word += " "
		}
	} else {
		e.beep()
		e.tabbed, e.choices = true, found
		if common == "" {
			return
		}
	}
	from := len(runes(before[:start]))
	e.remove(from, e.cursor)
	e.insert(runes(word))
}

// openQuote is the quote that is open at the end of s, 0 for none.
func openQuote(s string) byte {
	var open byte
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\' && open != '\'':
			i++
		case open == 0 && (c == '\'' || c == '"'):
			open = c
		case c == open:
			open = 0
		}
	}
	return open
}

// quote protects what is special to a shell in a name, in the quotes where it stands.
func quote(s string, open byte) string {
	special := " \t\n`'\"\\#$~?*[{()&;|<>"
	switch open {
	case '"':
		special = "`\"\\$"
	case '\'':
		return strings.ReplaceAll(s, "'", `'\''`)
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if strings.IndexByte(special, s[i]) >= 0 {
			b.WriteByte('\\')
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// list shows the candidates in columns below the line, and the line again below them.
func (e *Editor) list() {
	at := e.cursor
	e.cursor = len(e.line)
	e.draw()
	e.cursor = at
	widest := 0
	for _, c := range e.choices {
		widest = max(widest, width.String(c))
	}
	widest += 2
	perLine := max(e.screen.columns/widest, 1)
	rows := (len(e.choices) + perLine - 1) / perLine
	var b strings.Builder
	b.WriteString("\r\n")
	for row := range rows {
		for i := row; i < len(e.choices); i += rows {
			name := printable(e.choices[i])
			b.WriteString(name)
			if i+rows < len(e.choices) {
				b.WriteString(pad.Spaces(widest - width.String(name)))
			}
		}
		b.WriteString("\r\n")
	}
	e.write(b.String())
	e.screen.x, e.screen.y = 0, 0
	e.redraw()
}

// printable shows control characters of a name as question marks.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if width.Rune(r) < 0 {
			return '?'
		}
		return r
	}, s)
}
