package browse

import (
	"strconv"
	"strings"

	"bantam/internal/engine"

	"golang.org/x/sys/unix"
)

const (
	reverse = "\x1b[7m"
	plain   = "\x1b[m"
)

// colour of what a layer does to a file: added green, changed yellow, deleted red.
func colour(kind byte) string {
	switch kind {
	case engine.FileAdded:
		return "\x1b[32m"
	case engine.FileChanged:
		return "\x1b[33m"
	case engine.FileDeleted:
		return "\x1b[31m"
	}
	return ""
}

// Draw is the whole screen, lines ended by "\r\n" but for the last.
func (m *Model) Draw(columns, rows int) string {
	m.rows = rows
	left := min(max(columns*2/5, 20), 70)
	right := max(columns-left-3, 10)
	height := max(rows-3, 1)
	l, r := m.left(left, height), m.right(right, height)
	var b strings.Builder
	title := strings.Join(m.image.Names, ", ")
	if title == "" {
		title = m.image.ID
	}
	b.WriteString(reverse + fit(" "+safe(title)+"   "+engine.HumanSize(m.image.Size)+" in "+strconv.Itoa(len(m.image.Layers))+" layers, "+engine.HumanSize(m.image.Wasted)+" wasted", columns) + plain + "\r\n")
	b.WriteString(m.heading("Layers", left, !m.files) + " │ " + m.heading("Files of layer "+strconv.Itoa(m.layer+1)+" and those below", right, m.files) + "\r\n")
	for i := range height {
		b.WriteString(l[i] + " │ " + r[i] + "\r\n")
	}
	b.WriteString(reverse + fit(" tab: other side  arrows: move, open, close  a m d u: hide added, changed, deleted, untouched  q: quit", columns) + plain)
	return b.String()
}

func (m *Model) heading(text string, width int, active bool) string {
	if active {
		return "\x1b[1m" + fit("● "+text, width) + plain
	}
	return fit("  "+text, width)
}

// left is the list of layers, and what is known of the selected one.
func (m *Model) left(width, height int) []string {
	about := m.about(width)
	room := max(height-len(about)-1, 3)
	from := max(0, m.layer-room+1)
	var lines []string
	for i := from; i < len(m.image.Layers) && len(lines) < room; i++ {
		l := &m.image.Layers[i]
		text := fit(" "+right(engine.HumanSize(l.Size), 8)+"  "+safe(l.CreatedBy+comment(l)), width)
		if i == m.layer {
			text = reverse + text + plain
		}
		lines = append(lines, text)
	}
	lines = append(append(lines, fit("", width)), about...)
	return padded(lines, width, height)
}

func comment(l *engine.LayerInfo) string {
	if l.CreatedBy == "" {
		return l.Comment
	}
	return ""
}

func (m *Model) about(width int) []string {
	l := &m.image.Layers[m.layer]
	n := strconv.Itoa
	text := []string{
		"Layer " + n(m.layer+1) + " of " + n(len(m.image.Layers)),
		"Diff id  " + l.DiffID,
		"Files    " + n(l.Added) + " added, " + n(l.Changed) + " changed, " + n(l.Deleted) + " deleted",
		"Wasted   " + engine.HumanSize(l.Wasted),
	}
	if len(l.SharedBy) > 0 {
		text = append(text, "Shared   "+safe(strings.Join(l.SharedBy, ", ")))
	}
	text = append(text, "Command")
	command := []rune(safe(l.CreatedBy + comment(l)))
	for len(command) > 0 && len(text) < 12 {
		k := min(len(command), width-2)
		text = append(text, "  "+string(command[:k]))
		command = command[k:]
	}
	for i := range text {
		text[i] = fit(text[i], width)
	}
	return text
}

// right is the tree of files.
func (m *Model) right(width, height int) []string {
	if m.at < m.top {
		m.top = m.at
	}
	if m.at >= m.top+height {
		m.top = m.at - height + 1
	}
	var lines []string
	for i := m.top; i < len(m.lines) && len(lines) < height; i++ {
		n := m.lines[i]
		text := fit(describe(n), width)
		if i == m.at && m.files {
			text = reverse + text + plain
		} else if c := colour(n.kind); c != "" {
			text = c + text + plain
		}
		lines = append(lines, text)
	}
	return padded(lines, width, height)
}

func describe(n *node) string {
	kind := " "
	if n.kind != 0 {
		kind = string(rune(n.kind))
	}
	mark := "  "
	if n.file.Dir || len(n.children) > 0 {
		mark = "▾ "
		if n.closed {
			mark = "▸ "
		}
	}
	text := kind + " " + mode(n.file.Mode) + right(strconv.Itoa(int(n.file.UID))+":"+strconv.Itoa(int(n.file.GID)), 10) + right(engine.HumanSize(n.size), 8) +
		"  " + strings.Repeat("  ", n.depth()) + mark + safe(n.name)
	if n.file.Link != "" {
		text += " → " + safe(n.file.Link)
	}
	return text
}

// mode is ls's.
func mode(m uint32) string {
	b := []byte("----------")
	for i, c := range "rwxrwxrwx" {
		if m&(0o400>>i) != 0 {
			b[i+1] = byte(c)
		}
	}
	switch m & unix.S_IFMT {
	case unix.S_IFDIR:
		b[0] = 'd'
	case unix.S_IFLNK:
		b[0] = 'l'
	case unix.S_IFCHR:
		b[0] = 'c'
	case unix.S_IFBLK:
		b[0] = 'b'
	case unix.S_IFIFO:
		b[0] = 'p'
	}
	for _, s := range [...]struct {
		bit uint32
		at  int
		c   byte
	}{{unix.S_ISUID, 3, 's'}, {unix.S_ISGID, 6, 's'}, {unix.S_ISVTX, 9, 't'}} {
		if m&s.bit != 0 {
			if b[s.at] == '-' {
				s.c -= 'a' - 'A'
			}
			b[s.at] = s.c
		}
	}
	return string(b)
}

func right(s string, n int) string {
	if len(s) >= n {
		return s
	}
	return strings.Repeat(" ", n-len(s)) + s
}

func padded(lines []string, width, height int) []string {
	for len(lines) < height {
		lines = append(lines, fit("", width))
	}
	return lines[:height]
}
