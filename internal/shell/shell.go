// Package shell is sh: the POSIX shell with what BusyBox's ash adds.
//
// What makes it quick: a command that is an applet of this very program runs inside
// the shell's process where nobody can tell the difference, and so do subshells,
// command substitutions and the members of pipelines. A subshell is a copy of the
// shell's struct whose variables and functions lie over those of its parent, which
// rests meanwhile. Members of a pipeline that must run side by side have a goroutine
// each, locked to a thread with a directory and umask of its own. Output that is
// collected stays in memory.
//
// Where it could be told (background lists, job control, traps and limits in a
// subshell), this program is started again and given the state and the commands as text.
package shell

import (
	"sync"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/lineedit"
)

// flow is how a command ended, if not by itself.
type flow uint8

const (
	flowNone flow = iota
	flowBreak
	flowContinue
	flowReturn
	flowExit
)

// shell is an interpreter: the process's first, or a subshell inside the process.
type shell struct {
	call   *applet.Call
	shared *shared
	parent *shell // whose subshell inside the process this is

	vars    variables
	funcs   functions
	aliases map[string]string // replaced as a whole when it changes
	args    []string
	name0   string // $0
	pid     int    // $$
	status  int    // $?
	line    int
	// lineBase is what LINENO is counted from.
	lineBase int
	lastBg   int // $!
	ifs      string
	env      []string
	envKnown bool
	options  options

	files  []*file
	undos  []undo
	locals []saved
	frame  int // where the function's own begin

	optInd, optPos int // getopts

	flow    flow
	levels  int // of loops that break or continue still leave
	loops   int // that we are in
	calls   int // functions that we are in
	sourced int // files read with . that we are in
	tested  int // commands around here whose failure is expected: no errexit
	depth   int
	last    bool // the next simple command may replace the shell
	// substituted is the status of the last command substitution.
	substituted int
	// command is the builtin that runs, for messages.
	command string
	traps   traps
	jobs    jobs

	// limits are commands of ulimit for what a subshell inside the process starts.
	limits string
	// inTrap says that an action runs, trapStatus is $? from before it.
	inTrap     bool
	trapStatus int
	// threaded says that the goroutine has a thread with a directory of its own.
	threaded bool
	// home is where the parent was when this subshell changed its directory, -1 before;
	// umask is the parent's likewise.
	cwd, umask int
	block      []byte // read's
	// dir is $PWD as the shell knows it.
	dir string
}

// shared is what all shells of the process have in common.
type shared struct {
	mu   sync.Mutex
	seed uint64
	hash commandTable
	sig  signalState

	// speaker is the call for builtins that are applets: messages are the shell's.
	speaker     applet.Call
	interactive bool
	editor      lineedit.Editor
	edits       bool // the editor is ready
	// limited says that a limit was set: started commands only.
	limited bool
	tty     int // job control's terminal, -1 without
	ttyPgrp int
	pgrp    int
	warned  bool // about stopped jobs
	// mail are the times of the files of mailPaths.
	mail      map[string]int64
	mailPaths string
	command   string // the name that messages have outside of builtins
}

// fork returns a subshell inside the process.
func (sh *shell) fork() *shell {
	sub := new(shell)
	*sub = *sh
	sub.parent = sh
	sub.vars = variables{parent: &sh.vars}
	sub.funcs = functions{parent: &sh.funcs}
	sub.copyFiles()
	sub.undos, sub.locals, sub.frame = nil, nil, 0
	sub.flow, sub.levels, sub.last = flowNone, 0, false
	sub.cwd, sub.umask = -1, -1
	sub.traps = sh.traps.inherited()
	sub.jobs = jobs{parents: sh.jobs.list}
	return sub
}

// join ends a subshell inside the process and returns its status.
func (sub *shell) join() int {
	sub.runExitTrap()
	if sub.traps.touched != 0 {
		sub.untrap()
	}
	sub.restoreDir()
	sub.unredirect(0)
	sub.dropFiles()
	return sub.status
}

// failure is what an error that ends the shell (or the line typed in) panics with.
type failure struct{ status int }

// fail tells an error and ends the shell, unless it is interactive.
func (sh *shell) fail(text string) {
	sh.complain(text)
	panic(&failure{2})
}

// protect runs f and returns whether it came to its end without a failure.
func (sh *shell) protect(f func()) (ok bool) {
	undos, locals, depth, loops, calls, tested := len(sh.undos), len(sh.locals), sh.depth, sh.loops, sh.calls, sh.tested
	sourced, command, frame := sh.sourced, sh.command, sh.frame
	defer func() {
		if ok {
			return
		}
		switch e := recover().(type) {
		case *failure:
			sh.status = e.status
		case *syntaxError:
			sh.line = e.line
			sh.complainAt(e.line, e.text)
			sh.status = 2
		default:
			panic(e)
		}
		sh.unredirect(undos)
		sh.restore(locals)
		sh.depth, sh.loops, sh.calls, sh.tested, sh.sourced, sh.command, sh.frame = depth, loops, calls, tested, sourced, command, frame
	}()
	f()
	return true
}

// complain prints an error as ash does: name, builtin, line, text.
func (sh *shell) complain(text string) { sh.complainAt(sh.line, text) }

func (sh *shell) complainAt(line int, text string) {
	if f := sh.file(1); f != nil && f.out != nil {
		f.out.Flush()
	}
	err := sh.file(2).errors()
	err.WriteString(sh.name0 + ": ")
	if sh.command != "" {
		if sh.command != sh.name0 {
			err.WriteString(sh.command + ": ")
		}
		if !sh.shared.interactive || sh.sourced > 0 {
			err.WriteString("line ")
			err.Int(int64(line))
			err.WriteString(": ")
		}
	}
	err.WriteString(text + "\n")
	err.Flush()
}

// warn prints an error of a builtin and returns the status for it.
func (sh *shell) warn(text string) int {
	sh.complain(text)
	return 1
}

// functions are a shell's functions over those of its parent.
type functions struct {
	own    map[string]*function
	parent *functions
}

// get returns a function, or nil.
func (f *functions) get(name string) *function {
	for ; f != nil; f = f.parent {
		if fn, ok := f.own[name]; ok {
			return fn
		}
	}
	return nil
}

// set defines a function; nil removes it.
func (f *functions) set(name string, fn *function) {
	if f.own == nil {
		f.own = map[string]*function{}
	}
	f.own[name] = fn
}

// all are the functions by name.
func (f *functions) all() map[string]*function {
	m := map[string]*function{}
	if f.parent != nil {
		m = f.parent.all()
	}
	for name, fn := range f.own {
		m[name] = fn
		if fn == nil {
			delete(m, name)
		}
	}
	return m
}
