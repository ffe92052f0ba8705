package shell

import (
	"runtime"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"bantam/internal/userland/applet"
)

// pipeline runs a pipeline, or a single command behind !.
func (sh *shell) pipeline(c *pipeline) {
	if c.negate {
		sh.tested++
	}
	if len(c.members) == 1 {
		sh.run(c.members[0])
	} else {
		sh.status = sh.members(c)
	}
	if c.negate {
		sh.tested--
		if sh.flow == flowNone {
			sh.status = b2i(sh.status == 0)
		}
		return
	}
	sh.errexit()
}

// members runs the members of a pipeline and returns its status.
func (sh *shell) members(c *pipeline) int {
	r := &pipeRun{sh: sh, members: c.members, status: make([]int, len(c.members))}
	if sh.jobControl() {
		return r.asJob(c)
	}
	r.from(0, nil)
	r.wait()
	status := r.status[len(r.status)-1]
	if sh.opt(optPipeFail) {
		for _, s := range r.status {
			if s != 0 {
				status = s
			}
		}
	}
	return status
}

// pipeRun is a pipeline that runs.
type pipeRun struct {
	sh      *shell
	members []command
	status  []int
	pids    []started
	which   []int // member of each pid
	waiting []chan struct{}
}

// from runs the members from i on; in is the first one's input, nil for the shell's.
//
// As long as a member's output is small and its coming to its end certain, it runs
// to its end before the next one begins, and its output is in memory only. The
// others run side by side.
func (r *pipeRun) from(i int, in *file) {
	for ; i < len(r.members)-1; i++ {
		if !r.first(i, in != nil) {
			break
		}
		next, spilled := r.toMemory(i, in)
		if spilled {
			return
		}
		in = next
	}
	r.side(i, in)
}

// first says whether member i may run to its end before the next one begins.
func (r *pipeRun) first(i int, memory bool) bool {
	if memory {
		c, ok := r.members[i].(*simple)
		return ok && r.sh.quick(c)
	}
	return r.sh.quiet(r.members[i], 0)
}

// quick says whether a command is an applet that runs inside.
func (sh *shell) quick(c *simple) bool {
	if len(c.words) == 0 || !c.words[0].static {
		return false
	}
	name := c.words[0].literal
	if sh.funcs.get(name) != nil {
		return false
	}
	if b := findBuiltin(name); b != nil {
		return b.flags&(isApplet|plainBuiltin) != 0
	}
	found := sh.findCommand(name)
	return found.err == nil && found.applet != nil && sh.runsInside(found.applet, []string{""})
}

// quietNames are applets that read nothing and come to their end.
const quietNames = " basename dirname expr seq uname id whoami date pwd printenv nproc hostname "

// quiet says whether a command reads no input and soon comes to its end.
func (sh *shell) quiet(c command, depth int) bool {
	if depth > 8 {
		return false
	}
	switch c := c.(type) {
	case *simple:
		if len(c.words) == 0 {
			return true
		}
		if !c.words[0].static {
			return false
		}
		name := c.words[0].literal
		if strings.IndexByte(name, ' ') >= 0 || sh.funcs.get(name) != nil {
			return false
		}
		if b := findBuiltin(name); b != nil {
			return b.flags&quietBuiltin != 0
		}
		return strings.Contains(quietNames, " "+name+" ") && sh.quick(c)
	case *list:
		for _, m := range c.commands {
			if !sh.quiet(m, depth+1) {
				return false
			}
		}
		return true
	case *group:
		return sh.quiet(c.body, depth+1)
	case *andOr:
		return sh.quiet(c.left, depth+1) && sh.quiet(c.right, depth+1)
	case *forLoop:
		return sh.quiet(c.body, depth+1)
	case *conditional:
		return sh.quiet(c.test, depth+1) && sh.quiet(c.then, depth+1) && (c.otherwise == nil || sh.quiet(c.otherwise, depth+1))
	}
	return false
}

// toMemory runs member i with its output going to memory. When that is full, the rest
// of the pipeline starts beside it.
func (r *pipeRun) toMemory(i int, in *file) (next *file, spilled bool) {
	sub := r.sh.fork()
	out := collector()
	var read *file
	out.mem.out.Spill(pipeSize, func() int {
		var p [2]int
		if syscall.Pipe2(p[:], syscall.O_CLOEXEC) != nil {
			return badFd
		}
		spilled = true
		read = newFile(p[0])
		out.fd = p[1]
		r.beside(func() { r.from(i+1, read) })
		return p[1]
	})
	if in != nil {
		sub.give(0, in)
	}
	sub.give(1, out.keep())
	sub.body(r.members[i])
	r.status[i] = sub.join()
	if !spilled && out.fd >= 0 {
		// A started command took the memory's place: what came through its pipe is here.
		return memoryInput(applet.Memory(out.collected())), false
	}
	if spilled {
		out.mem.out.Flush()
		out.drop()
		return nil, true
	}
	data := out.collected()
	return memoryInput(applet.Memory(data)), false
}

// give puts a file under a number for good.
func (sh *shell) give(n int, f *file) {
	sh.file(n)
	if old := sh.setFile(n, f); old != nil {
		old.drop()
	}
}

// beside runs f on a goroutine that wait waits for.
func (r *pipeRun) beside(f func()) {
	done := make(chan struct{})
	r.waiting = append(r.waiting, done)
	go func() {
		f()
		close(done)
	}()
}

// side runs the members from i on side by side, the last one here.
func (r *pipeRun) side(i int, in *file) {
	for ; i < len(r.members)-1; i++ {
		var p [2]int
		if err := syscall.Pipe2(p[:], syscall.O_CLOEXEC); err != nil {
			if in != nil {
				in.drop()
			}
			r.sh.fail("can't create pipe: " + applet.Reason(err))
		}
		sub := r.sh.fork()
		if in != nil {
			sub.give(0, in)
		}
		sub.give(1, newFile(p[1]))
		in = newFile(p[0])
		r.member(i, sub)
	}
	sub := r.sh.fork()
	if in != nil {
		sub.give(0, in)
	}
	if r.start(i, sub) {
		return
	}
	sub.body(r.members[i])
	r.status[i] = sub.join()
}

// member runs member i beside the others, in the subshell sub.
func (r *pipeRun) member(i int, sub *shell) {
	if r.start(i, sub) {
		return
	}
	sub.ownThread(func(done chan struct{}) { r.waiting = append(r.waiting, done) }, func() {
		sub.body(r.members[i])
		r.status[i] = sub.join()
	})
}

// start starts member i as a process if it is a program, and says whether it was.
func (r *pipeRun) start(i int, sub *shell) bool {
	c, ok := r.members[i].(*simple)
	if !ok || !sub.external(c) {
		return false
	}
	var p started
	sub.protect(func() { p = sub.startSimple(c, launch{}) })
	if p.pid == 0 {
		if p.status == 0 {
			p.status = sub.status
		}
		r.status[i] = p.status
	} else {
		r.pids, r.which = append(r.pids, p), append(r.which, i)
	}
	sub.status = p.status
	sub.join()
	return true
}

// external says whether a simple command is a program by its first word.
func (sh *shell) external(c *simple) bool {
	if len(c.words) == 0 || !c.words[0].static {
		return false
	}
	name := c.words[0].literal
	if findBuiltin(name) != nil || sh.funcs.get(name) != nil {
		return false
	}
	found := sh.findCommand(name)
	if found.applet == nil {
		return true
	}
	return !sh.runsInside(found.applet, []string{""})
}

// startSimple starts a program as a process without waiting for it.
func (sh *shell) startSimple(c *simple, l launch) started {
	sh.line = c.line
	args := sh.arguments(c)
	if !sh.redirect(c.redirs) {
		return started{status: 1}
	}
	assigns := sh.prefix(c)
	sh.trace(assigns, args)
	env := with(sh.environ(), assigns)
	return sh.start(sh.findWith(assigns, args[0]), args, env, l)
}

// wait waits for the members that run beside.
func (r *pipeRun) wait() {
	for i, p := range r.pids {
		r.status[r.which[i]] = r.sh.await(p)
	}
	// Members may have started others: waiting grows only while its last one runs.
	for i := 0; i < len(r.waiting); i++ {
		<-r.waiting[i]
	}
}

// ownThread runs f on a goroutine whose thread has a directory and umask of its own,
// a copy of the shell's. The thread ends with the goroutine.
func (sh *shell) ownThread(register func(chan struct{}), f func()) {
	dir := -1
	mask := 0
	if sh.threaded {
		// The new thread may come from one with another directory.
		dir, _ = syscall.Open(".", unix.O_PATH|syscall.O_DIRECTORY|syscall.O_CLOEXEC, 0)
		mask = syscall.Umask(0)
		syscall.Umask(mask)
	}
	ready, done := make(chan struct{}), make(chan struct{})
	register(done)
	go func() {
		runtime.LockOSThread()
		unix.Unshare(unix.CLONE_FS)
		if dir >= 0 {
			unix.Fchdir(dir)
			syscall.Close(dir)
			syscall.Umask(mask)
		}
		sh.threaded = true
		close(ready)
		f()
		close(done)
	}()
	<-ready
}
