package shell

import (
	"strings"
	"syscall"

	"bantam/internal/userland/applet"
)

// execute starts a program, waits for it and returns its status.
func (sh *shell) execute(found entry, args, env []string) int {
	p := sh.start(found, args, env, launch{})
	if p.pid == 0 {
		return p.status
	}
	if sh.jobControl() {
		j := &job{procs: []process{{pid: p.pid}}, pgrp: p.pid, text: strings.Join(args, " ")}
		return sh.foregroundJob(j)
	}
	return sh.foreground(p, nil)
}

// launch says how a process is started.
type launch struct {
	pgrp int // of the job, with job control; 0 for a new one
	// background: it isn't the terminal's, and without job control it ignores
	// the keyboard's signals.
	background bool
}

// started is a process, or the status of one that couldn't be started.
type started struct{ pid, status int }

// start starts a program with the shell's files.
func (sh *shell) start(found entry, args, env []string, l launch) started {
	if found.err != nil {
		return started{status: sh.cannotRun(args[0], found.err)}
	}
	path := found.path
	attr := syscall.ProcAttr{Env: env, Files: sh.descriptors(), Sys: &syscall.SysProcAttr{}}
	if sh.jobControl() {
		attr.Sys.Setpgid, attr.Sys.Pgid = true, l.pgrp
	}
	sh.flushFiles()
	restore := func() {}
	if l.background && !sh.jobControl() {
		restore = sh.shared.sig.ignoreKeys()
	}
	if sh.limits != "" {
		// Another shell sets the limits, which here would be the whole process's.
		args = append([]string{"sh", "-c", sh.limits + "exec \"$@\"", "sh"}, args...)
		path = applet.Self
	}
	pid, err := fork(path, args, &attr)
	restore()
	if err != nil {
		return started{status: sh.cannotRun(args[0], err)}
	}
	return started{pid: pid}
}

// fork starts a program; a script that doesn't say by what is the shell's.
func fork(path string, args []string, attr *syscall.ProcAttr) (pid int, err error) {
	for {
		pid, err = applet.ForkExec(path, args, attr)
		if err != syscall.EINTR {
			break
		}
	}
	if err == syscall.ENOEXEC && !binary(path) {
		return applet.ForkExec(applet.Self, append([]string{"sh", path}, args[1:]...), attr)
	}
	return pid, err
}

// binary says whether a file's beginning is no text.
func binary(path string) bool {
	fd, err := applet.OpenFile(path, syscall.O_RDONLY, 0)
	if err != nil {
		return false
	}
	defer syscall.Close(fd)
	var buf [256]byte
	n, _ := applet.ReadFd(fd, buf[:])
	line, _, _ := strings.Cut(string(buf[:n]), "\n")
	return strings.IndexByte(line, 0) >= 0
}

// cannotRun tells why a command wasn't started and returns the status for it.
func (sh *shell) cannotRun(name string, err error) int {
	if name == "" {
		sh.complain(": Permission denied")
		return 127
	}
	if err == syscall.ENOENT || err == syscall.ENOTDIR {
		sh.complain(name + ": not found")
		return 127
	}
	sh.complain(name + ": " + applet.Reason(err))
	return 126
}

// flushFiles writes what builtins left in buffers.
func (sh *shell) flushFiles() {
	for _, f := range sh.files {
		if f != nil && f.out != nil {
			f.out.Flush()
		}
	}
}

// replaceProcess is exec: the process becomes the command. It returns only if that
// failed, with the status for it. A subshell inside the process waits for it.
func (sh *shell) replaceProcess(found entry, args, env []string) int {
	if found.err != nil {
		return sh.cannotRun(args[0], found.err)
	}
	if sh.parent != nil {
		return sh.execute(found, args, env)
	}
	sh.flushFiles()
	list := sh.descriptors()
	// First out of the way of each other, then to their places.
	for i, fd := range list {
		if fd != ^uintptr(0) && int(fd) != i {
			high, _, e := syscall.Syscall(syscall.SYS_FCNTL, fd, syscall.F_DUPFD_CLOEXEC, uintptr(len(list)+10))
			if e == 0 {
				list[i] = high
			}
		}
	}
	for i, fd := range list {
		switch {
		case fd == ^uintptr(0):
			if i < 10 {
				syscall.CloseOnExec(i)
			}
		case int(fd) == i:
			syscall.Syscall(syscall.SYS_FCNTL, fd, syscall.F_SETFD, 0)
		default:
			syscall.Dup3(int(fd), i, 0)
		}
	}
	sh.shared.sig.beforeExec()
	err := applet.Execve(found.path, args, env)
	if err == syscall.ENOEXEC && !binary(found.path) {
		err = applet.Execve(applet.Self, append([]string{"sh", found.path}, args[1:]...), env)
	}
	return sh.cannotRun(args[0], err)
}

// foreground waits for a process that the shell runs and returns its status.
func (sh *shell) foreground(p started, c command) int {
	if p.pid == 0 {
		return p.status
	}
	if sh.jobControl() {
		j := &job{procs: []process{{pid: p.pid}}, pgrp: p.pid, command: c}
		return sh.foregroundJob(j)
	}
	sh.adoptUntil(p.pid)
	return sh.await(p)
}

// await is foreground without job control, where others that the shell started may end before.
func (sh *shell) await(p started) int {
	if p.pid == 0 {
		return p.status
	}
	var status syscall.WaitStatus
	for {
		_, err := syscall.Wait4(p.pid, &status, 0, nil)
		if err == syscall.EINTR {
			continue
		}
		if err != nil {
			return 127
		}
		break
	}
	if sh.traps.set(int(syscall.SIGCHLD)) {
		sh.settleSignal(int(syscall.SIGCHLD))
	}
	sh.tellSignal(status)
	return applet.ExitStatus(status)
}

// tellSignal says what signal ended a process that the shell waited for.
func (sh *shell) tellSignal(status syscall.WaitStatus) {
	if !status.Signaled() || status.Signal() == syscall.SIGINT || status.Signal() == syscall.SIGPIPE {
		return
	}
	text := signalText(status.Signal())
	if status.CoreDump() {
		text += " (core dumped)"
	}
	out := sh.file(2).errors()
	out.WriteString(text + "\n")
	out.Flush()
}

// signalText is strsignal(3).
func signalText(s syscall.Signal) string {
	text := s.String()
	if text[0] >= 'a' && text[0] <= 'z' {
		text = string(text[0]-'a'+'A') + text[1:]
	}
	return text
}
