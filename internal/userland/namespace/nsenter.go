package namespace

import (
	"runtime"
	"strconv"
	"syscall"

	"bantam/internal/linux/barefork"
	"bantam/internal/userland/applet"

	"golang.org/x/sys/unix"
)

// Nsenter is nsenter.
var Nsenter = applet.Applet{
	Names: "nsenter",
	Usage: "[OPTIONS] [PROG ARGS]",
	About: "Run PROG (a shell if there is none) in namespaces of the process PID, or of FILE.",
	Options: `
-t, --target PID	the process whose namespaces, root or folder are meant
-a, --all	enter all namespaces of PID
-m[FILE], --mount[=FILE]	enter the mount namespace
-u[FILE], --uts[=FILE]	enter the UTS namespace (hostname etc.)
-i[FILE], --ipc[=FILE]	enter the IPC namespace
-n[FILE], --net[=FILE]	enter the network namespace
-p[FILE], --pid[=FILE]	enter the PID namespace
-C[FILE], --cgroup[=FILE]	enter the cgroup namespace
-U[FILE], --user[=FILE]	enter the user namespace
-T[FILE], --time[=FILE]	enter the time namespace
-S, --setuid UID	set the user
-G, --setgid GID	set the group
--preserve-credentials	don't touch user and groups
-r[DIR], --root[=DIR]	set the root directory
-w[DIR], --wd[=DIR]	set the working directory
-W, --wdns DIR	set the working directory, a path in the namespace
-Z, --follow-context	take the SELinux context of PID, where SELinux is enabled
-F, --no-fork	don't fork before PROG is run, as -p does (applets are forked)
`,
	Form: applet.Leading,
	Dir:  "/usr/bin",
	Run:  nsenter,
}

// entry is one run of nsenter.
type entry struct {
	*applet.Call
	target   string
	root, wd int // descriptors, -1 for none
	uid, gid int // -1: unchanged
	fds      [len(kinds)]int
}

func nsenter(c *applet.Call) int {
	e := entry{Call: c, target: c.Value("t"), root: -1, wd: -1, uid: -1, gid: -1}
	if e.target != "" {
		if _, err := strconv.ParseUint(e.target, 10, 31); err != nil {
			return c.Complain("invalid number '" + e.target + "'")
		}
	}
	if status := e.open(); status != 0 {
		return status
	}
	wrong := ""
	if e.uid, wrong = id(c, "S"); wrong == "" {
		e.gid, wrong = id(c, "G")
	}
	if wrong != "" {
		return c.Complain(wrong)
	}
	if status := e.follow(); status != 0 {
		return status
	}
	fork := e.entering("p") && (!c.Has("F") || threaded(c))
	single := e.entering("U") || e.entering("T")
	var s barefork.Script
	if !fork && !single {
		return e.here(&s)
	}
	e.join(&s)
	if fork {
		s.Fork()
	}
	e.become(&s)
	return finish(c, &s, !fork)
}

// follow has the next execve(2) of this thread, or of its fork, take the target's SELinux context. Without SELinux
// there is none to take, as for util-linux.
func (e *entry) follow() int {
	var st syscall.Stat_t
	if !e.Has("Z") || syscall.Stat("/sys/fs/selinux/enforce", &st) != nil {
		return 0
	}
	if e.target == "" {
		return e.UsageError("")
	}
	runtime.LockOSThread()
	context, err := applet.ReadFile("/proc/" + e.target + "/attr/current")
	if err == nil {
		err = applet.WriteFile("/proc/thread-self/attr/exec", context, 0)
	}
	if err != nil {
		return e.Warn("can't follow the context", err)
	}
	return 0
}

// here does it on this thread, whose state execve makes that of the process.
func (e *entry) here(s *barefork.Script) int {
	runtime.LockOSThread()
	// A thread that shares its root and folder may not change its mount namespace.
	s.Call("unshare", unix.SYS_UNSHARE, unix.CLONE_FS)
	e.join(s)
	e.become(s)
	if err := s.Here(); err != nil {
		return complain(e.Call, "", err)
	}
	return e.Exec(command(e.Call))
}

// open opens everything before any namespace is left.
func (e *entry) open() int {
	for i, k := range kinds {
		e.fds[i] = -1
		file, given := e.Given(k.option)
		if !given && !e.Has("a") {
			continue
		}
		fd, status := e.openOne(file, "ns/"+k.file)
		if status != 0 {
			return status
		}
		if !given && same(fd, "/proc/self/ns/"+k.file) {
			syscall.Close(fd) // -a: the kernel refuses to enter one's own user namespace
			continue
		}
		e.fds[i] = fd
	}
	status := 0
	if dir, given := e.Given("r"); given {
		if e.root, status = e.openOne(dir, "root"); status != 0 {
			return status
		}
	}
	if dir, given := e.Given("w"); given {
		e.wd, status = e.openOne(dir, "cwd")
	} else if e.root >= 0 && !e.Has("W") {
		e.wd, status = e.openOne(".", "")
	}
	return status
}

// openOne opens the file, or that of the target if there is no name.
func (e *entry) openOne(file, ofTarget string) (fd, status int) {
	if file == "" {
		if e.target == "" {
			return -1, e.UsageError("")
		}
		file = "/proc/" + e.target + "/" + ofTarget
	}
	fd, err := applet.OpenFile(file, syscall.O_RDONLY, 0)
	if err != nil {
		return -1, e.CantOpen(file, err)
	}
	return fd, 0
}

func same(fd int, path string) bool {
	var a, b syscall.Stat_t
	return syscall.Fstat(fd, &a) == nil && syscall.Stat(path, &b) == nil && a.Dev == b.Dev && a.Ino == b.Ino
}

func (e *entry) entering(option string) bool {
	for i, k := range kinds {
		if k.option == option {
			return e.fds[i] >= 0
		}
	}
	return false
}

// join enters the namespaces. All but the user namespace are tried first: with it one
// may lose the right to them. What didn't work is tried again with the rights in it.
func (e *entry) join(s *barefork.Script) {
	userOnly := e.entering("U")
	if userOnly && !e.Has("preserve-credentials") {
		s.Try(1, unix.SYS_SETGROUPS)
	}
	if userOnly {
		for i, k := range kinds {
			if fd := e.fds[i]; fd >= 0 && k.flag != unix.CLONE_NEWUSER {
				s.Try(uint8(2+i), unix.SYS_SETNS, uintptr(fd), uintptr(k.flag))
			}
		}
	}
	for i, k := range kinds {
		if fd := e.fds[i]; fd >= 0 {
			s.Must("setns(): can't reassociate to namespace '"+k.file+"'", uint8(2+i), unix.SYS_SETNS, uintptr(fd), uintptr(k.flag))
		}
	}
	if e.root >= 0 {
		s.Call("fchdir", unix.SYS_FCHDIR, uintptr(e.root))
		s.Call("can't change root directory to '.'", unix.SYS_CHROOT, s.String("."))
	}
	if e.wd >= 0 {
		s.Call("fchdir", unix.SYS_FCHDIR, uintptr(e.wd))
	}
	if dir, given := e.Given("W"); given {
		s.Call("can't change directory to '"+dir+"'", unix.SYS_CHDIR, s.String(dir))
	}
}

// become sets user and group: those of root in a user namespace if nothing else is asked for.
func (e *entry) become(s *barefork.Script) {
	if e.entering("U") && !e.Has("preserve-credentials") {
		e.uid, e.gid = max(e.uid, 0), max(e.gid, 0)
	}
	if e.gid >= 0 {
		// In a user namespace without a right to setgroups(2) the groups went before it was entered.
		s.Must("setgroups", 1, unix.SYS_SETGROUPS)
		s.Call("setgid", unix.SYS_SETGID, uintptr(e.gid))
	}
	if e.uid >= 0 {
		s.Call("setuid", unix.SYS_SETUID, uintptr(e.uid))
	}
}
