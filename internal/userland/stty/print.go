package stty

import (
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"

	"bantam/internal/userland/applet/term"
)

// word prints a word, in the next line if it doesn't fit into this one.
func (s *call) word(text string) {
	if s.column > 0 {
		s.column++
		if s.column+len(text) >= s.width {
			s.column = 0
			s.Out.Print("\n")
		} else {
			s.Out.Print(" ")
		}
	}
	s.Out.Print(text)
	s.column += len(text)
}

func (s *call) newline() {
	if s.column > 0 {
		s.Out.Print("\n")
	}
	s.column = 0
}

func (s *call) print() {
	s.printSpeed(true)
	if s.all {
		s.printSize(true)
	}
	s.word("line = " + strconv.Itoa(int(s.t.Line)) + ";")
	s.newline()
	for _, c := range characters[:len(characters)-2] {
		s.word(c.name + " = " + visible(s.t.Cc[c.index]) + ";")
	}
	s.word("min = " + strconv.Itoa(int(s.t.Cc[unix.VMIN])) + "; time = " + strconv.Itoa(int(s.t.Cc[unix.VTIME])) + ";")
	s.newline()
	last := uint8(control)
	for i := range modes {
		m := &modes[i]
		if m.kind&hidden != 0 {
			continue
		}
		if m.word != last {
			s.newline()
			last = m.word
		}
		s.printMode(m)
	}
	s.newline()
}

// printMode prints a mode, without -a only if it isn't as in sane.
func (s *call) printMode(m *mode) {
	mask := m.mask
	if mask == 0 {
		mask = m.bits
	}
	switch {
	case *m.of(&s.t)&mask == m.bits:
		if s.all || m.kind&notInSane != 0 {
			s.word(m.name)
		}
	case s.all && m.kind&reversible != 0, m.kind&sane == sane:
		s.word("-" + m.name)
	}
}

// visible shows a control character.
func visible(c uint8) string {
	switch {
	case c == 0:
		return "<undef>"
	case c >= 128:
		return "M-" + visible128(c-128)
	}
	return visible128(c)
}

func visible128(c uint8) string {
	switch {
	case c < ' ':
		return "^" + string(rune(c+'@'))
	case c == 127:
		return "^?"
	}
	return string(rune(c))
}

func (s *call) printSpeed(sentence bool) {
	out := term.SpeedOf(s.t.Cflag & unix.CBAUD)
	in := out
	if code := s.t.Cflag & unix.CIBAUD >> inputShift; code != 0 {
		in = term.SpeedOf(code)
	}
	switch {
	case in == out && sentence:
		s.word("speed " + out + " baud;")
	case sentence:
		s.word("ispeed " + in + " baud; ospeed " + out + " baud;")
	case in == out:
		s.Out.Print(out, "\n")
	default:
		s.Out.Print(in, " ", out, "\n")
	}
}

func (s *call) printSize(sentence bool) int {
	columns, rows, err := term.Known(s.Call, s.fd)
	switch {
	case err == syscall.EINVAL && sentence:
		return 0
	case err == syscall.EINVAL:
		return s.Complain(s.device + ": no size information for this device")
	case err != nil:
		return s.Warn(s.device, err)
	}
	if sentence {
		s.word("rows " + strconv.Itoa(rows) + "; columns " + strconv.Itoa(columns) + ";")
	} else {
		s.Out.Print(strconv.Itoa(rows), " ", strconv.Itoa(columns), "\n")
	}
	return 0
}

// printSaved prints what restore reads: as many characters as the C library has.
func (s *call) printSaved() {
	hex := func(n uint64) string { return strconv.FormatUint(n, 16) }
	s.Out.Print(hex(uint64(s.t.Iflag)), ":", hex(uint64(s.t.Oflag)), ":", hex(uint64(s.t.Cflag)), ":", hex(uint64(s.t.Lflag)))
	for i := range 32 {
		c := uint8(0)
		if i < len(s.t.Cc) {
			c = s.t.Cc[i]
		}
		s.Out.Print(":", hex(uint64(c)))
	}
	s.Out.Print("\n")
}
