// Package daemon sends applets into the background.
package daemon

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
	files := []uintptr{uintptr(null), uintptr(null), uintptr(null)}
	if in >= 0 {
		files[0] = uintptr(in)
	}
	self := applet.Self
	if !applet.Exists(self) {
		if self, err = c.Resolve(c.Name); err != nil {
			return c.Warn("can't execute '"+c.Name+"'", err)
		}
	}
	c.Out.Flush()
	_, err = syscall.ForkExec(self, argv, &syscall.ProcAttr{Env: c.Environ(), Files: files, Sys: &syscall.SysProcAttr{Setsid: true}})
	if err != nil {
		return c.Warn("fork", err)
	}
	return 0
}

// WritePid writes our pid into the file, as BusyBox does below /var/run: if it can't, that is no failure.
func WritePid(path string) {
	applet.WriteFile(path, []byte(strconv.Itoa(syscall.Getpid())+"\n"), 0o644)
}
