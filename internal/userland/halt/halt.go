// Package halt has the applets that end the system, and runlevel.
package halt

import (
	"strings"
	"syscall"
	"time"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/number"
	"bantam/internal/userland/applet/proc"
	"bantam/internal/userland/applet/utmp"

	"golang.org/x/sys/unix"
)

// Applet is halt, poweroff and reboot.
var Applet = applet.Applet{
	Names: "halt poweroff reboot",
	Usage: "[-d DELAY] [-nfw]",
	About: "Halt, power off or reboot the system.",
	Options: `
-d SEC	delay interval
-n	do not sync
-f	force (don't go through init)
-w	only write a wtmp record
-i	ignored
`,
	Min: true,
	Dir: "/sbin",
	Run: run,
}

// Runlevel is runlevel.
var Runlevel = applet.Applet{
	Names: "runlevel",
	Usage: "[FILE]",
	About: "Print the previous and the current runlevel of the utmp FILE, or \"unknown\".",
	Form:  applet.Plain,
	Dir:   "/sbin",
	Quick: true,
	Run:   runlevel,
}

func run(c *applet.Call) int {
	const maxSeconds = 1 << 31
	if text, given := c.Given("d"); given {
		seconds, err := number.Int(text, maxSeconds)
		if err != nil {
			return c.Complain("invalid number '" + text + "'")
		}
		time.Sleep(time.Duration(seconds) * time.Second)
	}
	var u unix.Utsname
	unix.Uname(&u)
	release, _, _ := strings.Cut(string(u.Release[:]), "\x00")
	utmp.Append(utmp.Wtmp, "~~", &utmp.Entry{
		Type: utmp.RunLevel, Line: "~~", User: "shutdown", Host: release, Time: time.Now().Unix(),
	})
	if c.Has("w") {
		return 0
	}
	if !c.Has("n") {
		syscall.Sync()
	}
	signal, command := syscall.SIGUSR1, unix.LINUX_REBOOT_CMD_HALT
	switch c.Name {
	case "poweroff":
		signal, command = syscall.SIGUSR2, unix.LINUX_REBOOT_CMD_POWER_OFF
	case "reboot":
		signal, command = syscall.SIGTERM, unix.LINUX_REBOOT_CMD_RESTART
	}
	var err error
	if c.Has("f") {
		err = unix.Reboot(command)
	} else {
		err = tellInit(signal)
	}
	if err != nil {
		return c.Complain(applet.Reason(err))
	}
	return 0
}

// tellInit sends the signal to linuxrc, or else to init. The kernel may want to power
// off before init is there; what init does first of all is mounting /proc.
func tellInit(signal syscall.Signal) error {
	if pids, _ := proc.ByName("linuxrc"); len(pids) > 0 && syscall.Kill(pids[0], signal) == nil {
		return nil
	}
	err := syscall.Kill(1, signal)
	early := false
	for range 4 {
		if applet.Exists("/proc/meminfo") {
			break
		}
		early = true
		time.Sleep(time.Second)
	}
	if early {
		err = syscall.Kill(1, signal)
	}
	return err
}

func runlevel(c *applet.Call) int {
	path := utmp.Path
	if len(c.Args) > 0 {
		path = c.Args[0]
	}
	level := 0
	utmp.Each(path, func(e *utmp.Entry) {
		if e.Type == utmp.RunLevel && level == 0 {
			level = e.Pid
		}
	})
	if level == 0 {
		c.Out.Print("unknown\n")
		return 1
	}
	before := byte(level >> 8)
	if before == 0 {
		before = 'N'
	}
	c.Out.Print(string([]byte{before, ' ', byte(level), '\n'}))
	return 0
}
