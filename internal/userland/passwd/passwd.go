// Package passwd is the applets passwd, chpasswd, cryptpw and mkpasswd.
package passwd

import (
	"strings"
	"syscall"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/accounts"
	"bantam/internal/userland/applet/crypt"
	"bantam/internal/userland/applet/signals"
	"bantam/internal/userland/applet/syslog"
	"bantam/internal/userland/applet/users"
)

// algorithm is what passwords are hashed with if nothing else is asked for.
const algorithm = "sha512"

// Passwd is passwd.
var Passwd = applet.Applet{
	Names: "passwd",
	Usage: "[-a ALG] [-dlu] [USER]",
	About: "Change the password of USER, or of the current user",
	Options: `
-a ALG	the algorithm: des, md5, sha256 or sha512 (default)
-d	take the password away
-l	lock the account
-u	unlock it
`,
	AtMost: 1,
	Dir:    "/usr/bin",
	Run:    runPasswd,
}

func runPasswd(c *applet.Call) int {
	uid := uint32(syscall.Getuid())
	how := c.Last("l", "u", "d")
	if how != "" && (uid != 0 || len(c.Args) == 0) {
		return c.UsageError("")
	}
	me := users.ByUID(uid)
	if me == nil {
		return c.Complain("unknown uid")
	}
	u := me
	if len(c.Args) > 0 {
		if u = users.ByName(c.Args[0]); u == nil {
			return c.Complain("unknown user " + c.Args[0])
		}
	}
	if uid != 0 && u.UID != uid {
		return c.Complain(me.Name + " can't change password for " + u.Name)
	}
	if hash, found := accounts.Shadow(u.Name); found {
		u.Password = hash
	} else if applet.Exists(users.ShadowFile) {
		c.Complain("no record of " + u.Name + " in " + users.ShadowFile + ", using " + users.PasswdFile)
	}
	hash, status := newHash(c, u, uid, how)
	if status != 0 {
		return status
	}
	// What is begun is done to its end.
	signals.Ignore(syscall.SIGHUP, syscall.SIGINT, syscall.SIGQUIT)
	syscall.Umask(0o077)
	if err := syscall.Setuid(0); err != nil {
		return c.Warn("setuid", err)
	}
	if _, err := accounts.SetPassword(c, u.Name, hash); err != nil {
		return c.Complain("can't update password file " + users.PasswdFile)
	}
	tell(c, "password for "+u.Name+" changed by "+me.Name)
	return 0
}

// tell tells the user and the log.
func tell(c *applet.Call, text string) {
	c.Out.Print(c.Name, ": ", text, "\n")
	syslog.Send(syslog.Auth|syslog.Info, c.Name, text)
}

// newHash is what is to stand in the file.
func newHash(c *applet.Call, u *users.User, uid uint32, how string) (hash string, status int) {
	locked := strings.HasPrefix(u.Password, "!")
	switch how {
	case "l":
		if locked {
			return "", c.Complain("password for " + u.Name + " is already locked")
		}
		return "!" + u.Password, 0
	case "u":
		if !locked {
			return "", c.Complain("password for " + u.Name + " is already unlocked")
		}
		return u.Password[1:], 0
	case "d":
		return "", 0
	}
	if uid != 0 && locked {
		return "", c.Complain("can't change locked password for " + u.Name)
	}
	c.Out.Print("Changing password for ", u.Name, "\n")
	hash, ok := askNew(c, u, uid)
	if !ok {
		return "", c.Complain("password for " + u.Name + " is unchanged")
	}
	return hash, 0
}

// askNew asks for the old password and twice for the new one.
func askNew(c *applet.Call, u *users.User, uid uint32) (hash string, ok bool) {
	old := ""
	if uid != 0 && u.Password != "" {
		if old, ok = accounts.Ask(c, "Old password: ", 0); !ok {
			return "", false
		}
		if !crypt.Matches(old, u.Password) {
			syslog.Send(syslog.Auth|syslog.Notice, c.Name, "incorrect password for "+u.Name)
			accounts.Pause()
			c.Out.Print("Incorrect password\n")
			return "", false
		}
	}
	password, ok := accounts.Ask(c, "New password: ", 0)
	if !ok {
		return "", false
	}
	if why := weak(old, password, u); why != "" {
		c.Out.Print("Bad password: ", why, "\n")
		if uid != 0 {
			return "", false
		}
	}
	again, ok := accounts.Ask(c, "Retype password: ", 0)
	if !ok {
		return "", false
	}
	if again != password {
		c.Out.Print("Passwords don't match\n")
		return "", false
	}
	name := algorithm
	if a, given := c.Given("a"); given {
		name = a
	}
	salt, _ := crypt.Salt(name)
	return crypt.Hash(password, salt)
}
