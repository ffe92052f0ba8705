// Package background sends applets into the background.
package background

import (
	"strconv"
	"syscall"

	"bantam/internal/userland/applet"
)

// Start starts the call again with the option that keeps it in the foreground, in a
// session of its own and with /dev/null as its standard files: a Go program can't fork
// and go on. in is a descriptor for its standard input instead, or -1. The caller ends with the status.
func Start(c *applet.Call, foreground string, in int) int {
	argv := []string{c.Name}
	c.Each(func(key, value string) {
		// An optional value has to stand at its letter, and for others it may.
		argv = append(argv, "-"+key+value)
	})
	// The last one counts where there is an opposite.
	argv = append(append(argv, "-"+foreground, "--"), c.Args...)
	null, err := applet.OpenFile("/dev/null", syscall.O_RDWR, 0)
	if err != nil {
		return c.CantOpen("/dev/null", err)
	}
	defer syscall.Close(null)
	if in < 0 {
		in = null
	}
	self := applet.Self
	if !applet.Exists(self) {
		if self, err = c.Resolve(c.Name); err != nil {
			return c.Warn("can't execute '"+c.Name+"'", err)
		}
	}
	c.Out.Flush()
	_, err = detach(self, argv, c.Environ(), in, null, null)
	if err != nil {
		return c.Warn("fork", err)
	}
	return 0
}

// detach starts a program in a session of its own with these descriptors as 0, 1 and so on.
func detach(program string, argv, env []string, files ...int) (pid int, err error) {
	var all []uintptr
	for _, fd := range files {
		all = append(all, uintptr(fd))
	}
	return applet.ForkExec(program, argv, &syscall.ProcAttr{Env: env, Files: all, Sys: &syscall.SysProcAttr{Setsid: true}})
}

// WritePid writes our pid into the file, as BusyBox does below /var/run: if it can't, that is no failure.
func WritePid(path string) {
	applet.WriteFile(path, []byte(strconv.Itoa(syscall.Getpid())+"\n"), 0o644)
}
