// Package initd has the applet init: process 1 of a machine or a container.
package initd

import (
	"strconv"
	"strings"
	"syscall"
	"time"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/signals"
	"bantam/internal/userland/applet/syslog"
	"bantam/internal/userland/applet/utmp"

	"golang.org/x/sys/unix"
)

// Applet is init.
var Applet = applet.Applet{
	Names: "init linuxrc",
	Usage: "[-q] [RUNLEVEL]",
	About: `The first process of a system. It never ends, and starts what /etc/inittab says:
	TTY:ignored:ACTION:COMMAND
ACTION is sysinit, wait, once, respawn, askfirst, ctrlaltdel, shutdown or restart.
-q asks the running init to read it again. Signals:`,
	Options: `
HUP	reload /etc/inittab
TSTP	stop respawning until CONT
QUIT	execute the restart action in place of init
USR1 TERM USR2 INT	run halt, reboot, poweroff, Ctrl-Alt-Del
`,
	Form: applet.Plain,
	Min:  true,
	Dir:  "/sbin",
	Run:  run,
}

// system is the running init.
type system struct {
	*applet.Call
	actions []*action
	// pressed are the actions whose Enter was pressed.
	pressed chan *action
	// pause is the second between two rounds: shorter in tests.
	pause time.Duration
}

func run(c *applet.Call) int {
	// First of all: somebody may send signals very early. The ends of children come
	// another way than the orders, which so always find room.
	orders := signals.Notify(syscall.SIGINT, syscall.SIGQUIT, syscall.SIGPWR, syscall.SIGUSR1,
		syscall.SIGTERM, syscall.SIGUSR2, syscall.SIGHUP, syscall.SIGTSTP)
	children := signals.Notify(syscall.SIGCHLD)
	first := ""
	if len(c.Args) > 0 {
		first = c.Args[0]
	}
	if first == "-q" {
		if err := syscall.Kill(1, syscall.SIGHUP); err != nil {
			return c.Complain(applet.Reason(err))
		}
		return 0
	}
	if syscall.Getpid() != 1 && c.Name != "linuxrc" {
		return c.Complain("must be run as PID 1")
	}
	s := &system{Call: c, pressed: make(chan *action, 16), pause: time.Second}
	s.prepare(first)
	if first == "single" || first == "-s" || first == "1" {
		s.add(respawn, loginShell, "")
	} else {
		s.load()
	}
	pending := func() {
		for len(orders) > 0 {
			s.order((<-orders).(syscall.Signal))
		}
	}
	for _, kind := range []int{sysinit, wait, once} {
		s.start(kind)
		pending()
	}
	for {
		pending()
		var again <-chan time.Time
		if !s.start(respawn | askfirst) {
			again = time.After(4 * s.pause)
		}
		select {
		case <-again:
		case <-children:
		case a := <-s.pressed:
			s.enter(a)
		case o := <-orders:
			s.order(o.(syscall.Signal))
		}
		s.reap()
		time.Sleep(s.pause) // what can't be started shall not keep the processor busy
	}
}

// prepare sets up the process: console, environment, session.
func (s *system) prepare(level string) {
	unix.Reboot(unix.LINUX_REBOOT_CMD_CAD_OFF) // Ctrl-Alt-Del is a SIGINT for us
	term := s.console()
	sane(0)
	syscall.Chdir("/")
	syscall.Setsid()
	env := []string{"PATH=/sbin:/usr/sbin:/bin:/usr/bin", "SHELL=/bin/sh", "USER=root"}
	if term != "" {
		env = append(env, "TERM="+term)
	}
	if level != "" {
		env = append(env, "RUNLEVEL="+level)
	}
	for _, e := range s.Environ() {
		if name, _, _ := strings.Cut(e, "="); !set(env, name) {
			env = append(env, e)
		}
	}
	s.SetEnviron(env)
}

func set(env []string, name string) bool {
	for _, e := range env {
		if strings.HasPrefix(e, name+"=") {
			return true
		}
	}
	return false
}

// Where a message goes.
const (
	toLog = 1 << iota
	toConsole
)

// message tells the log, the console or both.
func (s *system) message(where int, text string) {
	if where&toLog != 0 {
		syslog.Send(syslog.Daemon|syslog.Info, s.Name, text)
	}
	if where&toConsole != 0 {
		s.Err.Print("\r", text, "\n")
	}
}

// start starts the actions of some kinds, and waits for those that are to be waited
// for. ok is false if there is one to be tried again.
func (s *system) start(which int) (ok bool) {
	ok = true
	for _, a := range s.actions {
		switch {
		case a.kind&which == 0 || a.kind&(respawn|askfirst) != 0 && a.pid != 0:
		case a.kind&askfirst != 0:
			ok = s.ask(a) && ok
		case a.kind&respawn != 0:
			a.pid = s.spawn(a)
			ok = a.pid > 0 && ok
		case a.kind&once != 0:
			s.spawn(a)
		default:
			s.waitFor(s.spawn(a))
		}
	}
	return ok
}

// waitFor waits for a process, and for all others that end meanwhile.
func (s *system) waitFor(pid int) {
	for pid > 0 {
		got, err := syscall.Wait4(-1, nil, 0, nil)
		if err != nil && err != syscall.EINTR {
			return
		}
		s.ended(got)
		if got == pid {
			return
		}
	}
}

// reap takes note of all children that ended.
func (s *system) reap() {
	for {
		pid, err := syscall.Wait4(-1, nil, syscall.WNOHANG, nil)
		if err == syscall.EINTR {
			continue
		}
		if pid <= 0 || err != nil {
			return
		}
		if a := s.ended(pid); a != nil {
			s.message(toLog, "process '"+a.command+"' (pid "+strconv.Itoa(pid)+") exited. Scheduling for restart.")
		}
	}
}

func (s *system) ended(pid int) *action {
	if pid <= 0 {
		return nil
	}
	utmp.Ended(pid)
	for _, a := range s.actions {
		if a.pid == pid {
			a.pid = 0
			return a
		}
	}
	return nil
}
