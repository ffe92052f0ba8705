package sv

import (
	"strconv"
	"syscall"

	"bantam/internal/userland/applet"
)

// out prints a result, and counts it unless it is good.
func (x *control) out(prefix string, s *service, text string, err error) {
	if prefix != "ok: " {
		x.failures++
	}
	x.Out.Print(prefix, s.name)
	if s.log {
		x.Out.Print("/log")
	}
	x.Out.Print(": ", text)
	if err != nil {
		x.Out.Print(": ", applet.Reason(err))
	}
	x.Out.Print("\n")
	x.Out.Flush()
}

// What reading the status finds.
const (
	alive  = 1
	absent = 0 // no runsv runs
	broken = -1
)

// read reads the status that runsv wrote.
func (x *control) read(s *service) int {
	fd, err := applet.OpenFile(s.path("supervise/ok"), syscall.O_WRONLY|syscall.O_NONBLOCK, 0)
	if err == syscall.ENXIO || err == syscall.ENODEV {
		x.notRunning(s, x.acts)
		return absent
	}
	if err != nil {
		x.out("warning: ", s, "can't open supervise/ok", err)
		return broken
	}
	syscall.Close(fd)
	data, err := applet.ReadFile(s.path("supervise/status"))
	switch {
	case err != nil:
		x.out("warning: ", s, "can't open supervise/status", err)
		return broken
	case len(data) < 20:
		x.out("warning: ", s, "can't read supervise/status: bad format", nil)
		return broken
	}
	s.state = parse(data)
	return alive
}

// parse reads the 20 bytes of a status.
func parse(p []byte) state {
	var st state
	for _, b := range p[:8] {
		st.time = st.time<<8 | uint64(b)
	}
	st.pid = uint32(p[12]) | uint32(p[13])<<8 | uint32(p[14])<<16 | uint32(p[15])<<24
	st.paused, st.want, st.gotTerm, st.running = p[16], p[17], p[18], p[19]
	return st
}

func (x *control) notRunning(s *service, act string) {
	prefix := "fail: "
	if act[0] == 'x' {
		prefix = "ok: "
	}
	x.out(prefix, s, "runsv not running", nil)
}

// show prints the state without a newline.
func (x *control) show(s *service, name string) {
	var st syscall.Stat_t
	err := syscall.Stat(s.path("down"), &st)
	if err != nil && err != syscall.ENOENT {
		x.Warn("warning: can't stat "+s.name+"/down", err)
		return
	}
	normallyUp := err != nil
	switch s.state.running {
	case 0:
		x.Out.Print("down: ")
	case 1:
		x.Out.Print("run: ")
	case 2:
		x.Out.Print("finish: ")
	}
	x.Out.Print(name, ": ")
	if s.state.running != 0 {
		x.Out.Print("(pid ", strconv.Itoa(int(s.state.pid)), ") ")
	}
	x.Out.Print(strconv.Itoa(int(max(int64(x.now-s.state.time), 0))), "s")
	for _, note := range [...]struct {
		is   bool
		text string
	}{
		{s.state.pid != 0 && !normallyUp, ", normally down"},
		{s.state.pid != 0 && s.state.paused != 0, ", paused"},
		{s.state.pid != 0 && s.state.want == 'd', ", want down"},
		{s.state.pid != 0 && s.state.gotTerm != 0, ", got TERM"},
		{s.state.pid == 0 && normallyUp, ", normally up"},
		{s.state.pid == 0 && s.state.want == 'u', ", want up"},
	} {
		if note.is {
			x.Out.Print(note.text)
		}
	}
}

// status prints the state of a service and of its log service.
func (x *control) status(s *service) {
	if x.read(s) != alive {
		return
	}
	x.show(s, s.name)
	log := *s
	log.log = true
	switch err := enter(s.dir + "/log"); err {
	case nil:
		x.Out.Print("; ")
		if x.read(&log) != absent {
			x.show(&log, "log")
			x.Out.Print("\n")
		}
	case syscall.ENOENT:
		x.Out.Print("\n")
	default:
		x.Out.Print("; ")
		x.out("warning: ", &log, "can't change directory", err)
	}
	x.Out.Flush()
}

// send writes commands to runsv. It returns false if that fails.
func (x *control) send(s *service, acts string) bool {
	if x.read(s) != alive {
		return false
	}
	if s.state.want == acts[0] && (acts[0] != 'd' || s.state.gotTerm == 1) {
		return true
	}
	fd, err := applet.OpenFile(s.path("supervise/control"), syscall.O_WRONLY|syscall.O_NONBLOCK, 0)
	if err == syscall.ENXIO || err == syscall.ENODEV {
		x.notRunning(s, acts)
		return false
	}
	if err != nil {
		x.out("warning: ", s, "can't open supervise/control", err)
		return false
	}
	defer syscall.Close(fd)
	if err := applet.WriteFd(fd, []byte(acts)); err != nil {
		x.out("warning: ", s, "can't write to supervise/control", err)
		return false
	}
	return true
}

// What has become of a command.
const (
	pending = iota
	effective
	failed
)

// reached says whether the commands took effect, and tells it.
func (x *control) reached(s *service) int {
	found := x.read(s)
	if found == broken {
		return failed
	}
	for _, act := range x.acts {
		if found == absent {
			return failed
		}
		if !x.reachedOne(s, byte(act)) {
			return pending
		}
	}
	x.Out.Print("ok: ")
	x.show(s, s.name)
	x.Out.Print("\n")
	x.Out.Flush()
	return effective
}

func (x *control) reachedOne(s *service, act byte) bool {
	st := &s.state
	switch act {
	case 'x':
		return false
	case 'u':
		return st.pid != 0 && st.running == 1 && x.script(s)
	case 'd':
		return st.pid == 0 && st.running == 0
	case 'C':
		return st.pid == 0 || x.script(s)
	case 't', 'k':
		if st.pid == 0 && st.want == 'd' {
			return true
		}
		return x.start <= st.time && st.pid != 0 && st.gotTerm == 0 && x.script(s)
	case 'o':
		return !(st.pid == 0 && x.start > st.time || st.pid != 0 && st.want != 'd')
	case 'p':
		return st.pid == 0 || st.paused != 0
	case 'c':
		return st.pid == 0 || st.paused == 0
	}
	return true
}

// script runs the service's ./check, if there is one, and says whether it succeeded.
func (x *control) script(s *service) bool {
	var st syscall.Stat_t
	switch err := syscall.Stat(s.path("check"), &st); err {
	case nil:
	case syscall.ENOENT:
		return true
	default:
		x.Warn("warning: can't stat "+s.name+"/check", err)
		return false
	}
	x.Out.Flush()
	pid, err := applet.ForkExec("./check", []string{"./check"}, &syscall.ProcAttr{
		Dir: s.dir, Env: x.Environ(), Files: []uintptr{uintptr(x.In.Fd()), uintptr(x.Out.Fd()), uintptr(x.Err.Fd())},
	})
	if err != nil {
		x.Warn("warning: can't run child "+s.name+"/check", err)
		return false
	}
	return applet.Wait(pid) == 0
}
