package dump

import (
	"strconv"
	"strings"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/number"
	"bantam/internal/userland/applet/pad"
)

// Hexdump is hexdump.
var Hexdump = applet.Applet{
	Names: "hexdump hd",
	Usage: "[-bcdoxCv] [-e FMT] [-f FMT_FILE] [-n LEN] [-s OFS] [FILE]...",
	About: "Print the bytes of FILEs; hd is hexdump -C.",
	Options: `
-b	octal numbers of 1 byte
-c	characters
-d	decimal numbers of 2 bytes
-o	octal numbers of 2 bytes
-x	hexadecimal numbers of 2 bytes
-C	hexadecimal numbers of 1 byte and characters
-v	no * for lines like the one before
-e FMT	such as '16/1 "%02x|""\n"'
-f FMT_FILE	the lines of a file as -e
-n LEN	LEN bytes at most
-s OFS	begin behind OFS bytes
`,
	Dir:   "/usr/bin",
	Quick: true,
	Run:   hexdump,
}

// dumper is one call of hexdump.
type dumper struct {
	octal   // reads the files
	formats [][]unit
	end     string // the last address: "7" or "8" digits
	block   int
	stop    int64 // where the bytes end, once known; else -1
}

func hexdump(c *applet.Call) int {
	d := dumper{octal: octal{c: c, left: -1, all: c.Has("v"), inputs: c.Args}, stop: -1}
	if len(d.inputs) == 0 {
		d.inputs = []string{"-"}
	}
	if wrong := d.parse(); wrong != "" {
		return c.Complain(wrong)
	}
	for _, v := range [...]struct {
		key string
		to  *int64
	}{{"s", &d.at}, {"n", &d.left}} {
		if text, given := c.Given(v.key); given {
			n, ok := anyBase(text)
			if !ok {
				return c.Complain("invalid number '" + text + "'")
			}
			*v.to = n
		}
	}
	if !d.next() {
		return 1
	}
	if d.skip() {
		d.run()
	} else {
		d.last()
	}
	return d.status
}

// anyBase reads a number that may begin with 0x or 0, or have a suffix.
func anyBase(s string) (int64, bool) {
	if n, err := strconv.ParseInt(s, 0, 64); err == nil && n >= 0 && !strings.Contains(s, "_") {
		return n, true
	}
	n, err := number.Size(s)
	return n, err == nil
}

// parse makes formats of the options, in their order.
func (d *dumper) parse() (wrong string) {
	add := func(formats ...string) {
		for _, f := range formats {
			units, bad := parseFormat(f)
			if bad != "" && wrong == "" {
				wrong = bad
			}
			if len(units) > 0 {
				d.formats = append(d.formats, units)
			}
		}
	}
	const address = `"%07.7_ax " `
	canonical := func() {
		d.end = "8"
		add(`"%08.8_ax  " 8/1 "%02x " "  " 8/1 "%02x "`, `"  |" 16/1 "%_p" "|\n"`)
	}
	if d.c.Name == "hd" {
		canonical()
	}
	d.c.Each(func(key, value string) {
		if strings.Contains("bcdox", key) {
			d.end = "7"
		}
		switch key {
		case "b":
			add(address + `16/1 "%03o " "\n"`)
		case "c":
			add(address + `16/1 "%3_c " "\n"`)
		case "d":
			add(address + `8/2 "  %05u " "\n"`)
		case "o":
			add(address + `8/2 " %06o " "\n"`)
		case "x":
			add(address + `8/2 "   %04x " "\n"`)
		case "C":
			canonical()
		case "e":
			add(value)
		case "f":
			data, err := applet.ReadFile(value)
			if err != nil {
				wrong = value + ": " + applet.Reason(err)
				return
			}
			for _, line := range strings.Split(string(data), "\n") {
				if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
					add(line)
				}
			}
		}
	})
	if len(d.formats) == 0 && wrong == "" {
		d.end = "7"
		add(address + `8/2 "%04x " "\n"`)
	}
	return wrong
}

// layout finds the size of a block, and repeats the last unit of a format that
// doesn't say how often until it is full.
func (d *dumper) layout() {
	sizes := make([]int, len(d.formats))
	for i, units := range d.formats {
		for _, u := range units {
			sizes[i] += u.times * u.bytes()
		}
		d.block = max(d.block, sizes[i])
	}
	for i, units := range d.formats {
		last := &units[len(units)-1]
		if n := last.bytes(); n > 0 && !last.given && sizes[i] < d.block {
			last.times += (d.block - sizes[i]) / n
		}
	}
}

// run prints all blocks.
func (d *dumper) run() {
	d.layout()
	if d.block == 0 {
		return
	}
	p, before := make([]byte, d.block), make([]byte, d.block)
	first, star := true, false
	for d.c.Out.Err() == nil {
		n := d.fill(p)
		if n == 0 {
			break
		}
		if n < d.block {
			d.stop = d.at + int64(n)
			clear(p[n:])
		}
		if n == d.block && !first && !d.all && string(p) == string(before) {
			if !star {
				d.c.Out.Print("*\n")
			}
			star = true
		} else {
			for _, units := range d.formats {
				d.print(units, p)
			}
			star = false
		}
		first = false
		d.at += int64(n)
		p, before = before, p
		if n < d.block {
			break
		}
	}
	if !first {
		d.last()
	}
}

// last prints the address at the end.
func (d *dumper) last() {
	if d.at > 0 && d.end != "" {
		width := int(d.end[0] - '0')
		d.c.Out.Print(zeros(strconv.FormatInt(d.at, 16), width), "\n")
	}
	for _, units := range d.formats {
		for _, u := range units {
			for _, piece := range u.pieces {
				if piece.kind == 'A' {
					d.c.Out.Print(piece.before, piece.where(d.at), piece.after)
				}
			}
		}
	}
}

// where is an address.
func (p *piece) where(at int64) string {
	base := map3(p.address)
	return p.spread(p.integer(strconv.FormatInt(at, base)))
}

func map3(letter byte) int {
	switch letter {
	case 'o':
		return 8
	case 'x':
		return 16
	}
	return 10
}

// print prints a block in one format.
func (d *dumper) print(units []unit, block []byte) {
	at := 0
	for _, u := range units {
		if at >= len(block) && u.bytes() > 0 {
			continue
		}
		for left := u.times; left > 0; left-- {
			for i := range u.pieces {
				p := &u.pieces[i]
				after := p.after
				// The last time the last space is left away.
				if left == 1 && u.times > 1 && i == len(u.pieces)-1 {
					if n := strings.LastIndexAny(after, " \t\n"); n >= 0 {
						after = after[:n]
					}
				}
				if p.kind == 'A' {
					continue
				}
				if at+p.size > len(block) {
					return
				}
				d.c.Out.Print(p.before, d.text(p, block, at), after)
				at += p.size
			}
		}
	}
}

// text is a piece's value, or the space for it where there are no more bytes.
func (d *dumper) text(p *piece, block []byte, at int) string {
	here := d.at + int64(at)
	switch {
	case p.kind == 0:
		return ""
	case p.kind == 'a':
		return p.where(here)
	case d.stop >= 0 && here >= d.stop:
		return pad.Spaces(p.width)
	}
	return p.spread(p.value(block[at : at+p.size]))
}
