package openfiles

import (
	"strconv"
	"strings"
	"syscall"

	"bantam/internal/userland/applet"
)

// Pwdx is pwdx.
var Pwdx = applet.Applet{
	Names:   "pwdx",
	Usage:   "PID...",
	About:   "Show the current folders of processes.",
	Dir:     "/usr/bin",
	AtLeast: 1,
	Quick:   true,
	Run:     pwdx,
}

func pwdx(c *applet.Call) int {
	for _, arg := range c.Args {
		word := strings.TrimPrefix(arg, "/proc/")
		if _, err := strconv.ParseUint(word, 10, 32); err != nil {
			return c.Complain("invalid process id: '" + word + "'")
		}
		dir, err := applet.Readlink("/proc/" + word + "/cwd")
		if err == syscall.ENOENT {
			err = syscall.ESRCH
		}
		if err != nil {
			dir = applet.Reason(err)
		}
		c.Out.Print(arg, ": ", dir, "\n")
	}
	return 0
}
