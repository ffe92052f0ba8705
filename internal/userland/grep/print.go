package grep

// paint writes a part in a colour, if there are colours.
func (g *grep) paint(colour string, part []byte) {
	if !g.color {
		g.c.Out.Write(part)
		return
	}
	g.c.Out.Print("\x1b[", colour, "m\x1b[K")
	g.c.Out.Write(part)
	g.c.Out.Print("\x1b[m\x1b[K")
}

// separator writes what stands behind a name or a number.
func (g *grep) separator(sign byte, name bool) {
	if name && g.nameEnd != "" {
		g.c.Out.Print(g.nameEnd)
		return
	}
	g.paint("36", []byte{sign})
}

// head writes what stands before a line, or a match, at a position.
func (f *file) head(line, at int, sign byte) {
	if f.withName() {
		f.paint("35", []byte(f.name))
		f.separator(sign, true)
	}
	if f.number {
		f.numbered(f.lineAt(line), sign)
	}
	if f.offset {
		f.numbered(f.base+int64(at), sign)
	}
}

func (f *file) numbered(n int64, sign byte) {
	var digits [20]byte
	i := len(digits)
	for ; n > 0 || i == len(digits); n /= 10 {
		i--
		digits[i] = byte('0' + n%10)
	}
	f.paint("32", digits[i:])
	f.separator(sign, false)
}

// print prints one line, or its matches, and notes that it did.
func (f *file) print(from, to int, sign byte) {
	f.shown, f.printed = true, true
	f.shownTo = min(to, len(f.data))
	hit := sign == ':'
	switch {
	case f.only:
		if hit && !f.invert {
			f.parts(from, to, sign)
		}
	case f.color && hit != f.invert && f.re != nil:
		f.head(from, from, sign)
		f.marked(from, to)
	default:
		f.head(from, from, sign)
		f.write(from, to)
	}
}

// find looks for a match in the line up to end that isn't empty.
func (f *file) find(line []byte, at int) bool {
	for f.re.Find(line, at, f.slots[:], 0) {
		if f.slots[1] > f.slots[0] {
			return true
		}
		if at = f.slots[1] + 1; at > len(line) {
			break
		}
	}
	return false
}

// parts prints each match on a line of its own.
func (f *file) parts(from, to int, sign byte) {
	line := f.data[from:min(to-1, len(f.data))]
	for at := 0; f.find(line, at); at = f.slots[1] {
		f.head(from, from+f.slots[0], sign)
		f.paint("01;31", line[f.slots[0]:f.slots[1]])
		f.c.Out.WriteByte(f.end)
	}
}

// marked prints a line with its matches in colour.
func (f *file) marked(from, to int) {
	line := f.data[from:min(to-1, len(f.data))]
	at := 0
	for ; f.find(line, at); at = f.slots[1] {
		f.c.Out.Write(line[at:f.slots[0]])
		f.paint("01;31", line[f.slots[0]:f.slots[1]])
	}
	f.c.Out.Write(line[at:])
	f.c.Out.WriteByte(f.end)
}
