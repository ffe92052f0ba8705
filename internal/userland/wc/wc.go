// Package wc is the applet wc.
package wc

import (
	"bytes"
	"strconv"
	"syscall"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/charset"
)

// Applet is wc.
var Applet = applet.Applet{
	Names: "wc",
	Usage: "[-cmlwL] [FILE]...",
	About: "Count the lines, words and bytes of the FILEs.",
	Options: `
-c, --bytes	bytes
-m, --chars	characters
-l, --lines	newlines
-w, --words	words
-L, --max-line-length	the width of the longest line
`,
	Dir:   "/usr/bin",
	Quick: true,
	Min:   true,
	Run:   run,
}

// counts are lines, words, characters, bytes and the longest line, in the order in
// which they are printed.
type counts [5]int64

const (
	lines = iota
	words
	chars
	size
	longest
)

// wc is the state of one file.
type wc struct {
	counts
	inWord uint8
	column int64
	utf8   bool
	class  *[256]uint8
}

func run(c *applet.Call) int {
	var wanted [5]bool
	any := false
	for i, key := range [...]string{"l", "w", "m", "c", "L"} {
		wanted[i] = c.Has(key)
		any = any || wanted[i]
	}
	if !any {
		wanted[lines], wanted[words], wanted[size] = true, true, true
	}
	// A single number stands alone, several in columns.
	width := 9
	if count(wanted[:]) == 1 && len(c.Args) < 2 {
		width = 0
	}
	utf8, class := charset.UTF8(c), classes()
	var total counts
	status := c.EachInput(func(name string, in *applet.In) error {
		w := wc{utf8: utf8, class: class}
		err := w.file(in, &wanted)
		if len(c.Args) == 0 {
			name = ""
		}
		print(c.Out, &w.counts, &wanted, width, name)
		for i := range total[:longest] {
			total[i] += w.counts[i]
		}
		total[longest] = max(total[longest], w.counts[longest])
		return err
	})
	if len(c.Args) > 1 {
		print(c.Out, &total, &wanted, width, "total")
	}
	return status
}

func count(set []bool) (n int) {
	for _, is := range set {
		if is {
			n++
		}
	}
	return n
}

// print writes a line of the result.
func print(out *applet.Out, n *counts, wanted *[5]bool, width int, name string) {
	space := false
	for i, is := range wanted {
		if !is {
			continue
		}
		var digits [20]byte
		text := strconv.AppendInt(digits[:0], n[i], 10)
		if space {
			out.WriteByte(' ')
		}
		space = true
		for j := len(text); j < width; j++ {
			out.WriteByte(' ')
		}
		out.Write(text)
	}
	if name != "" {
		out.Print(" ", name)
	}
	out.WriteByte('\n')
}

// file counts what is wanted of a file, in the quickest way.
func (w *wc) file(in *applet.In, wanted *[5]bool) error {
	simple := !wanted[words] && !wanted[longest]
	if simple && !wanted[lines] && (!wanted[chars] || !w.utf8) && w.known(in) {
		return nil
	}
	for {
		p, err := in.Chunk()
		if err != nil || p == nil {
			w.counts[longest] = max(w.counts[longest], w.column)
			return err
		}
		w.counts[size] += int64(len(p))
		if wanted[chars] {
			w.counts[chars] += w.characters(p)
		}
		switch {
		case !simple && wanted[longest]:
			w.columns(p)
		case !simple:
			w.text(p)
		case wanted[lines]:
			w.counts[lines] += int64(bytes.Count(p, newline))
		}
	}
}

var newline = []byte{'\n'}

// known takes the size of a regular file from the file system.
func (w *wc) known(in *applet.In) bool {
	var st syscall.Stat_t
	if in.Fd() < 0 || syscall.Fstat(in.Fd(), &st) != nil || st.Mode&syscall.S_IFMT != syscall.S_IFREG || st.Size == 0 {
		return false
	}
	at, err := syscall.Seek(in.Fd(), 0, 1)
	if err != nil || at > st.Size {
		return false
	}
	// What reading would have left behind, for a shell's ( wc -c; cat ).
	syscall.Seek(in.Fd(), st.Size, 0)
	w.counts[chars] = st.Size - at + int64(len(in.Buffered()))
	w.counts[size] = st.Size - at + int64(len(in.Buffered()))
	return true
}

// characters counts the bytes that begin a character.
func (w *wc) characters(p []byte) (n int64) {
	if !w.utf8 {
		return int64(len(p))
	}
	for _, b := range p {
		if b&0xC0 != 0x80 {
			n++
		}
	}
	return n
}

// classes says what a byte is for the words: white space, text, or neither. The bytes
// of UTF-8 are text.
func classes() *[256]uint8 {
	var class [256]uint8
	for i := range class {
		switch {
		case i == ' ' || i >= '\t' && i <= '\r':
			class[i] = space
		case i > ' ' && i != 127:
			class[i] = text
		}
	}
	return &class
}

const (
	text  = 1
	space = 2
)

// text counts words and lines: a word begins with text that follows white space.
func (w *wc) text(p []byte) {
	starts, in := 0, w.inWord
	for _, b := range p {
		k := w.class[b]
		starts += int(k &^ in & text)
		in = (in | k) &^ (k >> 1)
	}
	w.inWord = in & text
	w.counts[words] += int64(starts)
	w.counts[lines] += int64(bytes.Count(p, newline))
}

// columns counts the widths of the lines as well.
func (w *wc) columns(p []byte) {
	for _, b := range p {
		switch {
		case b == '\t':
			w.column = w.column/8*8 + 8
		case b == '\n' || b == '\f' || b == '\r':
			w.counts[longest] = max(w.counts[longest], w.column)
			w.column = 0
		case b >= ' ' && b != 127 && b&0xC0 != 0x80:
			w.column++
		}
	}
	w.text(p)
}
