// Package term is the terminal: its modes, its size, its keys.
package term

import (
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"

	"bantam/internal/userland/applet"
)

// Size returns the columns and lines of the terminal: what COLUMNS and LINES say if they
// are set, as in BusyBox, or 80 and 24 if the descriptor doesn't know.
func Size(c *applet.Call, fd int) (columns, lines int) {
	columns, lines, _ = Known(c, fd)
	return columns, lines
}

// Known is Size with the error of the descriptor, nil if the variables are set.
func Known(c *applet.Call, fd int) (columns, lines int, err error) {
	w, err := unix.IoctlGetWinsize(fd, unix.TIOCGWINSZ)
	if err == nil {
		columns, lines = int(w.Col), int(w.Row)
		if lines == 0 {
			err = syscall.EINVAL
		}
	}
	columns = sane(c, columns, "COLUMNS", 80, &err)
	lines = sane(c, lines, "LINES", 24, &err)
	return columns, lines, err
}

func sane(c *applet.Call, n int, variable string, usual int, err *error) int {
	if value, set := c.LookupEnv(variable); set {
		n, _ = strconv.Atoi(value)
		*err = nil
	}
	if n <= 1 || n >= 30000 {
		return usual
	}
	return n
}

// Modes are the settings of a terminal.
type Modes = unix.Termios

// Get returns the settings, nil with the error.
func Get(fd int) (*Modes, error) {
	m, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	if err != nil {
		return nil, err
	}
	return m, nil
}

// Set changes the settings when all output was sent, as TCSADRAIN does.
func Set(fd int, m *Modes) error { return unix.IoctlSetTermios(fd, unix.TCSETSW, m) }

// SetNow changes the settings at once.
func SetNow(fd int, m *Modes) error { return unix.IoctlSetTermios(fd, unix.TCSETS, m) }

// Raw lets every key arrive at once and unseen: no lines, no echo, no signals from keys,
// no translation of input or output. It returns the settings to restore.
func Raw(fd int) (old *Modes, err error) {
	if old, err = Get(fd); err != nil {
		return nil, err
	}
	m := *old
	m.Lflag &^= unix.ICANON | unix.ECHO | unix.ECHONL | unix.ISIG | unix.IEXTEN
	m.Iflag &^= unix.BRKINT | unix.INLCR | unix.ICRNL | unix.IXON | unix.ISTRIP
	m.Oflag &^= unix.ONLCR
	m.Cc[unix.VMIN], m.Cc[unix.VTIME] = 1, 0
	return old, Set(fd, &m)
}

// Cbreak lets every key arrive at once and unseen, but leaves the signals of keys and
// the translation of newlines as they are.
func Cbreak(fd int) (old *Modes, err error) {
	if old, err = Get(fd); err != nil {
		return nil, err
	}
	m := *old
	m.Lflag &^= unix.ICANON | unix.ECHO | unix.ECHONL
	m.Cc[unix.VMIN], m.Cc[unix.VTIME] = 1, 0
	return old, Set(fd, &m)
}
