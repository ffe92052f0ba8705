package schedule

import (
	"runtime"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"bantam/internal/userland/applet"
)

// Ionice is ionice.
var Ionice = applet.Applet{
	Names: "ionice",
	Usage: "[-c 1-3] [-n 0-7] [-t] { -p PID | PROG ARGS }",
	About: "Change or show the class and priority of input and output.",
	Options: `
-c N	the class: 1 realtime, 2 best-effort, 3 idle
-n N	the priority
-p PID	of this process
-t	ignore errors
`,
	Form: applet.Leading,
	Run:  ionice,
}

// See ioprio_set(2).
const (
	ioprioProcess = 1
	classShift    = 13
	classIdle     = 3
)

func unsigned(c *applet.Call, key string) (n int, wrong int) {
	word, given := c.Given(key)
	if !given {
		return 0, 0
	}
	v, err := strconv.ParseUint(word, 10, 31)
	if err != nil {
		return 0, c.Complain("invalid number '" + word + "'")
	}
	return int(v), 0
}

func ionice(c *applet.Call) int {
	priority, wrong := unsigned(c, "n")
	class, w := unsigned(c, "c")
	pid, w2 := unsigned(c, "p")
	if wrong+w+w2 > 0 {
		return 1
	}
	if class > classIdle {
		return c.Complain("bad class " + strconv.Itoa(class))
	}
	if c.Last("n", "c") == "" {
		return showIonice(c, pid)
	}
	// Of this thread, which is the one that executes the program.
	runtime.LockOSThread()
	_, _, e := syscall.Syscall(unix.SYS_IOPRIO_SET, ioprioProcess, uintptr(pid), uintptr(priority|class<<classShift))
	if e != 0 && !c.Has("t") {
		return c.Warn("ioprio_set", e)
	}
	if len(c.Args) > 0 {
		return c.Exec(c.Args)
	}
	return 0
}

func showIonice(c *applet.Call, pid int) int {
	if !c.Has("p") && len(c.Args) > 0 {
		n, err := strconv.ParseUint(c.Args[0], 10, 31)
		if err != nil {
			return c.Complain("invalid number '" + c.Args[0] + "'")
		}
		pid = int(n)
	}
	r, _, e := syscall.Syscall(unix.SYS_IOPRIO_GET, ioprioProcess, uintptr(pid), 0)
	if e != 0 {
		return c.Warn("ioprio_get", e)
	}
	class, priority := int(r)>>classShift&3, int(r)&0xff
	c.Out.Print(strings.Fields("none realtime best-effort idle")[class])
	if class != classIdle {
		c.Out.Print(": prio ", strconv.Itoa(priority))
	}
	c.Out.Print("\n")
	return 0
}
