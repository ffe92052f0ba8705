package who

import (
	"syscall"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/utmp"
)

// Mesg is mesg.
var Mesg = applet.Applet{
	Names: "mesg",
	Usage: "[y|n]",
	About: "Say whether others may write to your terminal, or allow or forbid it.",
	Notes: `
	y	allow it
	n	forbid it
`,
	Form:  applet.Plain,
	Dir:   "/usr/bin",
	Quick: true,
	Run:   mesg,
}

const groupWrite, othersWrite = 0o020, 0o002

func mesg(c *applet.Call) int {
	if len(c.Args) > 1 || len(c.Args) == 1 && (c.Args[0] == "" || c.Args[0][0] != 'y' && c.Args[0][0] != 'n') {
		return c.UsageError("")
	}
	fd := c.In.Fd()
	if !applet.IsTerminal(fd) {
		return c.Complain("not a tty")
	}
	var st syscall.Stat_t
	if err := syscall.Fstat(fd, &st); err != nil {
		return c.Warn("stdin", err)
	}
	if len(c.Args) == 0 {
		if st.Mode&(groupWrite|othersWrite) != 0 {
			c.Out.Print("is y\n")
		} else {
			c.Out.Print("is n\n")
		}
		return 0
	}
	mode := st.Mode &^ (groupWrite | othersWrite)
	if c.Args[0][0] == 'y' {
		// The programs that write belong to the group tty, so it is enough.
		mode = st.Mode | groupWrite
	}
	if err := syscall.Fchmod(fd, mode&0o7777); err != nil {
		return c.Warn("fchmod", err)
	}
	return 0
}

// Wall is wall.
var Wall = applet.Applet{
	Names: "wall",
	Usage: "[FILE]",
	About: "Write FILE, or standard input, to the terminals of all users.",
	Dir:   "/usr/bin",
	Run:   wall,
}

func wall(c *applet.Call) int {
	in := c.In
	if len(c.Args) > 0 {
		var err error
		if in, err = applet.Open(c.Args[0]); err != nil {
			return c.CantOpen(c.Args[0], err)
		}
	}
	text := applet.Capture()
	if _, err := text.Copy(in); err != nil {
		return c.Warn("read error", err)
	}
	status := 0
	utmp.Each(utmp.Path, func(e *utmp.Entry) {
		if e.Type == utmp.UserProcess {
			status |= tell(c, applet.Join("/dev", e.Line), text.Captured())
		}
	})
	return status
}

// tell writes to a terminal. One that nobody reads must not hold the others up.
func tell(c *applet.Call, line string, text []byte) int {
	fd, err := applet.OpenFile(line, syscall.O_WRONLY|syscall.O_NOCTTY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return c.CantOpen(line, err)
	}
	defer syscall.Close(fd)
	if err := applet.WriteFd(fd, text); err != nil && err != syscall.EAGAIN {
		return c.Warn(line, err)
	}
	return 0
}
