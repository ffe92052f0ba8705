// Package schedule is the applets that change how processes are scheduled.
package schedule

import (
	"math"
	"runtime"
	"strconv"
	"strings"
	"syscall"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/number"
	"bantam/internal/userland/applet/users"
)

// Nice is nice.
var Nice = applet.Applet{
	Names: "nice",
	Usage: "[-n ADJUST] [PROG ARGS]",
	About: "Run PROG with a changed nice value, or print the nice value.",
	Notes: `
	-n ADJUST	add ADJUST (10)
`,
	Form: applet.Plain,
	Min:  true,
	Run:  nice,
}

// setNice is setpriority of this thread. The kernel keeps priorities per thread, and
// execve keeps those of the thread that calls it: it must be called on it.
func setNice(value int) error {
	runtime.LockOSThread()
	return syscall.Setpriority(syscall.PRIO_PROCESS, 0, value)
}

// getNice turns the raw system call's result, 20 minus the value, around.
func getNice(which, who int) (int, error) {
	n, err := syscall.Getpriority(which, who)
	return 20 - n, err
}

func nice(c *applet.Call) int {
	old, _ := getNice(syscall.PRIO_PROCESS, 0)
	args := c.Args
	if len(args) == 0 {
		c.Out.Print(strconv.Itoa(old), "\n")
		return 0
	}
	adjust := int64(10)
	if word, is := strings.CutPrefix(args[0], "-"); is {
		word, args = strings.TrimPrefix(word, "n"), args[1:]
		if word == "" && args != nil && len(args) > 0 && strings.HasPrefix(c.Args[0], "-n") {
			word, args = args[0], args[1:]
		}
		if len(args) == 0 {
			return c.UsageError("")
		}
		var wrong string
		if adjust, wrong = number.Signed(word, math.MinInt32/2, math.MaxInt32/2); wrong != "" {
			return c.Complain(wrong)
		}
	}
	value := old + int(adjust)
	if err := setNice(value); err != nil {
		return c.Warn("setpriority("+strconv.Itoa(value)+")", err)
	}
	return c.Exec(args)
}

// Renice is renice.
var Renice = applet.Applet{
	Names: "renice",
	Usage: "[-n] PRIORITY [[-p|g|u] ID...]...",
	About: "Change the nice values of running processes.",
	Notes: `
	-n	add PRIORITY to the value instead of setting it
	-p	IDs are processes (default)
	-g	IDs are process groups
	-u	IDs are users
`,
	Form: applet.Plain,
	Dir:  "/usr/bin",
	Run:  renice,
}

func renice(c *applet.Call) int {
	args, relative := c.Args, false
	if len(args) > 0 && strings.HasPrefix(args[0], "-n") {
		relative = true
		if args[0] = args[0][2:]; args[0] == "" {
			args = args[1:]
		}
	}
	if len(args) == 0 {
		return c.UsageError("")
	}
	value, wrong := number.Signed(args[0], math.MinInt32/2, math.MaxInt32/2)
	if wrong != "" {
		return c.Complain(wrong)
	}
	status, which := 0, syscall.PRIO_PROCESS
	for _, arg := range args[1:] {
		if len(arg) > 1 && arg[0] == '-' && strings.IndexByte("pgu", arg[1]) >= 0 {
			which = strings.IndexByte("pgu", arg[1])
			if arg = arg[2:]; arg == "" {
				continue
			}
		}
		status |= reniceOne(c, which, arg, int(value), relative)
	}
	return status
}

func reniceOne(c *applet.Call, which int, arg string, value int, relative bool) int {
	who, err := strconv.ParseUint(arg, 10, 32)
	if which == syscall.PRIO_USER {
		user := users.ByName(arg)
		if user == nil {
			return c.Complain("unknown user " + arg)
		}
		who, err = uint64(user.UID), nil
	}
	if err != nil {
		return c.Complain("invalid number '" + arg + "'")
	}
	if relative {
		old, err := getNice(which, int(who))
		if err != nil {
			return c.Warn("getpriority", err)
		}
		value += old
	}
	if err := syscall.Setpriority(which, int(who), value); err != nil {
		return c.Warn("setpriority", err)
	}
	return 0
}
