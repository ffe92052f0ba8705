// Package cat is the applet cat.
package cat

import (
	"bytes"

	"bantam/internal/userland/applet"
)

// Applet is cat.
var Applet = applet.Applet{
	Names: "cat",
	Usage: "[-nbsvteAETu] [FILE]...",
	About: "Print FILEs to stdout",
	Options: `
-n, --number	number the lines
-b, --number-nonblank	number the lines that aren't empty
-s, --squeeze-blank	one empty line for several
-v, --show-nonprinting	bytes that can't be printed as ^x or M-x
-E, --show-ends	end lines with $
-T, --show-tabs	tabs as ^I
-t	as -v -T
-e	as -v -E
-A, --show-all	as -v -T -E
-u	ignored: nothing is held back
`,
	Quick: true,
	Min:   true,
	Run:   run,
}

// cat is what one call does to its files.
type cat struct {
	out                        *applet.Out
	all, some, squeeze         bool // number all lines, those with text
	visible, showTabs, showEnd bool

	line   int64
	inLine bool // the last byte wasn't a newline
	empty  bool // the last line was
	plain  [256]bool
}

func run(c *applet.Call) int {
	all := c.Has("A")
	k := cat{
		out: c.Out, some: c.Has("b"), squeeze: c.Has("s"),
		visible:  all || c.Has("v") || c.Has("t") || c.Has("e"),
		showTabs: all || c.Has("t") || c.Has("T"),
		showEnd:  all || c.Has("e") || c.Has("E"),
	}
	k.all = c.Has("n") && !k.some
	if !k.all && !k.some && !k.squeeze && !k.visible && !k.showTabs && !k.showEnd {
		return c.EachFile(func(_ string, in *applet.In) error {
			_, err := c.Out.Copy(in)
			if c.Out.Err() != nil {
				return nil // which the frame tells
			}
			return err
		})
	}
	for i := range k.plain {
		b := byte(i)
		k.plain[i] = b != '\n' && (b != '\t' || !k.showTabs) && (!k.visible || b >= ' ' && b < 127 || b == '\t')
	}
	return c.EachFile(func(_ string, in *applet.In) error { return k.file(in) })
}

func (k *cat) file(in *applet.In) error {
	for {
		p, err := in.Chunk()
		if err != nil || p == nil {
			return err
		}
		for len(p) > 0 {
			p = p[k.some1(p):]
		}
	}
}

// some1 writes the beginning of p up to a newline at most and returns its length.
func (k *cat) some1(p []byte) int {
	newline := p[0] == '\n'
	if !k.inLine {
		if newline && k.squeeze && k.empty {
			return 1
		}
		k.empty = newline
		if k.all || k.some && !newline {
			k.line++
			k.number()
		}
	}
	k.inLine = !newline
	if newline {
		if k.showEnd {
			k.out.WriteByte('$')
		}
		k.out.WriteByte('\n')
		return 1
	}
	n := bytes.IndexByte(p, '\n')
	if n < 0 {
		n = len(p)
	}
	k.text(p[:n])
	return n
}

// number writes the line's number, right in six columns.
func (k *cat) number() {
	for width := int64(100000); width > 1 && k.line < width; width /= 10 {
		k.out.WriteByte(' ')
	}
	k.out.Int(k.line)
	k.out.WriteByte('\t')
}

// text writes a part of a line.
func (k *cat) text(p []byte) {
	for len(p) > 0 {
		n := 0
		for n < len(p) && k.plain[p[n]] {
			n++
		}
		k.out.Write(p[:n])
		if p = p[n:]; len(p) > 0 {
			k.symbol(p[0])
			p = p[1:]
		}
	}
}

// symbol writes a byte that isn't printed as it is.
func (k *cat) symbol(b byte) {
	if b >= 128 && k.visible {
		k.out.WriteString("M-")
		b -= 128
	}
	switch {
	case b < ' ':
		k.out.WriteByte('^')
		b += '@'
	case b == 127:
		k.out.WriteByte('^')
		b = '?'
	}
	k.out.WriteByte(b)
}
