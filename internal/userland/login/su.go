// Package login is the applets su, login, sulogin and getty.
package login

import (
	"strings"
	"syscall"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/accounts"
	"bantam/internal/userland/applet/syslog"
	"bantam/internal/userland/applet/users"
)

// Su is su.
var Su = applet.Applet{
	Names: "su",
	Usage: "[-lmp] [-s SH] [-] [USER [FILE ARGS | -c 'CMD' [ARG0 ARGS]]]",
	About: "Run a shell as USER (as root if none is named)",
	Options: `
-l	clear the environment, go to the home directory, run a login shell; also -
-p, -m	don't set HOME, SHELL, USER and LOGNAME
-c CMD	what is passed to 'sh -c'
-s SH	the shell, in place of the user's own
`,
	Run: runSu,
}

func runSu(c *applet.Call) int {
	args, login, keep := c.Args, c.Has("l"), c.Has("p")
	if len(args) > 0 && args[0] == "-" {
		args, login = args[1:], true
	}
	name := "root"
	if len(args) > 0 {
		name, args = args[0], args[1:]
	}
	tty := shortTty(accounts.Tty(c.In.Fd()))
	if tty == "" {
		tty = "none"
	}
	caller := uint32(syscall.Getuid())
	from := ""
	if u := users.ByUID(caller); u != nil {
		from = u.Name
	}
	u := users.ByName(name)
	if u == nil {
		return c.Complain("unknown user " + name)
	}
	how := tty + " " + from + ":" + name
	if caller != 0 && accounts.Check(c, u, "Password: ", 0) != accounts.Right {
		syslog.Send(syslog.Auth|syslog.Notice, c.Name, "- "+how)
		accounts.Pause()
		return c.Complain("incorrect password")
	}
	syslog.Send(syslog.Auth|syslog.Notice, c.Name, "+ "+how)
	shell := suShell(c, u, caller, keep)
	if !accounts.Become(c, u) {
		return 1
	}
	accounts.Session{Clear: login, Home: login, Set: !keep}.Enter(c, u, shell)
	if command, given := c.Given("c"); given {
		args = append([]string{"-c", command}, args...)
	}
	return accounts.ExecShell(c, shell, login, args)
}

// suShell is the shell to run. Who isn't root can't choose another one for a user whose
// own is none of /etc/shells: such accounts are restricted.
func suShell(c *applet.Call, u *users.User, caller uint32, keep bool) string {
	shell := c.Value("s")
	if shell == "" && keep {
		shell = c.Getenv("SHELL")
	}
	if shell == "" {
		return u.Shell
	}
	if caller != 0 && u.Shell != "" && isRestricted(u.Shell) {
		c.Complain("using restricted shell")
		return u.Shell
	}
	return shell
}

func isRestricted(shell string) bool {
	found := false
	err := users.Lines("/etc/shells", func(line string) bool {
		found = strings.TrimSpace(line) == shell
		return !found
	})
	if err != nil {
		return shell != "/bin/sh" && shell != "/bin/csh"
	}
	return !found
}

// shortTty is a terminal's name without /dev/.
func shortTty(path string) string { return strings.TrimPrefix(path, "/dev/") }
