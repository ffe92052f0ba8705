// Package columns is the applets that count columns: fold, expand, unexpand.
package columns

import (
	"unicode/utf8"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/charset"
	"bantam/internal/userland/applet/number"
)

// Fold is fold.
var Fold = applet.Applet{
	Names: "fold",
	Usage: "[-bs] [-w WIDTH] [FILE]...",
	About: "Break long lines of the FILEs.",
	Options: `
-b, --bytes	count bytes, not columns
-s, --spaces	break at spaces
-w, --width WIDTH	lines of WIDTH columns (80)
-NUM	the same
`,
	Dir:   "/usr/bin",
	Quick: true,
	Run:   fold,
}

// folder breaks lines.
type folder struct {
	out           *applet.Out
	bytes, spaces bool
	multibyte     bool
	width, column int
	line          []byte
}

func fold(c *applet.Call) int {
	f := folder{out: c.Out, bytes: c.Has("b"), spaces: c.Has("s"), multibyte: charset.UTF8(c), width: 80}
	if key := c.Last("w", "NUM"); key != "" {
		n, err := number.Int(c.Value(key), 1<<30)
		if err != nil || n == 0 {
			return c.Complain("invalid number '" + c.Value(key) + "'")
		}
		f.width = n
	}
	return c.EachInput(func(_ string, in *applet.In) error {
		for {
			p, err := in.Chunk()
			if err != nil {
				return err
			}
			if p == nil {
				break
			}
			for _, b := range p {
				f.add(b)
			}
		}
		f.out.Write(f.line)
		f.line, f.column = f.line[:0], 0
		return nil
	})
}

// add takes a byte into the line.
func (f *folder) add(b byte) {
	if b == '\n' {
		f.line = append(f.line, b)
		f.out.Write(f.line)
		f.line, f.column = f.line[:0], 0
		return
	}
	column := f.advance(f.column, b)
	if column > f.width && len(f.line) > 0 {
		f.wrap()
		column = f.advance(f.column, b)
	}
	f.line = append(f.line, b)
	f.column = column
}

// wrap ends the line, with -s behind its last space.
func (f *folder) wrap() {
	cut := len(f.line)
	if f.spaces {
		for cut > 0 && f.line[cut-1] != ' ' && f.line[cut-1] != '\t' {
			cut--
		}
		if cut == 0 {
			cut = len(f.line)
		}
	}
	f.out.Write(f.line[:cut])
	f.out.WriteByte('\n')
	f.line = append(f.line[:0], f.line[cut:]...)
	f.column = 0
	for _, b := range f.line {
		f.column = f.advance(f.column, b)
	}
}

// advance returns the column behind a byte.
func (f *folder) advance(column int, b byte) int {
	switch {
	case f.bytes:
		return column + 1
	case b == '\t':
		return column/8*8 + 8
	case b == '\b':
		return max(column-1, 0)
	case b == '\r':
		return 0
	case f.multibyte && !utf8.RuneStart(b):
		return column
	}
	return column + 1
}
