// Package pgrep is the applets pgrep and pkill.
package pgrep

import (
	"bytes"
	"strconv"
	"syscall"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/proc"
	"bantam/internal/userland/applet/regex"
	"bantam/internal/userland/applet/signals"
)

// Pgrep is pgrep.
var Pgrep = applet.Applet{
	Names: "pgrep",
	Usage: "[-flanovx] [-s SID|-P PPID|PATTERN]",
	About: "List the processes whose name matches the regular expression PATTERN.",
	Options: `
-l	the name of the command, too
-a	the command line, too
-f	match the whole command line
-n	only the newest process
-o	only the oldest process
-v	those that don't match
-x	the whole name must match
-s SID	the session (0: this one)
-P PPID	the parent
-e	
`,
	Dir: "/usr/bin",
	Run: pgrep,
}

// Pkill is pkill.
var Pkill = applet.Applet{
	Names: "pkill",
	Usage: "[-l|-SIGNAL] [-xfvnoe] [-s SID|-P PPID|PATTERN]",
	About: "Send a signal (TERM) to the processes whose name matches PATTERN.",
	Options: `
-l	the names and numbers of all signals
-x	the whole name must match
-f	match the whole command line
-s SID	the session (0: this one)
-P PPID	the parent
-v	those that don't match
-n	only the newest process
-o	only the oldest process
-e	say what was killed
-a	
-SIGNAL	the signal, which must be the first argument
`,
	Form: applet.Plain,
	Dir:  "/usr/bin",
	Run:  pkill,
}

// search is what is looked for and what is done with it.
type search struct {
	c               *applet.Call
	re              *regex.Regexp
	session, parent int
	signal          int
	kill            bool
}

func pkill(c *applet.Call) int {
	signal := int(syscall.SIGTERM)
	if len(c.Args) > 0 && len(c.Args[0]) > 1 && c.Args[0][0] == '-' {
		if n, ok := signals.Number(c.Args[0][1:]); ok {
			signal = n
			c.Args = c.Args[1:]
		}
	}
	if !c.Reparse(c.Args) {
		return 1
	}
	if c.Has("l") {
		c.Out.Print(signals.List())
		return 0
	}
	return run(&search{c: c, signal: signal, kill: true})
}

func pgrep(c *applet.Call) int { return run(&search{c: c}) }

func run(s *search) int {
	c := s.c
	var ok1, ok2 bool
	if s.session, ok1 = s.number("s"); !ok1 {
		return 1
	}
	if s.parent, ok2 = s.number("P"); !ok2 {
		return 1
	}
	if s.session == 0 {
		id, _, _ := syscall.RawSyscall(syscall.SYS_GETSID, 0, 0, 0)
		s.session = int(id)
	}
	// One pattern is needed if there is neither a session nor a parent.
	if s.session < 0 && s.parent < 0 && len(c.Args) != 1 {
		return c.UsageError("")
	}
	if len(c.Args) > 0 {
		re, err := regex.Compile(c.Args[0], regex.Extended)
		if err != nil {
			return c.Complain("bad regex '" + c.Args[0] + "': " + err.Error())
		}
		s.re = re
	}
	return s.scan()
}

func (s *search) number(key string) (n int, ok bool) {
	word, given := s.c.Given(key)
	if !given {
		return -1, true
	}
	v, err := strconv.ParseUint(word, 10, 31)
	if err != nil {
		s.c.Complain("invalid number '" + word + "'")
		return 0, false
	}
	return int(v), true
}

func (s *search) scan() int {
	processes, err := proc.Open()
	if err != nil {
		return s.c.Warn("can't open '/proc'", err)
	}
	last, lastName := 0, ""
	for p := processes.Next(); p != nil; p = processes.Next() {
		if p.Pid == syscall.Getpid() {
			continue
		}
		name, hit := s.match(p)
		if hit == s.c.Has("v") {
			continue
		}
		last, lastName = p.Pid, name
		if s.c.Has("n") {
			continue
		}
		s.act(p.Pid, name)
		if s.c.Has("o") {
			processes.Close()
			break
		}
	}
	if last == 0 {
		return 1
	}
	if s.c.Has("n") {
		s.act(last, lastName)
	}
	return 0
}

// match says whether a process is meant, and what it is called then: by the name of
// the first argument or the whole line, or else by the kernel's name for it.
func (s *search) match(p *proc.Process) (name string, hit bool) {
	args := bytes.TrimSuffix(p.Args(1023), []byte{0})
	shown := args
	if !s.c.Has("f") {
		args, _, _ = bytes.Cut(args, []byte{0})
	}
	if !s.c.Has("a") {
		shown, _, _ = bytes.Cut(shown, []byte{0})
	}
	line := spaced(args)
	name = string(spaced(shown))
	if len(args) == 0 {
		line, name = []byte(p.Comm), p.Comm
	}
	if s.parent >= 0 && s.parent != p.Parent || s.session >= 0 && s.session != p.Session {
		return name, false
	}
	if s.re == nil || s.matches(line) {
		return name, true
	}
	return p.Comm, s.matches([]byte(p.Comm))
}

// spaced replaces control characters, and the zeros between the arguments, by spaces.
func spaced(args []byte) []byte {
	out := bytes.Clone(args)
	for i, b := range out {
		if b < ' ' {
			out[i] = ' '
		}
	}
	return out
}

func (s *search) matches(text []byte) bool {
	var slots [2]int
	if !s.re.Find(text, 0, slots[:], 0) {
		return false
	}
	return !s.c.Has("x") || slots[0] == 0 && slots[1] == len(text)
}

func (s *search) act(pid int, name string) {
	id := strconv.Itoa(pid)
	switch {
	case s.kill:
		syscall.Kill(pid, syscall.Signal(s.signal))
		if s.c.Has("e") {
			s.c.Out.Print(name, " killed (pid ", id, ")\n")
		}
	case s.c.Has("l") || s.c.Has("a"):
		s.c.Out.Print(id, " ", name, "\n")
	default:
		s.c.Out.Print(id, "\n")
	}
}
