// Package mountpoint has the applet mountpoint.
package mountpoint

import (
	"strconv"
	"syscall"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/mounttable"

	"golang.org/x/sys/unix"
)

// Applet is mountpoint.
var Applet = applet.Applet{
	Names: "mountpoint",
	Usage: "[-q] { [-dn] DIR | -x DEVICE }",
	About: "Check if DIR is a mountpoint.",
	Options: `
-q	say nothing
-d	print major:minor of the file system
-n	print the device of the file system
-x	print major:minor of DEVICE
`,
	AtLeast: 1,
	AtMost:  1,
	Quick:   true,
	Min:     true,
	Run:     run,
}

func run(c *applet.Call) int {
	path := c.Args[0]
	var st syscall.Stat_t
	if c.Has("x") {
		if err := syscall.Stat(path, &st); err != nil {
			return fail(c, path, err)
		}
		if st.Mode&syscall.S_IFMT != syscall.S_IFBLK {
			return fail(c, path+": not a block device", nil)
		}
		c.Out.Print(numbers(st.Rdev), "\n")
		return 0
	}
	if err := syscall.Lstat(path, &st); err != nil {
		return fail(c, path, err)
	}
	if st.Mode&syscall.S_IFMT != syscall.S_IFDIR {
		return fail(c, path, syscall.ENOTDIR)
	}
	var parent syscall.Stat_t
	if err := syscall.Stat(path+"/..", &parent); err != nil {
		return fail(c, path+"/..", err)
	}
	not := ""
	if st.Dev == parent.Dev && st.Ino != parent.Ino {
		not = "not "
	}
	if c.Has("d") {
		c.Out.Print(numbers(st.Dev), "\n")
	}
	if c.Has("n") {
		c.Out.Print(device(st.Dev), " ", path, "\n")
	}
	if !c.Has("q") && !c.Has("d") && !c.Has("n") {
		c.Out.Print(path, " is ", not, "a mountpoint\n")
	}
	if not != "" {
		return 1
	}
	return 0
}

func fail(c *applet.Call, what string, err error) int {
	if !c.Has("q") {
		c.Warn(what, err)
	}
	return 1
}

func numbers(dev uint64) string {
	return strconv.Itoa(int(unix.Major(dev))) + ":" + strconv.Itoa(int(unix.Minor(dev)))
}

// device is the file below /dev with that number, or else what the table of mounts
// calls a file system with it.
func device(dev uint64) string {
	entries, _ := applet.ReadDir("/dev")
	for _, e := range entries {
		var st syscall.Stat_t
		if syscall.Stat("/dev/"+e.Name, &st) == nil && st.Mode&syscall.S_IFMT == syscall.S_IFBLK && st.Rdev == dev {
			return "/dev/" + e.Name
		}
	}
	mounts, _ := mounttable.Read(mounttable.Mounts)
	for _, m := range mounts {
		var st syscall.Stat_t
		if syscall.Lstat(m.Dir, &st) == nil && st.Dev == dev {
			return m.Source
		}
	}
	return "UNKNOWN"
}
