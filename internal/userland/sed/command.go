package sed

import "bantam/internal/userland/applet/regex"

// kind is the kind of an address.
type kind uint8

const (
	none     kind = iota
	line          // a line's number
	step          // first~step
	last          // $
	pattern       // a regular expression, nil for the last one used
	zero          // 0, before a pattern
	plus          // +N, as the second address
	multiple      // ~N, as the second address
)

type address struct {
	kind kind
	n, m int64
	re   *regex.Regexp
}

// state is where a command's range of lines is.
type state uint8

const (
	outside state = iota
	inside
	closed // a range that begins with a line's number doesn't begin again
)

// command is a command of a script.
type command struct {
	name     byte
	invert   bool
	from, to address
	state    state
	end      int64 // the last line of the range, if it is a number

	text   []byte // of a, i, c; the file of r
	label  string
	target int // of branches, and of { where its block ends
	number int64
	file   *output
	source *source
	subst  *substitution
	table  *[256]byte // of y
}

// substitution is what s does.
type substitution struct {
	re     *regex.Regexp // nil for the last one used
	parts  []part
	global bool
	print  bool
	nth    int64
	file   *output
	slots  []int
}

// part is a part of a replacement: text, or with group >= 0 what a group matched, or
// with change a change of case.
type part struct {
	text   []byte
	group  int
	change byte // L U l u E
}

func (c *command) reset() {
	c.state = outside
	if c.from.kind == zero {
		c.state = inside
	}
}

// ranged says whether the command has two addresses.
func (c *command) ranged() bool { return c.to.kind != none }

// matches says whether the present line is one of the command's.
func (s *editor) matches(c *command) bool {
	if c.from.kind == none {
		return true
	}
	if !c.ranged() {
		return s.at(&c.from)
	}
	if c.state == inside {
		return s.goesOn(c)
	}
	if c.from.kind == line {
		// A script that skipped the first line begins behind it.
		if c.state == closed || s.line < c.from.n {
			return false
		}
	} else if !s.at(&c.from) {
		return false
	}
	s.begin(c)
	return true
}

// begin begins a range at the present line.
func (s *editor) begin(c *command) {
	c.state = inside
	switch to := &c.to; to.kind {
	case line:
		c.end = to.n
	case plus:
		c.end = s.line + to.n
	case multiple:
		c.end = s.line
		if to.n > 0 {
			c.end = (s.line + to.n - 1) / to.n * to.n
		}
	case last:
		if s.isLast() {
			s.finish(c)
		}
		return
	default:
		return
	}
	if c.end <= s.line {
		s.finish(c)
	}
}

func (s *editor) finish(c *command) {
	c.state = outside
	if c.from.kind == line || c.from.kind == zero {
		c.state = closed
	}
}

// goesOn says whether the range that began on an earlier line has the present one.
func (s *editor) goesOn(c *command) bool {
	switch c.to.kind {
	case line, plus, multiple:
		if s.line >= c.end {
			s.finish(c)
		}
		return s.line <= c.end
	}
	if s.at(&c.to) {
		s.finish(c)
	}
	return true
}

// at says whether the present line is the address's.
func (s *editor) at(a *address) bool {
	switch a.kind {
	case line:
		return s.line == a.n
	case step:
		if a.m <= 0 {
			return s.line == a.n
		}
		return s.line >= a.n && (s.line-a.n)%a.m == 0
	case last:
		return s.isLast()
	case pattern:
		re := a.re
		if re == nil {
			re = s.used
		}
		s.used = re
		return re.Match(s.space, 0)
	}
	return false
}
