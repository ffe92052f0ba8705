package dump

import (
	"io"
	"strconv"
	"strings"
	"syscall"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/number"
)

// Xxd is xxd.
var Xxd = applet.Applet{
	Names: "xxd",
	Usage: "[-pri] [-g N] [-c N] [-l LEN] [-s OFS] [-o OFS] [FILE]",
	About: "Print the bytes of FILE in hexadecimal, or make bytes of that.",
	Options: `
-g N	groups of N bytes (2)
-c N	N bytes a line (16)
-p	only the bytes, 30 a line
-i	as an array of C
-l LENGTH	LENGTH bytes at most
-s OFFSET	begin behind OFFSET bytes
-o OFFSET	add OFFSET to the addresses
-r	the reverse (with -p: the text has no addresses)
-a	ignored
`,
	AtMost: 1,
	Dir:    "/usr/bin",
	Quick:  true,
	Run:    xxd,
}

// hex is one call of xxd.
type hex struct {
	c              *applet.Call
	in             *applet.In
	columns, group int
	left           int64
	at             int64
	add            int64
	plain, array   bool
}

func xxd(c *applet.Call) int {
	h := hex{c: c, in: c.In, left: 1<<63 - 1, plain: c.Has("p"), array: c.Has("i")}
	group, columns := 2, 0
	for i, to := range [...]*int{&group, &columns} {
		if text, given := c.Given("gc"[i : i+1]); given {
			n, err := number.Int(text, 1<<20)
			if err != nil {
				return c.Complain("invalid number '" + text + "'")
			}
			*to = n
		}
	}
	for i, to := range [...]*int64{&h.left, &h.at} {
		if text, given := c.Given("ls"[i : i+1]); given {
			n, ok := anyBase(text)
			if !ok {
				return c.Complain("invalid number '" + text + "'")
			}
			*to = n
		}
	}
	if text, given := c.Given("o"); given {
		n, err := strconv.ParseInt(text, 0, 64)
		if err != nil {
			return c.Complain("invalid number '" + text + "'")
		}
		h.add = n
	}
	name := ""
	if len(c.Args) == 1 && c.Args[0] != "-" {
		name = c.Args[0]
		in, err := applet.Open(name)
		if err != nil {
			return c.Warn(name, err)
		}
		defer in.Close()
		h.in = in
	}
	if c.Has("r") {
		return h.reverse()
	}
	h.layout(group, columns)
	return h.dump(name)
}

func (h *hex) layout(group, columns int) {
	standard := 16
	switch {
	case h.plain:
		standard = 30
	case h.array:
		standard = 12
	}
	if columns == 0 {
		columns = standard
	}
	h.columns, h.group = columns, group
	if h.group == 0 || h.group > columns {
		h.group = columns
	}
}

func (h *hex) dump(name string) int {
	for skip := h.at; skip > 0; {
		p, err := h.in.Chunk()
		if p == nil || err != nil {
			break
		}
		if extra := int64(len(p)) - skip; extra > 0 {
			h.in.Discard(-int(extra))
		}
		skip -= int64(len(p))
	}
	start := h.at
	if h.array && name != "" {
		h.c.Out.Print("unsigned char ", cName(name), "[] = {\n")
	}
	buf := make([]byte, h.columns)
	for h.left > 0 && h.c.Out.Err() == nil {
		n, _ := io.ReadFull(h.in, buf[:min(int64(h.columns), h.left)])
		if n == 0 {
			break
		}
		h.line(buf[:n])
		h.at += int64(n)
		h.left -= int64(n)
	}
	if h.array && name != "" {
		h.c.Out.Print("};\nunsigned int ", cName(name), "_len = ", strconv.FormatInt(h.at-start, 10), ";\n")
	}
	if err := h.in.Err(); err != nil {
		return h.c.Warn("read error", err)
	}
	return 0
}

// cName makes an identifier of a file's name.
func cName(name string) string {
	text := []byte(name)
	for i, b := range text {
		if (b < '0' || b > '9') && (b|0x20 < 'a' || b|0x20 > 'z') {
			text[i] = '_'
		}
	}
	if text[0] >= '0' && text[0] <= '9' {
		return "__" + string(text)
	}
	return string(text)
}

const digitsOfHex = "0123456789abcdef"

func (h *hex) line(p []byte) {
	out := h.c.Out
	switch {
	case h.array:
		out.Print(" ")
		for _, b := range p {
			out.Print(" 0x", digitsOfHex[b>>4:b>>4+1], digitsOfHex[b&15:b&15+1], ",")
		}
	case h.plain:
		for _, b := range p {
			out.WriteByte(digitsOfHex[b>>4])
			out.WriteByte(digitsOfHex[b&15])
		}
	default:
		out.Print(zeros(strconv.FormatUint(uint64(h.at+h.add), 16), 8), ": ")
		for i := range h.columns {
			if i > 0 && i%h.group == 0 {
				out.WriteByte(' ')
			}
			if i < len(p) {
				out.WriteByte(digitsOfHex[p[i]>>4])
				out.WriteByte(digitsOfHex[p[i]&15])
			} else {
				out.Print("  ")
			}
		}
		out.Print("  ")
		for _, b := range p {
			if b < ' ' || b >= 127 {
				b = '.'
			}
			out.WriteByte(b)
		}
	}
	out.WriteByte('\n')
}

// nibble is a digit's value, -1 if it is none.
func nibble(b byte) int {
	switch {
	case b >= '0' && b <= '9':
		return int(b - '0')
	case b|0x20 >= 'a' && b|0x20 <= 'f':
		return int(b|0x20-'a') + 10
	}
	return -1
}

// reverse makes bytes of lines of text.
func (h *hex) reverse() int {
	at, half := int64(0), -1
	for h.c.Out.Err() == nil {
		line, ok := h.in.Line()
		if !ok {
			break
		}
		text := string(line)
		if !h.plain {
			// What the line begins with is the address, even without a colon.
			text = strings.TrimLeft(text, " \t")
			n := 0
			for n < len(text) && nibble(text[n]) >= 0 {
				n++
			}
			to, err := strconv.ParseInt(text[:n], 16, 62)
			if n > 0 && err != nil {
				return h.c.Complain("invalid number '" + text + "'")
			}
			if err := h.seek(&at, to+h.at); err != nil {
				return h.c.Warn("cannot seek", err)
			}
			text = strings.TrimPrefix(text[n:], ":")
		}
		half = h.digits(text, half, &at)
	}
	if err := h.in.Err(); err != nil {
		return h.c.Warn("read error", err)
	}
	return 0
}

// seek goes to another place of the output: by zeros where it can't.
func (h *hex) seek(at *int64, to int64) error {
	if to == *at {
		return nil
	}
	h.c.Out.Flush()
	if _, err := syscall.Seek(h.c.Out.Fd(), to, 0); err != nil {
		if to < *at {
			return err
		}
		var zero [4096]byte
		for n := to - *at; n > 0 && h.c.Out.Err() == nil; {
			k := min(n, int64(len(zero)))
			h.c.Out.Write(zero[:k])
			n -= k
		}
	}
	*at = to
	return nil
}

// digits reads the bytes of a line as xxd 1.10 does: one other character is passed
// over, two end the line; half a byte goes on in the next line.
func (h *hex) digits(text string, half int, at *int64) int {
	bad := 0
	for i := 0; i < len(text); i++ {
		b := text[i]
		if h.plain && (b == ' ' || b == '\t') {
			continue
		}
		v := nibble(b)
		switch {
		case v < 0 && half >= 0:
			// Half a byte and no other half: on to the next digit.
			half = -1
			for i+1 < len(text) && nibble(text[i+1]) < 0 {
				i++
			}
		case v < 0:
			if bad++; bad == 2 {
				return half
			}
		case half < 0:
			half, bad = v, 0
		default:
			h.c.Out.WriteByte(byte(half<<4 | v))
			*at++
			half, bad = -1, 0
		}
	}
	return half
}
