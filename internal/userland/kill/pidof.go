package kill

import (
	"strconv"
	"syscall"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/proc"
)

// Pidof is pidof.
var Pidof = applet.Applet{
	Names: "pidof",
	Usage: "[-s] [-o PID] [NAME]...",
	About: "List the numbers of all processes with the NAMEs.",
	Options: `
-s	only one of them
-o PID	leave PID out; %PPID is pidof's parent
`,
	Min: true,
	Run: pidof,
}

func pidof(c *applet.Call) int {
	var omit []int
	for _, word := range c.Values("o") {
		pid := syscall.Getppid()
		if word != "%PPID" {
			n, err := strconv.ParseUint(word, 10, 31)
			if err != nil {
				return c.Complain("invalid number '" + word + "'")
			}
			pid = int(n)
		}
		omit = append(omit, pid)
	}
	separator := ""
	for _, name := range c.Args {
		pids, err := proc.ByName(name)
		if err != nil {
			return c.Warn("can't open '/proc'", err)
		}
		for i := len(pids) - 1; i >= 0; i-- {
			if contains(omit, pids[i]) {
				continue
			}
			c.Out.Print(separator, strconv.Itoa(pids[i]))
			if separator = " "; c.Has("s") {
				break
			}
		}
	}
	if separator == "" {
		return 1
	}
	c.Out.Print("\n")
	return 0
}
