// Package flock is the applet flock.
package flock

import (
	"syscall"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/number"
)

// Applet is flock.
var Applet = applet.Applet{
	Names: "flock",
	Usage: "[-sxun] FD | { FILE [-c] PROG ARGS }",
	About: "Lock a file descriptor, or lock FILE and run PROG",
	Options: `
-s, --shared	a shared lock
-x, --exclusive	an exclusive lock (default)
-u, --unlock	unlock FD
-n, --nonblock	fail rather than wait
`,
	Form:    applet.Leading,
	AtLeast: 1,
	Dir:     "/usr/bin",
	Run:     run,
}

func run(c *applet.Call) int {
	how := syscall.LOCK_EX
	switch {
	case c.Has("u"):
		how = syscall.LOCK_UN
	case c.Has("s"):
		how = syscall.LOCK_SH
	}
	if c.Has("n") {
		how |= syscall.LOCK_NB
	}
	if len(c.Args) == 1 {
		fd, err := number.Int(c.Args[0], 1<<20)
		if err != nil {
			return c.Complain("invalid number '" + c.Args[0] + "'")
		}
		return lock(c, fd, how)
	}
	path, argv := c.Args[0], c.Args[1:]
	const flags = syscall.O_RDONLY | syscall.O_NOCTTY
	fd, err := applet.OpenFile(path, flags|syscall.O_CREAT, 0o666)
	if err == syscall.EISDIR {
		fd, err = applet.OpenFile(path, flags, 0)
	}
	if err != nil {
		return c.CantOpen(path, err)
	}
	defer syscall.Close(fd)
	if argv[0] == "-c" || argv[0] == "--command" {
		if len(argv) != 2 {
			return c.Complain("-c takes only one argument")
		}
		shell := c.Getenv("SHELL")
		if shell == "" {
			shell = "/bin/sh"
		}
		argv = []string{shell, "-c", argv[1]}
	}
	if status := lock(c, fd, how); status != 0 {
		return status
	}
	return c.Command(argv)
}

// lock waits for the lock. That another one has it is no error to tell.
func lock(c *applet.Call, fd, how int) int {
	for {
		err := syscall.Flock(fd, how)
		switch err {
		case nil:
			return 0
		case syscall.EINTR:
			continue
		case syscall.EWOULDBLOCK:
			return 1
		}
		return c.Warn("flock", err)
	}
}
