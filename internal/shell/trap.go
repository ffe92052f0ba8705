package shell

import (
	"strconv"
	"sync/atomic"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"bantam/internal/userland/applet/signals"
)

// traps are a shell's actions by signal number; 0 is EXIT. An empty action ignores
// the signal. They are few: a slice replaced as a whole when it changes.
type traps struct {
	list []trap
	// parents are shown by a subshell that has changed nothing yet, for x=$(trap).
	parents []trap
	// touched are the signals whose action was changed here.
	touched uint64
}

type trap struct {
	signal int
	action string
}

func (t *traps) get(signal int) (string, bool) {
	for _, x := range t.list {
		if x.signal == signal {
			return x.action, true
		}
	}
	return "", false
}

func (t *traps) set(signal int) bool {
	_, ok := t.get(signal)
	return ok
}

// forget removes a trap.
func (t *traps) forget(signal int) {
	var rest []trap
	for _, x := range t.list {
		if x.signal != signal {
			rest = append(rest, x)
		}
	}
	t.list = rest
}

// add sets a trap; the list stays sorted.
func (t *traps) add(signal int, action string) {
	t.forget(signal)
	var list []trap
	added := false
	for _, x := range t.list {
		if !added && x.signal > signal {
			list = append(list, trap{signal, action})
			added = true
		}
		list = append(list, x)
	}
	if !added {
		list = append(list, trap{signal, action})
	}
	t.list = list
}

// inherited are the traps of a subshell: only what is ignored stays.
func (t *traps) inherited() traps {
	if len(t.list) == 0 {
		return traps{parents: t.parents}
	}
	n := traps{parents: t.list}
	for _, x := range t.list {
		if x.action == "" {
			n.list = append(n.list, x)
		}
	}
	return n
}

// keys are the signals of a terminal's keys.
const keys = 1<<syscall.SIGINT | 1<<syscall.SIGQUIT | 1<<syscall.SIGTSTP

// signalState is what the process does about signals.
type signalState struct {
	pending atomic.Uint64 // those that arrived, a bit each
	trapped atomic.Bool   // some signal has an action
	// wake is written to when one arrives: an eventfd, -1 before the first trap.
	wake   int
	caught uint64 // those whose arrival we are told
	// job is the process group in the foreground, 0 without one.
	job atomic.Int32
	// keep are caught without an action: an interactive shell's.
	keep uint64
	// ignoredAtStart can't be trapped, unless the shell is interactive.
	ignoredAtStart uint64
}

func bit(signal int) uint64 { return 1 << (uint(signal) & 63) }

// catch lets a signal set its bit.
func (s *signalState) catch(signal int) {
	if s.caught&bit(signal) != 0 {
		return
	}
	s.caught |= bit(signal)
	if s.wake <= 0 {
		s.wake, _ = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	}
	c := signals.Notify(syscall.Signal(signal))
	go func() {
		for x := range c {
			n := x.(syscall.Signal)
			s.pending.Or(bit(int(n)))
			if job := s.job.Load(); job != 0 && keys&bit(int(n)) != 0 {
				// The key came before the job had the terminal, but it is for it.
				syscall.Kill(-int(job), n)
			}
			var one = [8]byte{1}
			syscall.Write(s.wake, one[:])
		}
	}()
}

// drained empties the eventfd.
func (s *signalState) drained() {
	var buf [8]byte
	syscall.Read(s.wake, buf[:])
}

// ignoreKeys ignores SIGINT and SIGQUIT while a background command is started, and
// returns what takes it back.
func (s *signalState) ignoreKeys() func() {
	signals.Ignore(syscall.SIGINT, syscall.SIGQUIT)
	return func() {
		for _, n := range [...]int{int(syscall.SIGINT), int(syscall.SIGQUIT)} {
			switch {
			case s.caught&bit(n) != 0:
				s.caught &^= bit(n)
				s.catch(n)
			case s.ignoredAtStart&bit(n) == 0:
				defaultAction(n)
			}
		}
	}
}

// beforeExec is for the signals that the next program should find as we found them.
func (s *signalState) beforeExec() {}

// ignoring says whether the process ignores a signal.
func ignoring(signal int) bool {
	var action sigaction
	syscall.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(signal), 0, uintptr(unsafe.Pointer(&action)), 8, 0, 0)
	return action.handler == 1
}

// sigaction is the kernel's: handler 0 is the default action, 1 to ignore.
type sigaction struct {
	handler, flags, restorer uintptr
	mask                     uint64
}

func (a *sigaction) set(signal int) {
	syscall.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(signal), uintptr(unsafe.Pointer(a)), 0, 8, 0, 0)
}

// defaultAction gives a signal its default action.
func defaultAction(n int) {
	signals.Default(syscall.Signal(n))
	resetAction(n)
}

// runtimes are the signals that the Go runtime can't do without.
const runtimes = 1<<syscall.SIGURG | 1<<syscall.SIGSEGV | 1<<syscall.SIGBUS | 1<<syscall.SIGFPE | 1<<syscall.SIGPROF |
	1<<syscall.SIGPIPE | 1<<syscall.SIGKILL | 1<<syscall.SIGSTOP | 1<<syscall.SIGCHLD | 1<<32 | 1<<33 | 1<<34

// resetAction gives a signal its default action where os/signal would take that of before the first trap.
func resetAction(n int) {
	if runtimes>>n&1 == 0 {
		new(sigaction).set(n)
	}
}

// setTrap sets, ignores or (action nil) resets a signal.
func (sh *shell) setTrap(signal int, action *string) {
	s := &sh.shared.sig
	sh.traps.parents = nil
	sh.traps.touched |= bit(signal)
	if action == nil {
		sh.traps.forget(signal)
	} else {
		sh.traps.add(signal, *action)
	}
	sh.noteTrapped()
	if signal == 0 || signal == int(syscall.SIGKILL) || signal == int(syscall.SIGSTOP) {
		return
	}
	if s.ignoredAtStart&bit(signal) != 0 && !sh.shared.interactive {
		return
	}
	switch {
	case action == nil && s.keep&bit(signal) == 0:
		s.caught &^= bit(signal)
		defaultAction(signal)
	case action != nil && *action == "":
		s.caught &^= bit(signal)
		signals.Ignore(syscall.Signal(signal))
		action := sigaction{handler: 1}
		action.set(signal) // for those that os/signal knows nothing of
	default:
		s.catch(signal)
	}
}

// untrap gives the signals that a subshell inside the process touched back to its
// parent.
func (sub *shell) untrap() {
	up := sub.parent
	for n := 1; n < 64; n++ {
		if sub.traps.touched&bit(n) == 0 {
			continue
		}
		var action *string
		if text, set := up.traps.get(n); set {
			action = &text
		}
		up.setTrap(n, action)
	}
}

// noteTrapped finds out whether any signal has an action.
func (sh *shell) noteTrapped() {
	trapped := false
	for _, t := range sh.traps.list {
		trapped = trapped || t.signal != 0 && t.action != ""
	}
	if trapped || sh.parent == nil {
		sh.shared.sig.trapped.Store(trapped)
	}
}

// runTraps runs the actions of the signals that arrived.
func (sh *shell) runTraps() {
	s := &sh.shared.sig
	for n := 1; n < 64; n++ {
		if s.pending.Load()&bit(n) == 0 {
			continue
		}
		action, set := sh.traps.get(n)
		if !set {
			if sh.parent != nil && sh.trappedAbove(n) {
				// The keyboard's signals go to a subshell as well, and end it. Others are for
				// the shell's own pid.
				if n == int(syscall.SIGINT) || n == int(syscall.SIGQUIT) {
					sh.status, sh.flow = 128+n, flowExit
					return
				}
				continue
			}
			s.pending.And(^bit(n))
			if sh.parent == nil && s.keep&bit(n) != 0 && n == int(syscall.SIGINT) {
				panic(&failure{128 + n}) // back to the prompt
			}
			continue
		}
		s.pending.And(^bit(n))
		if action != "" {
			sh.runTrap(action)
			if sh.flow != flowNone {
				return
			}
		}
	}
}

func (sh *shell) trappedAbove(n int) bool {
	for up := sh.parent; up != nil; up = up.parent {
		if up.traps.set(n) {
			return true
		}
	}
	return sh.shared.sig.keep&bit(n) != 0
}

// runTrap runs an action; $? is the same before and after it.
func (sh *shell) runTrap(action string) {
	status, tested, line := sh.status, sh.tested, sh.line
	nested, outer := sh.inTrap, sh.trapStatus
	if !nested {
		sh.inTrap, sh.trapStatus = true, status
	}
	sh.evaluate(action)
	sh.tested, sh.line = tested, line
	sh.inTrap, sh.trapStatus = nested, outer
	if sh.flow != flowExit && sh.flow != flowReturn {
		sh.status = status
	}
}

// runExitTrap runs EXIT's action, once.
func (sh *shell) runExitTrap() {
	action, set := sh.traps.get(0)
	if !set || action == "" {
		return
	}
	sh.traps.forget(0)
	status := sh.status
	sh.flow = flowNone
	sh.loops, sh.calls = 0, 0
	sh.inTrap, sh.trapStatus = true, status
	if !sh.protect(func() { sh.evaluate(action) }) {
		return
	}
	if sh.flow != flowExit {
		sh.status = status
	}
}

// trapCmd is trap.
func trapCmd(sh *shell, args []string) int {
	args = args[1:]
	if len(args) > 0 && args[0] == "--" {
		args = args[1:]
	}
	if len(args) > 0 && args[0] == "-l" {
		for n := 1; n < 32; n++ {
			sh.out().Print(strconv.Itoa(n), ") SIG", signals.Name(n), "\n")
		}
		return 0
	}
	if len(args) == 0 {
		list := sh.traps.list
		if sh.traps.parents != nil {
			list = sh.traps.parents
		}
		for _, t := range list {
			name := signals.Name(t.signal)
			sh.out().Print("trap -- ", quoted(t.action), " ", name, "\n")
		}
		return 0
	}
	var action *string
	if len(args) > 1 {
		if !isDigits(args[0]) {
			if args[0] != "-" {
				action = &args[0]
			}
			args = args[1:]
		}
	}
	status := 0
	for _, name := range args {
		n, ok := signals.Number(name)
		if !ok {
			sh.complain(name + ": invalid signal specification")
			status = 1
			continue
		}
		sh.setTrap(n, action)
	}
	return status
}
