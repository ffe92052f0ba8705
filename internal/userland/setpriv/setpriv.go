// Package setpriv has the applet setpriv.
package setpriv

import (
	"runtime"
	"strconv"
	"strings"
	"syscall"

	"bantam/internal/linux/capability"
	"bantam/internal/userland/applet"

	"golang.org/x/sys/unix"
)

// Applet is setpriv.
var Applet = applet.Applet{
	Names: "setpriv",
	Usage: "[OPTIONS] PROG ARGS",
	About: "Run PROG with other privileges.",
	Options: `
-d, --dump	show the current privileges
--nnp, --no-new-privs	PROG and its children can't gain privileges (setuid and so on)
--inh-caps CAP,CAP...	set inheritable capabilities: +CAP adds one, -CAP takes it away
--ambient-caps CAP,CAP...	the same for ambient capabilities
`,
	Form: applet.Leading,
	Dir:  "/usr/bin",
	Run:  run,
}

func run(c *applet.Call) int {
	inheritable, setsInheritable := c.Given("inh-caps")
	ambient, setsAmbient := c.Given("ambient-caps")
	if c.Has("d") {
		if len(c.Args) > 0 || c.Has("nnp") || setsInheritable || setsAmbient {
			return c.UsageError("")
		}
		return dump(c)
	}
	// What follows belongs to the thread; execve gives it to the process.
	runtime.LockOSThread()
	if c.Has("nnp") {
		if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
			return c.Warn("prctl: SET_NO_NEW_PRIVS", err)
		}
	}
	if setsInheritable {
		if status := setInheritable(c, inheritable); status != 0 {
			return status
		}
	}
	if setsAmbient {
		if status := setAmbient(c, ambient); status != 0 {
			return status
		}
	}
	if len(c.Args) == 0 {
		return c.UsageError("")
	}
	return c.Exec(c.Args)
}

// last is the kernel's highest capability.
func last() int {
	n, err := strconv.Atoi(applet.ReadString("/proc/sys/kernel/cap_last_cap"))
	if err != nil {
		return capability.Last
	}
	return n
}

// parse reads "+chown" or "-cap_5".
func parse(c *applet.Call, text string) (bit int, add, ok bool) {
	if text == "" || text[0] != '+' && text[0] != '-' {
		c.Complain("invalid capability '" + text + "'")
		return 0, false, false
	}
	name := text[1:]
	if bit, ok = capability.Bit("CAP_" + strings.ToUpper(name)); !ok {
		if digits, found := strings.CutPrefix(name, "cap_"); found {
			n, err := strconv.Atoi(digits)
			bit, ok = n, err == nil
		}
	}
	if !ok || bit < 0 || bit > last() {
		c.Complain("unknown capability '" + name + "'")
		return 0, false, false
	}
	return bit, text[0] == '+', true
}

func setInheritable(c *applet.Call, list string) int {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if err := unix.Capget(&header, &data[0]); err != nil {
		return c.Warn("capget", err)
	}
	for _, text := range strings.Split(list, ",") {
		bit, add, ok := parse(c, text)
		switch {
		case !ok:
			return 1
		case add:
			data[bit/32].Inheritable |= 1 << (bit % 32)
		default:
			data[bit/32].Inheritable &^= 1 << (bit % 32)
		}
	}
	if err := unix.Capset(&header, &data[0]); err != nil {
		return c.Warn("capset", err)
	}
	return 0
}

func setAmbient(c *applet.Call, list string) int {
	for _, text := range strings.Split(list, ",") {
		bit, add, ok := parse(c, text)
		if !ok {
			return 1
		}
		what, name := unix.PR_CAP_AMBIENT_LOWER, "cap_ambient_lower"
		if add {
			what, name = unix.PR_CAP_AMBIENT_RAISE, "cap_ambient_raise"
		}
		if err := unix.Prctl(unix.PR_CAP_AMBIENT, uintptr(what), uintptr(bit), 0, 0); err != nil {
			c.Warn(name, err)
		}
	}
	return 0
}

func dump(c *applet.Call) int {
	id := func(name string, n int) { c.Out.Print(name, ": ", strconv.Itoa(n), "\n") }
	id("uid", syscall.Getuid())
	id("euid", syscall.Geteuid())
	id("gid", syscall.Getgid())
	id("egid", syscall.Getegid())
	groups, _ := syscall.Getgroups()
	var names []string
	for _, g := range groups {
		names = append(names, strconv.Itoa(g))
	}
	list(c, "Supplementary groups", names)
	id("no_new_privs", prctl(unix.PR_GET_NO_NEW_PRIVS, 0))
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	unix.Capget(&header, &data[0])
	capabilities(c, "Inheritable capabilities", func(bit int) bool { return data[bit/32].Inheritable>>(bit%32)&1 != 0 })
	capabilities(c, "Ambient capabilities", func(bit int) bool {
		r, _, _ := syscall.RawSyscall6(unix.SYS_PRCTL, unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_IS_SET, uintptr(bit), 0, 0, 0)
		return r == 1
	})
	capabilities(c, "Capability bounding set", func(bit int) bool { return prctl(unix.PR_CAPBSET_READ, uintptr(bit)) == 1 })
	return 0
}

func prctl(option, argument uintptr) int {
	r, _, _ := syscall.RawSyscall6(unix.SYS_PRCTL, option, argument, 0, 0, 0, 0)
	return int(r)
}

func capabilities(c *applet.Call, title string, has func(bit int) bool) {
	var names []string
	for bit := 0; bit <= last(); bit++ {
		if has(bit) {
			name := strings.ToLower(capability.Name(bit))
			if bit <= capability.Last {
				name = name[len("cap_"):]
			}
			names = append(names, name)
		}
	}
	list(c, title, names)
}

func list(c *applet.Call, title string, names []string) {
	if len(names) == 0 {
		names = []string{"[none]"}
	}
	c.Out.Print(title, ": ", strings.Join(names, ","), "\n")
}
