package initd

import (
	"syscall"
	"time"

	"bantam/internal/userland/applet/signals"

	"golang.org/x/sys/unix"
)

// order does what a signal asks for.
func (s *system) order(signal syscall.Signal) {
	switch signal {
	case syscall.SIGHUP:
		s.reload()
	case syscall.SIGINT:
		s.start(ctrlaltdel)
	case syscall.SIGQUIT:
		s.restart()
	case syscall.SIGTSTP:
		s.hold()
	case syscall.SIGUSR1, syscall.SIGPWR:
		s.end("halt", unix.LINUX_REBOOT_CMD_HALT)
	case syscall.SIGTERM:
		s.end("reboot", unix.LINUX_REBOOT_CMD_RESTART)
	case syscall.SIGUSR2:
		s.end("poweroff", unix.LINUX_REBOOT_CMD_POWER_OFF)
	}
}

// hold starts nothing until SIGCONT.
func (s *system) hold() {
	resumed := signals.Notify(syscall.SIGCONT)
	defer signals.Stop(resumed)
	tick := time.NewTicker(s.pause)
	defer tick.Stop()
	for {
		select {
		case <-resumed:
			return
		case <-tick.C:
			s.reap()
		}
	}
}

// clear runs the shutdown actions and kills everything.
func (s *system) clear() {
	for _, a := range s.actions {
		if a.ask != nil {
			a.ask.cancel()
			a.ask = nil
		}
	}
	s.start(shutdown)
	s.message(toConsole|toLog, "The system is going down NOW!")
	syscall.Kill(-1, syscall.SIGTERM)
	s.message(toConsole, "Sent SIGTERM to all processes")
	syscall.Sync()
	time.Sleep(s.pause)
	syscall.Kill(-1, syscall.SIGKILL)
	s.message(toConsole, "Sent SIGKILL to all processes")
	syscall.Sync()
}

// end ends the system.
func (s *system) end(what string, command int) {
	s.clear()
	s.message(toConsole, "Requesting system "+what)
	s.final(command)
}

// final makes the last system call. In a pid namespace it ends the namespace.
func (s *system) final(command int) {
	time.Sleep(s.pause) // the last message shall reach a serial console
	// The call ends the thread that makes it, which must not be all of process 1.
	done := make(chan struct{})
	go func() {
		unix.Reboot(command)
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(3 * time.Second):
	}
	time.Sleep(s.pause)
	syscall.Exit(0) // a container whose kernel ignores the call
}

// restart replaces init by the first restart action, if there is one.
func (s *system) restart() {
	for _, a := range s.actions {
		if a.kind&restart == 0 {
			continue
		}
		s.clear()
		unix.Reboot(unix.LINUX_REBOOT_CMD_CAD_ON)
		if fd, err := s.open(a.tty); err == nil {
			for i := 0; i < 3 && fd > 0; i++ {
				unix.Dup3(fd, i, 0)
			}
			s.replace(a)
		}
		s.final(unix.LINUX_REBOOT_CMD_HALT)
	}
}
