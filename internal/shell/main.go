package shell

import (
	"strings"
	"syscall"

	"bantam/internal/userland/applet"
)

// Sh is sh, and BusyBox's name for it.
var Sh = applet.Applet{
	Names: "ash sh",
	Usage: "[-il] [-|+Cabefmnuvx] [-|+o OPT]... [-c 'SCRIPT' [ARG0 ARGS] | FILE [ARGS] | -s [ARGS]]",
	About: "Unix shell interpreter",
	Form:  applet.Plain,
	Min:   true,
	Run:   run,
}

func run(c *applet.Call) int {
	sh := &shell{call: c, shared: &shared{tty: -1}, name0: c.Path, pid: syscall.Getpid(), optInd: 1, cwd: -1, umask: -1}
	sh.start0()
	var read func() (string, bool)
	if len(c.Args) == 2 && c.Args[0] == stateMark {
		text, ok := sh.resume(atoi(c.Args[1]))
		if !ok {
			return 2
		}
		return sh.finish(func() { sh.evaluateInternal(text) })
	}
	var status int
	if !sh.protect(func() { read, status = sh.commandLine(c.Args) }) {
		return sh.status
	}
	if read == nil {
		return status
	}
	return sh.session(read)
}

// start0 makes the state that every shell begins with.
func (sh *shell) start0() {
	s := &sh.shared.sig
	sh.shared.speaker = *sh.call
	sh.shared.speaker.Speaker = sh.call.Name
	for _, sig := range [...]syscall.Signal{syscall.SIGHUP, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGTERM, syscall.SIGPIPE} {
		if ignoring(int(sig)) {
			s.ignoredAtStart |= bit(int(sig))
		}
	}
	sh.openFiles()
	sh.importEnviron(sh.call.Environ())
	sh.setDefaults()
	sh.workingDir()
}

// finish runs the commands of a shell that isn't interactive, and its EXIT trap.
func (sh *shell) finish(f func()) int {
	sh.protect(func() {
		f()
		if sh.shared.sig.pending.Load() != 0 && sh.flow == flowNone {
			sh.runTraps()
		}
	})
	sh.runExitTrap()
	sh.flushFiles()
	return sh.status
}

func (sh *shell) evaluateInternal(text string) {
	p := &parser{src: text, line: sh.line, at: &sh.line, internal: true}
	for {
		c, end := p.parseLine()
		if end {
			return
		}
		p.line = sh.line
		_, simple := c.(*simple)
		sh.last = simple && p.atEnd() && sh.replaceable()
		if sh.run(c); sh.flow != flowNone {
			return
		}
	}
}

// commandLine reads the arguments and returns what reads the commands, or a status.
func (sh *shell) commandLine(args []string) (read func() (string, bool), status int) {
	rest, ok := sh.parseOptions(args, true)
	if !ok {
		return nil, 2
	}
	if sh.opt(optCommand) {
		if len(rest) == 0 {
			sh.fail("-c requires an argument")
		}
		text := rest[0]
		rest = rest[1:]
		if len(rest) > 0 {
			sh.name0, rest = rest[0], rest[1:]
			sh.command, sh.shared.command = sh.name0, sh.name0
		}
		sh.args = rest
		if sh.opt(optStdin) {
			return func() (string, bool) { return text + "\n", true }, 0
		}
		return func() (string, bool) { return text, false }, 0
	}
	if len(rest) > 0 && !sh.opt(optStdin) {
		sh.name0 = rest[0]
		sh.args = rest[1:]
		sh.command, sh.shared.command = sh.name0, sh.name0
		text, status := sh.scriptFile(rest[0])
		if status != 0 {
			return nil, status
		}
		return func() (string, bool) { return text, false }, 0
	}
	sh.setOpt(optStdin, true)
	sh.args = rest
	return func() (string, bool) { return "", true }, 0
}

// scriptFile reads a script: a path, or a name that is looked up on PATH if there
// is no such file here.
func (sh *shell) scriptFile(name string) (text string, status int) {
	data, err := applet.ReadFile(name)
	if err == syscall.ENOENT && strings.IndexByte(name, '/') < 0 {
		if path, e := applet.LookPath(name, sh.value("PATH")); e == nil {
			data, err = applet.ReadFile(path)
		}
	}
	if err != nil {
		reason := applet.Reason(err)
		if err == syscall.ENOENT || err == syscall.ENOTDIR {
			reason = "No such file or directory"
		}
		sh.name0, sh.command = sh.call.Path, ""
		sh.complain("can't open '" + name + "': " + reason)
		return "", 2
	}
	return string(data), 0
}

// session reads profiles and then the commands.
func (sh *shell) session(read func() (string, bool)) int {
	text, stdin := read()
	in := sh.file(0)
	err := sh.file(2)
	if stdin && text == "" && in != nil && err != nil && applet.IsTerminal(in.number()) && applet.IsTerminal(err.number()) {
		sh.setOpt(optInteractive, true)
	}
	sh.shared.interactive = sh.opt(optInteractive)
	if sh.call.Login {
		sh.profile("/etc/profile")
		if home, ok := sh.lookup("HOME"); ok && sh.flow == flowNone {
			sh.profile(home + "/.profile")
		}
	}
	if sh.shared.interactive {
		sh.becomeInteractive()
	}
	if text != "" && sh.flow == flowNone {
		if !stdin && !sh.shared.interactive {
			return sh.finish(func() { sh.lastly(text) })
		}
		sh.protect(func() { sh.evaluate(text) })
	}
	if stdin && sh.flow == flowNone {
		sh.readCommands()
	}
	return sh.finish(func() { sh.endSession() })
}

// profile reads a file of commands if there is one.
func (sh *shell) profile(path string) {
	if data, err := applet.ReadFile(path); err == nil {
		sh.protect(func() { sh.evaluate(string(data)) })
		if sh.flow == flowReturn {
			sh.flow = flowNone
		}
	}
}

// lastly runs a script of which the last command may replace the shell.
func (sh *shell) lastly(text string) {
	p := &parser{src: text, line: 1, at: &sh.line, alias: sh.alias}
	if sh.opt(optCommand) {
		p.line = 0
	}
	c, end := p.parseLine()
	for !end {
		if sh.opt(optVerbose) && c != nil && !sh.opt(optCommand) {
			sh.verbose(p, text)
		}
		// A single program at the very end: nobody needs the shell any more.
		_, simple := c.(*simple)
		sh.last = simple && sh.opt(optCommand) && p.atEnd() && sh.replaceable()
		if c != nil && !sh.opt(optNoExec) {
			if sh.run(c); sh.flow != flowNone {
				return
			}
		}
		c, end = p.parseLine()
	}
}

// verbose prints the source text for -v.
func (sh *shell) verbose(p *parser, text string) {
	if p.shown < p.pos {
		out := sh.file(2).errors()
		out.WriteString(p.src[p.shown:p.pos])
		p.shown = p.pos
	}
}

// replaceable says whether the shell has nothing left to do behind a command.
func (sh *shell) replaceable() bool {
	return len(sh.traps.list) == 0 && len(sh.jobs.list) == 0 && !sh.jobControl()
}
