// Package chroot has the applets chroot and pivot_root.
package chroot

import (
	"syscall"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/users"
)

// Applet is chroot.
var Applet = applet.Applet{
	Names:   "chroot",
	Usage:   "NEWROOT [PROG ARGS]",
	About:   "Run PROG (a shell if there is none) with root directory set to NEWROOT.",
	Form:    applet.Leading,
	AtLeast: 1,
	Min:     true,
	Dir:     "/usr/sbin",
	Run:     run,
}

// Pivot is pivot_root.
var Pivot = applet.Applet{
	Names:   "pivot_root",
	Usage:   "NEW_ROOT PUT_OLD",
	About:   "Move the current root file system to PUT_OLD and make NEW_ROOT the new root.",
	AtLeast: 2,
	AtMost:  2,
	Min:     true,
	Dir:     "/sbin",
	Run:     pivot,
}

func run(c *applet.Call) int {
	root, argv := c.Args[0], c.Args[1:]
	if err := syscall.Chroot(root); err != nil {
		return c.Warn("can't change root directory to '"+root+"'", err)
	}
	if err := syscall.Chdir("/"); err != nil {
		return c.Warn("can't change directory to '/'", err)
	}
	if len(argv) == 0 {
		argv = []string{users.Shell(c), "-i"} // as coreutils 8.4 does
	}
	return c.Exec(argv)
}

func pivot(c *applet.Call) int {
	if err := syscall.PivotRoot(c.Args[0], c.Args[1]); err != nil {
		return c.Complain(applet.Reason(err))
	}
	return 0
}
