// Package chpst has the applets of runit and daemontools that change the state of
// the process and run a program.
package chpst

import (
	"strconv"
	"strings"
	"syscall"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/users"

	"golang.org/x/sys/unix"
)

// Applet is chpst.
var Applet = applet.Applet{
	Names: "chpst",
	Usage: "[-vP012] [-u USER[:GRP]] [-U USER[:GRP]] [-e DIR]\n" +
		"	[-/ DIR] [-n NICE] [-m BYTES] [-d BYTES] [-o N]\n" +
		"	[-p N] [-f BYTES] [-c BYTES] PROG ARGS",
	About: "Change the process state, run PROG.",
	Options: `
-u USER[:GRP]	set uid and gid
-U USER[:GRP]	set $UID and $GID in the environment
-e DIR	set environment variables as specified by files
			in DIR: file=1st_line_of_file
-/ DIR	chroot to DIR
-n NICE	add NICE to the nice value
-m BYTES	same as -d BYTES -s BYTES -l BYTES -a BYTES
-d BYTES	limit the data segment
-s BYTES	limit the stack segment
-l BYTES	limit the locked memory
-a BYTES	limit the total size of all segments
-o N	limit the number of open files per process
-p N	limit the number of processes per uid
-f BYTES	limit output file sizes
-c BYTES	limit the core file size
-r BYTES	limit the resident set size
-t N	limit the CPU time to N seconds
-v	tell of folders in DIR
-P	start a new session
-0	close stdin
-1	close stdout
-2	close stderr
`,
	Form:    applet.Leading,
	AtLeast: 1,
	Dir:     "/usr/bin",
	Run:     chpst,
}

// Softlimit is softlimit.
var Softlimit = applet.Applet{
	Names: "softlimit",
	Usage: "[-a BYTES] [-m BYTES] [-d BYTES] [-s BYTES] [-l BYTES]\n" +
		"	[-f BYTES] [-c BYTES] [-r BYTES] [-o N] [-p N] [-t N]\n" +
		"	PROG ARGS",
	About: "Set soft resource limits, then run PROG.",
	Options: `
-a BYTES	limit the total size of all segments
-m BYTES	same as -d BYTES -s BYTES -l BYTES -a BYTES
-d BYTES	limit the data segment
-s BYTES	limit the stack segment
-l BYTES	limit the locked memory
-o N	limit the number of open files per process
-p N	limit the number of processes per uid
-f BYTES	limit output file sizes
-c BYTES	limit the core file size
-r BYTES	limit the resident set size
-t N	limit the CPU time: SIGXCPU after N seconds
`,
	Form:    applet.Leading,
	AtLeast: 1,
	Dir:     "/usr/bin",
	Run:     chpst,
}

// Envdir is envdir.
var Envdir = applet.Applet{
	Names:   "envdir",
	Usage:   "DIR PROG ARGS",
	About:   "Set environment variables as specified by files in DIR, run PROG.",
	Form:    applet.Plain,
	AtLeast: 2,
	Dir:     "/usr/bin",
	Run: func(c *applet.Call) int {
		p := change{Call: c, env: c.Environ()}
		return p.first(p.folder(c.Args[0]))
	},
}

// Envuidgid is envuidgid.
var Envuidgid = applet.Applet{
	Names:   "envuidgid",
	Usage:   "USER PROG ARGS",
	About:   "Set $UID to USER's uid and $GID to USER's gid, run PROG.",
	Form:    applet.Plain,
	AtLeast: 2,
	Dir:     "/usr/bin",
	Run: func(c *applet.Call) int {
		p := change{Call: c, env: c.Environ()}
		return p.first(p.names(c.Args[0]))
	},
}

// Setuidgid is setuidgid.
var Setuidgid = applet.Applet{
	Names:   "setuidgid",
	Usage:   "USER PROG ARGS",
	About:   "Set uid and gid to USER's, drop supplementary groups, run PROG.",
	Form:    applet.Plain,
	AtLeast: 2,
	Dir:     "/usr/bin",
	Run: func(c *applet.Call) int {
		p := change{Call: c, env: c.Environ()}
		return p.first(p.become(c.Args[0]))
	},
}

// change is what becomes of the process before the program runs.
type change struct {
	*applet.Call
	env []string
}

// first runs what stands behind the first operand if what it was for worked.
func (p *change) first(status int) int {
	if status != 0 {
		return status
	}
	p.SetEnviron(p.env)
	return p.Exec(p.Args[1:])
}

func chpst(c *applet.Call) int {
	p := change{Call: c, env: c.Environ()}
	if c.Has("P") {
		syscall.Setsid()
	}
	if dir, given := c.Given("e"); given {
		if status := p.folder(dir); status != 0 {
			return status
		}
	}
	if name, given := c.Given("U"); given {
		if status := p.names(name); status != 0 {
			return status
		}
	}
	uid, gid := uint32(0), uint32(0)
	user, becomes := c.Given("u")
	if becomes {
		ok := false
		// The jail needs no /etc/passwd.
		if uid, gid, ok = users.Identity(user); !ok {
			return c.Complain("unknown user/group " + user)
		}
	}
	if root, given := c.Given("/"); given {
		if err := syscall.Chroot(root); err != nil {
			return c.Warn("can't change root directory to '"+root+"'", err)
		}
		syscall.Chdir("/")
	}
	if status := p.nice(); status != 0 {
		return status
	}
	if becomes {
		if status := p.be(uid, gid); status != 0 {
			return status
		}
	}
	for fd, option := range []string{"0", "1", "2"} {
		if c.Has(option) {
			syscall.Close(fd)
		}
	}
	c.SetEnviron(p.env)
	// Last: our own runtime needs memory, too.
	if status := p.limits(); status != 0 {
		return status
	}
	return c.Exec(c.Args)
}

func (p *change) nice() int {
	text, given := p.Given("n")
	if !given {
		return 0
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return p.Complain("invalid number '" + text + "'")
	}
	// The system call gives 20 minus the value.
	now, err := syscall.Getpriority(syscall.PRIO_PROCESS, 0)
	if err == nil {
		err = syscall.Setpriority(syscall.PRIO_PROCESS, 0, 20-now+n)
	}
	if err != nil {
		return p.Warn("nice", err)
	}
	return 0
}

func (p *change) become(user string) int {
	uid, gid, ok := users.Identity(user)
	if !ok {
		return p.Complain("unknown user/group " + user)
	}
	return p.be(uid, gid)
}

func (p *change) be(uid, gid uint32) int {
	if err := syscall.Setgroups([]int{int(gid)}); err != nil {
		return p.Warn("setgroups", err)
	}
	if err := syscall.Setgid(int(gid)); err != nil {
		return p.Warn("setgid", err)
	}
	if err := syscall.Setuid(int(uid)); err != nil {
		return p.Warn("setuid", err)
	}
	return 0
}

// names puts a user's numbers into the environment.
func (p *change) names(user string) int {
	uid, gid, ok := users.Identity(user)
	if !ok {
		return p.Complain("unknown user/group " + user)
	}
	p.set("GID", strconv.Itoa(int(gid)))
	p.set("UID", strconv.Itoa(int(uid)))
	return 0
}

func (p *change) unset(name string) {
	kept := make([]string, 0, len(p.env)+1)
	for _, e := range p.env {
		if !strings.HasPrefix(e, name+"=") {
			kept = append(kept, e)
		}
	}
	p.env = kept
}

func (p *change) set(name, value string) {
	p.unset(name)
	p.env = append(p.env, name+"="+value)
}

// folder sets a variable for each file: its first line without white space at the
// end. An empty file takes the variable away.
func (p *change) folder(dir string) int {
	const longest = 255
	entries, err := applet.ReadDir(dir)
	if err != nil {
		return p.Warn("can't change directory to '"+dir+"'", err)
	}
	for _, e := range entries {
		if e.Name[0] == '.' {
			continue
		}
		path := applet.Join(dir, e.Name)
		fd, err := applet.OpenFile(path, syscall.O_RDONLY|syscall.O_NONBLOCK, 0)
		if err != nil {
			return p.Warn("open "+path, err)
		}
		buf := make([]byte, longest)
		n, err := applet.ReadFd(fd, buf)
		syscall.Close(fd)
		switch {
		case err == syscall.EISDIR:
			if p.Has("v") {
				p.Warn("warning: "+path+" is a directory", err)
			}
			continue
		case err != nil:
			return p.Warn("read "+path, err)
		case n == 0:
			p.unset(e.Name)
			continue
		}
		text, _, _ := strings.Cut(string(buf[:n]), "\n")
		text, _, _ = strings.Cut(text, "\x00")
		p.set(e.Name, strings.TrimRight(text, " \t\r\v\f"))
	}
	return 0
}

// limits sets the soft limits.
func (p *change) limits() int {
	for _, l := range [...]struct {
		option  string
		byTotal bool // -m means it, too
		what    int
	}{
		{"d", true, unix.RLIMIT_DATA}, {"s", true, unix.RLIMIT_STACK}, {"l", true, unix.RLIMIT_MEMLOCK},
		{"a", true, unix.RLIMIT_AS}, {"o", false, unix.RLIMIT_NOFILE}, {"p", false, unix.RLIMIT_NPROC},
		{"f", false, unix.RLIMIT_FSIZE}, {"c", false, unix.RLIMIT_CORE}, {"r", false, unix.RLIMIT_RSS},
		{"t", false, unix.RLIMIT_CPU},
	} {
		option := l.option
		if l.byTotal && p.Has("m") {
			option = "m"
		}
		text, given := p.Given(option)
		if !given {
			continue
		}
		n, err := strconv.ParseUint(text, 10, 32)
		if err != nil {
			return p.Complain("invalid number '" + text + "'")
		}
		var r syscall.Rlimit
		if err = syscall.Getrlimit(l.what, &r); err == nil {
			r.Cur = min(n, r.Max)
			err = syscall.Setrlimit(l.what, &r)
		}
		if err != nil {
			return p.Warn("setrlimit", err)
		}
	}
	return 0
}
