package stty

import (
	"golang.org/x/sys/unix"

	"bantam/internal/userland/applet/term"
)

// Which word of the settings a mode is in.
const (
	control = iota
	input
	output
	local
	combined
)

// What may be done with a mode.
const (
	inSane    = 1 << iota // set by sane
	notInSane             // cleared by sane
	reversible
	hidden // an alias, or several modes at once
)

// mode is a setting by name.
type mode struct {
	name       string
	word, kind uint8
	bits, mask uint32
}

const (
	onlyMe = reversible
	sane   = inSane | reversible
	insane = notInSane | reversible
)

// modes are in the order in which -a prints them.
var modes = [...]mode{
	{"evenp", combined, reversible | hidden, 0, 0},
	{"parity", combined, reversible | hidden, 0, 0},
	{"oddp", combined, reversible | hidden, 0, 0},
	{"nl", combined, reversible | hidden, 0, 0},
	{"ek", combined, hidden, 0, 0},
	{"sane", combined, hidden, 0, 0},
	{"cooked", combined, reversible | hidden, 0, 0},
	{"raw", combined, reversible | hidden, 0, 0},
	{"pass8", combined, reversible | hidden, 0, 0},
	{"litout", combined, reversible | hidden, 0, 0},
	{"cbreak", combined, reversible | hidden, 0, 0},
	{"crt", combined, hidden, 0, 0},
	{"dec", combined, hidden, 0, 0},
	{"decctlq", combined, reversible | hidden, 0, 0},
	{"tabs", combined, reversible | hidden, 0, 0},
	{"lcase", combined, reversible | hidden, 0, 0},
	{"LCASE", combined, reversible | hidden, 0, 0},
	{"parenb", control, onlyMe, unix.PARENB, 0},
	{"parodd", control, onlyMe, unix.PARODD, 0},
	{"cmspar", control, onlyMe, unix.CMSPAR, 0},
	{"cs5", control, 0, unix.CS5, unix.CSIZE},
	{"cs6", control, 0, unix.CS6, unix.CSIZE},
	{"cs7", control, 0, unix.CS7, unix.CSIZE},
	{"cs8", control, 0, unix.CS8, unix.CSIZE},
	{"hupcl", control, onlyMe, unix.HUPCL, 0},
	{"hup", control, reversible | hidden, unix.HUPCL, 0},
	{"cstopb", control, onlyMe, unix.CSTOPB, 0},
	{"cread", control, sane, unix.CREAD, 0},
	{"clocal", control, onlyMe, unix.CLOCAL, 0},
	{"crtscts", control, onlyMe, unix.CRTSCTS, 0},
	{"ignbrk", input, insane, unix.IGNBRK, 0},
	{"brkint", input, sane, unix.BRKINT, 0},
	{"ignpar", input, onlyMe, unix.IGNPAR, 0},
	{"parmrk", input, onlyMe, unix.PARMRK, 0},
	{"inpck", input, onlyMe, unix.INPCK, 0},
	{"istrip", input, onlyMe, unix.ISTRIP, 0},
	{"inlcr", input, insane, unix.INLCR, 0},
	{"igncr", input, insane, unix.IGNCR, 0},
	{"icrnl", input, sane, unix.ICRNL, 0},
	{"ixon", input, onlyMe, unix.IXON, 0},
	{"ixoff", input, insane, unix.IXOFF, 0},
	{"tandem", input, reversible | hidden, unix.IXOFF, 0},
	{"iuclc", input, insane, unix.IUCLC, 0},
	{"ixany", input, insane, unix.IXANY, 0},
	{"imaxbel", input, sane, unix.IMAXBEL, 0},
	{"iutf8", input, insane, unix.IUTF8, 0},
	{"opost", output, sane, unix.OPOST, 0},
	{"olcuc", output, insane, unix.OLCUC, 0},
	{"ocrnl", output, insane, unix.OCRNL, 0},
	{"onlcr", output, sane, unix.ONLCR, 0},
	{"onocr", output, insane, unix.ONOCR, 0},
	{"onlret", output, insane, unix.ONLRET, 0},
	{"ofill", output, insane, unix.OFILL, 0},
	{"ofdel", output, insane, unix.OFDEL, 0},
	{"nl1", output, notInSane, unix.NL1, unix.NLDLY},
	{"nl0", output, inSane, unix.NL0, unix.NLDLY},
	{"cr3", output, notInSane, unix.CR3, unix.CRDLY},
	{"cr2", output, notInSane, unix.CR2, unix.CRDLY},
	{"cr1", output, notInSane, unix.CR1, unix.CRDLY},
	{"cr0", output, inSane, unix.CR0, unix.CRDLY},
	{"tab3", output, notInSane, unix.TAB3, unix.TABDLY},
	{"tab2", output, notInSane, unix.TAB2, unix.TABDLY},
	{"tab1", output, notInSane, unix.TAB1, unix.TABDLY},
	{"tab0", output, inSane, unix.TAB0, unix.TABDLY},
	{"bs1", output, notInSane, unix.BS1, unix.BSDLY},
	{"bs0", output, inSane, unix.BS0, unix.BSDLY},
	{"vt1", output, notInSane, unix.VT1, unix.VTDLY},
	{"vt0", output, inSane, unix.VT0, unix.VTDLY},
	{"ff1", output, notInSane, unix.FF1, unix.FFDLY},
	{"ff0", output, inSane, unix.FF0, unix.FFDLY},
	{"isig", local, sane, unix.ISIG, 0},
	{"icanon", local, sane, unix.ICANON, 0},
	{"iexten", local, sane, unix.IEXTEN, 0},
	{"echo", local, sane, unix.ECHO, 0},
	{"echoe", local, sane, unix.ECHOE, 0},
	{"crterase", local, reversible | hidden, unix.ECHOE, 0},
	{"echok", local, sane, unix.ECHOK, 0},
	{"echonl", local, insane, unix.ECHONL, 0},
	{"noflsh", local, insane, unix.NOFLSH, 0},
	{"xcase", local, insane, unix.XCASE, 0},
	{"tostop", local, insane, unix.TOSTOP, 0},
	{"echoprt", local, insane, unix.ECHOPRT, 0},
	{"prterase", local, reversible | hidden, unix.ECHOPRT, 0},
	{"echoctl", local, sane, unix.ECHOCTL, 0},
	{"ctlecho", local, reversible | hidden, unix.ECHOCTL, 0},
	{"echoke", local, sane, unix.ECHOKE, 0},
	{"crtkill", local, reversible | hidden, unix.ECHOKE, 0},
	{"flusho", local, insane, unix.FLUSHO, 0},
	{"extproc", local, insane, unix.EXTPROC, 0},
}

func findMode(name string) *mode {
	for i := range modes {
		if modes[i].name == name {
			return &modes[i]
		}
	}
	return nil
}

// word is the word of the settings that the mode is in, nil for several.
func (m *mode) of(t *term.Modes) *uint32 {
	switch m.word {
	case control:
		return &t.Cflag
	case input:
		return &t.Iflag
	case output:
		return &t.Oflag
	case local:
		return &t.Lflag
	}
	return nil
}

// set sets the mode or, reversed, clears it.
func (m *mode) set(t *term.Modes, reversed bool) {
	word := m.of(t)
	if word == nil {
		combine(m.name, t, reversed)
		return
	}
	*word &^= m.mask | m.bits
	if !reversed {
		*word |= m.bits
	}
}

// change clears bits of a word and then sets others.
func change(word *uint32, clear, set uint32) { *word = *word&^clear | set }

// combine sets a mode that stands for several.
func combine(name string, t *term.Modes, reversed bool) {
	switch name {
	case "evenp", "parity", "oddp":
		parity(name, t, reversed)
	case "nl":
		if reversed {
			change(&t.Iflag, unix.INLCR|unix.IGNCR, unix.ICRNL)
			change(&t.Oflag, unix.OCRNL|unix.ONLRET, unix.ONLCR)
		} else {
			t.Iflag &^= unix.ICRNL
			t.Oflag &^= unix.ONLCR
		}
	case "ek":
		t.Cc[unix.VERASE], t.Cc[unix.VKILL] = 127, 'U'&0x1f
	case "sane":
		saneMode(t)
	case "cbreak":
		toggle(&t.Lflag, unix.ICANON, reversed)
	case "pass8", "litout":
		eightBits(name, t, reversed)
	case "raw", "cooked":
		rawMode(t, (name == "raw") != reversed)
	case "decctlq":
		toggle(&t.Iflag, unix.IXANY, reversed)
	case "tabs":
		change(&t.Oflag, unix.TABDLY, 0)
		if reversed {
			t.Oflag |= unix.TAB3
		}
	case "lcase", "LCASE":
		toggle(&t.Lflag, unix.XCASE, !reversed)
		toggle(&t.Iflag, unix.IUCLC, !reversed)
		toggle(&t.Oflag, unix.OLCUC, !reversed)
	case "crt":
		t.Lflag |= unix.ECHOE | unix.ECHOCTL | unix.ECHOKE
	case "dec":
		t.Cc[unix.VINTR], t.Cc[unix.VERASE], t.Cc[unix.VKILL] = 3, 127, 'U'&0x1f
		t.Lflag |= unix.ECHOE | unix.ECHOCTL | unix.ECHOKE
		t.Iflag &^= unix.IXANY
	}
}

func toggle(word *uint32, bits uint32, on bool) {
	if on {
		*word |= bits
	} else {
		*word &^= bits
	}
}

func parity(name string, t *term.Modes, reversed bool) {
	switch {
	case reversed:
		change(&t.Cflag, unix.PARENB|unix.CSIZE, unix.CS8)
	case name == "oddp":
		change(&t.Cflag, unix.CSIZE, unix.CS7|unix.PARODD|unix.PARENB)
	default:
		change(&t.Cflag, unix.PARODD|unix.CSIZE, unix.CS7|unix.PARENB)
	}
}

func eightBits(name string, t *term.Modes, reversed bool) {
	if reversed {
		change(&t.Cflag, unix.CSIZE, unix.CS7|unix.PARENB)
	} else {
		change(&t.Cflag, unix.PARENB|unix.CSIZE, unix.CS8)
	}
	toggle(&t.Iflag, unix.ISTRIP, reversed)
	if name == "litout" {
		toggle(&t.Oflag, unix.OPOST, reversed)
	}
}

func rawMode(t *term.Modes, raw bool) {
	if raw {
		t.Iflag = 0
		t.Oflag &^= unix.OPOST
		t.Lflag &^= unix.ISIG | unix.ICANON | unix.XCASE
		t.Cc[unix.VMIN], t.Cc[unix.VTIME] = 1, 0
		return
	}
	t.Iflag |= unix.BRKINT | unix.IGNPAR | unix.ISTRIP | unix.ICRNL | unix.IXON
	t.Oflag |= unix.OPOST
	t.Lflag |= unix.ISIG | unix.ICANON
}

func saneMode(t *term.Modes) {
	for _, c := range characters {
		t.Cc[c.index] = c.sane
	}
	for i := range modes {
		m := &modes[i]
		word := m.of(t)
		switch {
		case word == nil:
		case m.kind&inSane != 0:
			change(word, m.mask, m.bits)
		case m.kind&notInSane != 0:
			*word &^= m.mask | m.bits
		}
	}
}

// character is a control character by name.
type character struct {
	name  string
	sane  uint8
	index uint8
}

// characters are in the order in which they are printed; the last two are numbers.
var characters = [...]character{
	{"intr", 3, unix.VINTR}, {"quit", 28, unix.VQUIT}, {"erase", 127, unix.VERASE}, {"kill", 21, unix.VKILL},
	{"eof", 4, unix.VEOF}, {"eol", 0, unix.VEOL}, {"eol2", 0, unix.VEOL2}, {"swtch", 0, unix.VSWTC},
	{"start", 17, unix.VSTART}, {"stop", 19, unix.VSTOP}, {"susp", 26, unix.VSUSP}, {"rprnt", 18, unix.VREPRINT},
	{"werase", 23, unix.VWERASE}, {"lnext", 22, unix.VLNEXT}, {"flush", 15, unix.VDISCARD},
	{"min", 1, unix.VMIN}, {"time", 0, unix.VTIME},
}

func findCharacter(name string) *character {
	for i := range characters {
		if characters[i].name == name {
			return &characters[i]
		}
	}
	return nil
}

// inputShift is where the speed of the input stands in the control modes; 0 means that
// it is that of the output.
const inputShift = 16
