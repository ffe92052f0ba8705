// Package term is the terminal: its modes, its size, its keys.
package term

import (
	"strconv"

	"golang.org/x/sys/unix"

	"bantam/internal/userland/applet"
)

// Size returns the columns and lines of the terminal, or what COLUMNS and LINES say
// where the descriptor doesn't know, or 80 and 24.
func Size(c *applet.Call, fd int) (columns, lines int) {
	if w, err := unix.IoctlGetWinsize(fd, unix.TIOCGWINSZ); err == nil {
		columns, lines = int(w.Col), int(w.Row)
	}
	return sane(columns, c.Getenv("COLUMNS"), 80), sane(lines, c.Getenv("LINES"), 24)
}

func sane(n int, variable string, usual int) int {
	if n <= 0 {
		n, _ = strconv.Atoi(variable)
	}
	if n <= 1 || n >= 30000 {
		return usual
	}
	return n
}

// Modes are the settings of a terminal.
type Modes = unix.Termios

// Get returns the settings.
func Get(fd int) (*Modes, error) { return unix.IoctlGetTermios(fd, unix.TCGETS) }

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
