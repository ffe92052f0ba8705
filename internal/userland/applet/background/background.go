// Package background puts a daemon into the background: Go's runtime can't fork, so
// the program is started again, with what it needs handed over.
package background

import (
	"strings"
	"syscall"

	"bantam/internal/userland/applet"
)

// mark is the variable of the environment by which the new process knows itself. Its value
// is what was handed over.
const mark = "BOX_BACKGROUND="

// Inherited says whether this process is the one in the background, and what was
// handed over to it. It takes the mark out of the environment.
func Inherited(c *applet.Call) (state string, yes bool) {
	var rest []string
	for _, v := range c.Environ() {
		if value, found := strings.CutPrefix(v, mark); found {
			state, yes = value, true
			continue
		}
		rest = append(rest, v)
	}
	if yes {
		c.SetEnviron(rest)
	}
	return state, yes
}

// Start starts this very applet again with the same arguments in a session of its own,
// with /dev/null for its standard files and the descriptors given as 3 and so on.
func Start(c *applet.Call, args []string, state string, files ...int) (pid int, err error) {
	null, err := applet.OpenFile("/dev/null", syscall.O_RDWR, 0)
	if err != nil {
		return 0, err
	}
	defer syscall.Close(null)
	all := []uintptr{uintptr(null), uintptr(null), uintptr(null)}
	for _, fd := range files {
		all = append(all, uintptr(fd))
	}
	return syscall.ForkExec(applet.Self, append([]string{c.Name}, args...), &syscall.ProcAttr{
		Env:   append(append([]string(nil), c.Environ()...), mark+state),
		Files: all,
		Sys:   &syscall.SysProcAttr{Setsid: true},
	})
}
