// Package environ is the applets env and printenv.
package environ

import (
	"strings"
	"syscall"

	"bantam/internal/userland/applet"
)

// Env is env.
var Env = applet.Applet{
	Names: "env",
	Usage: "[-i0] [-u NAME]... [-] [NAME=VALUE]... [PROG [ARG]...]",
	About: "Run PROG in a changed environment, or print that.",
	Options: `
-i, --ignore-environment	start with an empty environment (also -)
-0, --null	end lines with a zero byte
-u, --unset NAME	take NAME out
-C, --chdir DIR	run PROG in DIR
-S, --split-string STRING	STRING's words are arguments, for #! lines
`,
	Form:    applet.Leading,
	Trouble: 125,
	Dir:     "/usr/bin",
	Min:     true,
	Run:     env,
}

func env(c *applet.Call) int {
	args := c.Args
	if words, given := c.Given("S"); given {
		args = append(strings.Fields(words), args...)
	}
	var environ []string
	empty := c.Has("i")
	if len(args) > 0 && args[0] == "-" {
		empty, args = true, args[1:]
	}
	if !empty {
		environ = append(environ, c.Environ()...)
	}
	for _, name := range c.Values("u") {
		environ = without(environ, name)
	}
	for len(args) > 0 && strings.IndexByte(args[0], '=') >= 0 {
		name, _, _ := strings.Cut(args[0], "=")
		environ = append(without(environ, name), args[0])
		args = args[1:]
	}
	if len(args) == 0 {
		for _, e := range environ {
			c.Out.Print(e, end(c.Has("0")))
		}
		return 0
	}
	return exec(c, args, environ)
}

// exec runs the command where and with what it should.
func exec(c *applet.Call, args, environ []string) int {
	if dir, given := c.Given("C"); given {
		if err := syscall.Chdir(dir); err != nil {
			c.Warn("can't change directory to '"+dir+"'", err)
			return 125
		}
	}
	c.SetEnviron(environ)
	return c.Exec(args)
}

// without takes a variable out of the environment.
func without(environ []string, name string) []string {
	kept := environ[:0]
	for _, e := range environ {
		if rest, ok := strings.CutPrefix(e, name); !ok || !strings.HasPrefix(rest, "=") {
			kept = append(kept, e)
		}
	}
	return kept
}

func end(null bool) string {
	if null {
		return "\x00"
	}
	return "\n"
}

// Printenv is printenv.
var Printenv = applet.Applet{
	Names: "printenv",
	Usage: "[-0] [VARIABLE]...",
	About: "Print the VARIABLEs of the environment, or all of it.",
	Options: `
-0, --null	end lines with a zero byte
`,
	Quick: true,
	Min:   true,
	Run:   printenv,
}

func printenv(c *applet.Call) int {
	if len(c.Args) == 0 {
		for _, e := range c.Environ() {
			c.Out.Print(e, end(c.Has("0")))
		}
		return 0
	}
	status := 0
	for _, name := range c.Args {
		value, set := c.LookupEnv(name)
		if !set || strings.IndexByte(name, '=') >= 0 {
			status = 1
			continue
		}
		c.Out.Print(value, end(c.Has("0")))
	}
	return status
}
