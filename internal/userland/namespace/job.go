// Package namespace has the applets unshare and nsenter.
package namespace

import (
	"strings"
	"syscall"

	"bantam/internal/linux/barefork"
	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/signals"
	"bantam/internal/userland/applet/users"

	"golang.org/x/sys/unix"
)

// kind is one of the kinds of namespaces.
type kind struct {
	option string
	flag   int
	file   string // in /proc/PID/ns
}

// kinds stand in the order in which they are joined: the user namespace gives the
// right to the others, and the mount namespace takes the files of the others away.
var kinds = [...]kind{
	{"U", unix.CLONE_NEWUSER, "user"},
	{"C", unix.CLONE_NEWCGROUP, "cgroup"},
	{"i", unix.CLONE_NEWIPC, "ipc"},
	{"u", unix.CLONE_NEWUTS, "uts"},
	{"n", unix.CLONE_NEWNET, "net"},
	{"p", unix.CLONE_NEWPID, "pid"},
	{"T", unix.CLONE_NEWTIME, "time"},
	{"m", unix.CLONE_NEWNS, "mnt"},
}

// command is what to run: the operands, or a shell.
func command(c *applet.Call) []string {
	if len(c.Args) > 0 {
		return c.Args
	}
	return []string{users.Shell(c)}
}

// threaded says whether the command is this very program. It has threads, which the
// kernel doesn't let a process make whose children belong to another pid namespace:
// such a command is always forked.
func threaded(c *applet.Call) bool {
	file, err := c.Resolve(command(c)[0])
	if err != nil {
		return false
	}
	var a, b syscall.Stat_t
	return syscall.Stat(file, &a) == nil && syscall.Stat(applet.Self, &b) == nil && a.Dev == b.Dev && a.Ino == b.Ino
}

// candidates are the files that a command may be, as the child will see them: its
// folders are others than ours.
func candidates(c *applet.Call, name string) []string {
	if strings.IndexByte(name, '/') >= 0 {
		return []string{name}
	}
	path, set := c.LookupEnv("PATH")
	if !set {
		path = "/sbin:/usr/sbin:/bin:/usr/bin"
	}
	var files []string
	for _, dir := range strings.Split(path, ":") {
		if dir == "" {
			dir = "."
		}
		files = append(files, applet.Join(dir, name))
	}
	if c.Table.Find(name) != nil {
		files = append(files, applet.Self)
	}
	return files
}

// finish ends the script with the command, runs it and waits. standIn says that the
// child stands for this very process, which could not go the way itself: it gets our
// signals and dies with us.
func finish(c *applet.Call, s *barefork.Script, standIn bool) int {
	argv := command(c)
	if standIn {
		s.Call("prctl", unix.SYS_PRCTL, unix.PR_SET_PDEATHSIG, uintptr(syscall.SIGKILL))
	}
	s.Exec(candidates(c, argv[0]), argv, c.Environ())
	forward := func(int) {}
	if standIn {
		received := signals.Notify(syscall.SIGHUP, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGTERM,
			syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGALRM, syscall.SIGWINCH, syscall.SIGCONT)
		forward = func(pid int) {
			for r := range received {
				syscall.Kill(pid, r.(syscall.Signal))
			}
		}
	}
	c.Out.Flush()
	pid, err := s.Start()
	if err != nil {
		return complain(c, argv[0], err)
	}
	go forward(pid)
	return wait(pid)
}

// complain tells what failed: the command that couldn't be executed, or what came before it.
func complain(c *applet.Call, command string, err error) int {
	e, ok := err.(*barefork.Error)
	if !ok {
		return c.Complain(err.Error())
	}
	if e.What != command {
		return c.Warn(e.What, e.Err)
	}
	c.Warn("can't execute '"+command+"'", e.Err)
	return applet.NotRun(e.Err)
}

// wait ends as the child ended.
func wait(pid int) int {
	var status syscall.WaitStatus
	for {
		if _, err := syscall.Wait4(pid, &status, 0, nil); err != syscall.EINTR {
			break
		}
	}
	if status.Signaled() {
		applet.Die(status.Signal())
	}
	return applet.ExitStatus(status)
}
