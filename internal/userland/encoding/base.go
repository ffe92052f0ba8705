// Package encoding is the applets that write bytes as text: base32, base64, uuencode,
// uudecode.
package encoding

import (
	"bytes"
	"strings"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/number"
)

const (
	standard = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	letters  = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"

	baseUsage   = "[-di] [-w COL] [FILE]"
	baseOptions = `
-d, --decode	decode
-i, --ignore-garbage	with -d: ignore other bytes
-w, --wrap COL	lines of COL letters (76), 0: one line
`
)

// Base64 is base64.
var Base64 = applet.Applet{
	Names:   "base64",
	Usage:   baseUsage,
	About:   "Write FILE in base64, or decode it.",
	Options: baseOptions,
	AtMost:  1,
	Quick:   true,
	Min:     true,
	Run:     func(c *applet.Call) int { return run(c, &base{letters: standard, bits: 6, in: 3, out: 4}) },
}

// Base32 is base32.
var Base32 = applet.Applet{
	Names:   "base32",
	Usage:   baseUsage,
	About:   "Write FILE in base32, or decode it.",
	Options: baseOptions,
	AtMost:  1,
	Quick:   true,
	Run:     func(c *applet.Call) int { return run(c, &base{letters: letters, bits: 5, in: 5, out: 8}) },
}

// base is an encoding: in bytes become out letters of so many bits.
type base struct {
	letters string
	bits    uint
	in, out int
}

func run(c *applet.Call, b *base) int {
	column := 76
	if w, given := c.Given("w"); given {
		n, err := number.Int(w, 1<<62)
		if err != nil {
			return c.Complain("invalid number '" + w + "'")
		}
		column = n
	}
	name := "-"
	if len(c.Args) == 1 {
		name = c.Args[0]
	}
	in := c.In
	if name != "-" {
		var err error
		if in, err = applet.Open(name); err != nil {
			return c.Warn(name, err)
		}
		defer in.Close()
	}
	ok := true
	if c.Has("d") {
		d := decoder{base: b, ignore: c.Has("i")}
		d.prepare()
		ok = d.copy(c.Out, in)
	} else {
		b.encode(c.Out, in, column)
	}
	if err := in.Err(); err != nil {
		return c.Warn(name, err)
	}
	if !ok {
		return c.Complain("truncated input")
	}
	return 0
}

// encode writes all of the input.
func (b *base) encode(out *applet.Out, in *applet.In, column int) {
	var group [5]byte
	have := 0
	w := wrapper{out: out, column: column}
	text := make([]byte, 0, 8<<10)
	for out.Err() == nil {
		p, err := in.Chunk()
		if err != nil || p == nil {
			break
		}
		for len(p) > 0 {
			if have == 0 && len(p) >= b.in {
				text = b.group(text, p)
				p = p[b.in:]
			} else {
				group[have] = p[0]
				p = p[1:]
				if have++; have == b.in {
					text = b.group(text, group[:])
					have = 0
				}
			}
			if len(text) > 8000 {
				w.write(text)
				text = text[:0]
			}
		}
	}
	if have > 0 {
		clear(group[have:])
		text = b.group(text, group[:])
		used := (have*8 + int(b.bits) - 1) / int(b.bits)
		for i := len(text) - b.out + used; i < len(text); i++ {
			text[i] = '='
		}
	}
	w.write(text)
	if w.at > 0 {
		out.WriteByte('\n')
	}
}

// group adds the letters of one group of bytes.
func (b *base) group(text, p []byte) []byte {
	if b.bits == 6 {
		v := uint(p[0])<<16 | uint(p[1])<<8 | uint(p[2])
		return append(text, b.letters[v>>18&63], b.letters[v>>12&63], b.letters[v>>6&63], b.letters[v&63])
	}
	var v uint64
	for _, x := range p[:5] {
		v = v<<8 | uint64(x)
	}
	for shift := 35; shift >= 0; shift -= 5 {
		text = append(text, b.letters[v>>shift&31])
	}
	return text
}

// wrapper breaks lines.
type wrapper struct {
	out    *applet.Out
	column int
	at     int
}

func (w *wrapper) write(text []byte) {
	for w.column > 0 && w.at+len(text) >= w.column {
		n := w.column - w.at
		w.out.Write(text[:n])
		w.out.WriteByte('\n')
		text = text[n:]
		w.at = 0
	}
	w.out.Write(text)
	w.at += len(text)
	if w.column == 0 {
		w.at = 0 // no newline at the end either
	}
}

const (
	wrong = 255 - iota
	padding
	space
)

// decoder reads letters back.
type decoder struct {
	*base
	ignore bool // other bytes
	value  [256]uint8
	bitsIn uint64
	have   int // letters of the group
	pads   int
}

func (d *decoder) prepare() {
	for i := range d.value {
		d.value[i] = wrong
		if n := strings.IndexByte(d.letters, byte(i)); n >= 0 {
			d.value[i] = byte(n)
		}
	}
	d.value['='], d.value['\n'], d.value['\r'], d.value[' '], d.value['\t'] = padding, space, space, space, space
}

// copy decodes the input to its end. It is false if that is wrong or cut short.
func (d *decoder) copy(out *applet.Out, in *applet.In) bool {
	buf := make([]byte, 0, 64<<10)
	for out.Err() == nil {
		p, err := in.Chunk()
		if err != nil || p == nil {
			break
		}
		var ok bool
		buf, ok = d.decode(buf[:0], p)
		out.Write(buf)
		if !ok {
			return false
		}
	}
	return d.have == 0
}

// decode adds the bytes of some text. A group may be spread over several calls.
func (d *decoder) decode(to, text []byte) ([]byte, bool) {
	for _, b := range text {
		v := d.value[b]
		switch {
		case v == space || v == wrong && d.ignore:
			continue
		case v == wrong || v != padding && d.pads > 0:
			return to, false
		case v == padding:
			d.pads++
			v = 0
		}
		d.bitsIn = d.bitsIn<<d.bits | uint64(v)
		if d.have++; d.have < d.out {
			continue
		}
		n := (d.out - d.pads) * int(d.bits) / 8
		if n == 0 {
			return to, false
		}
		for shift := 8 * (d.in - 1); n > 0; n-- {
			to = append(to, byte(d.bitsIn>>shift))
			shift -= 8
		}
		d.bitsIn, d.have, d.pads = 0, 0, 0
	}
	return to, true
}

// decodeLine decodes a line that stands for itself.
func (d *decoder) decodeLine(to, line []byte) ([]byte, bool) {
	to, ok := d.decode(to, bytes.TrimRight(line, " \r"))
	return to, ok && d.have == 0
}
