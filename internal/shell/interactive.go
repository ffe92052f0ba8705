package shell

import (
	"strings"
	"syscall"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/lineedit"
)

// becomeInteractive sets signals and job control up, and reads $ENV.
func (sh *shell) becomeInteractive() {
	s := &sh.shared.sig
	for _, sig := range [...]syscall.Signal{syscall.SIGINT, syscall.SIGQUIT, syscall.SIGTERM} {
		s.keep |= bit(int(sig))
		s.catch(int(sig))
	}
	sh.setOpt(optMonitor, true)
	if env := sh.value("ENV"); env != "" && syscall.Getuid() == syscall.Geteuid() && syscall.Getgid() == syscall.Getegid() {
		text := sh.expandPrompt(env)
		sh.profile(text)
	}
}

// endSession is what an interactive shell does at its end.
func (sh *shell) endSession() {
	if !sh.shared.interactive {
		return
	}
	status := sh.status
	sh.flow = flowNone
	sh.setOpt(optMonitor, false)
	sh.status = status
}

// readCommands reads and runs commands from standard input.
func (sh *shell) readCommands() {
	p := &parser{line: 1, alias: sh.alias}
	in := &stdinReader{sh: sh}
	p.more = func() string {
		if in.ended {
			return ""
		}
		text := in.line()
		in.ended = text == ""
		if sh.opt(optVerbose) && !sh.shared.interactive {
			sh.file(2).errors().WriteString(text)
		}
		return text
	}
	for ends := 0; ; {
		var c command
		end := false
		in.first, in.ended = true, false
		ok := sh.protect(func() {
			if sh.shared.interactive {
				sh.tellChanges()
				sh.checkMail()
			}
			c, end = p.parseLine()
			if c != nil && !sh.opt(optNoExec) {
				in.first = true
				sh.shared.warned = sh.shared.warned && end
				sh.run(c)
			}
		})
		if !ok {
			if !sh.shared.interactive {
				return
			}
			*p = parser{line: 1, alias: sh.alias, more: p.more}
			sh.flow = flowNone
			continue
		}
		switch sh.flow {
		case flowExit:
			return
		case flowNone:
		default:
			sh.flow = flowNone
		}
		if !end {
			ends = 0
			continue
		}
		if !sh.shared.interactive || !sh.opt(optIgnoreEOF) || ends > 50 {
			if sh.shared.interactive && sh.stoppedJobs() && ends == 0 {
				ends++
				continue
			}
			return
		}
		ends++
		sh.file(2).errors().WriteString("\nUse \"exit\" to leave shell.\n")
	}
}

// stdinReader reads commands a line at a time, and nothing behind it: the commands
// read the same file.
type stdinReader struct {
	sh    *shell
	first bool // the next line begins a command
	ended bool // a line was asked for, and there was none
}

func (r *stdinReader) line() string {
	sh := r.sh
	f := sh.file(0)
	if f == nil {
		return ""
	}
	if sh.shared.interactive {
		prompt := "PS2"
		if r.first {
			prompt = "PS1"
		}
		r.first = false
		return sh.promptLine(f, prompt)
	}
	return sh.plainLine(f)
}

// plainLine reads a line with its newline.
func (sh *shell) plainLine(f *file) string {
	o := readOptions{}
	r := lineReader{sh: sh, o: &o, file: f}
	var text []byte
	for {
		c, ok := r.next()
		if !ok {
			break
		}
		text = append(text, c)
		if c == '\n' {
			break
		}
	}
	r.giveBack()
	return string(text)
}

// expandPrompt expands a prompt as a here document.
func (sh *shell) expandPrompt(text string) string {
	if !strings.ContainsAny(text, "$`\\") {
		return text
	}
	status, substituted := sh.status, sh.substituted
	defer func() { sh.status, sh.substituted = status, substituted }()
	expanded := text
	options := sh.options
	sh.options &^= optNoUnset | optXTrace
	sh.quietly(func() {
		p := &parser{src: text, line: 1}
		expanded = sh.expandHere(p.hereBody())
	})
	sh.options = options
	return expanded
}

// quietly runs f; an error leaves things as they were.
func (sh *shell) quietly(f func()) { sh.protect(f) }

// promptLine reads a line from a terminal with the editor, or after a plain prompt.
func (sh *shell) promptLine(f *file, name string) string {
	// A key that came too late for the last command isn't for the next one.
	for n := 1; n < 32; n++ {
		if sh.shared.sig.keep&bit(n) != 0 && !sh.traps.set(n) {
			sh.shared.sig.pending.And(^bit(n))
		}
	}
	prompt := sh.expandPrompt(lineedit.Prompt(sh.value(name), sh.value))
	err := sh.file(2)
	if f.fd < 0 || !applet.IsTerminal(f.fd) || err == nil {
		err.errors().WriteString(prompt)
		return sh.plainLine(f)
	}
	e := &sh.shared.editor
	if !sh.shared.edits {
		sh.startEditor()
	}
	e.In, e.Out = f.fd, err.number()
	e.Timeout = 1000 * atoi(sh.value("TMOUT"))
	line, failed := sh.readLine(prompt)
	switch failed {
	case nil:
		e.History.Add(line)
		return line + "\n"
	case lineedit.ErrInterrupted:
		panic(&failure{128 + int(syscall.SIGINT)})
	case lineedit.ErrTimeout:
		sh.file(2).errors().WriteString("timed out waiting for input: auto-logout\n")
		sh.flow = flowExit
	}
	return ""
}

// startEditor loads the history and lets the editor know what can be completed.
func (sh *shell) startEditor() {
	s := sh.shared
	s.edits = true
	e := &s.editor
	if n := atoi(sh.value("HISTFILESIZE")); n > 0 {
		e.History.Limit = n
	}
	e.History.File = sh.value("HISTFILE")
	if home := sh.value("HOME"); e.History.File == "" && home != "" {
		e.History.File = applet.Join(home, ".ash_history")
	}
	e.History.Load()
	words := lineedit.Words{Get: sh.value, Commands: sh.commandNames}
	e.Complete = words.Complete
}

// commandNames are the commands that are no files.
func (sh *shell) commandNames() []string {
	var names []string
	for _, b := range builtins {
		names = append(names, b.name)
	}
	for name := range sh.funcs.all() {
		names = append(names, name)
	}
	for name := range sh.aliases {
		names = append(names, name)
	}
	for _, e := range sh.call.Table {
		names = append(names, e.Name)
	}
	return names
}
