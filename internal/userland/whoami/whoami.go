// Package whoami is the applets whoami and logname.
package whoami

import (
	"strconv"
	"syscall"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/users"
)

// Whoami is whoami.
var Whoami = applet.Applet{
	Names:  "whoami",
	About:  "Print the name of the user that commands run as.",
	AtMost: applet.None,
	Dir:    "/usr/bin",
	Quick:  true,
	Min:    true,
	Run:    whoami,
}

func whoami(c *applet.Call) int {
	uid := syscall.Geteuid()
	u := users.ByUID(uint32(uid))
	if u == nil {
		return c.Complain("unknown uid " + strconv.Itoa(uid))
	}
	c.Out.Print(u.Name, "\n")
	return 0
}

// Logname is logname.
var Logname = applet.Applet{
	Names:  "logname",
	About:  "Print the name of the user who logged in.",
	AtMost: applet.None,
	Dir:    "/usr/bin",
	Quick:  true,
	Run:    logname,
}

// logname asks the kernel for the session's login, as getlogin(3) does.
func logname(c *applet.Call) int {
	id, err := strconv.ParseUint(applet.ReadString("/proc/self/loginuid"), 10, 32)
	if err == nil && id != 1<<32-1 {
		if u := users.ByUID(uint32(id)); u != nil {
			c.Out.Print(u.Name, "\n")
			return 0
		}
	}
	return c.Warn("getlogin", syscall.ENXIO)
}
