package wrap

import (
	"math"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/number"
	"bantam/internal/userland/applet/signals"
)

// Timeout is timeout.
var Timeout = applet.Applet{
	Names: "timeout",
	Usage: "[-s SIG] [-k KILL_SECS] SECS PROG ARGS",
	About: `Run PROG, and send it SIG if it is still there after SECS seconds. A number may
have the suffix s, m, h or d.`,
	Options: `
-s SIG	the signal (TERM)
-k KILL_SECS	send KILL after that many more seconds
-p STAGE
`,
	Form: applet.Leading,
	Dir:  "/usr/bin",
	Min:  true,
	Run:  timeout,
}

// timeout becomes the program; a process beside it watches, which is started by an
// intermediate child, so that the program has no child that it doesn't know. The
// watcher holds a pidfd as its standard input: it can't kill another process that got
// the number. The hidden option -p is its stage.
func timeout(c *applet.Call) int {
	signal := int(syscall.SIGTERM)
	if name, given := c.Given("s"); given {
		var ok bool
		if signal, ok = signals.Number(name); !ok {
			return c.Complain("unknown signal '" + name + "'")
		}
	}
	var kill time.Duration
	var wrong string
	if word, given := c.Given("k"); given {
		if kill, wrong = number.Duration(word); wrong != "" {
			return c.Complain(wrong)
		}
	}
	if len(c.Args) == 0 {
		return c.UsageError("")
	}
	after, wrong := number.Duration(c.Args[0])
	if wrong != "" {
		return c.Complain(wrong)
	}
	if len(c.Args) == 1 {
		return c.UsageError("")
	}
	switch c.Value("p") {
	case "2":
		return watch(after, kill, signal)
	case "1":
		return stage(c, 0, "2")
	}
	self, err := unix.PidfdOpen(syscall.Getpid(), 0)
	if err != nil {
		return c.Warn("pidfd_open", err)
	}
	if status := stage(c, self, "1"); status != 0 {
		return status
	}
	syscall.Close(self)
	return c.Exec(c.Args[1:])
}

// stage starts this applet again with the pidfd as its standard input. It waits for the
// first one.
func stage(c *applet.Call, pidfd int, number string) int {
	null, err := applet.OpenFile("/dev/null", syscall.O_RDWR, 0)
	if err != nil {
		return c.CantOpen("/dev/null", err)
	}
	defer syscall.Close(null)
	argv := []string{"timeout", "-p", number, "-s", or(c.Value("s"), "TERM"), "-k", or(c.Value("k"), "0"), c.Args[0], "x"}
	attr := syscall.ProcAttr{Env: c.Environ(), Files: []uintptr{uintptr(pidfd), uintptr(null), uintptr(null)}, Sys: &syscall.SysProcAttr{Setsid: true}}
	pid, err := applet.ForkExec(applet.Self, argv, &attr)
	if err != nil {
		return c.Warn("can't execute '"+applet.Self+"'", err)
	}
	if number == "1" {
		return applet.Wait(pid)
	}
	return 0
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// watch waits for the end of the process, or kills it.
func watch(after, kill time.Duration, signal int) int {
	if gone(after) {
		return 0
	}
	unix.PidfdSendSignal(0, syscall.Signal(signal), nil, 0)
	if kill > 0 && !gone(kill) {
		unix.PidfdSendSignal(0, syscall.SIGKILL, nil, 0)
	}
	return 0
}

// gone waits some time for the end of the process.
func gone(wait time.Duration) bool {
	fds := []unix.PollFd{{Fd: 0, Events: unix.POLLIN}}
	for end := time.Now().Add(wait); ; {
		left := time.Until(end)
		if n, _ := unix.Poll(fds, int(min(max(left.Milliseconds(), 0), math.MaxInt32))); n > 0 {
			return true
		}
		if left <= 0 {
			return false
		}
	}
}
