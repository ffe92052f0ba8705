package shell

import (
	"strings"
	"syscall"

	"bantam/internal/userland/applet"
)

// simple runs a simple command.
func (sh *shell) simple(c *simple) int {
	mark := len(sh.undos)
	status := sh.expanded(c)
	if len(sh.undos) > mark {
		sh.unredirect(mark) // the pipes of <( )
	}
	return status
}

// expanded expands a simple command's words and runs it as what the first one is.
func (sh *shell) expanded(c *simple) int {
	last := sh.last
	sh.last = false
	sh.line = c.line
	sh.substituted = 0
	if len(c.words) == 0 {
		return sh.assignments(c)
	}
	args := sh.arguments(c)
	if len(args) == 0 {
		if len(c.assigns) == 0 && len(c.redirs) == 0 {
			return sh.substituted
		}
		return sh.assignments(c)
	}
	if f := sh.funcs.get(args[0]); f != nil {
		return sh.functionCommand(c, f, args)
	}
	if b := findBuiltin(args[0]); b != nil {
		return sh.builtinCommand(c, b, args)
	}
	return sh.otherCommand(c, args, last)
}

// arguments expands a command's words. Behind export and its like, what looks as an
// assignment is expanded as one.
func (sh *shell) arguments(c *simple) []string {
	args := make([]string, 0, len(c.words))
	w := c.words[0]
	if len(c.words) == 1 || !w.static {
		return sh.expandWords(c.words, args)
	}
	i := 0
	for i < len(c.words)-1 && c.words[i].static && c.words[i].literal == "command" {
		i++
	}
	if !c.words[i].static {
		return sh.expandWords(c.words, args)
	}
	if b := findBuiltin(c.words[i].literal); b == nil || b.flags&takesAssignments == 0 || sh.funcs.get(w.literal) != nil {
		return sh.expandWords(c.words, args)
	}
	for n, w := range c.words {
		if _, ok := w.assigned(); ok && n > i {
			args = append(args, sh.expandValue(w))
			continue
		}
		args = sh.expandWords(c.words[n:n+1], args)
	}
	return args
}

// assignments runs a command that has no words: what it assigns stays.
func (sh *shell) assignments(c *simple) int {
	mark := len(sh.undos)
	if !sh.redirect(c.redirs) {
		sh.unredirect(mark)
		return 1
	}
	var trace []string
	for _, a := range c.assigns {
		value := sh.expandValue(a.value)
		sh.set(a.name, value)
		if sh.opt(optXTrace) {
			trace = append(trace, a.name+"="+value)
		}
	}
	sh.trace(trace, nil)
	sh.unredirect(mark)
	return sh.substituted
}

// prefix expands the assignments before a command as NAME=value.
func (sh *shell) prefix(c *simple) []string {
	if len(c.assigns) == 0 {
		return nil
	}
	assigns := make([]string, len(c.assigns))
	for i, a := range c.assigns {
		if x := sh.vars.get(a.name); x != nil && x.flags&readOnly != 0 {
			sh.fail(a.name + ": is read only")
		}
		assigns[i] = a.name + "=" + sh.expandValue(a.value)
		if i+1 < len(c.assigns) {
			// The next one may use it: a=1 b=$a cmd.
			sh.localize(a.name)
			sh.setFlags(a.name, assigns[i][len(a.name)+1:], exported)
		}
	}
	return assigns
}

// assignLocally gives variables a value until restore.
func (sh *shell) assignLocally(assigns []string) {
	for _, a := range assigns {
		name, value, _ := strings.Cut(a, "=")
		sh.localize(name)
		sh.setFlags(name, value, exported)
	}
}

func (sh *shell) functionCommand(c *simple, f *function, args []string) int {
	mark, locals := len(sh.undos), len(sh.locals)
	if !sh.redirect(c.redirs) {
		sh.unredirect(mark)
		return 1
	}
	assigns := sh.prefix(c)
	sh.trace(assigns, args)
	sh.assignLocally(assigns)
	status := sh.callFunction(f, args)
	sh.restore(locals)
	sh.unredirect(mark)
	return status
}

// builtinCommand runs a builtin. An error in a special one ends the shell.
func (sh *shell) builtinCommand(c *simple, b *builtin, args []string) int {
	mark, locals := len(sh.undos), len(sh.locals)
	special := b.flags&posixSpecial != 0
	if !sh.redirect(c.redirs) {
		sh.unredirect(mark)
		if special {
			panic(&failure{1})
		}
		return 1
	}
	var assigns []string
	if c.assigns != nil {
		assigns = sh.prefix(c)
		sh.restore(locals)
	}
	sh.trace(assigns, args)
	if special {
		for _, a := range assigns {
			name, value, _ := strings.Cut(a, "=")
			flags := varFlags(0)
			if args[0] == "exec" && len(args) > 1 {
				flags = exported
			}
			sh.setFlags(name, value, flags)
		}
	} else {
		sh.assignLocally(assigns)
	}
	if args[0] == "exec" && len(args) == 1 {
		sh.settle(mark)
		return 0
	}
	status := sh.runBuiltin(b, args, special)
	if b.flags&isLocal == 0 {
		sh.restore(locals)
	}
	sh.unredirect(mark)
	return status
}

// runBuiltin calls the builtin's function and flushes what it wrote.
func (sh *shell) runBuiltin(b *builtin, args []string, special bool) int {
	if b.flags&isApplet != 0 {
		return sh.runApplet(sh.call.Table.Find(args[0]), args, sh.environ())
	}
	if b.flags&plainBuiltin != 0 {
		return b.call(sh, args)
	}
	saved := sh.command
	sh.command = args[0]
	status := 0
	if special {
		status = b.call(sh, args)
	} else if !sh.protect(func() { status = b.call(sh, args) }) {
		status = sh.status
	}
	status = sh.flush(status)
	sh.command = saved
	return status
}

// flush writes what a builtin printed.
func (sh *shell) flush(status int) int {
	f := sh.file(1)
	if f == nil || f.out == nil {
		return status
	}
	return sh.written(f.out.Flush(), status)
}

// written deals with the error of writing output.
func (sh *shell) written(err error, status int) int {
	switch {
	case err == nil:
		return status
	case err == syscall.EPIPE && sh.diesOfPipe():
		return sh.status
	}
	sh.complain("write error: " + applet.Reason(err))
	return max(status, 1)
}

// diesOfPipe ends the shell as SIGPIPE does, unless that is trapped or ignored.
func (sh *shell) diesOfPipe() bool {
	if sh.traps.set(int(syscall.SIGPIPE)) {
		return false
	}
	sh.status = 128 + int(syscall.SIGPIPE)
	sh.flow = flowExit
	sh.traps.forget(0)
	if sh.parent == nil {
		applet.Die(syscall.SIGPIPE)
		sh.flow = flowNone // it was ignored
		return false
	}
	return true
}

// out is where builtins write.
func (sh *shell) out() *applet.Out { return sh.file(1).output() }

// otherCommand runs an applet inside the process, or a program. The last one of all
// may replace the shell.
func (sh *shell) otherCommand(c *simple, args []string, last bool) int {
	mark, locals := len(sh.undos), len(sh.locals)
	made := false
	// A here document is expanded by the command's process, which an error ends.
	if !hasHere(c.redirs) {
		made = sh.redirect(c.redirs)
	} else if !sh.protect(func() { made = sh.redirect(c.redirs) }) {
		return sh.status
	}
	if !made {
		sh.unredirect(mark)
		return 1
	}
	assigns := sh.prefix(c)
	sh.trace(assigns, args)
	env := with(sh.environ(), assigns)
	sh.restore(locals)
	found := sh.findWith(assigns, args[0])
	var status int
	hook := (*function)(nil)
	if found.err == syscall.ENOENT && strings.IndexByte(args[0], '/') < 0 {
		hook = sh.funcs.get("command_not_found_handle")
	}
	switch {
	case hook != nil:
		sub := sh.fork()
		sub.protect(func() { sub.callFunction(hook, []string{hook.name, args[0]}) })
		sub.join()
		status = 127
	case found.applet != nil && sh.runsInside(found.applet, args):
		status = sh.runApplet(found.applet, args, env)
	case last:
		status = sh.replaceProcess(found, args, env)
	default:
		status = sh.execute(found, args, env)
	}
	sh.unredirect(mark)
	return status
}

func hasHere(redirs []*redirect) bool {
	for _, r := range redirs {
		if r.kind == redirHere || r.kind == redirString {
			return true
		}
	}
	return false
}

func hasName(assigns []string, name string) bool {
	for _, a := range assigns {
		if len(a) > len(name) && a[len(name)] == '=' && a[:len(name)] == name {
			return true
		}
	}
	return false
}

func valueOf(assigns []string, name string) string {
	value := ""
	for _, a := range assigns {
		if v, ok := strings.CutPrefix(a, name+"="); ok {
			value = v
		}
	}
	return value
}

// runsInside says whether nobody can tell an applet inside the shell from a process.
func (sh *shell) runsInside(a *applet.Applet, args []string) bool {
	if !a.Quick || sh.shared.limited || sh.limits != "" || sh.shared.sig.trapped.Load() || sh.jobControl() {
		return false
	}
	for _, arg := range args[1:] {
		// Descriptors and processes are the shell's own there.
		if len(arg) > 5 && arg[0] == '/' && (strings.HasPrefix(arg, "/dev/") || strings.HasPrefix(arg, "/proc/")) && arg != "/dev/null" {
			return false
		}
	}
	return true
}

// runApplet runs an applet inside the process.
func (sh *shell) runApplet(a *applet.Applet, args, env []string) int {
	in, out := sh.file(0), sh.file(1)
	input, output := in.input(), out.output()
	err := sh.file(2).errors()
	call := sh.call
	if findBuiltin(args[0]) != nil {
		call = &sh.shared.speaker
	}
	status := call.Inside(a, args, env, input, output, err)
	if e := output.Err(); e != nil && out != nil {
		out.out = nil
		if e == syscall.EPIPE && findBuiltin(args[0]) != nil && !sh.diesOfPipe() {
			err.Print(sh.call.Name, ": write error: Broken pipe\n")
			return 1
		}
	}
	return status
}

// trace prints a command for -x.
func (sh *shell) trace(assigns, args []string) {
	if !sh.opt(optXTrace) {
		return
	}
	sh.options &^= optXTrace
	line := sh.expandPrompt(sh.value("PS4"))
	sh.options |= optXTrace
	sep := ""
	for _, a := range assigns {
		name, value, _ := strings.Cut(a, "=")
		line += sep + name + "=" + traced(value)
		sep = " "
	}
	for _, a := range args {
		if _, ok := keyword(a); ok {
			a = quotedValue(a)
		} else {
			a = traced(a)
		}
		line += sep + a
		sep = " "
	}
	to := sh.file(2)
	if fd := sh.value("BASH_XTRACEFD"); isDigits(fd) {
		to = sh.file(min(atoi(fd), badFd))
	}
	out := to.errors()
	out.WriteString(line + "\n")
	out.Flush()
}

// traced is a word in quotes if it needs them.
func traced(s string) string {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < '+' || c >= ';' && c <= '?' || c == '`' || c == '[' || c == '\\' || c > 'z' {
			return quotedValue(s)
		}
	}
	return s
}
