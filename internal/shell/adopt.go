package shell

import (
	"slices"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Process 1 of a pid namespace becomes the parent of each process in it whose own parent ended (pid_namespaces(7)), and
// nobody else can take the ended ones out of the process table.

// adopts says whether processes that the shell did not start may be its children, and that what it started is all in its
// list: commands of its subshells in this process are not, and run only while it does not.
func (sh *shell) adopts() bool { return syscall.Getpid() == 1 && sh.parent == nil }

// adoptUntil waits until pid ends, and until then for whoever else does.
func (sh *shell) adoptUntil(pid int) {
	if !sh.adopts() {
		return
	}
	for {
		switch ended := ended(0); ended {
		case 0, pid:
			return
		default:
			sh.collect(ended)
		}
	}
}

// reapStrangers waits for all that have ended.
func (sh *shell) reapStrangers() {
	for {
		pid := ended(syscall.WNOHANG)
		if pid == 0 || !sh.collect(pid) {
			return
		}
	}
}

// ended is a child that has ended and that nobody has waited for, 0 without one.
func ended(flags int) int {
	var info struct { // siginfo_t, waitid(2)
		signo, errno, code, _ int32
		pid                   int32
		_                     [108]byte
	}
	for {
		_, _, e := syscall.Syscall6(syscall.SYS_WAITID, unix.P_ALL, 0, uintptr(unsafe.Pointer(&info)), uintptr(flags|unix.WEXITED|unix.WNOWAIT), 0, 0)
		if e != syscall.EINTR {
			return int(info.pid)
		}
	}
}

// collect waits for a child that has ended, and says whether it could.
func (sh *shell) collect(pid int) bool {
	for _, j := range sh.jobs.list {
		for i := range j.procs {
			if j.procs[i].pid == pid && j.procs[i].state != done {
				return j.poll(i, syscall.WNOHANG)
			}
		}
	}
	sh.jobs.orphans = slices.DeleteFunc(sh.jobs.orphans, func(p int) bool { return p == pid })
	got, err := syscall.Wait4(pid, nil, syscall.WNOHANG, nil)
	return err == nil && got == pid
}

// told begins to tell of signals that have no trap, and returns what ends that.
func (sh *shell) told(list ...syscall.Signal) (end func()) {
	s := &sh.shared.sig
	var mine uint64
	for _, n := range list {
		if s.caught&bit(int(n)) == 0 {
			mine |= bit(int(n))
			s.catch(int(n))
		}
	}
	return func() {
		for _, n := range list {
			if mine&bit(int(n)) != 0 {
				defaultAction(int(n))
			}
		}
		s.caught &^= mine
		s.pending.And(^mine)
	}
}

// childTrap says whether the script is to be told of ended children.
func (sh *shell) childTrap() bool { return sh.shared.sig.caught&bit(int(syscall.SIGCHLD)) != 0 }

// waitAdopting is pollFds for the processes of jobs.
func (sh *shell) waitAdopting(jobs []unix.PollFd) bool {
	defer sh.told(syscall.SIGCHLD)()
	s := &sh.shared.sig
	for {
		sh.reapStrangers()
		if sh.pollFds(jobs, -1) {
			return true
		}
		if s.pending.Load() != bit(int(syscall.SIGCHLD)) {
			return false
		}
		s.pending.And(^bit(int(syscall.SIGCHLD)))
	}
}

// readLine is the editor's; who ends while the prompt stands is waited for.
func (sh *shell) readLine(prompt string) (string, error) {
	e := &sh.shared.editor
	if !sh.adopts() || sh.childTrap() {
		return e.ReadLine(prompt)
	}
	defer sh.told(syscall.SIGCHLD, syscall.SIGWINCH)() // in place of the editor's own pipe for the latter
	sh.reapStrangers()
	e.Wake = sh.shared.sig.wake
	e.Woken = func() error {
		sh.shared.sig.drained()
		sh.reapStrangers()
		return nil
	}
	defer func() { e.Woken = nil }()
	return e.ReadLine(prompt)
}
