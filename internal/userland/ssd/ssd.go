// Package ssd has the applet start-stop-daemon.
package ssd

import (
	"runtime"
	"strconv"
	"strings"
	"syscall"

	"bantam/internal/linux/barefork"
	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/signals"
	"bantam/internal/userland/applet/users"

	"golang.org/x/sys/unix"
)

// Applet is start-stop-daemon.
var Applet = applet.Applet{
	Names: "start-stop-daemon",
	Usage: "-S|-K [OPTIONS] [-- ARGS]",
	About: `Search for matching processes, and then
-S: start a process unless a matching process is found
-K: stop all matching processes`,
	Options: `
-S, --start	start
-K, --stop	stop

Process matching (all conditions must be met):
-u, --user USERNAME|UID	match only this user's processes
-n, --name NAME	match processes with NAME in the comm field of /proc/PID/stat
-x, --exec EXECUTABLE	match processes with this command in /proc/PID/cmdline
-p, --pidfile FILE	match a process with PID from FILE

-S only (-x is the program to run):
-a, --startas NAME	zeroth argument
-b, --background	background
-O, --output FILE	append stdout and stderr to FILE
-N, --nicelevel N	change nice level
-c, --chuid USER[:[GRP]]	change user/group
-d, --chdir DIR	change to DIR
-m, --make-pidfile	write PID to pidfile specified by -p

-K only:
-s, --signal SIG	signal to send
-t, --test	match only, exit with 0 if found
-R, --retry N	ignored

Other:
-o, --oknodo	exit with status 0 if nothing is done
-v, --verbose	verbose
-q, --quiet	quiet
`,
	Form: applet.Permuted,
	Dir:  "/sbin",
	Run:  run,
}

// job is one run of start-stop-daemon.
type job struct {
	*applet.Call
	exec, name, pidfile, user string
	uid                       uint32
	found                     []int
}

func run(c *applet.Call) int {
	j := job{Call: c, exec: c.Value("x"), name: c.Value("n"), pidfile: c.Value("p"), user: c.Value("u")}
	start := c.Has("S")
	if start == c.Has("K") || c.Has("m") && j.pidfile == "" ||
		!start && j.exec == "" && j.name == "" && j.pidfile == "" && j.user == "" {
		return c.UsageError("")
	}
	signal := int(syscall.SIGTERM)
	if name, given := c.Given("s"); given {
		ok := false
		if signal, ok = signals.Number(name); !ok {
			return c.UsageError("")
		}
	}
	argv := c.Args
	if start {
		// ARGS begins with the program if neither -x nor -a names it.
		startas := c.Value("a")
		if j.exec == "" {
			j.exec = startas
		}
		if j.exec == "" {
			if len(argv) == 0 {
				return c.UsageError("")
			}
			j.exec, argv = argv[0], argv[1:]
		}
		if startas == "" {
			startas = j.exec
		}
		argv = append([]string{startas}, argv...)
	}
	if j.user != "" {
		ok := false
		if n, err := strconv.ParseUint(j.user, 10, 32); err == nil {
			j.uid = uint32(n)
		} else if j.uid, ok = users.UID(j.user); !ok {
			return c.Complain("unknown user " + j.user)
		}
	}
	if status := j.search(); status != 0 {
		return status
	}
	if !start {
		return j.stop(syscall.Signal(signal))
	}
	if len(j.found) > 0 {
		if !c.Has("q") {
			c.Out.Print(j.exec, " is already running\n")
		}
		return j.nothing()
	}
	return j.start(argv)
}

// nothing is the status if nothing was done.
func (j *job) nothing() int {
	if j.Has("o") {
		return 0
	}
	return 1
}

// search fills found with the processes that match.
func (j *job) search() int {
	if j.pidfile != "" {
		data, err := applet.ReadFile(j.pidfile)
		if err != nil {
			if err == syscall.ENOENT {
				return 0
			}
			return j.Warn("open pidfile "+j.pidfile, err)
		}
		text := strings.TrimLeft(string(data), " \t\n")
		end := 0
		for end < len(text) && text[end] >= '0' && text[end] <= '9' {
			end++
		}
		if pid, err := strconv.Atoi(text[:end]); err == nil {
			j.check(pid)
		}
		return 0
	}
	entries, err := applet.ReadDir("/proc")
	if err != nil {
		return j.CantOpen("/proc", err)
	}
	any := false
	for _, e := range entries {
		if pid, err := strconv.Atoi(e.Name); err == nil {
			any = true
			j.check(pid)
		}
	}
	if !any {
		return j.Complain("nothing in /proc - not mounted?")
	}
	return 0
}

func (j *job) check(pid int) {
	dir := "/proc/" + strconv.Itoa(pid)
	if j.exec != "" && !j.executes(dir) || j.name != "" && !j.named(dir) {
		return
	}
	var st syscall.Stat_t
	if j.user != "" && (syscall.Stat(dir, &st) != nil || st.Uid != j.uid) {
		return
	}
	j.found = append(j.found, pid)
}

func (j *job) executes(dir string) bool {
	if link, err := applet.Readlink(dir + "/exe"); err == nil && link == j.exec {
		return true
	}
	data, _ := applet.ReadFile(dir + "/cmdline")
	first, _, _ := strings.Cut(string(data), "\x00")
	return first == j.exec
}

// named compares the name, unless it may be a longer one that was cut off.
func (j *job) named(dir string) bool {
	const cut = 15
	data, _ := applet.ReadFile(dir + "/stat")
	text := string(data)
	from, to := strings.IndexByte(text, '('), strings.LastIndexByte(text, ')')
	return from >= 0 && to > from && text[from+1:to] == j.name && len(j.name) < cut
}

func (j *job) stop(signal syscall.Signal) int {
	what := ""
	switch {
	case j.name != "":
		what = j.name
	case j.exec != "":
		what = j.exec
	case j.pidfile != "":
		what = "process in pidfile '" + j.pidfile + "'"
	default:
		what = "process(es) owned by '" + j.user + "'"
	}
	if len(j.found) == 0 {
		if !j.Has("q") {
			j.Out.Print("no ", what, " found; none killed\n")
		}
		return j.nothing()
	}
	if j.Has("t") {
		signal = 0
	}
	killed := ""
	for i := len(j.found) - 1; i >= 0; i-- {
		pid := strconv.Itoa(j.found[i])
		if err := syscall.Kill(j.found[i], signal); err == nil {
			killed += " " + pid
		} else if j.Warn("warning: killing process "+pid, err); signal == 0 {
			return j.nothing()
		}
	}
	if killed == "" {
		return j.nothing()
	}
	if !j.Has("q") {
		j.Out.Print("stopped ", what, " (pid", killed, ")\n")
	}
	return 0
}

// start starts the program, as a child that nobody waits for with -b. Either way its
// pid is in the pidfile before it runs.
func (j *job) start(argv []string) int {
	var s barefork.Script
	background := j.Has("b")
	if background {
		s.Call("setsid", unix.SYS_SETSID)
		// No session leader: else it might get a controlling terminal that it opens.
		s.Fork()
	}
	if j.Has("m") {
		if background {
			s.Sync(func(pid int) error { return j.writePid(pid) })
		} else if err := j.writePid(syscall.Getpid()); err != nil {
			return 1
		}
	}
	if status := j.prepare(&s); status != 0 {
		return status
	}
	if !background {
		return j.replace(&s, argv)
	}
	s.Exec(j.files(), argv, j.Environ())
	if _, err := s.Start(); err != nil {
		e, ok := err.(*barefork.Error)
		switch {
		case !ok: // told
		case e.What == argv[0]:
			j.Warn("can't execute '"+argv[0]+"'", e.Err)
		default:
			j.Warn(e.What, e.Err)
		}
	}
	return 0
}

func (j *job) writePid(pid int) error {
	err := applet.WriteFile(j.pidfile, []byte(strconv.Itoa(pid)+"\n"), 0o644)
	if err != nil {
		j.Warn("can't write pidfile '"+j.pidfile+"'", err)
	}
	return nil
}

// prepare adds what changes in the process before the program runs.
func (j *job) prepare(s *barefork.Script) int {
	if text, given := j.Given("N"); given {
		n, err := strconv.Atoi(text)
		if err != nil {
			return j.Complain("invalid number '" + text + "'")
		}
		// The system call gives 20 minus the value.
		now, _ := syscall.Getpriority(syscall.PRIO_PROCESS, 0)
		n += 20 - now
		s.Call("setpriority("+strconv.Itoa(n)+")", unix.SYS_SETPRIORITY, syscall.PRIO_PROCESS, 0, uintptr(n))
	}
	output, redirect := j.Given("O")
	if j.Has("b") && !redirect {
		output, redirect = "/dev/null", true
	}
	if j.Has("b") {
		null, err := applet.OpenFile("/dev/null", syscall.O_RDWR, 0)
		if err != nil {
			return j.CantOpen("/dev/null", err)
		}
		s.Call("dup", unix.SYS_DUP3, uintptr(null), 0, 0)
	}
	out := -1
	if redirect {
		var err error
		if out, err = applet.OpenFile(output, syscall.O_WRONLY|syscall.O_CREAT|syscall.O_APPEND, 0o666); err != nil {
			return j.CantOpen(output, err)
		}
	}
	if who, given := j.Given("c"); given {
		if status := j.identity(s, who); status != 0 {
			return status
		}
	}
	if dir, given := j.Given("d"); given {
		s.Call("can't change directory to '"+dir+"'", unix.SYS_CHDIR, s.String(dir))
	}
	if redirect {
		s.Call("dup", unix.SYS_DUP3, uintptr(out), 1, 0)
		s.Call("dup", unix.SYS_DUP3, uintptr(out), 2, 0)
	}
	return 0
}

// identity adds what makes the process another user's: all groups, then the user.
func (j *job) identity(s *barefork.Script, who string) int {
	uid, gid, unknown := users.Owner(who)
	if unknown != "" {
		return j.Complain(unknown)
	}
	var groups []uint32
	if uid != users.Unchanged {
		u := users.ByUID(uid)
		if u == nil {
			return j.Complain("unknown uid " + strconv.Itoa(int(uid)))
		}
		if gid == users.Unchanged {
			gid = u.GID
		}
		groups = users.GroupsOf(u.Name, gid)
	} else if gid != users.Unchanged {
		groups = []uint32{gid}
	}
	if gid != users.Unchanged {
		s.Call("setgroups", unix.SYS_SETGROUPS, uintptr(len(groups)), s.Words(groups))
		s.Call("setgid", unix.SYS_SETGID, uintptr(gid))
	}
	if uid != users.Unchanged {
		s.Call("setuid", unix.SYS_SETUID, uintptr(uid))
	}
	return 0
}

// files are what the program's name may stand for.
func (j *job) files() []string {
	if strings.IndexByte(j.exec, '/') >= 0 {
		return []string{j.exec}
	}
	if file, err := j.Resolve(j.exec); err == nil {
		return []string{file}
	}
	return []string{j.exec}
}

// replace makes this process the program.
func (j *job) replace(s *barefork.Script, argv []string) int {
	runtime.LockOSThread()
	j.Out.Flush()
	if err := s.Here(); err != nil {
		if e, ok := err.(*barefork.Error); ok {
			return j.Warn(e.What, e.Err)
		}
	}
	file, err := j.Resolve(j.exec)
	if err == nil {
		err = applet.Execve(file, argv, j.Environ())
		if err == syscall.ENOEXEC {
			if shell, e := j.Resolve("sh"); e == nil {
				err = applet.Execve(shell, append([]string{"sh", file}, argv[1:]...), j.Environ())
			}
		}
	}
	return j.Warn("can't execute '"+argv[0]+"'", err)
}
