package shell

import (
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/signals"
)

// jobOf finds a job by %N, %%, %+, %-, %STRING, %?STRING or a pid.
func (sh *shell) jobOf(name string) *job {
	list := sh.jobs.list
	if !strings.HasPrefix(name, "%") {
		pid := atoi(name)
		for _, j := range list {
			for _, p := range j.procs {
				if p.pid == pid {
					return j
				}
			}
		}
		return nil
	}
	rest := name[1:]
	switch {
	case rest == "" || rest == "%" || rest == "+":
		if len(list) > 0 {
			return list[len(list)-1]
		}
		return nil
	case rest == "-":
		if len(list) > 1 {
			return list[len(list)-2]
		}
		return nil
	}
	var found *job
	for _, j := range list {
		hit := strings.HasPrefix(j.title(), rest)
		switch {
		case isDigits(rest):
			hit = j.number == atoi(rest)
		case rest[0] == '?':
			hit = strings.Contains(j.title(), rest[1:])
		}
		if hit {
			if found != nil {
				sh.fail(name + ": ambiguous")
			}
			found = j
		}
	}
	return found
}

// wantJob is jobOf that fails.
func (sh *shell) wantJob(name string) *job {
	j := sh.jobOf(name)
	if j == nil {
		sh.fail(name + ": no such job")
	}
	return j
}

func jobsCmd(sh *shell, args []string) int {
	long, pids := false, false
	rest := sh.flagsOf(args, "lp", func(c byte, _ string) {
		long = long || c == 'l'
		pids = pids || c == 'p'
	})
	sh.reap()
	var list []*job
	known := sh.jobs.list
	if len(known) == 0 {
		known = sh.jobs.parents // x=$(jobs -p)
	}
	for _, j := range known {
		if !j.waited {
			list = append(list, j)
		}
	}
	if len(rest) > 0 {
		list = nil
		for _, name := range rest {
			list = append(list, sh.wantJob(name))
		}
	}
	for _, j := range list {
		if pids {
			sh.out().Print(strconv.Itoa(j.procs[0].pid), "\n")
		} else {
			sh.tellJob(j, sh.out(), long)
		}
		j.changed = false
		if j.state() == done {
			sh.jobs.remove(j)
		}
	}
	return 0
}

// fgCmd is fg and bg.
func fgCmd(sh *shell, args []string) int {
	rest := sh.flagsOf(args, "", func(byte, string) {})
	if len(rest) == 0 {
		rest = []string{"%%"}
	}
	status := 0
	for _, name := range rest {
		j := sh.wantJob(name)
		if j.pgrp == 0 {
			sh.fail("job " + name + " not created under job control")
		}
		sh.reap()
		if args[0] == "bg" {
			sh.out().Print("[", strconv.Itoa(j.number), "] ")
		}
		sh.out().Print(j.title(), "\n")
		sh.out().Flush()
		sh.resumeJob(j, args[0] == "fg")
		if args[0] == "fg" {
			status = sh.foregroundJob(j)
		}
	}
	return status
}

func (sh *shell) resumeJob(j *job, foreground bool) {
	if foreground {
		sh.shared.setForeground(j.pgrp)
	}
	for i := range j.procs {
		if j.procs[i].state == stopped {
			j.procs[i].state = running
		}
	}
	j.changed = false
	syscall.Kill(-j.pgrp, syscall.SIGCONT)
}

// waitCmd is wait [-n] [JOB|PID]...
func waitCmd(sh *shell, args []string) int {
	one := false
	rest := sh.flagsOf(args, "n", func(byte, string) { one = true })
	if len(rest) > 0 {
		status := 0
		for _, name := range rest {
			status = sh.waitFor(name)
		}
		return status
	}
	for {
		sh.reap()
		var left []*job
		for _, j := range sh.jobs.list {
			switch {
			case j.state() == running:
				left = append(left, j)
			case j.changed && one:
				j.changed = false
				status := j.status()
				if j.state() == done {
					sh.jobs.remove(j)
				}
				return status
			}
		}
		if len(left) == 0 {
			if one {
				return 127
			}
			for _, j := range append([]*job(nil), sh.jobs.list...) {
				if j.state() == done && !sh.shared.interactive {
					sh.jobs.remove(j)
				}
			}
			return 0
		}
		if !sh.waitAny(left) {
			return sh.interrupted()
		}
	}
}

// interrupted is wait's status when a signal came.
func (sh *shell) interrupted() int {
	pending := sh.shared.sig.pending.Load()
	for n := 1; n < 64; n++ {
		if pending&bit(n) != 0 {
			return 128 + n
		}
	}
	return 128
}

// waitFor waits for one job.
func (sh *shell) waitFor(name string) int {
	if !strings.HasPrefix(name, "%") {
		sh.number(name)
	}
	j := sh.jobOf(name)
	if j == nil {
		return 127
	}
	for {
		for i := range j.procs {
			if j.procs[i].state == running {
				j.poll(i, syscall.WNOHANG|syscall.WUNTRACED)
			}
		}
		if j.state() != running {
			break
		}
		if !sh.waitAny([]*job{j}) {
			return sh.interrupted()
		}
	}
	if j.state() == done && !j.waited {
		j.waited = true
		sh.tellSignal(j.procs[len(j.procs)-1].status)
	}
	return j.status()
}

// faults are the signals that a program's faults are told by.
const faults = 1<<syscall.SIGSEGV | 1<<syscall.SIGBUS | 1<<syscall.SIGFPE | 1<<syscall.SIGPROF

// killCmd is kill, which also knows jobs.
func killCmd(sh *shell, args []string) int {
	sh.reap()
	rest := args[1:]
	signal := int(syscall.SIGTERM)
	if len(rest) > 0 && rest[0] == "-l" {
		return sh.listSignals(rest[1:])
	}
	if len(rest) > 0 && len(rest[0]) > 1 && rest[0][0] == '-' && rest[0] != "--" {
		name := rest[0][1:]
		rest = rest[1:]
		if name == "s" && len(rest) > 0 {
			name, rest = rest[0], rest[1:]
		}
		n, ok := signals.Number(name)
		if !ok {
			sh.file(2).errors().Print(sh.call.Name, ": bad signal name '", name, "'\n")
			return 1
		}
		signal = n
	}
	if len(rest) > 0 && rest[0] == "--" {
		rest = rest[1:]
	}
	if len(rest) == 0 {
		sh.file(2).errors().Print(sh.call.Name, ": you need to specify whom to kill\n")
		return 1
	}
	status := 0
	for _, name := range rest {
		if !sh.killOne(name, syscall.Signal(signal)) {
			status = 1
		}
	}
	return status
}

func (sh *shell) killOne(name string, signal syscall.Signal) bool {
	if strings.HasPrefix(name, "%") {
		j := sh.wantJob(name)
		var err error
		if j.pgrp > 0 {
			err = syscall.Kill(-j.pgrp, signal)
			if j.state() == stopped && (signal == syscall.SIGTERM || signal == syscall.SIGHUP) {
				syscall.Kill(-j.pgrp, syscall.SIGCONT)
			}
		} else {
			for _, p := range j.procs {
				err = syscall.Kill(p.pid, signal)
			}
		}
		return sh.killed(name, err)
	}
	pid, err := strconv.ParseInt(name, 10, 32)
	if err != nil {
		sh.file(2).errors().Print(sh.call.Name, ": invalid number '", name, "'\n")
		return false
	}
	own := int(pid) == syscall.Getpid()
	if own && faults&bit(int(signal)) != 0 && sh.shared.sig.caught&bit(int(signal)) == 0 {
		applet.Die(signal) // the Go runtime would take it for a fault of its own
	}
	result := syscall.Kill(int(pid), signal)
	if own && result == nil {
		sh.settleSignal(int(signal))
	}
	return sh.killed(name, result)
}

// settleSignal waits until a signal that was sent has arrived.
func (sh *shell) settleSignal(n int) {
	s := &sh.shared.sig
	if s.caught&bit(n) == 0 {
		return
	}
	for range 100 {
		if s.pending.Load()&bit(n) != 0 {
			return
		}
		s.drained() // of other signals
		if s.pending.Load()&bit(n) == 0 {
			unix.Poll([]unix.PollFd{{Fd: int32(s.wake), Events: unix.POLLIN}}, 1)
		}
	}
}

func (sh *shell) killed(name string, err error) bool {
	if err != nil {
		sh.file(2).errors().Print(sh.call.Name, ": can't kill pid ", name, ": ", applet.Reason(err), "\n")
	}
	return err == nil
}

// listSignals is kill -l.
func (sh *shell) listSignals(names []string) int {
	if len(names) == 0 {
		sh.out().WriteString(signals.List())
		return 0
	}
	status := 0
	for _, name := range names {
		n, err := strconv.Atoi(name)
		if err == nil {
			sh.out().Print(signals.Name(n&127), "\n")
			continue
		}
		if n, ok := signals.Number(name); ok {
			sh.out().Print(strconv.Itoa(n), "\n")
			continue
		}
		sh.file(2).errors().Print(sh.call.Name, ": unknown signal '", name, "'\n")
		status = 1
	}
	return status
}

func timesCmd(sh *shell) int {
	var t syscall.Tms
	syscall.Times(&t)
	for _, pair := range [...][2]int64{{t.Utime, t.Stime}, {t.Cutime, t.Cstime}} {
		sh.out().Print(minutes(pair[0]), " ", minutes(pair[1]), "\n")
	}
	return 0
}

// minutes prints clock ticks, of which a second has a hundred.
func minutes(ticks int64) string {
	milli := itoa(1000 + ticks%100*10)[1:]
	return itoa(ticks/6000) + "m" + itoa(ticks/100%60) + "." + milli + "s"
}

func historyCmd(sh *shell) int {
	for i, line := range sh.shared.editor.History.Lines {
		n := strconv.Itoa(i)
		sh.out().Print("    "[:max(0, 4-len(n))], n, " ", line, "\n")
	}
	return 0
}
