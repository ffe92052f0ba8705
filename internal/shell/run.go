package shell

import (
	"strconv"
	"syscall"

	"bantam/internal/userland/applet/glob"
)

// maxCalls bounds how deep functions, subshells and sourced files nest.
const maxCalls = 10000

// run executes a command and returns its status, which is $? then.
func (sh *shell) run(c command) int {
	if sh.shared.sig.pending.Load() != 0 {
		sh.runTraps()
		if sh.flow != flowNone {
			return sh.status
		}
	}
	if sh.options&(optNoExec|optInteractive) == optNoExec {
		return sh.status
	}
	switch c := c.(type) {
	case nil:
		sh.status = 0
	case *simple:
		sh.status = sh.simple(c)
		sh.errexit()
	case *list:
		for _, m := range c.commands {
			if sh.run(m); sh.flow != flowNone {
				break
			}
		}
	case *andOr:
		sh.andOr(c)
	case *pipeline:
		sh.pipeline(c)
	case *conditional:
		sh.conditional(c)
	case *loop:
		sh.loop(c)
	case *forLoop:
		sh.forLoop(c)
	case *caseOf:
		sh.caseOf(c)
	case *group:
		sh.run(c.body)
	case *redirected:
		sh.redirected(c)
	case *subshell:
		sh.status = sh.subshell(c)
		sh.errexit()
	case *function:
		sh.funcs.set(c.name, c)
		sh.status = 0
	case *async:
		sh.background(c)
		sh.status = 0
	}
	return sh.status
}

// errexit ends the shell after a failure, if -e is on and nobody tests it.
func (sh *shell) errexit() {
	if sh.status != 0 && sh.tested == 0 && sh.opt(optErrExit) && sh.flow == flowNone {
		sh.flow = flowExit
	}
}

// test runs a command whose failure doesn't end the shell.
func (sh *shell) test(c command) int {
	sh.tested++
	status := sh.run(c)
	sh.tested--
	return status
}

func (sh *shell) andOr(c *andOr) {
	status := sh.test(c.left)
	if sh.flow == flowNone && (status != 0) == c.or {
		sh.run(c.right)
	}
}

func (sh *shell) conditional(c *conditional) {
	status := sh.test(c.test)
	switch {
	case sh.flow != flowNone:
	case status == 0:
		sh.run(c.then)
	case c.otherwise != nil:
		sh.run(c.otherwise)
	default:
		sh.status = 0
	}
}

// leaves says whether a loop ends, after its body or condition ran.
func (sh *shell) leaves() bool {
	switch sh.flow {
	case flowNone:
		return false
	case flowBreak, flowContinue:
		sh.levels--
		if sh.levels > 0 {
			return true
		}
		stop := sh.flow == flowBreak
		sh.flow = flowNone
		return stop
	}
	return true
}

func (sh *shell) loop(c *loop) {
	status := 0
	sh.loops++
	for {
		test := sh.test(c.test)
		if sh.flow != flowNone {
			if sh.leaves() {
				status = sh.status
				break
			}
			continue
		}
		if (test == 0) == c.until {
			break
		}
		status = sh.run(c.body)
		if sh.flow != flowNone && sh.leaves() {
			status = sh.status
			break
		}
	}
	sh.loops--
	sh.status = status
}

func (sh *shell) forLoop(c *forLoop) {
	sh.line = c.line
	values := sh.args
	if c.words != nil {
		values = sh.expandWords(c.words, nil)
	}
	status := 0
	sh.loops++
	for _, v := range values {
		sh.set(c.name, v)
		status = sh.run(c.body)
		if sh.flow != flowNone && sh.leaves() {
			status = sh.status
			break
		}
	}
	sh.loops--
	sh.status = status
}

func (sh *shell) caseOf(c *caseOf) {
	sh.line = c.line
	sh.substituted = 0
	subject := sh.expandOne(c.subject)
	for i := range c.items {
		for _, w := range c.items[i].patterns {
			if sh.matches(w, subject) {
				if body := c.items[i].body; body != nil {
					sh.run(body)
					return
				}
				sh.status = 0
				return
			}
		}
	}
	sh.status = 0
}

func (sh *shell) matches(w *word, subject string) bool {
	if w.static && !w.glob && !w.tilde {
		if len(w.parts) != 1 || w.parts[0].quoted {
			return subject == w.literal
		}
	}
	pattern := sh.expandPattern(w)
	if text, ok := plainPattern(pattern); ok {
		return subject == text
	}
	if sh.utf8() {
		return glob.Match(pattern, subject, glob.UTF8)
	}
	return glob.Match(pattern, subject, 0)
}

func (sh *shell) redirected(c *redirected) {
	mark := len(sh.undos)
	sh.line = c.line
	if !sh.redirect(c.redirs) {
		sh.unredirect(mark)
		sh.status = 1
		sh.errexit()
		return
	}
	sh.run(c.body)
	sh.unredirect(mark)
}

// subshell runs ( ).
func (sh *shell) subshell(c *subshell) int {
	sh.line = c.line
	if sh.jobControl() || sh.traps.set(int(syscall.SIGCHLD)) || c.text.needsProcess(c.body) {
		return sh.foreground(sh.spawn(c.text.of(c.body), nil), c)
	}
	sub := sh.fork()
	sub.enter()
	sub.body(c.body)
	return sub.join()
}

// enter counts how deep subshells nest.
func (sh *shell) enter() {
	if sh.depth++; sh.depth > maxCalls/10 {
		sh.fail("subshells nested too deeply")
	}
}

// body runs all of a subshell.
func (sub *shell) body(c command) {
	sub.protect(func() { sub.run(c) })
}

// call runs a function.
func (sh *shell) callFunction(f *function, args []string) int {
	if sh.calls++; sh.calls > maxCalls {
		sh.fail("functions nested too deeply")
	}
	saved := sh.args
	optInd, optPos := sh.optInd, sh.optPos
	sh.args = args[1:]
	frame := sh.frame
	sh.frame = len(sh.locals)
	sh.optInd, sh.optPos = 1, 0
	sh.run(f.body)
	if sh.flow == flowReturn {
		sh.flow = flowNone
	}
	sh.args, sh.frame = saved, frame
	sh.optInd, sh.optPos = optInd, optPos
	sh.calls--
	return sh.status
}

// number reads a builtin's argument that must be one.
func (sh *shell) number(s string) int {
	n, err := strconv.ParseUint(s, 10, 31)
	if err != nil {
		sh.fail("Illegal number: " + s)
	}
	return int(n)
}
