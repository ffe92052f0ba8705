package login

import (
	"syscall"
	"time"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/accounts"
	"bantam/internal/userland/applet/number"
	"bantam/internal/userland/applet/users"
	"golang.org/x/sys/unix"
)

// Sulogin is sulogin.
var Sulogin = applet.Applet{
	Names: "sulogin",
	Usage: "[-p] [-t N] [TTY]",
	About: "Ask for root's password and run a shell",
	Options: `
-p	a login shell
-t SEC	wait for the password so long
`,
	AtMost: 1,
	Dir:    "/sbin",
	Run:    runSulogin,
}

func runSulogin(c *applet.Call) int {
	seconds := 0
	if text, given := c.Given("t"); given {
		n, err := number.Int(text, 1<<30)
		if err != nil {
			return c.Complain("invalid number '" + text + "'")
		}
		seconds = n
	}
	if len(c.Args) > 0 {
		fd, err := applet.OpenFile(c.Args[0], syscall.O_RDWR, 0)
		if err != nil {
			return c.CantOpen(c.Args[0], err)
		}
		for std := range 3 {
			unix.Dup3(fd, std, 0)
		}
		syscall.Close(fd)
	}
	u := users.ByUID(0)
	if u == nil {
		return c.Complain("no password entry for root")
	}
	const prompt = "Give root password for maintenance\n(or type Ctrl-D to continue): "
	for {
		answer := accounts.Check(c, u, prompt, time.Duration(seconds)*time.Second)
		if answer == accounts.Nobody {
			return 0
		}
		if answer == accounts.Right {
			break
		}
		accounts.Pause()
		c.Out.Print(c.Name, ": Login incorrect\n")
		c.Out.Flush()
	}
	shell := c.Getenv("SUSHELL")
	if shell == "" {
		shell = c.Getenv("sushell")
	}
	if shell == "" {
		shell = u.Shell
	}
	accounts.Session{Names: true, Home: true}.Enter(c, u, shell)
	if sid, err := unix.IoctlGetInt(0, unix.TIOCGSID); err != nil || sid != syscall.Getpid() {
		if steal(0) != nil {
			syscall.Setsid()
			steal(0)
		}
	}
	return accounts.ExecShell(c, shell, c.Has("p"), nil)
}

// steal makes the terminal the controlling one, even if another session has it.
func steal(fd int) error { return unix.IoctlSetInt(fd, unix.TIOCSCTTY, 1) }
