// Package stty is the applets that set terminals up.
package stty

import (
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/number"
	"bantam/internal/userland/applet/term"
)

// Stty is stty.
var Stty = applet.Applet{
	Names: "stty",
	Usage: "[-a|g] [-F DEVICE] [SETTING]...",
	About: `Show or change the settings of the terminal that is standard input. Without
arguments it prints the speed and what is unlike stty sane.`,
	Notes: `
	-F DEVICE	the terminal to work on
	-a	print all settings
	-g	print them in a form that stty reads
	SETTING	see stty(1)
`,
	Form: applet.Plain,
	Min:  true,
	Run:  stty,
}

// call is one use of stty.
type call struct {
	*applet.Call
	fd     int
	device string
	t      term.Modes
	args   []string // without -F and its device
	all    bool
	saved  bool
	sets   bool // settings are given
	dirty  bool
	column int
	width  int
}

func stty(c *applet.Call) int {
	s := &call{Call: c, device: "standard input", width: 80}
	if wrong := s.check(); wrong != "" {
		return c.Complain(wrong)
	}
	switch {
	case s.all && s.saved:
		return c.Complain("-a and -g are mutually exclusive")
	case (s.all || s.saved) && s.sets:
		return c.Complain("modes may not be set when -a or -g is used")
	}
	if s.device != "standard input" {
		// A modem line without a carrier must not hold it up.
		fd, err := applet.OpenFile(s.device, syscall.O_RDWR|syscall.O_NONBLOCK|syscall.O_NOCTTY, 0)
		if err != nil {
			return c.CantOpen(s.device, err)
		}
		defer syscall.Close(fd)
		s.fd = fd
	}
	t, err := term.Get(s.fd)
	if err != nil {
		return c.Warn(s.device, err)
	}
	s.t = *t
	switch {
	case s.saved:
		s.printSaved()
	case !s.sets:
		s.width, _ = term.Size(c, 1)
		s.print()
	default:
		return s.change()
	}
	return 0
}

// check reads all arguments before anything is changed.
func (s *call) check() (wrong string) {
	args := s.Args
	var scratch term.Modes
	for i := 0; i < len(args); i++ {
		arg := args[i]
		if m := findMode(strings.TrimPrefix(arg, "-")); m != nil {
			if arg[0] == '-' && m.kind&reversible == 0 {
				return "invalid argument '" + arg + "'"
			}
			s.sets = true
			s.args = append(s.args, arg)
			continue
		}
		if strings.HasPrefix(arg, "-") {
			used, wrong := s.option(args[i:])
			if wrong != "" {
				return wrong
			}
			i += used
			continue
		}
		n, wrong := takes(arg, args[i+1:], &scratch)
		if wrong != "" {
			return wrong
		}
		s.args = append(s.args, args[i:i+1+n]...)
		i += n
		s.sets = true
	}
	return ""
}

// option reads -a, -g and -F; it returns how many further arguments that takes.
func (s *call) option(args []string) (used int, wrong string) {
	for i := 1; i < len(args[0]); i++ {
		switch args[0][i] {
		case 'a':
			s.all = true
		case 'g':
			s.saved = true
		case 'F':
			if s.device != "standard input" {
				return 0, "only one device may be specified"
			}
			if s.device = args[0][i+1:]; s.device != "" {
				return 0, ""
			}
			if len(args) == 1 {
				return 0, "-F requires an argument"
			}
			s.device = args[1]
			return 1, ""
		default:
			return 0, "invalid argument '" + args[0] + "'"
		}
	}
	return 0, ""
}

// takes checks a setting that is no mode and says how many values it takes.
func takes(arg string, rest []string, scratch *term.Modes) (n int, wrong string) {
	c := findCharacter(arg)
	switch arg {
	case "line", "rows", "cols", "columns", "ispeed", "ospeed":
	case "size", "speed":
		return 0, ""
	default:
		if c != nil {
			break
		}
		if restore(arg, scratch) {
			return 0, ""
		}
		return 0, isSpeed(arg, arg)
	}
	if len(rest) == 0 {
		return 0, arg + " requires an argument"
	}
	switch {
	case c != nil:
		_, wrong = value(c, rest[0])
	case arg == "ispeed" || arg == "ospeed":
		if _, err := strconv.ParseUint(rest[0], 10, 32); err != nil {
			wrong = "invalid number '" + rest[0] + "'"
		}
	default:
		_, wrong = suffixed(rest[0], 1, 1<<31-1)
	}
	return 1, wrong
}

func isSpeed(arg, shown string) (wrong string) {
	if _, err := strconv.ParseUint(arg, 10, 32); err != nil {
		return "invalid number '" + shown + "'"
	}
	if _, ok := term.SpeedCode(arg); !ok {
		return "invalid argument '" + shown + "'"
	}
	return ""
}

// suffixed reads a number with the suffix b, k or B.
func suffixed(word string, low, high int64) (n int64, wrong string) {
	n, err := number.Size(strings.Replace(word, "B", "k", 1))
	if err != nil {
		return 0, "invalid number '" + word + "'"
	}
	if n < low || n > high {
		return 0, "number " + word + " is not in " + strconv.FormatInt(low, 10) + ".." + strconv.FormatInt(high, 10) + " range"
	}
	return n, ""
}

// value reads a control character: itself, ^X, ^- or undef for none, or a number.
func value(c *character, word string) (v uint8, wrong string) {
	numeric := c.name == "min" || c.name == "time"
	switch {
	case numeric:
	case word == "":
		return 0, ""
	case len(word) == 1:
		return word[0], ""
	case word == "^-" || word == "undef":
		return 0, ""
	case word[:2] == "^?":
		return 127, ""
	case word[0] == '^':
		return word[1] & 0x1f, ""
	}
	n, wrong := suffixed(word, 0, 255)
	return uint8(n), wrong
}

// restore reads what -g prints.
func restore(word string, t *term.Modes) bool {
	fields := strings.Split(word, ":")
	const most = 32 // characters, as the C library has them
	if len(fields) != 4+most {
		return false
	}
	words := [4]*uint32{&t.Iflag, &t.Oflag, &t.Cflag, &t.Lflag}
	for i, f := range fields {
		n, err := strconv.ParseUint(f, 16, 32)
		switch {
		case err != nil:
			return false
		case i < 4:
			*words[i] = uint32(n)
		case i-4 < len(t.Cc):
			t.Cc[i-4] = uint8(n)
		}
	}
	return true
}

// change does what the arguments say.
func (s *call) change() int {
	status := 0
	for i := 0; i < len(s.args); i++ {
		arg, next := s.args[i], ""
		if i+1 < len(s.args) {
			next = s.args[i+1]
		}
		if m := findMode(strings.TrimPrefix(arg, "-")); m != nil {
			m.set(&s.t, arg[0] == '-')
			s.dirty = true
			continue
		}
		used, failed := s.setting(arg, next)
		i += used
		status |= failed
	}
	if !s.dirty {
		return status
	}
	if err := term.Set(s.fd, &s.t); err != nil {
		return s.Warn(s.device, err)
	}
	now, err := term.Get(s.fd)
	if err != nil {
		return s.Warn(s.device, err)
	}
	if *now != s.t {
		return s.Complain(s.device + ": cannot perform all requested operations")
	}
	return status
}

// setting does one setting that is no mode; it says how many values it took.
func (s *call) setting(arg, next string) (used, status int) {
	n, _ := suffixed(next, 0, 1<<31-1)
	switch arg {
	case "size":
		return 0, s.printSize(false)
	case "speed":
		s.printSpeed(false)
		return 0, 0
	case "rows":
		return 1, s.resize(int(n), -1)
	case "cols", "columns":
		return 1, s.resize(-1, int(n))
	}
	s.dirty = true
	switch arg {
	case "line":
		s.t.Line = uint8(n)
		return 1, 0
	case "ispeed":
		s.speed(next, true, false)
		return 1, 0
	case "ospeed":
		s.speed(next, false, true)
		return 1, 0
	}
	if c := findCharacter(arg); c != nil {
		s.t.Cc[c.index], _ = value(c, next)
		return 1, 0
	}
	if !restore(arg, &s.t) {
		s.speed(arg, true, true)
	}
	return 0, 0
}

func (s *call) speed(word string, in, out bool) {
	code, _ := term.SpeedCode(word)
	if out {
		change(&s.t.Cflag, unix.CBAUD, code)
	}
	if in {
		// That of the output unless it is another one.
		change(&s.t.Cflag, unix.CIBAUD, 0)
		if code != s.t.Cflag&unix.CBAUD {
			s.t.Cflag |= code << inputShift
		}
	}
}

func (s *call) resize(rows, columns int) int {
	w, err := unix.IoctlGetWinsize(s.fd, unix.TIOCGWINSZ)
	if err != nil {
		return s.Warn(s.device, err)
	}
	if rows >= 0 {
		w.Row = uint16(rows)
	}
	if columns >= 0 {
		w.Col = uint16(columns)
	}
	if err := unix.IoctlSetWinsize(s.fd, unix.TIOCSWINSZ, w); err != nil {
		return s.Warn(s.device, err)
	}
	return 0
}
