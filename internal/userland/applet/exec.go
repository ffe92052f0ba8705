package applet

import (
	"runtime"
	"strings"
	"syscall"

	"bantam/internal/linux/initial"
)

// Self is the path by which the program starts itself again.
const Self = "/proc/self/exe"

const defaultPath = "/sbin:/usr/sbin:/bin:/usr/bin"

// LookPath finds a command as execvp(3) does: a name with a slash is itself. The
// error is ENOENT, or EACCES if a file that can't be executed was found.
func LookPath(name, path string) (string, error) {
	if strings.IndexByte(name, '/') >= 0 {
		return name, nil
	}
	var result error = syscall.ENOENT
	for name != "" {
		dir, rest, more := strings.Cut(path, ":")
		if dir == "" {
			dir = "."
		}
		file := Join(dir, name)
		err := executable(file)
		if err == nil {
			return file, nil
		}
		if err == syscall.EACCES {
			result = err
		}
		if !more {
			break
		}
		path = rest
	}
	return "", result
}

// executable says whether the path is a file that may be executed.
func executable(path string) error {
	var st syscall.Stat_t
	if err := syscall.Stat(path, &st); err != nil {
		return err
	}
	if st.Mode&syscall.S_IFMT != syscall.S_IFREG {
		return syscall.EACCES
	}
	return syscall.Access(path, 1)
}

// Resolve finds what a command's name stands for: a file on PATH, or else an applet,
// which is this program under the applet's name.
func (c *Call) Resolve(name string) (file string, err error) {
	path, set := c.LookupEnv("PATH")
	if !set {
		path = defaultPath
	}
	file, err = LookPath(name, path)
	if err != nil && c.Table.Find(name) != nil {
		return Self, nil
	}
	return file, err
}

// Exec replaces the process with a command. It returns only if that fails, with
// the exit status for it: 127 if there is no such command, 126 if it can't be run.
func (c *Call) Exec(argv []string) int {
	c.Out.Flush()
	file, err := c.Resolve(argv[0])
	if err == nil {
		err = Execve(file, argv, c.Environ())
		if err == syscall.ENOEXEC {
			// A script without #!, which POSIX gives to the shell.
			script := append([]string{"sh", file}, argv[1:]...)
			if shell, e := c.Resolve("sh"); e == nil {
				err = Execve(shell, script, c.Environ())
			}
		}
	}
	c.Warn("can't execute '"+argv[0]+"'", err)
	return NotRun(err)
}

// NotRun is the exit status for a command that couldn't be started.
func NotRun(err error) int {
	if err == syscall.ENOENT {
		return 127
	}
	return 126
}

// Start starts a command with the given descriptors as its 0, 1 and 2, and returns
// its pid. attr may be nil.
func (c *Call) Start(argv []string, files [3]int, attr *syscall.SysProcAttr) (pid int, err error) {
	c.Out.Flush()
	file, err := c.Resolve(argv[0])
	if err != nil {
		return 0, err
	}
	process := syscall.ProcAttr{
		Env:   c.Environ(),
		Files: []uintptr{uintptr(files[0]), uintptr(files[1]), uintptr(files[2])},
		Sys:   attr,
	}
	pid, err = ForkExec(file, argv, &process)
	if err == syscall.ENOEXEC {
		script := append([]string{"sh", file}, argv[1:]...)
		if shell, e := c.Resolve("sh"); e == nil {
			return ForkExec(shell, script, &process)
		}
	}
	return pid, err
}

// Command runs a command as Spawn does and returns its exit status: 128 and the
// signal's number if it was killed, 127 or 126 if it couldn't be run, which it tells.
func (c *Call) Command(argv []string) int {
	status, err := c.Spawn(argv)
	if err != nil {
		c.Warn("can't execute '"+argv[0]+"'", err)
		return NotRun(err)
	}
	return ExitStatus(status)
}

// Spawn runs a command with the call's own standard files. A Quick applet that is
// this very program on PATH, or on no PATH, runs in this process.
func (c *Call) Spawn(argv []string) (syscall.WaitStatus, error) {
	if a := c.Table.Find(argv[0]); a != nil && a.Quick && c.isSelf(argv[0]) {
		c.Out.Flush()
		in := c.In
		if in.fd >= 0 {
			in = NewIn(in.fd)
		}
		return syscall.WaitStatus(c.Inside(a, argv, c.Environ(), in, c.Out, c.Err) << 8), nil
	}
	pid, err := c.Start(argv, [3]int{c.In.fd, c.Out.fd, c.Err.fd}, nil)
	if err != nil {
		return 0, err
	}
	return wait(pid), nil
}

// isSelf says whether the command is this program. It remembers the last one that is:
// find and xargs run the same again and again.
func (c *Call) isSelf(name string) bool {
	if name == c.mine {
		return true
	}
	file, err := c.Resolve(name)
	if err != nil {
		return false
	}
	var a, b syscall.Stat_t
	if file != Self && (syscall.Stat(file, &a) != nil || syscall.Stat(Self, &b) != nil || a.Ino != b.Ino || a.Dev != b.Dev) {
		return false
	}
	c.mine = name
	return true
}

// Wait waits for a child and returns its exit status as a shell gives it.
func Wait(pid int) int { return ExitStatus(wait(pid)) }

func wait(pid int) (status syscall.WaitStatus) {
	for {
		if _, err := syscall.Wait4(pid, &status, 0, nil); err != syscall.EINTR {
			return status
		}
	}
}

// ExitStatus is the shell's number for a wait status: 128 and the signal's number
// for a process that a signal ended.
func ExitStatus(status syscall.WaitStatus) int {
	if status.Signaled() {
		return 128 + int(status.Signal())
	}
	return status.ExitStatus()
}

// Execve is syscall.Exec for what the userland starts: the program has the timer slack that we were started with.
func Execve(file string, argv, env []string) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	initial.Slack()
	return syscall.Exec(file, argv, env)
}

// ForkExec is syscall.ForkExec as Execve is syscall.Exec.
func ForkExec(file string, argv []string, attr *syscall.ProcAttr) (pid int, err error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	initial.Slack()
	return syscall.ForkExec(file, argv, attr)
}
