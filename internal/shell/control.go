package shell

import (
	"strings"
	"syscall"

	"bantam/internal/userland/applet"
)

// evaluate parses and runs text in this shell.
func (sh *shell) evaluate(text string) {
	p := &parser{src: text, line: sh.line, at: &sh.line, alias: sh.alias}
	for {
		c, end := p.parseLine()
		if end {
			return
		}
		if c != nil && !sh.opt(optNoExec) {
			if sh.run(c); sh.flow != flowNone {
				return
			}
		}
	}
}

func evalCmd(sh *shell, args []string) int {
	args = args[1:]
	if len(args) > 0 && args[0] == "--" {
		args = args[1:]
	}
	if len(args) == 0 {
		return 0
	}
	sh.status = 0
	if sh.depth++; sh.depth > maxCalls/10 {
		sh.fail("eval nested too deeply")
	}
	sh.evaluate(strings.Join(args, " "))
	sh.depth--
	return sh.status
}

// sourceCmd is . and source.
func sourceCmd(sh *shell, args []string) int {
	args = args[1:]
	if len(args) > 0 && args[0] == "--" {
		args = args[1:]
	}
	if len(args) == 0 {
		return 0
	}
	name := args[0]
	path := name
	if strings.IndexByte(name, '/') < 0 {
		path = sh.sourcePath(name)
	}
	data, err := sh.readSource(path)
	if err != nil {
		sh.fail("can't open '" + path + "': " + applet.Reason(err))
	}
	if sh.depth++; sh.depth > maxCalls/10 {
		sh.fail("files nested too deeply")
	}
	saved, command, line := sh.args, sh.command, sh.line
	if len(args) > 1 {
		sh.args = args[1:]
	}
	sh.sourced++
	sh.status = 0
	sh.command = name
	loops := sh.loops
	sh.line = 1
	sh.evaluate(string(data))
	if sh.flow == flowReturn {
		sh.flow = flowNone
	}
	sh.loops = loops
	sh.sourced--
	sh.depth--
	sh.command, sh.line = command, line
	if len(args) > 1 {
		sh.args = saved
	}
	return sh.status
}

// readSource reads a file of commands, which may be one of the shell's own.
func (sh *shell) readSource(path string) ([]byte, error) {
	if n, ok := devFd(path); ok && sh.file(n) != nil {
		return applet.ReadAll(sh.file(n).number())
	}
	return applet.ReadFile(path)
}

// sourcePath finds a file to be read on PATH.
func (sh *shell) sourcePath(name string) string {
	rest := sh.value("PATH")
	for more := true; more; {
		var dir string
		dir, rest, more = strings.Cut(rest, ":")
		file := name
		if dir != "" {
			file = applet.Join(dir, name)
		}
		var st syscall.Stat_t
		if syscall.Stat(file, &st) == nil && st.Mode&syscall.S_IFMT == syscall.S_IFREG {
			return file
		}
	}
	sh.complain(name + ": not found")
	panic(&failure{2})
}

func breakCmd(sh *shell, args []string) int {
	n := 1
	if len(args) > 1 {
		if n = sh.number(args[1]); n == 0 {
			sh.fail("Illegal number: " + args[1])
		}
	}
	if n = min(n, sh.loops); n > 0 {
		sh.levels = n
		sh.flow = flowBreak
		if args[0] == "continue" {
			sh.flow = flowContinue
		}
	}
	return 0
}

func returnCmd(sh *shell, args []string) int {
	status := sh.entryStatus()
	if len(args) > 1 {
		status = sh.number(args[1]) & 255
	}
	sh.flow = flowReturn
	return status
}

// entryStatus is what exit and return give without an argument: in a trap, $? as it
// was when the trap began.
func (sh *shell) entryStatus() int {
	if sh.inTrap {
		return sh.trapStatus
	}
	return sh.status
}

func exitCmd(sh *shell, args []string) int {
	status := sh.entryStatus()
	if sh.parent == nil && sh.shared.interactive && sh.stoppedJobs() {
		return 0
	}
	if len(args) > 1 {
		status = sh.number(args[1]) & 255
	}
	sh.flow = flowExit
	return status
}

// stoppedJobs warns once about jobs that would be left stopped.
func (sh *shell) stoppedJobs() bool {
	for _, j := range sh.jobs.list {
		if j.state() == stopped && !sh.shared.warned {
			sh.shared.warned = true
			sh.file(2).errors().WriteString("You have stopped jobs.\n")
			return true
		}
	}
	return false
}

// execCmd replaces the shell. Without a command only its redirections stay, which
// builtinCommand has done.
func execCmd(sh *shell, args []string) int {
	args = args[1:]
	if len(args) > 0 && args[0] == "--" {
		args = args[1:]
	}
	if len(args) == 0 {
		return 0
	}
	sh.setOpt(optMonitor, false)
	status := sh.replaceProcess(sh.find(args[0], sh.value("PATH")), args, sh.environ())
	sh.flow = flowExit
	if sh.parent != nil {
		sh.traps.forget(0)
	}
	return status
}

func shiftCmd(sh *shell, args []string) int {
	n := 1
	if len(args) > 1 {
		n = sh.number(args[1])
	}
	if n > len(sh.args) {
		return 1
	}
	sh.args = sh.args[n:]
	sh.optInd, sh.optPos = 1, 0
	return 0
}

func setCmd(sh *shell, args []string) int {
	if len(args) == 1 {
		sh.printVariables()
		return 0
	}
	rest, ok := sh.parseOptions(args[1:], false)
	if !ok {
		return 1
	}
	if len(rest) > 0 {
		sh.args = rest
		sh.optInd, sh.optPos = 1, 0
	}
	return 0
}

// commandCmd is command [-pvV] NAME.
func commandCmd(sh *shell, args []string) int {
	var usual bool
	var describe byte
	rest := sh.flagsOf(args, "pvV", func(c byte, _ string) {
		if c == 'p' {
			usual = true
		} else {
			describe = c
		}
	})
	if len(rest) == 0 {
		return 0
	}
	path := sh.value("PATH")
	if usual {
		path = defaultPath
	}
	if describe != 0 {
		return sh.describe(rest[0], path, describe == 'V')
	}
	if b := findBuiltin(rest[0]); b != nil {
		if rest[0] == "exec" && len(rest) == 1 {
			return 0
		}
		return sh.runBuiltin(b, rest, false)
	}
	sh.command = sh.shared.command
	found := sh.find(rest[0], path)
	if found.applet != nil && sh.runsInside(found.applet, rest) {
		return sh.runApplet(found.applet, rest, sh.environ())
	}
	return sh.execute(found, rest, sh.environ())
}

func typeCmd(sh *shell, args []string) int {
	args = args[1:]
	verbose := true
	if len(args) > 0 && strings.HasPrefix(args[0], "-") {
		verbose, args = false, args[1:]
	}
	status := 0
	for _, name := range args {
		status |= sh.describe(name, sh.value("PATH"), verbose)
	}
	return status
}

// describe says what a command's name is.
func (sh *shell) describe(name, path string, verbose bool) int {
	out := sh.out()
	say := func(text, short string) int {
		if verbose {
			short = name + text
		}
		out.WriteString(short + "\n")
		return 0
	}
	if _, ok := keyword(name); ok {
		return say(" is a shell keyword", name)
	}
	if value, ok := sh.alias(name); ok {
		return say(" is an alias for "+value, "alias "+name+"="+quoted(value))
	}
	if sh.funcs.get(name) != nil {
		return say(" is a function", name)
	}
	if b := findBuiltin(name); b != nil {
		if b.flags&posixSpecial != 0 {
			return say(" is a special shell builtin", name)
		}
		return say(" is a shell builtin", name)
	}
	found := sh.find(name, path)
	switch {
	case found.err != nil:
		if verbose {
			out.WriteString(name + ": not found\n")
		}
		return 127
	case found.path == applet.Self:
		return say(" is "+name, name)
	}
	if strings.IndexByte(name, '/') >= 0 && !exists(name) {
		if verbose {
			out.WriteString(name + ": not found\n")
		}
		return 127
	}
	return say(" is "+found.path, found.path)
}

func hashCmd(sh *shell, args []string) int {
	clear := false
	rest := sh.flagsOf(args, "rv", func(c byte, _ string) { clear = clear || c == 'r' })
	if clear {
		sh.forgetCommands()
		return 0
	}
	if len(rest) == 0 {
		var paths []string
		sh.shared.mu.Lock()
		for _, h := range sh.shared.hash.entries {
			if h.path != applet.Self {
				paths = append(paths, h.path)
			}
		}
		sh.shared.mu.Unlock()
		sortStrings(paths)
		for _, p := range paths {
			sh.out().WriteString(p + "\n")
		}
		return 0
	}
	status := 0
	for _, name := range rest {
		if sh.funcs.get(name) != nil || findBuiltin(name) != nil {
			continue
		}
		if e := sh.findCommand(name); e.err != nil {
			sh.complain(name + ": not found")
			status = 1
		}
	}
	return status
}

func helpCmd(sh *shell) int {
	out := sh.out()
	out.WriteString("Built-in commands:\n------------------\n")
	column := 0
	for _, b := range builtins {
		if column == 0 {
			out.WriteString("\t")
		} else {
			out.WriteString(" ")
		}
		out.WriteString(b.name)
		if column += len(b.name) + 1; column > 60 {
			out.WriteString("\n")
			column = 0
		}
	}
	out.WriteString("\n")
	return 0
}

func letCmd(sh *shell, args []string) int {
	if len(args) == 1 {
		sh.fail("expression expected")
	}
	var n int64
	for _, a := range args[1:] {
		n = sh.arith(a)
	}
	return b2i(n == 0)
}
