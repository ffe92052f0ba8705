package stty

import (
	"strconv"

	"golang.org/x/sys/unix"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/term"
)

// Ttysize is ttysize.
var Ttysize = applet.Applet{
	Names: "ttysize",
	Usage: "[w] [h]",
	About: "Print the width and the height of the terminal, or 80 and 24.",
	Form:  applet.Plain,
	Dir:   "/usr/bin",
	Quick: true,
	Run:   ttysize,
}

func ttysize(c *applet.Call) int {
	w, h := 80, 24
	for _, fd := range []int{c.In.Fd(), c.Out.Fd(), c.Err.Fd()} {
		if size, err := unix.IoctlGetWinsize(fd, unix.TIOCGWINSZ); err == nil {
			w, h = int(size.Col), int(size.Row)
			break
		}
	}
	words := c.Args
	if len(words) == 0 {
		words = []string{"w", "h"}
	}
	separator := ""
	for _, word := range words {
		n := w
		switch {
		case word == "" || word[0] != 'w' && word[0] != 'h':
			separator = " "
			continue
		case word[0] == 'h':
			n = h
		}
		c.Out.Print(separator, strconv.Itoa(n))
		separator = " "
	}
	c.Out.Print("\n")
	return 0
}

// Resize is resize.
var Resize = applet.Applet{
	Names: "resize",
	About: `Ask the terminal for its size, tell it to the kernel, and print it as commands
for a shell.`,
	Dir: "/usr/bin",
	Run: resize,
}

// resize asks where the cursor is after it was sent as far as it can go. It uses
// standard error, because standard output goes to the shell.
func resize(c *applet.Call) int {
	old, err := term.Get(2)
	if err != nil {
		return c.Warn("standard error", err)
	}
	raw := *old
	raw.Cflag |= unix.CLOCAL | unix.CREAD
	raw.Lflag &^= unix.ICANON | unix.ECHO | unix.ECHOE | unix.ISIG
	raw.Cc[unix.VMIN], raw.Cc[unix.VTIME] = 1, 0
	unix.IoctlSetTermios(2, unix.TCSETSF, &raw)
	c.Err.WriteString("\x1b7\x1b[r\x1b[999;999H\x1b[6n")
	var size unix.Winsize
	keys := term.Reader{Fd: 2}
	keys.Cursor = func(row, column int) { size.Row, size.Col = uint16(row), uint16(column) }
	for size.Row == 0 {
		if key, err := keys.Key(3000); err != nil || key == term.Timeout {
			break
		}
	}
	c.Err.WriteString("\x1b8")
	if size.Row == 0 {
		term.SetNow(2, old)
		return 1
	}
	err = unix.IoctlSetWinsize(2, unix.TIOCSWINSZ, &size)
	term.SetNow(2, old)
	c.Out.Print("COLUMNS=", strconv.Itoa(int(size.Col)), ";LINES=", strconv.Itoa(int(size.Row)), ";export COLUMNS LINES;\n")
	if err != nil {
		return 1
	}
	return 0
}

// Reset is reset.
var Reset = applet.Applet{
	Names: "reset",
	About: "Bring a terminal back to its senses: its screen, and its settings as stty sane does.",
	Dir:   "/usr/bin",
	Run:   reset,
}

func reset(c *applet.Call) int {
	if !applet.IsTerminal(1) {
		return 0
	}
	// See console_codes(4): reset, the usual characters, no attributes, an empty
	// screen, a visible cursor.
	c.Out.Print("\x1bc\x1b(B\x1b[m\x1b[J\x1b[?25h")
	c.Out.Flush()
	t, err := term.Get(0)
	if err != nil {
		return c.Warn("standard input", err)
	}
	saneMode(t)
	if err := term.Set(0, t); err != nil {
		return c.Warn("standard input", err)
	}
	return 0
}
