// Package tee is the applet tee.
package tee

import (
	"os/signal"
	"syscall"

	"bantam/internal/userland/applet"
)

// Applet is tee.
var Applet = applet.Applet{
	Names: "tee",
	Usage: "[-ai] [FILE]...",
	About: "Copy standard input to each FILE and to standard output.",
	Options: `
-a, --append	add to the FILEs
-i, --ignore-interrupts	ignore SIGINT
`,
	Dir: "/usr/bin",
	Min: true,
	Run: run,
}

// output is one of tee's files.
type output struct {
	name string
	fd   int
}

func run(c *applet.Call) int {
	if c.Has("i") {
		signal.Ignore(syscall.SIGINT)
	}
	flags := syscall.O_WRONLY | syscall.O_CREAT | syscall.O_TRUNC
	if c.Has("a") {
		flags += syscall.O_APPEND - syscall.O_TRUNC
	}
	outputs := []output{{"standard output", c.Out.Fd()}}
	status := 0
	for _, name := range c.Args {
		if name == "-" {
			outputs = append(outputs, output{name, c.Out.Fd()})
			continue
		}
		fd, err := applet.OpenFile(name, flags, 0o666)
		if err != nil {
			status = c.CantOpen(name, err)
			continue
		}
		outputs = append(outputs, output{name, fd})
	}
	for len(outputs) > 0 {
		p, err := c.In.Chunk()
		if err != nil {
			return c.Warn("read error", err)
		}
		if p == nil {
			break
		}
		kept := outputs[:0]
		for _, o := range outputs {
			if err := applet.WriteFd(o.fd, p); err != nil {
				if err == syscall.EPIPE {
					applet.Die(syscall.SIGPIPE)
				}
				status = c.Warn(o.name, err)
				continue
			}
			kept = append(kept, o)
		}
		outputs = kept
	}
	return status
}
