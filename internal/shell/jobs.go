package shell

import (
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"

	"bantam/internal/userland/applet"
)

type process struct {
	pid    int
	status syscall.WaitStatus
	state  processState
}

type processState uint8

const (
	running processState = iota
	stopped
	done
)

// job is a background command, or one that was stopped.
type job struct {
	number  int
	procs   []process
	pgrp    int // 0 without job control
	command command
	text    string
	changed bool // since it was last told
	waited  bool // its status was asked for: the next job takes its place
}

// jobs are a shell's, the current one last.
type jobs struct {
	list    []*job
	orphans []int // processes of <( ), to be reaped
	parents []*job
}

func (j *job) state() processState {
	s := done
	for _, p := range j.procs {
		if p.state == running {
			return running
		}
		if p.state == stopped {
			s = stopped
		}
	}
	return s
}

// status is the exit status of the job's last process.
func (j *job) status() int {
	p := j.procs[len(j.procs)-1]
	if p.state == stopped {
		return 128 + int(p.status.StopSignal())
	}
	return applet.ExitStatus(p.status)
}

func (j *job) title() string {
	if j.text == "" && j.command != nil {
		j.text = oneLine(printed(j.command))
	}
	return j.text
}

// oneLine is a printed command with ; for newlines.
func oneLine(s string) string {
	var out []byte
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] != '\n':
			out = append(out, s[i])
		case i+1 < len(s):
			out = append(out, ';', ' ')
		}
	}
	return string(out)
}

// add gives a job a number.
func (js *jobs) add(j *job) {
	for _, old := range append([]*job(nil), js.list...) {
		if old.waited {
			js.remove(old)
		}
	}
	for number := 1; ; number++ {
		taken := false
		for _, other := range js.list {
			taken = taken || other.number == number
		}
		if !taken {
			j.number = number
			js.list = append(js.list, j)
			return
		}
	}
}

func (js *jobs) remove(j *job) {
	for i, other := range js.list {
		if other == j {
			js.list = append(js.list[:i:i], js.list[i+1:]...)
			return
		}
	}
}

// background starts a command that the shell doesn't wait for.
func (sh *shell) background(c *async) {
	sh.reap()
	sub := sh.fork()
	if !sh.jobControl() {
		if null, err := applet.OpenFile("/dev/null", syscall.O_RDONLY, 0); err == nil {
			sub.give(0, newFile(null))
		}
	}
	var p started
	body := c.body
	sub.protect(func() {
		if s, ok := body.(*simple); ok && sub.external(s) {
			p = sub.startSimple(s, launch{background: true})
		} else {
			p = sub.spawn(printed(body), &launch{background: true})
		}
	})
	if p.pid == 0 {
		// It couldn't be started: a process that ends with the status is what $! names.
		status := p.status
		if status == 0 {
			status = sub.status
		}
		p = sub.spawn("exit "+strconv.Itoa(status), &launch{background: true})
	}
	sub.traps.forget(0)
	sub.join()
	if p.pid == 0 {
		return
	}
	j := &job{procs: []process{{pid: p.pid}}, command: body}
	if sh.jobControl() {
		j.pgrp = p.pid
	}
	sh.jobs.add(j)
	sh.lastBg = p.pid
}

func (sh *shell) lastBackground() (string, bool) {
	if sh.lastBg == 0 {
		return "", false
	}
	return strconv.Itoa(sh.lastBg), true
}

// reap looks which background processes ended.
func (sh *shell) reap() {
	for _, j := range sh.jobs.list {
		for i := range j.procs {
			if j.procs[i].state != done {
				j.poll(i, syscall.WNOHANG|syscall.WUNTRACED|syscall.WCONTINUED)
			}
		}
	}
	kept := sh.jobs.orphans[:0]
	for _, pid := range sh.jobs.orphans {
		if n, err := syscall.Wait4(pid, nil, syscall.WNOHANG, nil); n == 0 && err == nil {
			kept = append(kept, pid)
		}
	}
	sh.jobs.orphans = kept
	if sh.adopts() {
		sh.reapStrangers()
	}
}

// poll asks for the state of process i; flags are wait4's. It returns whether that changed.
func (j *job) poll(i, flags int) bool {
	p := &j.procs[i]
	var status syscall.WaitStatus
	pid, err := syscall.Wait4(p.pid, &status, flags, nil)
	switch {
	case err == syscall.EINTR || pid == 0 && err == nil:
		return false
	case err != nil:
		p.state, p.status = done, 127<<8
	case status.Stopped():
		p.state, p.status = stopped, status
	case status.Continued():
		p.state = running
	default:
		p.state, p.status = done, status
	}
	j.changed = true
	return true
}

// waitAny waits until one of the jobs' processes changes or a signal arrives. It
// returns false for a signal.
func (sh *shell) waitAny(list []*job) bool {
	var polled []unix.PollFd
	defer func() {
		for _, p := range polled {
			syscall.Close(int(p.Fd))
		}
	}()
	for _, j := range list {
		for i := range j.procs {
			p := &j.procs[i]
			if p.state != running {
				continue
			}
			fd, err := unix.PidfdOpen(p.pid, 0)
			if err != nil {
				return j.poll(i, syscall.WUNTRACED) // as good as it gets
			}
			polled = append(polled, unix.PollFd{Fd: int32(fd), Events: unix.POLLIN})
		}
	}
	if sh.adopts() && !sh.childTrap() {
		return sh.waitAdopting(polled)
	}
	return sh.pollFds(polled, -1)
}

// pollFds waits for one of the descriptors; false: a signal arrived. timeout is in
// milliseconds, -1 for none.
func (sh *shell) pollFds(fds []unix.PollFd, timeout int) bool {
	s := &sh.shared.sig
	all := fds
	if s.wake > 0 {
		all = append(fds[:len(fds):len(fds)], unix.PollFd{Fd: int32(s.wake), Events: unix.POLLIN})
	}
	for {
		if s.pending.Load() != 0 {
			s.drained()
			return false
		}
		n, err := unix.Poll(all, timeout)
		if err == syscall.EINTR {
			continue
		}
		copy(fds, all)
		if n > len(fds) || n == 1 && len(all) > len(fds) && all[len(fds)].Revents != 0 {
			s.drained()
			if s.pending.Load() != 0 {
				return false
			}
			continue
		}
		return true
	}
}
