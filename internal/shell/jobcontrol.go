package shell

import (
	"strconv"
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"bantam/internal/userland/applet"
)

// jobControl says whether commands get process groups of their own.
func (sh *shell) jobControl() bool { return sh.options&optMonitor != 0 }

// setJobControl takes or leaves the terminal.
func (sh *shell) setJobControl(on bool) {
	s := sh.shared
	if sh.parent != nil {
		return
	}
	if !on {
		if s.tty >= 0 {
			s.setForeground(s.ttyPgrp)
			syscall.Setpgid(0, s.ttyPgrp)
			syscall.Close(s.tty)
			s.tty = -1
		}
		return
	}
	if s.tty >= 0 || !s.interactive {
		return
	}
	fd, err := applet.OpenFile("/dev/tty", syscall.O_RDWR, 0)
	if err != nil {
		for fd = 2; fd >= 0 && !applet.IsTerminal(fd); fd-- {
		}
		if fd < 0 {
			sh.complain("can't access tty; job control turned off")
			sh.options &^= optMonitor
			return
		}
		fd, _ = unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 10)
	} else if high, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 10); err == nil {
		syscall.Close(fd)
		fd = high
	}
	for {
		s.ttyPgrp = foregroundOf(fd)
		if s.ttyPgrp < 0 || s.ttyPgrp == syscall.Getpgrp() {
			break
		}
		syscall.Kill(0, syscall.SIGTTIN)
	}
	if s.ttyPgrp < 0 {
		sh.complain("can't access tty; job control turned off")
		sh.options &^= optMonitor
		syscall.Close(fd)
		return
	}
	s.tty = fd
	for _, sig := range [...]syscall.Signal{syscall.SIGTSTP, syscall.SIGTTOU, syscall.SIGTTIN} {
		s.sig.keep |= bit(int(sig))
		s.sig.catch(int(sig))
	}
	s.pgrp = syscall.Getpid()
	syscall.Setpgid(0, 0)
	s.setForeground(s.pgrp)
}

func foregroundOf(fd int) int {
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPGRP)
	if err != nil {
		return -1
	}
	return n
}

// setForeground gives the terminal to a process group. SIGTTOU is blocked meanwhile:
// the shell may be in the background itself.
func (s *shared) setForeground(pgrp int) {
	if s.tty < 0 {
		return
	}
	block := bit(int(syscall.SIGTTOU) - 1)
	var old uint64
	syscall.RawSyscall6(unix.SYS_RT_SIGPROCMASK, 0, uintptr(unsafe.Pointer(&block)), uintptr(unsafe.Pointer(&old)), 8, 0, 0)
	unix.IoctlSetPointerInt(s.tty, unix.TIOCSPGRP, pgrp)
	syscall.RawSyscall6(unix.SYS_RT_SIGPROCMASK, 2, uintptr(unsafe.Pointer(&old)), 0, 8, 0, 0)
}

// foregroundJob gives the terminal to a job and waits until it ends or stops.
func (sh *shell) foregroundJob(j *job) int {
	s, early := sh.shared, 0
	if j.pgrp > 0 {
		s.setForeground(j.pgrp)
		s.sig.job.Store(int32(j.pgrp))
		defer s.sig.job.Store(0)
		for _, n := range [...]syscall.Signal{syscall.SIGINT, syscall.SIGQUIT, syscall.SIGTSTP} {
			if s.sig.pending.Load()&bit(int(n)) != 0 {
				syscall.Kill(-j.pgrp, n)
			}
		}
		s.sig.pending.And(^bit(int(syscall.SIGTSTP)))
	}
	for i := range j.procs {
		for j.procs[i].state == running {
			j.poll(i, syscall.WUNTRACED)
			if p := &j.procs[i]; p.state == stopped && early < 3 && j.pgrp > 0 &&
				(p.status.StopSignal() == syscall.SIGTTIN || p.status.StopSignal() == syscall.SIGTTOU) {
				// It asked for the terminal before it had it.
				early++
				p.state = running
				syscall.Kill(-j.pgrp, syscall.SIGCONT)
			}
		}
	}
	s.setForeground(s.pgrp)
	last := j.procs[len(j.procs)-1].status
	if j.state() == stopped {
		sh.jobs.remove(j)
		if j.number == 0 {
			sh.jobs.add(j)
		} else {
			sh.jobs.list = append(sh.jobs.list, j)
		}
		sh.file(2).errors().WriteString("\n")
		sh.tellJob(j, sh.file(2).errors(), false)
		j.changed = false
		return j.status()
	}
	if j.number != 0 {
		sh.jobs.remove(j)
	}
	sh.tellSignal(last)
	if last.Signaled() && last.Signal() == syscall.SIGINT && s.interactive {
		sh.file(2).errors().WriteString("\n")
	}
	return j.status()
}

// asJob runs a pipeline whose members are processes of one group.
func (r *pipeRun) asJob(c *pipeline) int {
	j := r.sh.startJob(c, launch{})
	if len(j.procs) == 0 {
		return r.sh.status
	}
	status := r.sh.foregroundJob(j)
	if r.sh.opt(optPipeFail) && j.state() == done {
		status = 0
		for _, p := range j.procs {
			if s := applet.ExitStatus(p.status); s != 0 {
				status = s
			}
		}
	}
	return status
}

// startJob starts the members of a pipeline as a process group.
func (sh *shell) startJob(c *pipeline, l launch) *job {
	j := &job{command: c}
	var in *file
	for i, m := range c.members {
		sub := sh.fork()
		if in != nil {
			sub.give(0, in)
			in = nil
		}
		if i < len(c.members)-1 {
			var p [2]int
			syscall.Pipe2(p[:], syscall.O_CLOEXEC)
			sub.give(1, newFile(p[1]))
			in = newFile(p[0])
		}
		l.pgrp = j.pgrp
		var p started
		sub.protect(func() {
			if s, ok := m.(*simple); ok && sub.external(s) {
				p = sub.startSimple(s, l)
			} else {
				p = sub.spawn(printed(m), &l)
			}
		})
		if p.pid > 0 {
			j.procs = append(j.procs, process{pid: p.pid})
			if j.pgrp == 0 {
				j.pgrp = p.pid
			}
		}
		sh.status = p.status
		sub.join()
	}
	return j
}

// tellJob prints a job's line as jobs does.
func (sh *shell) tellJob(j *job, out *applet.Out, long bool) {
	mark := " "
	if n := len(sh.jobs.list); n > 0 && sh.jobs.list[n-1] == j {
		mark = "+"
	} else if n > 1 && sh.jobs.list[n-2] == j {
		mark = "-"
	}
	line := "[" + strconv.Itoa(j.number) + "]" + mark + "  "
	if long {
		line += strconv.Itoa(j.procs[0].pid) + " "
	}
	line += j.stateText()
	for len(line) < 32 {
		line += " "
	}
	out.WriteString(line + " " + j.title() + "\n")
	out.Flush()
}

func (j *job) stateText() string {
	last := j.procs[len(j.procs)-1].status
	switch j.state() {
	case running:
		return "Running"
	case stopped:
		return "Stopped"
	}
	if last.Signaled() {
		text := signalText(last.Signal())
		if last.CoreDump() {
			text += " (core dumped)"
		}
		return text
	}
	if n := last.ExitStatus(); n != 0 {
		return "Done(" + strconv.Itoa(n) + ")"
	}
	return "Done"
}

// checkMail tells an interactive user about files of MAIL or MAILPATH that changed. A
// name there may have the message behind a percent sign.
func (sh *shell) checkMail() {
	paths, list := sh.lookup("MAILPATH")
	if !list {
		paths = sh.value("MAIL")
	}
	s := sh.shared
	fresh := s.mailPaths != paths
	if fresh {
		s.mailPaths, s.mail = paths, map[string]int64{}
	}
	for more := paths != ""; more; {
		var path string
		path, paths, more = strings.Cut(paths, ":")
		path, message, _ := strings.Cut(path, "%")
		var st syscall.Stat_t
		if path == "" || syscall.Stat(path, &st) != nil {
			s.mail[path] = 0
			continue
		}
		if !fresh && s.mail[path] != st.Mtim.Sec {
			if message == "" {
				message = "you have mail"
			}
			sh.file(2).errors().WriteString(message + "\n")
		}
		s.mail[path] = st.Mtim.Sec
	}
}

// tellChanges tells an interactive user about the jobs that ended or stopped.
func (sh *shell) tellChanges() {
	sh.reap()
	for _, j := range append([]*job(nil), sh.jobs.list...) {
		if j.changed && j.state() != running {
			sh.tellJob(j, sh.file(2).errors(), false)
		}
		j.changed = false
		if j.state() == done {
			sh.jobs.remove(j)
		}
	}
}
