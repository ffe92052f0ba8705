// Package script is the applets script and scriptreplay.
package script

import (
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/pad"
	"bantam/internal/userland/applet/signals"
	"bantam/internal/userland/applet/term"
)

// Script is script.
var Script = applet.Applet{
	Names: "script",
	Usage: "[-aefq] [-t[FILE]] [-c PROG] [OUTFILE]",
	About: "Keep what is shown in a session in OUTFILE (typescript).",
	Options: `
-a, --append	append to OUTFILE
-c, --command PROG	run PROG instead of a shell
-e, --return	end with PROG's exit status
-f, --flush	ignored: everything is written at once
-q, --quiet	say nothing at the beginning and the end
-t[FILE], --timing[=FILE]	the times of the output to FILE or standard error
`,
	Dir:    "/usr/bin",
	AtMost: 1,
	Run:    script,
}

// session is a program in a pseudo-terminal.
type session struct {
	c      *applet.Call
	master int
	out    int // OUTFILE
	timing *applet.Out
	last   time.Time
	buf    [4096]byte
}

func script(c *applet.Call) int {
	name := "typescript"
	if len(c.Args) > 0 {
		name = c.Args[0]
	}
	s := &session{c: c, last: time.Now().Truncate(time.Second)}
	if status := s.open(name); status != 0 {
		return status
	}
	if !c.Has("q") {
		c.Out.Print("Script started, file is ", name, "\n")
		c.Out.Flush()
	}
	children, err := signals.Pipe(syscall.SIGCHLD, syscall.SIGWINCH, syscall.SIGTERM, syscall.SIGHUP)
	if err != nil {
		return c.Warn("pipe", err)
	}
	modes, _ := term.Get(0)
	pid, err := s.start(modes)
	if err != nil {
		return c.Warn("can't execute '"+shell(c)+"'", err)
	}
	if modes != nil {
		term.Raw(0)
	}
	s.pump(children, pid)
	if modes != nil {
		term.Set(0, modes)
	}
	if s.timing != nil && s.timing.Fd() != 2 {
		s.timing.Close()
	}
	if !c.Has("q") {
		c.Out.Print("Script done, file is ", name, "\n")
	}
	if status := applet.Wait(pid); c.Has("e") {
		return status
	}
	return 0
}

func (s *session) open(name string) int {
	c := s.c
	if c.Has("t") {
		s.timing = c.Err
		if file := c.Value("t"); file != "" {
			out, err := applet.Create(file, 0o666)
			if err != nil {
				return c.CantOpen(file, err)
			}
			s.timing = out
		}
	}
	flags := syscall.O_CREAT | syscall.O_TRUNC | syscall.O_WRONLY
	if c.Has("a") {
		flags = syscall.O_CREAT | syscall.O_APPEND | syscall.O_WRONLY
	}
	var err error
	if s.out, err = applet.OpenFile(name, flags, 0o666); err != nil {
		return c.CantOpen(name, err)
	}
	return 0
}

func shell(c *applet.Call) string {
	if s := c.Getenv("SHELL"); s != "" {
		return s
	}
	return "/bin/sh"
}

// start starts the shell in a new pseudo-terminal with the settings of this one.
func (s *session) start(modes *term.Modes) (pid int, err error) {
	master, path, err := term.OpenPty()
	if err != nil {
		return 0, err
	}
	s.master = master
	slave, err := applet.OpenFile(path, syscall.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		return 0, err
	}
	defer syscall.Close(slave)
	if modes != nil {
		term.Set(slave, modes)
	}
	s.resize()
	argv := []string{shell(s.c), "-i"}
	if command, given := s.c.Given("c"); given {
		argv = []string{shell(s.c), "-c", command}
	}
	attr := syscall.SysProcAttr{Setsid: true, Setctty: true}
	return s.c.Start(argv, [3]int{slave, slave, slave}, &attr)
}

// resize gives the terminal's size to the pseudo-terminal.
func (s *session) resize() {
	if size, err := unix.IoctlGetWinsize(0, unix.TIOCGWINSZ); err == nil {
		unix.IoctlSetWinsize(s.master, unix.TIOCSWINSZ, size)
	}
}

// pump copies what is typed and what is shown until the program ends.
func (s *session) pump(arrived, pid int) {
	fds := []unix.PollFd{
		{Fd: int32(s.master), Events: unix.POLLIN}, {Fd: int32(arrived), Events: unix.POLLIN}, {Fd: 0, Events: unix.POLLIN},
	}
	for {
		if _, err := unix.Poll(fds, -1); err != nil && err != syscall.EINTR {
			return
		}
		if fds[0].Revents != 0 && !s.show() {
			return
		}
		if fds[1].Revents != 0 && s.signal(arrived, pid) {
			s.rest()
			return
		}
		if len(fds) > 2 && fds[2].Revents != 0 && !s.typed() {
			fds = fds[:2]
		}
	}
}

// signal says whether the program has ended; its status is left to be waited for. If
// this one is to end, the program is told that its terminal is gone.
func (s *session) signal(arrived, pid int) bool {
	var b [16]byte
	n, _ := syscall.Read(arrived, b[:])
	for _, signal := range b[:max(n, 0)] {
		if signal == byte(syscall.SIGTERM) || signal == byte(syscall.SIGHUP) {
			syscall.Kill(-pid, syscall.SIGHUP)
		}
	}
	s.resize()
	var info unix.Siginfo
	err := unix.Waitid(unix.P_PID, pid, &info, unix.WEXITED|unix.WNOHANG|unix.WNOWAIT, nil)
	return err == nil && info.Signo != 0
}

// rest copies what is left in the terminal, but not for ever if a grandchild goes on
// writing.
func (s *session) rest() {
	fds := []unix.PollFd{{Fd: int32(s.master), Events: unix.POLLIN}}
	for range 999 {
		n, err := unix.Poll(fds, 0)
		if err == syscall.EINTR {
			continue
		}
		if n <= 0 || !s.show() {
			return
		}
	}
}

// show copies what the program wrote. A terminal that nobody has open gives EIO.
func (s *session) show() bool {
	n, err := applet.ReadFd(s.master, s.buf[:])
	if err != nil || n == 0 {
		return false
	}
	if s.timing != nil {
		now := time.Now()
		delay := now.Sub(s.last)
		s.last = now
		s.timing.Print(pad.Fixed(uint64(max(delay.Microseconds(), 0)), 6), " ", strconv.Itoa(n), "\n")
	}
	applet.WriteFd(1, s.buf[:n])
	applet.WriteFd(s.out, s.buf[:n])
	return true
}

// typed gives what was typed to the program. At the end of the input it gets the key for
// that, so that it doesn't wait for ever.
func (s *session) typed() bool {
	n, err := applet.ReadFd(0, s.buf[:])
	if err != nil || n == 0 {
		if modes, err := term.Get(s.master); err == nil {
			applet.WriteFd(s.master, modes.Cc[unix.VEOF:unix.VEOF+1])
		}
		return false
	}
	return applet.WriteFd(s.master, s.buf[:n]) == nil
}
