package login

import (
	"strconv"
	"strings"
	"syscall"
	"time"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/accounts"
	"bantam/internal/userland/applet/number"
	"bantam/internal/userland/applet/signals"
	"bantam/internal/userland/applet/syslog"
	"bantam/internal/userland/applet/term"
	"bantam/internal/userland/applet/users"
	"bantam/internal/userland/applet/utmp"
	"golang.org/x/sys/unix"
)

// Login is login.
var Login = applet.Applet{
	Names: "login",
	Usage: "[-p] [-h HOST] [[-f] USER]",
	About: "Begin a new session on the system",
	Options: `
-f USER	don't ask for a password: it was asked already
-h HOST	the host that USER comes from
-p	keep the environment
`,
	Notes: `
$LOGIN_TIMEOUT		Seconds (default 60, 0: for ever)
$LOGIN_PRE_SUID_SCRIPT	Run before the user is changed
`,
	AtMost: 1,
	Run:    runLogin,
}

const (
	mostTries = 3
	mostEmpty = 10
	longest   = 63 // of a user's name
)

func runLogin(c *applet.Call) int {
	byRoot := syscall.Getuid() == syscall.Geteuid()
	seconds, ok := timeout(c)
	if !ok {
		return 1
	}
	if !byRoot {
		sanitize(c)
	}
	// Nothing that was left open goes to the user.
	unix.CloseRange(3, 1<<32-1, unix.CLOSE_RANGE_CLOEXEC)
	name, trusted := c.Given("f")
	if trusted && !byRoot {
		return c.Complain("-f is for root only")
	}
	if len(c.Args) > 0 {
		name = c.Args[0]
	}
	old, err := term.Get(0)
	if err != nil || !applet.IsTerminal(1) {
		return 1
	}
	stop := alarm(c, seconds, old)
	tty := accounts.Tty(0)
	if tty == "" {
		tty = "UNKNOWN"
	}
	from := " on '" + shortTty(tty) + "'"
	host := c.Value("h")
	if host != "" {
		from += " from '" + host + "'"
	}
	u := authenticate(c, name, shortTty(tty), from, trusted)
	if u == nil {
		return 1
	}
	stop()
	if u.UID != 0 && noLogin(c) {
		return 1
	}
	if !byRoot {
		host = ""
	}
	utmp.Put(&utmp.Entry{Type: utmp.UserProcess, Pid: syscall.Getpid(), Line: shortTty(tty), User: u.Name, Host: host})
	unix.Fchown(0, int(u.UID), int(u.GID))
	unix.Fchmod(0, 0o600)
	if byRoot {
		script(c, u, tty)
	}
	return begin(c, u, from)
}

// begin becomes the user's shell.
func begin(c *applet.Call, u *users.User, from string) int {
	if !accounts.Become(c, u) {
		return 1
	}
	accounts.Session{Clear: !c.Has("p"), Set: true, Home: true}.Enter(c, u, u.Shell)
	if !applet.Exists(".hushlogin") {
		show(c, "/etc/motd")
	}
	if u.UID == 0 {
		syslog.Send(syslog.Auth|syslog.Info, c.Name, "root login"+from)
	}
	signals.Default(syscall.SIGINT)
	return accounts.ExecShell(c, u.Shell, true, nil)
}

func timeout(c *applet.Call) (seconds int, ok bool) {
	text := c.Getenv("LOGIN_TIMEOUT")
	if text == "" {
		return 60, true
	}
	n, err := number.Int(text, 1<<30)
	if err != nil {
		c.Complain("invalid number '" + text + "'")
	}
	return n, err == nil
}

// sanitize takes out of the environment what could harm a program that runs with
// rights that its caller hasn't.
func sanitize(c *applet.Call) {
	var env []string
	for _, e := range c.Environ() {
		name, _, _ := strings.Cut(e, "=")
		switch name {
		case "ENV", "BASH_ENV", "HOME", "IFS", "SHELL", "PATH":
		default:
			if !strings.HasPrefix(name, "LD_") {
				env = append(env, e)
			}
		}
	}
	c.SetEnviron(append(env, "PATH=/sbin:/usr/sbin:/bin:/usr/bin"))
}

// alarm ends the program when the time is up, with the terminal as it was.
func alarm(c *applet.Call, seconds int, old *term.Modes) (stop func()) {
	if seconds == 0 {
		return func() {}
	}
	timer := time.AfterFunc(time.Duration(seconds)*time.Second, func() {
		// A broken line mustn't hold it up.
		syscall.SetNonblock(1, true)
		term.SetNow(0, old)
		syscall.Write(1, []byte("\r\nLogin timed out after "+strconv.Itoa(seconds)+" seconds\r\n"))
		syscall.SetNonblock(1, false)
		syscall.Exit(0)
	})
	return func() { timer.Stop() }
}

// authenticate asks for name and password until they fit, or three times.
func authenticate(c *applet.Call, name, tty, from string, trusted bool) *users.User {
	for range mostTries {
		unix.IoctlSetInt(0, unix.TCFLSH, unix.TCIFLUSH)
		if name == "" {
			if name = askName(c); name == "" {
				return nil
			}
		}
		name = name[:min(len(name), longest)]
		u := users.ByName(name)
		if u == nil {
			name = "UNKNOWN" // it may have been a password
			accounts.Check(c, nil, "Password: ", 0)
		} else if admit(c, u, tty, trusted) {
			return u
		}
		trusted = false
		accounts.Pause()
		c.Out.Print("Login incorrect\n")
		c.Out.Flush()
		syslog.Send(syslog.Auth|4, c.Name, "invalid password for '"+name+"'"+from)
		name = ""
	}
	return nil
}

// admit says whether the user may come in.
func admit(c *applet.Call, u *users.User, tty string, trusted bool) bool {
	switch {
	case strings.HasPrefix(u.Password, "!") || strings.HasPrefix(u.Password, "*"):
		return false
	case trusted:
		return true
	case u.UID == 0 && !isSecure(tty):
		return false
	}
	return accounts.Check(c, u, "Password: ", 0) == accounts.Right
}

// isSecure says whether root may log in at the terminal: /etc/securetty lists those. If
// it lists none, all will do.
func isSecure(tty string) bool {
	found, any := false, false
	users.Lines("/etc/securetty", func(line string) bool {
		line, _, _ = strings.Cut(line, "#")
		if line = strings.TrimSpace(line); line != "" {
			any = true
			found = line == tty
		}
		return !found
	})
	return found || !any
}

// askName asks for the user's name, "" if there is none.
func askName(c *applet.Call) string {
	for range mostEmpty {
		prompt(c)
		p, ok := c.In.Line()
		if !ok || c.In.Cut() {
			return ""
		}
		name, _, _ := strings.Cut(strings.TrimLeft(string(p), " \t\r"), " ")
		if name != "" {
			return name
		}
	}
	return ""
}

func prompt(c *applet.Call) {
	c.Out.Print(applet.ReadString("/proc/sys/kernel/hostname"), " login: ")
	c.Out.Flush()
}

// noLogin says whether only root may log in now, and why.
func noLogin(c *applet.Call) bool {
	data, err := applet.ReadFile("/etc/nologin")
	if err != nil {
		return false
	}
	text := strings.ReplaceAll(string(data), "\n", "\r\n")
	if text == "" {
		text = "\r\nSystem closed for routine maintenance\r\n"
	}
	c.Out.Print(text)
	c.Out.Flush()
	unix.IoctlSetInt(1, unix.TCSBRK, 1)
	return true
}

// show shows a file, if it is there.
func show(c *applet.Call, path string) {
	if in, err := applet.Open(path); err == nil {
		c.Out.Copy(in)
		in.Close()
		c.Out.Flush()
	}
}

// script runs $LOGIN_PRE_SUID_SCRIPT.
func script(c *applet.Call, u *users.User, tty string) {
	path := c.Getenv("LOGIN_PRE_SUID_SCRIPT")
	if path == "" {
		return
	}
	old := c.Environ()
	env := append([]string(nil), old...)
	for _, v := range [5][2]string{
		{"LOGIN_TTY", tty}, {"LOGIN_USER", u.Name}, {"LOGIN_UID", strconv.FormatUint(uint64(u.UID), 10)},
		{"LOGIN_GID", strconv.FormatUint(uint64(u.GID), 10)}, {"LOGIN_SHELL", u.Shell},
	} {
		env = accounts.Setenv(env, v[0], v[1])
	}
	c.SetEnviron(env)
	c.Command([]string{path})
	c.SetEnviron(old)
}
