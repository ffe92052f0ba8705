// Package pmap is the applet pmap.
package pmap

import (
	"strconv"
	"strings"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/number"
	"bantam/internal/userland/applet/pad"
	"bantam/internal/userland/applet/proc"
)

// Applet is pmap.
var Applet = applet.Applet{
	Names: "pmap",
	Usage: "[-xq] PID...",
	About: "Show what the memory of processes is used for.",
	Options: `
-x	in detail
-q	without headers and totals
`,
	Dir:     "/usr/bin",
	AtLeast: 1,
	Run:     run,
}

// failed is the exit status if a process couldn't be read, as in procps.
const failed = 42

func run(c *applet.Call) int {
	status := 0
	for _, arg := range c.Args {
		pid, wrong := number.Signed(arg, 0, 1<<31-1)
		if wrong != "" {
			return c.Complain(wrong)
		}
		if !show(c, int(pid)) {
			status = failed
		}
	}
	return status
}

func show(c *applet.Call, pid int) bool {
	p, _ := proc.Read(pid)
	c.Out.Print(strconv.Itoa(pid), ": ", p.Line(255), "\n")
	quiet, detailed := c.Has("q"), c.Has("x")
	if detailed && !quiet {
		c.Out.Print("Address\t\t  Kbytes     PSS   Dirty    Swap  Mode  Mapping\n")
	}
	var total proc.Mapping
	err := proc.Mappings(pid, func(m *proc.Mapping) {
		total.Size += m.Size
		total.Pss += m.Pss
		total.PrivateDirty += m.PrivateDirty
		total.Swap += m.Swap
		line(c, m, detailed)
	})
	switch {
	case err != nil:
		return false
	case quiet:
	case detailed:
		c.Out.Print("----------------  ------  ------  ------  ------\ntotal\t\t ")
		numbers(c, &total)
		c.Out.Print("\n")
	default:
		c.Out.Print("mapped: ", strconv.FormatUint(total.Size, 10), "K\n")
	}
	return true
}

func numbers(c *applet.Call, m *proc.Mapping) {
	for i, n := range []uint64{m.Size, m.Pss, m.PrivateDirty, m.Swap} {
		if i > 0 {
			c.Out.Print(" ")
		}
		c.Out.Print(pad.Int(int64(n), 7))
	}
}

func line(c *applet.Call, m *proc.Mapping, detailed bool) {
	address := strconv.FormatUint(m.Start, 16)
	c.Out.Print(strings.Repeat("0", max(16-len(address), 0)), address, " ")
	if detailed {
		numbers(c, m)
		c.Out.Print(" ")
	} else {
		c.Out.Print(pad.Int(int64(m.Size), 7), "K")
	}
	name := m.Name
	if name == "" {
		name = "  [ anon ]"
	}
	c.Out.Print(" ", m.Mode, "  ", name, "\n")
}
