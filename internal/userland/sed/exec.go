package sed

import (
	"bytes"
	"strconv"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/regex"
)

// editor is one use of sed.
type editor struct {
	c          *applet.Call
	end        byte // what ends a line
	width      int
	quiet      bool
	unbuffered bool
	separate   bool
	inPlace    bool
	suffix     string

	commands []command
	outputs  []*output
	sources  []*source
	out      *output
	status   int

	names []string // of the files still to be read
	name  string   // of the present one
	in    *applet.In
	line  int64
	used  *regex.Regexp // the last one

	space, hold, spare []byte
	ended              bool // the line in the pattern space had a newline
	queue              []queued
	replaced           bool // since the line was read or t
	quitting           bool
}

// queued is what goes out at the end of the cycle.
type queued struct {
	text []byte
	file string // to be copied, if not ""
}

// next says how a script goes on after a command.
type next uint8

const (
	on       next = iota
	endCycle      // print and go on with the next line
	deleted       // go on with the next line
	restart       // go on with what is in the pattern space
	quit          // print and end
	quitSilently
)

// cycles runs the script for every line.
func (s *editor) cycles() {
	for keep := false; !s.quitting && s.c.Out.Err() == nil; {
		if !keep {
			s.space = s.space[:0]
			if !s.read() {
				break
			}
		}
		how := s.cycle()
		if !s.quiet && (how == endCycle || how == quit) {
			s.write(s.out, s.space, s.ended)
		}
		s.flush()
		s.quitting = how == quit || how == quitSilently
		keep = how == restart
	}
}

// flush writes what a, r and R queued.
func (s *editor) flush() {
	for _, q := range s.queue {
		if q.file != "" {
			s.copyFile(q.file)
		} else {
			s.write(s.out, q.text, true)
		}
	}
	s.queue = s.queue[:0]
}

// cycle runs the commands.
func (s *editor) cycle() next {
	for pc := 0; pc < len(s.commands); pc++ {
		c := &s.commands[pc]
		if s.matches(c) == c.invert {
			if c.name == '{' {
				pc = c.target
			}
			continue
		}
		switch c.name {
		case '{', '}', ':', '#':
		case 's':
			s.substitute(c.subst)
		case 'b', 't', 'T':
			if c.name == 'b' || s.replaced == (c.name == 't') {
				pc = c.target - 1
			}
			if c.name != 'b' {
				s.replaced = false
			}
		default:
			if how := s.run(c); how != on {
				return how
			}
		}
	}
	return endCycle
}

// run runs a command that doesn't go on elsewhere.
func (s *editor) run(c *command) next {
	switch c.name {
	case 'p':
		s.write(s.out, s.space, s.ended)
	case 'P':
		s.firstLine(s.out)
	case 'd':
		return deleted
	case 'D':
		i := bytes.IndexByte(s.space, s.end)
		if i < 0 {
			return deleted
		}
		s.space = append(s.space[:0], s.space[i+1:]...)
		return restart
	case 'n', 'N':
		return s.nextLine(c.name)
	case 'q', 'Q':
		s.status = int(c.number)
		if c.name == 'Q' {
			return quitSilently
		}
		return quit
	case 'a':
		s.queue = append(s.queue, queued{text: c.text})
	case 'r':
		s.queue = append(s.queue, queued{file: string(c.text)})
	case 'R':
		if text, ok := s.lineOf(c.source); ok {
			s.queue = append(s.queue, queued{text: bytes.Clone(text)})
		}
	case 'i':
		s.write(s.out, c.text, true)
	case 'c':
		if !c.ranged() || c.invert || c.state != inside {
			s.write(s.out, c.text, true)
		}
		return deleted
	case 'w':
		s.write(c.file, s.space, s.ended)
	case 'W':
		s.firstLine(c.file)
	default:
		s.move(c)
	}
	return on
}

// move runs the commands that change the spaces, or show something about them.
func (s *editor) move(c *command) {
	switch c.name {
	case 'g':
		s.space = append(s.space[:0], s.hold...)
	case 'G':
		s.space = append(append(s.space, s.end), s.hold...)
		s.ended = true
	case 'h':
		s.hold = append(s.hold[:0], s.space...)
	case 'H':
		s.hold = append(append(s.hold, s.end), s.space...)
	case 'x':
		s.space, s.hold = s.hold, s.space
		s.ended = true
	case 'y':
		for i, b := range s.space {
			s.space[i] = c.table[b]
		}
	case 'z':
		s.space = s.space[:0]
	case '=':
		s.write(s.out, strconv.AppendInt(nil, s.line, 10), true)
	case 'F':
		s.write(s.out, []byte(s.name), true)
	case 'l':
		s.show(int(c.number))
	}
}

// firstLine writes the pattern space up to its first newline.
func (s *editor) firstLine(o *output) {
	text := s.space
	if i := bytes.IndexByte(text, s.end); i >= 0 {
		text = text[:i]
	}
	s.write(o, text, true)
}

// nextLine runs n and N.
func (s *editor) nextLine(name byte) next {
	if s.isLast() && (!s.separate || s.inPlace || len(s.names) == 0) {
		// As GNU's: N prints what it has; POSIX has it lost.
		return quit
	}
	if name == 'n' {
		if !s.quiet {
			s.write(s.out, s.space, s.ended)
		}
		s.space = s.space[:0]
	}
	s.flush()
	if name == 'N' {
		s.space = append(s.space, s.end)
	}
	if !s.read() {
		return quit
	}
	return on
}

// show prints the pattern space unambiguously, folded into lines of a width.
func (s *editor) show(width int) {
	var line []byte
	for _, b := range s.space {
		var shown []byte
		const plain, letters = "\\\a\b\f\n\r\t\v", `\abfnrtv`
		if i := bytes.IndexByte([]byte(plain), b); i >= 0 {
			shown = []byte{'\\', letters[i]}
		} else if b < ' ' || b >= 0x7f {
			shown = []byte{'\\', '0' + b>>6, '0' + b>>3&7, '0' + b&7}
		} else {
			shown = []byte{b}
		}
		if width > 1 && len(line)+len(shown) >= width {
			s.out.out.Write(append(line, '\\', '\n'))
			line = line[:0]
		}
		line = append(line, shown...)
	}
	s.write(s.out, append(line, '$'), true)
}
