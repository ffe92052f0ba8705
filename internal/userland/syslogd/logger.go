package syslogd

import (
	"strconv"
	"strings"
	"syscall"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/background"
	"bantam/internal/userland/applet/number"
	"bantam/internal/userland/applet/signals"
	"bantam/internal/userland/applet/syslog"
	"bantam/internal/userland/applet/users"

	"golang.org/x/sys/unix"
)

// Logger is logger.
var Logger = applet.Applet{
	Names: "logger",
	Usage: "[-s] [-t TAG] [-p PRIO] [MESSAGE]",
	About: "Write MESSAGE (or stdin) to syslog.",
	Options: `
-s	log to stderr as well as the system log
-t TAG	log using the specified tag (defaults to user name)
-p PRIO	priority (number or FACILITY.LEVEL pair)
`,
	Dir: "/usr/bin",
	Run: runLogger,
}

// Klogd is klogd.
var Klogd = applet.Applet{
	Names: "klogd",
	Usage: "[-c N] [-n]",
	About: "Log kernel messages to syslog.",
	Options: `
-c N	print to console messages more urgent than prio N (1-8)
-n	run in foreground
`,
	AtMost: applet.None,
	Dir:    "/sbin",
	Run:    klogd,
}

func runLogger(c *applet.Call) int {
	tag, given := c.Given("t")
	if !given {
		uid := uint32(syscall.Geteuid())
		if u := users.ByUID(uid); u != nil {
			tag = u.Name
		} else {
			tag = strconv.Itoa(int(uid))
		}
	}
	priority := syslog.User | syslog.Notice
	if text, given := c.Given("p"); given {
		wrong := ""
		if priority, wrong = parsePriority(text); wrong != "" {
			return c.Complain(wrong)
		}
	}
	send := func(text string) {
		if c.Has("s") {
			c.Err.Print(tag, ": ", strings.TrimSuffix(text, "\n"), "\n")
		}
		syslog.Send(priority, tag, text)
	}
	if len(c.Args) > 0 {
		send(strings.Join(c.Args, " "))
		return 0
	}
	const longest = 1023 // what is longer is several messages
	for {
		line, ok := c.In.Line()
		if !ok {
			return 0
		}
		for len(line) > longest {
			send(string(line[:longest]))
			line = line[longest:]
		}
		if len(line) > 0 {
			send(string(line))
		}
	}
}

// parsePriority reads FACILITY.LEVEL, names or numbers.
func parsePriority(text string) (priority int, wrong string) {
	facility, level, found := strings.Cut(text, ".")
	number := func(s string, named func(string) (int, bool)) (int, bool) {
		if n, err := strconv.Atoi(s); err == nil && n >= 0 {
			return n, true
		}
		return named(s)
	}
	f := syslog.User
	if found {
		n, ok := number(facility, func(s string) (int, bool) {
			n, ok := syslog.Facility(s)
			return n << 3, ok
		})
		if !ok {
			return 0, "unknown facility name: " + facility
		}
		f = n
	} else {
		level = text
	}
	l, ok := number(level, syslog.Level)
	if !ok {
		return 0, "unknown priority name: " + text
	}
	return l&7 | f&0x3f8, ""
}

// Commands of syslog(2).
const (
	logClose        = 0
	logRead         = 2
	logConsoleOn    = 7
	logConsoleLevel = 8
)

func klogd(c *applet.Call) int {
	const pidFile = "/var/run/klogd.pid"
	level := 0
	if text, given := c.Given("c"); given {
		n, err := number.Int(text, 1<<30)
		if err != nil {
			return c.Complain("invalid number '" + text + "'")
		}
		if n < 1 || n > 8 {
			return c.Complain("number " + text + " is not in 1..8 range")
		}
		level = n
	}
	if !c.Has("n") {
		return background.Start(c, "n", -1)
	}
	stop := signals.Notify(syscall.SIGTERM, syscall.SIGINT, syscall.SIGQUIT)
	signals.Ignore(syscall.SIGHUP)
	if level > 0 {
		syscall.Syscall(unix.SYS_SYSLOG, logConsoleLevel, 0, uintptr(level))
	}
	send := func(priority int, text string) { syslog.Send(priority, "kernel", text) }
	send(syslog.Kernel|syslog.Notice, "klogd started: box v"+c.Version)
	background.WritePid(pidFile)
	failed := make(chan error, 1)
	go func() { failed <- readKernel(send) }()
	signal := syscall.Signal(0)
	select {
	case err := <-failed:
		send(syslog.Kernel|syslog.Error, "klogctl(2) error: "+applet.Reason(err))
	case s := <-stop:
		signal, _ = s.(syscall.Signal)
	}
	syscall.Syscall(unix.SYS_SYSLOG, logConsoleOn, 0, 0)
	syscall.Syscall(unix.SYS_SYSLOG, logClose, 0, 0)
	send(syslog.Kernel|syslog.Notice, "klogd: exiting")
	syscall.Unlink(pidFile)
	if signal != 0 {
		applet.Die(signal)
	}
	return 1
}

// readKernel sends the kernel's messages on.
func readKernel(send func(priority int, text string)) error {
	buf, used := make([]byte, 1024), 0
	for {
		n, err := unix.Klogctl(logRead, buf[used:])
		if err == syscall.EINTR {
			continue
		}
		if err != nil {
			return err
		}
		used = copy(buf, kernelLines(buf[:used+n], len(buf), send))
	}
}

// kernelLines sends every whole line and returns the rest, unless that fills the buffer.
func kernelLines(p []byte, room int, send func(priority int, text string)) []byte {
	rest := string(p)
	for rest != "" {
		line, after, found := strings.Cut(rest, "\n")
		if !found && len(rest) < room {
			break
		}
		if priority, text := priorityOf(line, syslog.Info); text != "" {
			send(priority, text)
		}
		rest = after
	}
	return []byte(rest)
}
