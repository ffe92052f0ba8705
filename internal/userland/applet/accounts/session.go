package accounts

import (
	"strings"
	"syscall"
	"time"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/crypt"
	"bantam/internal/userland/applet/signals"
	"bantam/internal/userland/applet/term"
	"bantam/internal/userland/applet/users"
	"golang.org/x/sys/unix"
)

// never is a hash that no password has.
const never = "aa"

// PasswordOf is a user's hash: "" for none, and one that nothing matches for no user.
func PasswordOf(u *users.User) string {
	if u == nil {
		return never
	}
	if u.Password != "x" && u.Password != "*" {
		return u.Password
	}
	hash, found := Shadow(u.Name)
	if !found {
		return never
	}
	return hash
}

// Shadow is the hash in the shadow file.
func Shadow(name string) (hash string, found bool) {
	users.Lines(users.ShadowFile, func(line string) bool {
		if rest, ok := strings.CutPrefix(line, name+":"); ok {
			hash, _ = users.Field(rest)
			found = true
		}
		return !found
	})
	return hash, found
}

// Answer is how a question for a password ended.
type Answer uint8

const (
	Wrong  Answer = iota
	Right         // or no password is needed
	Nobody        // the end of input, an interrupt or the time ran out
)

// Check asks for the user's password, unless it is empty. Without a user it asks all
// the same and it is wrong.
func Check(c *applet.Call, u *users.User, prompt string, timeout time.Duration) Answer {
	hash := PasswordOf(u)
	if hash == "" {
		return Right
	}
	password, ok := Ask(c, prompt, timeout)
	switch {
	case !ok:
		return Nobody
	case crypt.Matches(password, hash):
		return Right
	}
	return Wrong
}

// Ask asks for a secret, which isn't echoed. An interrupt is no answer, and neither is
// none before the timeout, if there is one.
func Ask(c *applet.Call, prompt string, timeout time.Duration) (string, bool) {
	fd := c.In.Fd()
	unix.IoctlSetInt(fd, unix.TCFLSH, unix.TCIFLUSH)
	c.Out.Print(prompt)
	c.Out.Flush()
	old, err := term.Get(fd)
	if err == nil {
		quiet := *old
		quiet.Lflag &^= unix.ECHO | unix.ECHOE | unix.ECHOK | unix.ECHONL
		term.SetNow(fd, &quiet)
		defer term.SetNow(fd, old)
	}
	defer func() {
		c.Out.Print("\n")
		c.Out.Flush()
	}()
	interrupt, err := signals.Pipe(syscall.SIGINT)
	if err != nil {
		return "", false
	}
	defer syscall.Close(interrupt)
	return readSecret(fd, interrupt, timeout)
}

// readSecret reads a line byte by byte, for what follows isn't its.
func readSecret(fd, interrupt int, timeout time.Duration) (string, bool) {
	const most = 0xfff
	var secret []byte
	end := time.Now().Add(timeout)
	for len(secret) < most {
		wait := -1
		if timeout > 0 {
			wait = int(max(time.Until(end).Milliseconds(), 0))
		}
		ready := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}, {Fd: int32(interrupt), Events: unix.POLLIN}}
		n, err := unix.Poll(ready, wait)
		if err == syscall.EINTR {
			continue
		}
		if err != nil || n == 0 || ready[1].Revents != 0 {
			return "", false
		}
		var b [1]byte
		n, err = applet.ReadFd(fd, b[:])
		if err != nil || n == 0 && len(secret) == 0 {
			return "", false
		}
		if n == 0 || b[0] == '\n' || b[0] == '\r' {
			break
		}
		secret = append(secret, b[0])
	}
	return string(secret), true
}

// Pause waits as long as one has to wait after a wrong password.
func Pause() { time.Sleep(3 * time.Second) }

// Become takes on the user's groups and number.
func Become(c *applet.Call, u *users.User) bool {
	var groups []int
	for _, g := range users.GroupsOf(u.Name, u.GID) {
		groups = append(groups, int(g))
	}
	what, err := "can't set groups", syscall.Setgroups(groups)
	if err == nil {
		what, err = "setgid", syscall.Setgid(int(u.GID))
	}
	if err == nil {
		what, err = "setuid", syscall.Setuid(int(u.UID))
	}
	if err != nil {
		c.Warn(what, err)
	}
	return err == nil
}

const defaultShell = "/bin/sh"

// Session says what Enter changes.
type Session struct {
	Clear bool // only TERM is left of the environment
	Set   bool // HOME and SHELL, and of others than root USER and LOGNAME
	Names bool // USER and LOGNAME, too
	Home  bool // to the home directory
}

// Enter prepares directory and environment for a user's session.
func (s Session) Enter(c *applet.Call, u *users.User, shell string) {
	if shell == "" {
		shell = defaultShell
	}
	if s.Home {
		if err := syscall.Chdir(u.Home); err != nil {
			c.Warn("can't change directory to '"+u.Home+"'", err)
			syscall.Chdir("/")
		}
	}
	env := append([]string(nil), c.Environ()...)
	if s.Clear {
		env = nil
		if term, set := c.LookupEnv("TERM"); set {
			env = append(env, "TERM="+term)
		}
		path := "/bin:/usr/bin"
		if u.UID == 0 {
			path = "/sbin:/usr/sbin:/bin:/usr/bin"
		}
		env = append(env, "PATH="+path)
	}
	if s.Clear || s.Names || s.Set && u.UID != 0 {
		env = Setenv(env, "USER", u.Name)
		env = Setenv(env, "LOGNAME", u.Name)
	}
	if s.Clear || s.Set || s.Names {
		env = Setenv(env, "HOME", u.Home)
		env = Setenv(env, "SHELL", shell)
	}
	c.SetEnviron(env)
}

// Setenv sets a variable of an environment.
func Setenv(env []string, name, value string) []string {
	for i, e := range env {
		if strings.HasPrefix(e, name+"=") {
			env[i] = name + "=" + value
			return env
		}
	}
	return append(env, name+"="+value)
}

// ExecShell becomes the shell. It returns only if that fails.
func ExecShell(c *applet.Call, shell string, login bool, args []string) int {
	if shell == "" {
		shell = defaultShell
	}
	c.Out.Flush()
	name := applet.Base(shell)
	if login {
		name = "-" + name
	}
	err := applet.Execve(shell, append([]string{name}, args...), c.Environ())
	return c.Warn("can't execute '"+shell+"'", err)
}

// Tty is the path of the descriptor's terminal, "" if it is none.
func Tty(fd int) string {
	if !applet.IsTerminal(fd) {
		return ""
	}
	path, _ := applet.Readlink("/proc/self/fd/" + string(rune('0'+fd)))
	return path
}
