package namespace

import (
	"runtime"
	"strconv"
	"strings"
	"syscall"

	"bantam/internal/linux/barefork"
	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/signals"

	"golang.org/x/sys/unix"
)

// Unshare is unshare.
var Unshare = applet.Applet{
	Names: "unshare",
	Usage: "[OPTIONS] [PROG ARGS]",
	About: "Run PROG (a shell if there is none) in namespaces of its own. With FILE they are kept there.",
	Options: `
-m, --mount[=FILE]	a new mount namespace
-u, --uts[=FILE]	a new UTS namespace (hostname etc.)
-i, --ipc[=FILE]	a new IPC namespace
-n, --net[=FILE]	a new network namespace
-p, --pid[=FILE]	a new PID namespace, for the children (applets are forked)
-U, --user[=FILE]	a new user namespace
-C, --cgroup[=FILE]	a new cgroup namespace
-T, --time[=FILE]	a new time namespace
-f, --fork	run PROG as a child: as process 1 with -p
--kill-child[=SIG]	and kill it (SIGKILL) when unshare ends; implies -f
-r, --map-root-user	map the current user and group to root; implies -U
-c, --map-current-user	map the current user and group to themselves; implies -U
--map-user UID	map the current user to UID; implies -U
--map-group GID	map the current group to GID; implies -U
--map-users IN:OUT:N	map N users from OUT on to IN and following; implies -U
--map-groups IN:OUT:N	the same for groups
--mount-proc[=DIR]	mount /proc (or DIR) anew; implies -m
--propagation MODE	private (the default), shared, slave or unchanged: the mounts' propagation
--setgroups allow|deny	allow or deny setgroups(2) in the user namespace
-R, --root DIR	run PROG with the root DIR
-w, --wd DIR	run PROG in the folder DIR
-S, --setuid UID	run PROG as that user
-G, --setgid GID	run PROG as that group
--monotonic SECONDS	the offset of the monotonic clock; implies -T
--boottime SECONDS	the offset of the time since boot; implies -T
`,
	Form: applet.Leading,
	Dir:  "/usr/bin",
	Run:  unshare,
}

// request is what the options of unshare ask for.
type request struct {
	*applet.Call
	flags       int
	fork        bool
	propagation int
	proc        string // where to mount it
	death       syscall.Signal
	uids, gids  string // the maps
	groups      string // what goes into setgroups
	uid, gid    int    // -1: unchanged
}

func unshare(c *applet.Call) int {
	r := request{Call: c, proc: c.Value("mount-proc"), fork: c.Has("f"), uid: -1, gid: -1}
	if wrong := r.read(); wrong != "" {
		return c.Complain(wrong)
	}
	if r.flags&unix.CLONE_NEWPID != 0 && threaded(c) {
		r.fork = true
	}
	if !r.fork && r.flags&(unix.CLONE_NEWUSER|unix.CLONE_NEWTIME) == 0 {
		return r.here()
	}
	return r.inChild()
}

// read reads the options and returns what is wrong with them.
func (r *request) read() string {
	for _, k := range kinds {
		if r.Has(k.option) {
			r.flags |= k.flag
		}
	}
	if r.Has("mount-proc") {
		r.flags |= unix.CLONE_NEWNS
		if r.proc == "" {
			r.proc = "/proc"
		}
	}
	if r.Has("monotonic") || r.Has("boottime") {
		r.flags |= unix.CLONE_NEWTIME
	}
	if name, given := r.Given("kill-child"); given {
		r.fork, r.death = true, syscall.SIGKILL
		if name != "" {
			n, ok := signals.Number(name)
			if !ok {
				return "unknown signal: " + name
			}
			r.death = syscall.Signal(n)
		}
	}
	if wrong := r.readMaps(); wrong != "" {
		return wrong
	}
	return r.readModes()
}

func (r *request) readModes() string {
	mode, given := r.Given("propagation")
	switch {
	case r.flags&unix.CLONE_NEWNS == 0 || mode == "unchanged":
	case !given || mode == "private":
		r.propagation = unix.MS_REC | unix.MS_PRIVATE
	case mode == "shared":
		r.propagation = unix.MS_REC | unix.MS_SHARED
	case mode == "slave":
		r.propagation = unix.MS_REC | unix.MS_SLAVE
	default:
		return "unrecognized: --propagation=" + mode
	}
	groups, given := r.Given("setgroups")
	switch {
	case given && groups != "allow" && groups != "deny":
		return "unrecognized: --setgroups=" + groups
	case groups == "allow" && r.groups == "deny":
		return "--setgroups=allow and --map-root-user are mutually exclusive"
	case given:
		r.groups = groups
	}
	wrong := ""
	if r.uid, wrong = id(r.Call, "S"); wrong == "" {
		r.gid, wrong = id(r.Call, "G")
	}
	return wrong
}

// id is the value of an option that is a user's or group's number, -1 without it.
func id(c *applet.Call, option string) (n int, wrong string) {
	text, given := c.Given(option)
	if !given {
		return -1, ""
	}
	v, err := strconv.ParseUint(text, 10, 32)
	if err != nil {
		return -1, "invalid number '" + text + "'"
	}
	return int(v), ""
}

// readMaps reads the options that map users and groups.
func (r *request) readMaps() string {
	uid, gid := strconv.Itoa(syscall.Geteuid()), strconv.Itoa(syscall.Getegid())
	one := func(inner, outer string) string {
		// Without the right to map others a process maps itself alone, and must give up setgroups(2).
		r.groups = "deny"
		return inner + " " + outer + " 1\n"
	}
	switch r.Last("r", "c") {
	case "r":
		r.uids, r.gids = one("0", uid), one("0", gid)
	case "c":
		r.uids, r.gids = one(uid, uid), one(gid, gid)
	}
	if to, given := r.Given("map-user"); given {
		r.uids = one(to, uid)
	}
	if to, given := r.Given("map-group"); given {
		r.gids = one(to, gid)
	}
	for _, m := range r.Values("map-users") {
		r.uids += mapping(m)
	}
	for _, m := range r.Values("map-groups") {
		r.gids += mapping(m)
		if r.Last("r", "c") == "" {
			r.groups = ""
		}
	}
	for _, m := range strings.Fields(r.uids + r.gids) {
		if _, err := strconv.ParseUint(m, 10, 32); err != nil {
			return "invalid mapping '" + m + "'"
		}
	}
	if r.uids != "" || r.gids != "" {
		r.flags |= unix.CLONE_NEWUSER
	}
	return ""
}

// mapping is a line of uid_map of IN:OUT:N, or of the older OUT,IN,N.
func mapping(text string) string {
	f := strings.Split(text, ":")
	if len(f) == 1 {
		if f = strings.Split(text, ","); len(f) == 3 {
			f[0], f[1] = f[1], f[0]
		}
	}
	if len(f) != 3 {
		return "wrong:" + text + "\n"
	}
	return strings.Join(f, " ") + "\n"
}

func (r *request) what() string { return "unshare(0x" + strconv.FormatInt(int64(r.flags), 16) + ")" }

// here changes this very process and executes the command. All that it does on this
// thread happens to the thread alone, until execve makes it the whole process.
func (r *request) here() int {
	runtime.LockOSThread()
	if err := unix.Unshare(r.flags); err != nil {
		return r.Warn(r.what(), err)
	}
	dir := "/proc/" + strconv.Itoa(syscall.Getpid()) + "/task/" + strconv.Itoa(syscall.Gettid())
	told := make(chan error)
	// Another thread is still in the old mount namespace.
	go func() { told <- r.keep(dir, ^0) }()
	if err := <-told; err != nil {
		return complain(r.Call, "", err)
	}
	var s barefork.Script
	r.prepare(&s)
	if err := s.Here(); err != nil {
		return complain(r.Call, "", err)
	}
	return r.Exec(command(r.Call))
}

// inChild lets a child of one thread do it.
func (r *request) inChild() int {
	runtime.LockOSThread() // --kill-child: the parent that the child dies with is this thread
	var s barefork.Script
	s.Call(r.what(), unix.SYS_UNSHARE, uintptr(r.flags))
	const later = unix.CLONE_NEWPID | unix.CLONE_NEWTIME // what only a child is in
	s.Sync(func(pid int) error {
		dir := "/proc/" + strconv.Itoa(pid)
		if err := r.writeMaps(dir); err != nil {
			return err
		}
		return r.keep(dir, ^later)
	})
	if r.fork {
		s.Fork()
		s.Sync(func(pid int) error { return r.keep("/proc/"+strconv.Itoa(pid), later) })
		if r.death != 0 {
			s.Call("prctl", unix.SYS_PRCTL, unix.PR_SET_PDEATHSIG, uintptr(r.death))
		}
	}
	r.prepare(&s)
	return finish(r.Call, &s, !r.fork)
}

// prepare adds what comes between unshare(2) and execve(2).
func (r *request) prepare(s *barefork.Script) {
	if r.propagation != 0 {
		mount(s, "none", "/", "", uintptr(r.propagation))
	}
	if dir, given := r.Given("R"); given {
		s.Call("can't change root directory to '"+dir+"'", unix.SYS_CHROOT, s.String(dir))
		s.Call("can't change directory to '/'", unix.SYS_CHDIR, s.String("/"))
	}
	if r.proc != "" {
		// Private first: else the new one would show up in the old namespace.
		mount(s, "none", r.proc, "", unix.MS_PRIVATE|unix.MS_REC)
		mount(s, "proc", r.proc, "proc", unix.MS_NOSUID|unix.MS_NOEXEC|unix.MS_NODEV)
	}
	if dir, given := r.Given("w"); given {
		s.Call("can't change directory to '"+dir+"'", unix.SYS_CHDIR, s.String(dir))
	}
	if r.gid >= 0 {
		s.Call("setgroups", unix.SYS_SETGROUPS)
		s.Call("setgid", unix.SYS_SETGID, uintptr(r.gid))
	}
	if r.uid >= 0 {
		s.Call("setuid", unix.SYS_SETUID, uintptr(r.uid))
	}
}

func mount(s *barefork.Script, source, dir, fstype string, flags uintptr) {
	what := "can't mount " + source + " on " + dir + " (flags:0x" + strconv.FormatUint(uint64(flags), 16) + ")"
	var kind uintptr
	if fstype != "" {
		kind = s.String(fstype)
	}
	s.Call(what, unix.SYS_MOUNT, s.String(source), s.String(dir), kind, flags)
}

// writeMaps gives the new namespaces what only /proc/PID takes.
func (r *request) writeMaps(dir string) error {
	offsets := ""
	for _, clock := range []string{"monotonic", "boottime"} {
		if n, given := r.Given(clock); given {
			offsets += clock + " " + n + " 0\n"
		}
	}
	for _, f := range [...]struct{ name, text string }{
		{"setgroups", r.groups}, {"uid_map", r.uids}, {"gid_map", r.gids}, {"timens_offsets", offsets},
	} {
		if f.text == "" {
			continue
		}
		fd, err := applet.OpenFile(dir+"/"+f.name, syscall.O_WRONLY, 0)
		if err == nil {
			_, err = syscall.Write(fd, []byte(f.text))
			syscall.Close(fd)
		}
		if err != nil {
			return &barefork.Error{What: "can't write " + f.name, Err: err}
		}
	}
	return nil
}

// keep binds the namespaces of the given kinds to the files that shall hold them.
func (r *request) keep(dir string, which int) error {
	for _, k := range kinds {
		file := r.Value(k.option)
		if file == "" || k.flag&which == 0 {
			continue
		}
		from := dir + "/ns/" + k.file
		if err := syscall.Mount(from, file, "", unix.MS_BIND, ""); err != nil {
			return &barefork.Error{What: "can't mount " + from + " on " + file + " (flags:0x1000)", Err: err}
		}
	}
	return nil
}
