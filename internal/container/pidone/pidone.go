// Package pidone is the process 1 of a container that was asked for with --init: it
// starts the container's program, passes signals on to it, reaps what is orphaned, and
// ends as the program ends. It behaves as docker-init (tini) does.
package pidone

import (
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"
)

// Name is what the program is called as.
const Name = "docker-init"

// Main runs `docker-init -- PROGRAM [ARG...]` and returns the program's exit code.
func Main(args []string) int {
	if len(args) > 0 && args[0] == "--" {
		args = args[1:]
	}
	if len(args) == 0 {
		os.Stderr.WriteString(Name + ": no program\n")
		return 1
	}
	signals := make(chan os.Signal, 64)
	signal.Notify(signals)
	path, err := lookPath(args[0])
	if err != nil {
		return notRun(args[0], err)
	}
	pid, err := syscall.ForkExec(path, args, &syscall.ProcAttr{
		Env: os.Environ(), Files: []uintptr{0, 1, 2}, Sys: &syscall.SysProcAttr{Setpgid: true, Foreground: isTerminal(), Ctty: 0},
	})
	if err != nil {
		return notRun(args[0], err)
	}
	go pass(signals, pid)
	return reap(pid)
}

// notRun tells why the program could not be started.
func notRun(name string, err error) int {
	os.Stderr.WriteString("exec: \"" + name + "\": " + err.Error() + "\n")
	if err == syscall.ENOENT {
		return 127
	}
	return 126
}

func isTerminal() bool {
	_, err := unix.IoctlGetTermios(0, unix.TCGETS)
	return err == nil
}

// lookPath finds the program as execvp(3) does.
func lookPath(name string) (string, error) {
	var err error = syscall.ENOENT
	for i := range name {
		if name[i] == '/' {
			return name, nil
		}
	}
	path := os.Getenv("PATH")
	for start := 0; start <= len(path); {
		end := start
		for end < len(path) && path[end] != ':' {
			end++
		}
		file := path[start:end] + "/" + name
		start = end + 1
		if e := unix.Access(file, unix.X_OK); e == nil {
			return file, nil
		} else if e == unix.EACCES {
			err = e
		}
	}
	return "", err
}

// pass passes signals on, but for those that concern this process.
func pass(signals <-chan os.Signal, pid int) {
	for s := range signals {
		switch s {
		case syscall.SIGCHLD, syscall.SIGURG, syscall.SIGPIPE, syscall.SIGTTIN, syscall.SIGTTOU:
		default:
			_ = syscall.Kill(pid, s.(syscall.Signal))
		}
	}
}

// reap waits for all children until the program is among them.
func reap(pid int) int {
	for {
		var status unix.WaitStatus
		got, err := unix.Wait4(-1, &status, 0, nil)
		switch {
		case err == unix.EINTR:
		case err != nil:
			return 1
		case got == pid && status.Signaled():
			return 128 + int(status.Signal())
		case got == pid:
			return status.ExitStatus()
		}
	}
}
