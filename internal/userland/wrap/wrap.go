// Package wrap is the applets that run a program in other circumstances.
package wrap

import (
	"syscall"

	"golang.org/x/sys/unix"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/signals"
)

// Setsid is setsid.
var Setsid = applet.Applet{
	Names: "setsid",
	Usage: "[-c] PROG ARGS",
	About: `Run PROG in a new session. It has no controlling terminal and isn't reached by
the signals of keys (^C).`,
	Options: `
-c	make standard input the controlling terminal
`,
	Form:    applet.Leading,
	Dir:     "/usr/bin",
	AtLeast: 1,
	Run:     setsid,
}

func setsid(c *applet.Call) int {
	if _, err := syscall.Setsid(); err == nil {
		if c.Has("c") {
			unix.IoctlSetInt(0, unix.TIOCSCTTY, 1)
		}
		return c.Exec(c.Args)
	}
	// The leader of a process group can't start a session: a child can. BusyBox doesn't
	// wait for it either.
	attr := syscall.SysProcAttr{Setsid: true, Setctty: c.Has("c") && applet.IsTerminal(0)}
	if _, err := c.Start(c.Args, [3]int{0, 1, 2}, &attr); err != nil {
		c.Warn("can't execute '"+c.Args[0]+"'", err)
		return applet.NotRun(err)
	}
	return 0
}

// Nohup is nohup.
var Nohup = applet.Applet{
	Names: "nohup",
	Usage: "PROG ARGS",
	About: "Run PROG unimpressed by hangups, with its output going to no terminal.",
	Form:  applet.Plain,
	Dir:   "/usr/bin",
	// POSIX: 127 for an error of nohup itself.
	Trouble: 127,
	AtLeast: 1,
	Min:     true,
	Run:     nohup,
}

func nohup(c *applet.Call) int {
	if applet.IsTerminal(0) {
		if null, err := syscall.Open("/dev/null", syscall.O_RDONLY, 0); err == nil {
			unix.Dup2(null, 0)
			syscall.Close(null)
		}
	}
	if applet.IsTerminal(1) {
		const flags = syscall.O_CREAT | syscall.O_WRONLY | syscall.O_APPEND
		name := "nohup.out"
		fd, err := applet.OpenFile(name, flags, 0o600)
		if err != nil {
			name = applet.Join(c.Getenv("HOME"), name)
			if fd, err = applet.OpenFile(name, flags, 0o600); err != nil {
				c.CantOpen(name, err)
				return 127
			}
		}
		unix.Dup2(fd, 1)
		c.Complain("appending output to " + name)
	}
	if applet.IsTerminal(2) {
		unix.Dup2(1, 2)
	}
	signals.Ignore(syscall.SIGHUP)
	return c.Exec(c.Args)
}
