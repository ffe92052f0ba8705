package columns

import (
	"strings"
	"unicode/utf8"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/charset"
	"bantam/internal/userland/applet/number"
)

// Expand is expand.
var Expand = applet.Applet{
	Names: "expand",
	Usage: "[-i] [-t N[,N]...] [FILE]...",
	About: "Replace tabs by spaces.",
	Options: `
-i, --initial	only those before anything else
-t, --tabs N	tab stops every N columns (8), or at these columns
`,
	Dir:   "/usr/bin",
	Quick: true,
	Run:   expand,
}

// Unexpand is unexpand.
var Unexpand = applet.Applet{
	Names: "unexpand",
	Usage: "[-fa] [-t N[,N]...] [FILE]...",
	About: "Replace spaces by tabs, those at the beginning of lines or behind the first word.",
	Options: `
-a, --all	all blanks, two and more
-f, --first-only	only those at the beginning, whatever else is said
-t, --tabs N	tab stops every N columns (8), or at these columns (implies -a)
`,
	Dir:   "/usr/bin",
	Quick: true,
	Run:   unexpand,
}

// stops are tab stops.
type stops struct {
	every     int
	list      []int
	multibyte bool
}

// parse reads -t. It returns what is wrong with it.
func (s *stops) parse(c *applet.Call) (wrong string) {
	s.every, s.multibyte = 8, charset.UTF8(c)
	text, given := c.Given("t")
	if !given {
		return ""
	}
	for _, part := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' }) {
		n, err := number.Int(part, 1<<20)
		if err != nil || n == 0 || len(s.list) > 0 && n <= s.list[len(s.list)-1] {
			return "invalid number '" + part + "'"
		}
		s.list = append(s.list, n)
	}
	switch len(s.list) {
	case 0:
		return "invalid number '" + text + "'"
	case 1:
		s.every, s.list = s.list[0], nil
	}
	return ""
}

// next returns the first stop behind a column.
func (s *stops) next(column int) int {
	if s.list == nil {
		return column - column%s.every + s.every
	}
	for _, stop := range s.list {
		if stop > column {
			return stop
		}
	}
	return column + 1
}

// advance returns the column behind a byte that is no tab.
func (s *stops) advance(column int, b byte) int {
	switch {
	case b == '\n':
		return 0
	case b == '\b':
		return max(column-1, 0)
	case s.multibyte && !utf8.RuneStart(b):
		return column
	}
	return column + 1
}

func expand(c *applet.Call) int {
	var s stops
	if wrong := s.parse(c); wrong != "" {
		return c.Complain(wrong)
	}
	initial := c.Has("i")
	return c.EachInput(func(_ string, in *applet.In) error {
		column, text := 0, false
		for {
			p, err := in.Chunk()
			if err != nil || p == nil {
				return err
			}
			for _, b := range p {
				if b == '\t' && !(initial && text) {
					for stop := s.next(column); column < stop; column++ {
						c.Out.WriteByte(' ')
					}
					continue
				}
				c.Out.WriteByte(b)
				if b == '\t' {
					column = s.next(column)
				} else {
					column = s.advance(column, b)
				}
				text = b != '\n' && (text || b != ' ' && b != '\t')
			}
		}
	})
}

// unexpander holds blanks back until it is known what they become.
type unexpander struct {
	stops
	out         *applet.Out
	column      int // where the output is
	blanks      int // columns of blanks that follow it
	single      bool
	all, inText bool
	done        bool // the line's first blanks are, or those behind its first word
}

func unexpand(c *applet.Call) int {
	u := unexpander{out: c.Out}
	if wrong := u.parse(c); wrong != "" {
		return c.Complain(wrong)
	}
	u.all = (c.Has("a") || c.Has("t")) && !c.Has("f")
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
				u.add(b)
			}
		}
		u.flush()
		u.column, u.inText, u.done = 0, false, false
		return nil
	})
}

func (u *unexpander) add(b byte) {
	if (b == ' ' || b == '\t') && (u.all || !u.done) {
		u.single = u.blanks == 0 && b == ' '
		if b == ' ' {
			u.blanks++
		} else {
			u.blanks = u.next(u.column+u.blanks) - u.column
		}
		return
	}
	u.done = u.done || u.blanks > 0
	u.flush()
	u.out.WriteByte(b)
	if b == '\t' {
		u.column = u.next(u.column)
	} else {
		u.column = u.advance(u.column, b)
	}
	u.inText = b != '\n'
	u.done = u.done && u.inText
}

// flush writes the blanks: tabs as far as they go, then spaces. A single space
// within text stays one.
func (u *unexpander) flush() {
	end := u.column + u.blanks
	for u.column < end {
		stop := u.next(u.column)
		last := len(u.list) - 1
		if stop > end || last >= 0 && stop > u.list[last] || u.single && u.inText {
			break
		}
		u.out.WriteByte('\t')
		u.column = stop
	}
	for ; u.column < end; u.column++ {
		u.out.WriteByte(' ')
	}
	u.blanks, u.single = 0, false
}
