// Package tr is the applet tr.
package tr

import (
	"strings"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/escape"
)

// Applet is tr.
var Applet = applet.Applet{
	Names: "tr",
	Usage: "[-cdst] STRING1 [STRING2]",
	About: "Translate, squeeze or delete bytes of standard input.",
	Options: `
-c, -C, --complement	the bytes that are not in STRING1
-d, --delete	delete those of STRING1
-s, --squeeze-repeats	one byte for several equal ones of the last STRING
-t, --truncate-set1	cut STRING1 to the length of STRING2
`,
	Notes: `
STRINGs have ranges (a-z), escapes (\n \101 \x41), [:alpha:] and other classes
and [=c=].
`,
	AtLeast: 1,
	AtMost:  2,
	Form:    applet.Leading,
	Dir:     "/usr/bin",
	Quick:   true,
	Min:     true,
	Run:     run,
}

func run(c *applet.Call) int {
	remove, squeeze := c.Has("d"), c.Has("s")
	from, ok := set(c.Args[0])
	if !ok {
		return c.UsageError("")
	}
	if c.Has("c") {
		from = complement(from)
	}
	var to []byte
	if len(c.Args) == 2 {
		if c.Args[1] == "" {
			return c.Complain("STRING2 cannot be empty")
		}
		if to, ok = set(c.Args[1]); !ok {
			return c.UsageError("")
		}
	} else if !remove && !squeeze {
		return c.UsageError("")
	}
	t := translation(c, from, to)
	t.copy(c.Out, c.In)
	if err := c.In.Err(); err != nil {
		return c.Warn("read error", err)
	}
	return 0
}

// table is what happens to each byte.
type table struct {
	to      [256]byte
	drop    [256]bool
	squeeze [256]bool

	changes, drops, squeezes bool
}

func translation(c *applet.Call, from, to []byte) *table {
	t := &table{drops: c.Has("d"), squeezes: c.Has("s")}
	for i := range t.to {
		t.to[i] = byte(i)
	}
	if len(to) > 0 && !t.drops {
		t.changes = true
		if c.Has("t") && len(from) > len(to) {
			from = from[:len(to)]
		}
		for i, b := range from {
			t.to[b] = to[min(i, len(to)-1)]
		}
	}
	if t.drops {
		for _, b := range from {
			t.drop[b] = true
		}
	}
	if len(to) > 0 {
		from = to
	}
	for _, b := range from {
		t.squeeze[b] = true
	}
	return t
}

// copy writes what the table makes of the input.
func (t *table) copy(out *applet.Out, in *applet.In) {
	buf := make([]byte, 0, 64<<10)
	last, any := byte(0), false
	for out.Err() == nil {
		p, err := in.Chunk()
		if err != nil || p == nil {
			return
		}
		if !t.drops && !t.squeezes {
			// The input's buffer is ours until the next chunk.
			for i, b := range p {
				p[i] = t.to[b]
			}
			out.Write(p)
			continue
		}
		buf = buf[:0]
		for _, b := range p {
			if t.drops && t.drop[b] {
				continue
			}
			b = t.to[b]
			if t.squeezes && any && b == last && t.squeeze[b] {
				continue
			}
			last, any = b, true
			buf = append(buf, b)
		}
		out.Write(buf)
	}
}

func complement(set []byte) []byte {
	var in [256]bool
	for _, b := range set {
		in[b] = true
	}
	var rest []byte
	for i, is := range in {
		if !is {
			rest = append(rest, byte(i))
		}
	}
	return rest
}

// set lists the bytes that a STRING stands for. It is false for a wrong one.
func set(s string) (bytes []byte, ok bool) {
	for s != "" {
		var n int
		if s[0] == '[' && !(len(s) > 3 && s[1] == '-') {
			if bytes, n = bracket(bytes, s); n < 0 {
				return nil, false
			}
			if n > 0 {
				s = s[n:]
				continue
			}
		}
		first, n := char(s)
		if s = s[n:]; len(s) < 2 || s[0] != '-' {
			bytes = append(bytes, first)
			continue
		}
		last, n := char(s[1:])
		s = s[1+n:]
		for i := int(first); i <= int(last); i++ {
			bytes = append(bytes, byte(i))
		}
	}
	return bytes, true
}

// char reads one byte or escape.
func char(s string) (b byte, length int) {
	if s[0] != '\\' {
		return s[0], 1
	}
	b, n := escape.Sequence(s[1:])
	return b, n + 1
}

// bracket reads [:class:] or [=c=] and returns its length, 0 if it is neither and
// -1 if it is wrong.
func bracket(set []byte, s string) ([]byte, int) {
	if len(s) > 1 && s[1] == '=' {
		if len(s) < 5 || s[3] != '=' || s[4] != ']' {
			return nil, -1
		}
		return append(set, s[2]), 5
	}
	if len(s) > 1 && s[1] == ':' {
		if name, _, found := strings.Cut(s[2:], ":]"); found {
			before := len(set)
			for i := 0; i < 256; i++ {
				if isClass(name, byte(i)) {
					set = append(set, byte(i))
				}
			}
			if len(set) > before {
				return set, len(name) + 4
			}
		}
	}
	return set, 0
}

// isClass is the class's isalpha(3) and so on in the C locale.
func isClass(name string, b byte) bool {
	digit := b >= '0' && b <= '9'
	upper := b >= 'A' && b <= 'Z'
	lower := b >= 'a' && b <= 'z'
	graph := b > ' ' && b < 127
	switch name {
	case "alpha":
		return upper || lower
	case "alnum":
		return upper || lower || digit
	case "digit":
		return digit
	case "lower":
		return lower
	case "upper":
		return upper
	case "space":
		return b == ' ' || b >= '\t' && b <= '\r'
	case "blank":
		return b == ' ' || b == '\t'
	case "punct":
		return graph && !upper && !lower && !digit
	case "cntrl":
		return b < ' ' || b == 127
	case "graph":
		return graph
	case "print":
		return graph || b == ' '
	case "xdigit":
		return digit || b|0x20 >= 'a' && b|0x20 <= 'f' && (upper || lower)
	}
	return false
}
