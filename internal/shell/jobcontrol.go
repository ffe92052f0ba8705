package shell

import (
	"strconv"
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
	s := sh.shared
	if j.pgrp > 0 {
		s.setForeground(j.pgrp)
		// It may have asked for the terminal before it had it.
		syscall.Kill(-j.pgrp, syscall.SIGCONT)
		if interrupt := bit(int(syscall.SIGINT)); s.sig.pending.Load()&interrupt&s.sig.keep != 0 {
			// ^C came before it had the terminal, too.
			s.sig.pending.And(^interrupt)
			syscall.Kill(-j.pgrp, syscall.SIGINT)
		}
	}
	for i := range j.procs {
		for j.procs[i].state == running {
			j.poll(i, syscall.WUNTRACED)
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
