// Package kill is the applets that send signals and find processes by name.
package kill

import (
	"strconv"
	"strings"
	"syscall"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/proc"
	"bantam/internal/userland/applet/signals"
)

// Kill is kill.
var Kill = applet.Applet{
	Names: "kill",
	Usage: "[-l] [-SIG] PID...",
	About: "Send a signal (TERM if none is named) to processes.",
	Notes: `
	-l [SIG]...	the names and numbers of all signals, or of SIGs
	-SIG, -s SIG	the signal, by name or number
A negative PID is a process group.
`,
	Form:  applet.Plain,
	Quick: true,
	Min:   true,
	Run:   kill,
}

// All is killall.
var All = applet.Applet{
	Names: "killall",
	Usage: "[-lq] [-SIG] NAME...",
	About: "Send a signal (TERM if none is named) to all processes called NAME.",
	Notes: `
	-l	the names and numbers of all signals
	-q	say nothing if there was no such process
`,
	Form: applet.Plain,
	Dir:  "/usr/bin",
	Min:  true,
	Run:  killAll,
}

// All5 is killall5.
var All5 = applet.Applet{
	Names: "killall5",
	Usage: "[-l] [-SIG] [-o PID]...",
	About: "Send a signal (TERM if none is named) to all processes outside this session.",
	Notes: `
	-l	the names and numbers of all signals
	-o PID	not to this one
`,
	Form: applet.Plain,
	Dir:  "/usr/sbin",
	Run:  killAll5,
}

// options is what all three have in common. done means that status is the result.
func options(c *applet.Call) (signal int, quiet, done bool, status int) {
	signal = int(syscall.SIGTERM)
	take := func() { c.Args = c.Args[1:] }
	first := func() string {
		if len(c.Args) == 0 {
			return ""
		}
		return c.Args[0]
	}
	if first() == "-l" {
		take()
		return 0, false, true, list(c)
	}
	if c.Name == "killall" && first() == "-q" {
		quiet = true
		if take(); len(c.Args) == 0 {
			return 0, false, true, c.UsageError("")
		}
	}
	arg := first()
	switch {
	case arg == "" || arg[0] != '-' || c.Name == "killall5" && strings.HasPrefix(arg, "-o"):
		return signal, quiet, false, 0
	case arg == "--" && c.Name != "killall5":
		take()
		return signal, quiet, false, 0
	case arg == "-s" && len(c.Args) > 1:
		take()
		arg = "-" + first()
	}
	take()
	signal, ok := signals.Number(arg[1:])
	if !ok {
		return 0, false, true, c.Complain("bad signal name '" + arg[1:] + "'")
	}
	return signal, quiet, false, 0
}

// list translates signals. A status of a command that a signal ended is that signal.
func list(c *applet.Call) int {
	if len(c.Args) == 0 {
		c.Out.Print(signals.List())
		return 0
	}
	for _, arg := range c.Args {
		if arg != "" && arg[0] >= '0' && arg[0] <= '9' {
			n, err := strconv.ParseUint(arg, 10, 32)
			if err != nil {
				return c.Complain("unknown signal '" + arg + "'")
			}
			c.Out.Print(signals.Name(int(n&0x7f)), "\n")
			continue
		}
		n, ok := signals.Number(arg)
		if !ok {
			return c.Complain("unknown signal '" + arg + "'")
		}
		c.Out.Int(int64(n))
		c.Out.Print("\n")
	}
	return 0
}

func kill(c *applet.Call) int {
	signal, _, done, status := options(c)
	if done {
		return status
	}
	if len(c.Args) == 0 {
		return c.Complain("you need to specify whom to kill")
	}
	for _, arg := range c.Args {
		// The shell gives process groups as " -1234", and the members of a pipeline as one word.
		for _, word := range strings.Split(strings.TrimPrefix(arg, " "), " ") {
			pid, err := strconv.ParseInt(word, 10, 32)
			if err != nil || word[0] == '+' {
				status += c.Complain("invalid number '" + word + "'")
				break
			}
			status += send(c, int(pid), signal, false)
		}
	}
	return status
}

func send(c *applet.Call, pid, signal int, quiet bool) int {
	err := syscall.Kill(pid, syscall.Signal(signal))
	if err == nil {
		return 0
	}
	if quiet {
		return 1
	}
	return c.Warn("can't kill pid "+strconv.Itoa(pid), err)
}

func killAll(c *applet.Call) int {
	signal, quiet, done, status := options(c)
	if done {
		return status
	}
	if len(c.Args) == 0 {
		return c.Complain("you need to specify whom to kill")
	}
	for _, name := range c.Args {
		pids, err := proc.ByName(name)
		if err != nil {
			return c.Warn("can't open '/proc'", err)
		}
		if len(pids) == 0 {
			if status++; !quiet {
				c.Complain(name + ": no process killed")
			}
		}
		for _, pid := range pids {
			if pid != syscall.Getpid() {
				status += send(c, pid, signal, quiet)
			}
		}
	}
	return status
}

// nobody is killall5's status when no process was signaled.
const nobody = 2

func killAll5(c *applet.Call) int {
	signal, _, done, status := options(c)
	if done {
		return status
	}
	omit, ok := omitted(c)
	if !ok {
		return 1
	}
	session, _, _ := syscall.RawSyscall(syscall.SYS_GETSID, 0, 0, 0)
	stop := signal != int(syscall.SIGSTOP) && signal != int(syscall.SIGCONT)
	if stop {
		// So that nobody starts another process meanwhile.
		syscall.Kill(-1, syscall.SIGSTOP)
		defer syscall.Kill(-1, syscall.SIGCONT)
	}
	s, err := proc.Open()
	if err != nil {
		return c.Warn("can't open '/proc'", err)
	}
	status = nobody
	for p := s.Next(); p != nil; p = s.Next() {
		// Session 0 has the kernel's threads.
		if p.Session == int(session) || p.Session == 0 || p.Pid == 1 || p.Pid == syscall.Getpid() || contains(omit, p.Pid) {
			continue
		}
		syscall.Kill(p.Pid, syscall.Signal(signal))
		status = 0
	}
	return status
}

func contains(pids []int, pid int) bool {
	for _, p := range pids {
		if p == pid {
			return true
		}
	}
	return false
}

// omitted reads killall5's -o PID... .
func omitted(c *applet.Call) (pids []int, ok bool) {
	for args := c.Args; len(args) > 0; {
		word, is := strings.CutPrefix(args[0], "-o")
		if !is {
			c.Complain("bad option '" + args[0] + "'")
			return nil, false
		}
		args = args[1:]
		if word == "" && len(args) > 0 {
			word, args = args[0], args[1:]
		}
		pid, err := strconv.Atoi(word)
		if err != nil {
			c.Complain("invalid number '" + word + "'")
			return nil, false
		}
		pids = append(pids, pid)
	}
	return pids, true
}
