package users

import (
	"strings"
	"syscall"

	"bantam/internal/userland/applet"
)

// Identity reads USER[:GROUP], names or numbers, as chpst and start-stop-daemon do.
// Without a group it is the user's first; that of an unknown number is the same number.
func Identity(text string) (uid, gid uint32, ok bool) {
	name, group, hasGroup := strings.Cut(text, ":")
	var user *User
	if n, isNumber := number(name); isNumber {
		uid, gid = n, n
		user = ByUID(n)
	} else if user = ByName(name); user == nil {
		return 0, 0, false
	}
	if user != nil {
		uid, gid = user.UID, user.GID
	}
	if !hasGroup {
		return uid, gid, true
	}
	if n, isNumber := number(group); isNumber {
		return uid, n, true
	}
	g := GroupByName(group)
	if g == nil {
		return 0, 0, false
	}
	return uid, g.GID, true
}

// Shell is the shell to run where none is named: that of $SHELL, the user's, or /bin/sh.
func Shell(c *applet.Call) string {
	if shell := c.Getenv("SHELL"); shell != "" {
		return shell
	}
	if u := ByUID(uint32(syscall.Getuid())); u != nil && u.Shell != "" {
		return u.Shell
	}
	return "/bin/sh"
}
