package applet

import (
	"strings"
	"syscall"
)

// Call is one use of an applet: everything that it may look at.
type Call struct {
	Applet *Applet
	// Name is the name that it was called by, without a folder.
	Name string
	// Path is the name as it was called, a login shell's "-" and a folder included.
	Path string
	// Args are the operands; with Form Plain or Literal all arguments.
	Args []string
	// In, Out and Err are the standard files. Out is flushed by the frame.
	In  *In
	Out *Out
	Err *Out
	// Table is where other applets are found.
	Table Table
	// Dashed says that "--" ended the options.
	Dashed bool
	// Login says that the name began with "-": a login shell.
	Login bool
	// Version is the program's.
	Version string
	// Speaker, if it isn't empty, is what messages begin with in place of Name: the
	// shell's name, for applets that are its builtins.
	Speaker string

	env       []string
	hasEnv    bool
	inside    bool // runs inside the shell's process
	options   []option
	wantsHelp bool
	mine      string // a command that is this program, see isSelf
}

// Inside runs an applet inside the caller's process, with other standard files and
// another environment, and returns its exit status: what the shell does for a
// Quick one. It flushes out, if out has a descriptor.
func (c *Call) Inside(a *Applet, argv, env []string, in *In, out, err *Out) int {
	inner := Call{
		Applet: a, Name: argv[0], In: in, Out: out, Err: err, Version: c.Version, Speaker: c.Speaker,
		Table: c.Table, env: env, hasEnv: true, inside: true,
	}
	return inner.run(argv[1:])
}

// run parses the arguments, runs the applet and flushes its output.
func (c *Call) run(args []string) int {
	a := c.Applet
	if a.Form != Literal && len(args) == 1 && args[0] == "--help" {
		c.wantsHelp = true
		args = nil
	}
	if wrong := c.parse(args); wrong != "" {
		c.Err.WriteString(c.Name + ": " + wrong + "\n")
		return c.UsageError("")
	}
	if c.wantsHelp {
		c.help(c.Out)
		return c.finish(0)
	}
	if n := len(c.Args); n < a.AtLeast || a.AtMost == None && n > 0 || a.AtMost > 0 && n > a.AtMost {
		return c.UsageError("")
	}
	return c.finish(a.Run(c))
}

// finish flushes the output. A closed pipe ends the applet as SIGPIPE would; any
// other failure is told and makes the status a failure.
func (c *Call) finish(status int) int {
	err := c.Out.Flush()
	switch {
	case err == nil:
		return status
	case err == syscall.EPIPE:
		c.brokenPipe()
		return 128 + int(syscall.SIGPIPE)
	}
	c.Warn("write error", err)
	if status != 0 {
		return status
	}
	return c.trouble()
}

// trouble is the exit status of a failure that is the applet's own.
func (c *Call) trouble() int {
	if c.Applet.Trouble != 0 {
		return c.Applet.Trouble
	}
	return 1
}

// Warn prints "name: what: reason of err" and returns 1.
//
//go:noinline
func (c *Call) Warn(what string, err error) int {
	if err == nil {
		return c.Complain(what)
	}
	return c.Complain(what + ": " + Reason(err))
}

// Complain prints "name: text", after what was already written to Out, and returns 1.
func (c *Call) Complain(text string) int {
	if c.Out.err == nil {
		c.Out.Flush()
	}
	name := c.Name
	if c.Speaker != "" {
		name = c.Speaker
	}
	c.Err.WriteString(name + ": " + text + "\n")
	c.Err.Flush()
	return 1
}

// CantOpen is the error for a file that can't be read, in BusyBox's words.
//
//go:noinline
func (c *Call) CantOpen(path string, err error) int {
	return c.Warn("can't open '"+path+"'", err)
}

// UsageError prints the reason, if there is one, and the help on stderr, and returns
// the exit status for wrong usage.
func (c *Call) UsageError(reason string) int {
	if reason != "" {
		c.Complain(reason)
	}
	c.help(c.Err)
	c.Err.Flush()
	return c.trouble()
}

// Getenv returns an environment variable, "" if it isn't set.
//
//go:noinline
func (c *Call) Getenv(name string) string {
	value, _ := c.LookupEnv(name)
	return value
}

// LookupEnv returns an environment variable and whether it is set.
//
//go:noinline
func (c *Call) LookupEnv(name string) (value string, set bool) {
	if !c.hasEnv {
		return syscall.Getenv(name)
	}
	for i := len(c.env) - 1; i >= 0; i-- {
		if rest, ok := strings.CutPrefix(c.env[i], name); ok && rest != "" && rest[0] == '=' {
			return rest[1:], true
		}
	}
	return "", false
}

// Environ returns the environment as KEY=VALUE. The caller may not change it.
func (c *Call) Environ() []string {
	if !c.hasEnv {
		c.env, c.hasEnv = syscall.Environ(), true
	}
	return c.env
}

// SetEnviron replaces the environment that commands started by this call get.
func (c *Call) SetEnviron(env []string) { c.env, c.hasEnv, c.mine = env, true, "" }

// help prints the applet's help.
func (c *Call) help(w *Out) {
	a := c.Applet
	w.WriteString("box " + c.Version + "\n\nUsage: " + c.Name)
	if a.Usage != "" {
		w.WriteString(" " + strings.ReplaceAll(a.Usage, "\n", "\n   or: "+c.Name+" "))
	}
	w.WriteString("\n\n" + a.About + "\n")
	if a.Options != "" {
		w.WriteString("\n")
		for _, line := range strings.Split(strings.Trim(a.Options, "\n"), "\n") {
			w.WriteString("\t" + line + "\n")
		}
	}
	if a.Notes != "" {
		w.WriteString("\n" + strings.Trim(a.Notes, "\n") + "\n")
	}
}
