// Package sysinfo is the applets that tell one thing about the system: uname, arch,
// nproc, tty, pwd.
package sysinfo

import (
	"math/bits"
	"strconv"
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"bantam/internal/userland/applet"
)

// Uname is uname.
var Uname = applet.Applet{
	Names: "uname",
	Usage: "[-amnrspvio]",
	About: "Print what the system is.",
	Options: `
-a, --all	all of it
-s, --kernel-name	the kernel's name (if nothing else is asked for)
-n, --nodename	the host's name
-r, --kernel-release	the kernel's release
-v, --kernel-version	its version
-m, --machine	the machine
-p, --processor	the processor
-i, --hardware-platform	the platform
-o, --operating-system	the system's name
`,
	AtMost: applet.None,
	Quick:  true,
	Min:    true,
	Run:    uname,
}

func uname(c *applet.Call) int {
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		return c.Warn("cannot get system name", err)
	}
	all := c.Has("a")
	any := false
	say := func(key, value string) {
		if !c.Has(key) && !(all && value != "unknown") {
			return
		}
		if any {
			c.Out.Print(" ")
		}
		c.Out.Print(value)
		any = true
	}
	say("s", unix.ByteSliceToString(u.Sysname[:]))
	say("n", unix.ByteSliceToString(u.Nodename[:]))
	say("r", unix.ByteSliceToString(u.Release[:]))
	say("v", unix.ByteSliceToString(u.Version[:]))
	say("m", unix.ByteSliceToString(u.Machine[:]))
	say("p", "unknown")
	say("i", "unknown")
	say("o", "GNU/Linux")
	if !any {
		c.Out.Print(unix.ByteSliceToString(u.Sysname[:]))
	}
	c.Out.Print("\n")
	return 0
}

// Arch is arch.
var Arch = applet.Applet{
	Names:  "arch",
	About:  "Print the machine's name.",
	AtMost: applet.None,
	Quick:  true,
	Run:    arch,
}

func arch(c *applet.Call) int {
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		return c.Warn("cannot get system name", err)
	}
	c.Out.Print(unix.ByteSliceToString(u.Machine[:]), "\n")
	return 0
}

// Nproc is nproc.
var Nproc = applet.Applet{
	Names: "nproc",
	Usage: "[--all] [--ignore=N]",
	About: "Print how many processors this process may use.",
	Options: `
--all	those that the system has
--ignore N	N fewer
`,
	AtMost: applet.None,
	Dir:    "/usr/bin",
	Quick:  true,
	Min:    true,
	Run:    nproc,
}

func nproc(c *applet.Call) int {
	ignore := 0
	if value, given := c.Given("ignore"); given {
		var err error
		if ignore, err = strconv.Atoi(value); err != nil || ignore < 0 {
			return c.Complain("invalid number '" + value + "'")
		}
	}
	n := 0
	if c.Has("all") {
		n = installed()
	}
	if n == 0 {
		var mask [1024]uint64 // the kernel's largest is 8192 processors
		size, _, errno := syscall.Syscall(syscall.SYS_SCHED_GETAFFINITY, 0, unsafe.Sizeof(mask), uintptr(unsafe.Pointer(&mask)))
		if errno != 0 {
			return c.Warn("sched_getaffinity", errno)
		}
		for _, word := range mask[:size/8] {
			n += bits.OnesCount64(word)
		}
	}
	c.Out.Int(int64(max(n-ignore, 1)))
	c.Out.Print("\n")
	return 0
}

// installed counts the folders cpu0, cpu1... of sysfs.
func installed() (n int) {
	entries, _ := applet.ReadDir("/sys/devices/system/cpu")
	for _, e := range entries {
		rest, ok := strings.CutPrefix(e.Name, "cpu")
		if _, err := strconv.ParseUint(rest, 10, 16); ok && err == nil {
			n++
		}
	}
	return n
}

// Tty is tty.
var Tty = applet.Applet{
	Names: "tty",
	Usage: "[-s]",
	About: "Print the name of the terminal that standard input is.",
	Options: `
-s, --silent, --quiet	print nothing: only the exit status
`,
	AtMost:  applet.None,
	Trouble: 2,
	Dir:     "/usr/bin",
	Quick:   true,
	Run:     tty,
}

func tty(c *applet.Call) int {
	name, status := "not a tty", 1
	if fd := c.In.Fd(); fd >= 0 && applet.IsTerminal(fd) {
		status = 0
		if link, err := applet.Readlink("/proc/self/fd/" + strconv.Itoa(fd)); err == nil {
			name = link
		}
	}
	if !c.Has("s") {
		c.Out.Print(name, "\n")
	}
	return status
}

// Pwd is pwd.
var Pwd = applet.Applet{
	Names: "pwd",
	Usage: "[-LP]",
	About: "Print the current folder.",
	Options: `
-L, --logical	$PWD, if it is the current folder
-P, --physical	without symbolic links
`,
	AtMost: applet.None,
	Quick:  true,
	Min:    true,
	Run:    pwd,
}

func pwd(c *applet.Call) int {
	name := c.Getenv("PWD")
	if c.Last("L", "P") != "L" || !logical(name) {
		var err error
		if name, err = syscall.Getwd(); err != nil {
			return c.Warn("getcwd", err)
		}
	}
	c.Out.Print(name, "\n")
	return 0
}

// logical says whether name may be printed as the current folder's: POSIX wants it
// absolute, without . and .. .
func logical(name string) bool {
	slashed := name + "/"
	if !strings.HasPrefix(name, "/") || strings.Contains(slashed, "/./") || strings.Contains(slashed, "/../") {
		return false
	}
	var a, b syscall.Stat_t
	return syscall.Stat(name, &a) == nil && syscall.Stat(".", &b) == nil && a.Ino == b.Ino && a.Dev == b.Dev
}
