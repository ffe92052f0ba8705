// Package openfiles is the applets about files that processes have open.
package openfiles

import (
	"strconv"
	"syscall"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/proc"
)

// Lsof is lsof.
var Lsof = applet.Applet{
	Names: "lsof",
	About: "Show all open files.",
	Form:  applet.Plain,
	Dir:   "/usr/bin",
	Run:   lsof,
}

func lsof(c *applet.Call) int {
	s, err := proc.Open()
	if err != nil {
		return c.Warn("can't open '/proc'", err)
	}
	for p := s.Next(); p != nil; p = s.Next() {
		if p.Pid == syscall.Getpid() {
			continue
		}
		dir := p.Dir() + "fd/"
		entries, err := applet.ReadDir(dir)
		if err != nil {
			continue // another user's
		}
		exe := p.Exe()
		if exe == "" {
			exe = "(null)"
		}
		for _, e := range entries {
			if target, err := applet.Readlink(dir + e.Name); err == nil {
				c.Out.Print(strconv.Itoa(p.Pid), "\t", exe, "\t", e.Name, "\t", target, "\n")
			}
		}
	}
	return 0
}
