package initd

import (
	"strconv"
	"syscall"

	"bantam/internal/userland/applet"

	"golang.org/x/sys/unix"
)

// console makes the console our standard files and returns the TERM for it, "" if
// that of the environment is right.
func (s *system) console() (term string) {
	name := s.Getenv("CONSOLE")
	if name == "" {
		name = s.Getenv("console")
	}
	if name != "" {
		if fd, err := applet.OpenFile(name, syscall.O_RDWR|syscall.O_NONBLOCK|syscall.O_NOCTTY, 0); err == nil {
			for i := range 3 {
				unix.Dup3(fd, i, 0)
			}
			if fd > 2 {
				syscall.Close(fd)
			}
		}
	}
	term = s.Getenv("TERM")
	const vtOpenQuery = 0x5600
	if _, err := unix.IoctlGetInt(0, vtOpenQuery); err != nil {
		// Not one of Linux's virtual terminals: a serial line, probably.
		if term == "" || term == "linux" {
			return "vt102"
		}
		return ""
	}
	if term == "" {
		return "linux"
	}
	return ""
}

// sane gives a terminal usual settings.
func sane(fd int) {
	t, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	if err != nil {
		return
	}
	t.Cc[unix.VINTR], t.Cc[unix.VQUIT], t.Cc[unix.VERASE], t.Cc[unix.VKILL] = 3, 28, 127, 21
	t.Cc[unix.VEOF], t.Cc[unix.VSTART], t.Cc[unix.VSTOP], t.Cc[unix.VSUSP] = 4, 17, 19, 26
	t.Line = 0
	t.Cflag &= unix.CBAUD | unix.CBAUDEX | unix.CSIZE | unix.CSTOPB | unix.PARENB | unix.PARODD | unix.CRTSCTS
	t.Cflag |= unix.CREAD | unix.HUPCL | unix.CLOCAL
	t.Iflag = unix.ICRNL | unix.IXON | unix.IXOFF
	t.Oflag = unix.OPOST | unix.ONLCR
	t.Lflag = unix.ISIG | unix.ICANON | unix.ECHO | unix.ECHOE | unix.ECHOK | unix.ECHOCTL | unix.ECHOKE | unix.IEXTEN
	unix.IoctlSetTermios(fd, unix.TCSETS, t)
}

// open opens an action's terminal, init's own for "". It doesn't become init's controlling terminal.
func (s *system) open(tty string) (fd int, err error) {
	if tty != "" {
		// O_NONBLOCK: a serial line may wait for its carrier for ever.
		fd, err = applet.OpenFile(tty, syscall.O_RDWR|syscall.O_NOCTTY|syscall.O_NONBLOCK, 0)
		if err != nil {
			s.message(toLog|toConsole, "can't open "+tty+": "+applet.Reason(err))
			return -1, err
		}
		syscall.SetNonblock(fd, false)
	}
	sane(fd)
	return fd, nil
}

// spawn starts an action in a session of its own and returns its pid, 0 if that fails.
func (s *system) spawn(a *action) int {
	fd, err := s.open(a.tty)
	if err != nil {
		return 0
	}
	if fd > 0 {
		defer syscall.Close(fd)
	}
	file, args := argv(a.command)
	if args == nil {
		return 0
	}
	files := [3]int{fd, fd, fd}
	if a.tty == "" {
		files = [3]int{0, 1, 2}
	}
	// A terminal of its own becomes the session's; init's own only for a "-" before the command.
	attr := syscall.SysProcAttr{Setsid: true, Setctty: a.tty != "" || a.command[0] == '-'}
	pid, err := s.fork(file, args, files, &attr)
	if err != nil && attr.Setctty {
		attr.Setctty = false // it is no terminal, or another session's
		pid, err = s.fork(file, args, files, &attr)
	}
	if err != nil {
		s.message(toLog|toConsole, "can't run '"+file+"': "+applet.Reason(err))
		return 0
	}
	s.message(toLog, "starting pid "+strconv.Itoa(pid)+", tty '"+a.tty+"': '"+a.command+"'")
	return pid
}

// fork starts the file that is meant: found on PATH, or an applet of this program, or
// a script without an interpreter.
func (s *system) fork(name string, args []string, files [3]int, attr *syscall.SysProcAttr) (int, error) {
	file, err := s.Resolve(name)
	if err != nil {
		return 0, err
	}
	process := syscall.ProcAttr{Env: s.Environ(), Sys: attr, Files: []uintptr{uintptr(files[0]), uintptr(files[1]), uintptr(files[2])}}
	pid, err := applet.ForkExec(file, args, &process)
	if err == syscall.ENOEXEC {
		file, args = s.shell(file, args)
		pid, err = applet.ForkExec(file, args, &process)
	}
	return pid, err
}

// replace executes an action in init's place. It returns if that fails.
func (s *system) replace(a *action) {
	name, args := argv(a.command)
	if args == nil {
		return
	}
	file, err := s.Resolve(name)
	if err == nil {
		err = applet.Execve(file, args, s.Environ())
	}
	s.message(toLog|toConsole, "can't run '"+name+"': "+applet.Reason(err))
}

// question waits for Enter on a terminal, without a process of its own.
type question struct{ stop [2]int }

// cancel ends the wait.
func (q *question) cancel() { syscall.Close(q.stop[1]) }

// ask asks for Enter, once.
func (s *system) ask(a *action) (ok bool) {
	if a.ask != nil {
		return true
	}
	fd, err := s.open(a.tty)
	if err != nil {
		return false
	}
	q := &question{}
	if syscall.Pipe2(q.stop[:], syscall.O_CLOEXEC) != nil {
		return false
	}
	a.ask = q
	go func() {
		applet.WriteFd(fd, []byte("\nPlease press Enter to activate this console. "))
		pressed := q.wait(fd)
		if fd > 0 {
			syscall.Close(fd)
		}
		syscall.Close(q.stop[0])
		if pressed {
			s.pressed <- a
		}
	}()
	return true
}

// wait reads up to the end of a line, and says whether it wasn't cancelled. The end of the input counts as Enter.
func (q *question) wait(fd int) bool {
	p := make([]byte, 1)
	for {
		fds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}, {Fd: int32(q.stop[0])}}
		if _, err := unix.Poll(fds, -1); err == syscall.EINTR {
			continue
		}
		if fds[1].Revents != 0 {
			return false
		}
		n, err := applet.ReadFd(fd, p)
		if n <= 0 || err != nil || p[0] == '\n' {
			return true
		}
	}
}

// enter starts an action whose Enter was pressed.
func (s *system) enter(a *action) {
	if a.ask == nil || a.kind&askfirst == 0 {
		return
	}
	a.ask.cancel()
	a.ask = nil
	a.pid = s.spawn(a)
}
