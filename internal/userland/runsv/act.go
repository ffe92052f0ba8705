package runsv

import (
	"strconv"
	"syscall"

	"bantam/internal/userland/applet"
)

// custom runs control/ACT, and says whether that did all that is to be done.
func (v *service) custom(act byte) bool {
	if v.log {
		return false
	}
	file := "control/" + string(act)
	var st syscall.Stat_t
	if err := syscall.Stat(file, &st); err != nil {
		if err != syscall.ENOENT {
			v.warn("stat "+file, err)
		}
		return false
	}
	if st.Mode&syscall.S_IXUSR == 0 {
		return false
	}
	attr := syscall.ProcAttr{Env: v.Environ(), Files: []uintptr{0, 1, 2}}
	if len(v.services) > 1 {
		attr.Files[1] = uintptr(v.pipe[1])
	}
	pid, err := applet.ForkExec(file, []string{file}, &attr)
	if err != nil {
		v.warn("run "+file, err)
		return false
	}
	return applet.Wait(pid) == 0
}

func (v *service) kill(s syscall.Signal) {
	if v.pid > 0 {
		syscall.Kill(v.pid, s)
	}
}

// stop sends TERM and, if it shall stay down, CONT.
func (v *service) stop() {
	if v.pid != 0 && !v.custom('t') {
		v.kill(syscall.SIGTERM)
		v.gotTerm = true
		v.update()
	}
	switch v.want {
	case wantDown:
		v.kill(syscall.SIGCONT)
		v.custom('d')
	case wantExit:
		v.kill(syscall.SIGCONT)
		v.custom('x')
	}
}

// act does what a byte of the control fifo asks for.
func (v *service) act(act byte) {
	switch act {
	case 'd':
		v.wants(wantDown)
		if v.state == running {
			v.stop()
		}
	case 'u':
		v.up(wantUp)
	case 'o':
		v.up(wantDown)
	case 'x':
		if v.log {
			return
		}
		v.wants(wantExit)
		fallthrough
	case 't':
		if v.state == running {
			v.stop()
		}
	case 'k':
		v.signal(act, syscall.SIGKILL)
		v.state = down
	case 'p', 'c':
		v.paused = act == 'p'
		s := syscall.SIGCONT
		if v.paused {
			s = syscall.SIGSTOP
		}
		v.signal(act, s)
		v.update()
	case 'a':
		v.signal(act, syscall.SIGALRM)
	case 'h':
		v.signal(act, syscall.SIGHUP)
	case 'i':
		v.signal(act, syscall.SIGINT)
	case 'q':
		v.signal(act, syscall.SIGQUIT)
	case '1':
		v.signal(act, syscall.SIGUSR1)
	case '2':
		v.signal(act, syscall.SIGUSR2)
	}
}

func (v *service) up(want int) {
	v.wants(want)
	if v.state == down {
		v.run()
	}
}

func (v *service) wants(what int) {
	v.want = what
	v.update()
}

func (v *service) signal(act byte, s syscall.Signal) {
	if v.state == running && !v.custom(act) {
		v.kill(s)
	}
}

// update writes the files that tell the state: pid, stat in words and status in the
// format of daemontools' supervise.
func (v *service) update() {
	pid := ""
	if v.pid != 0 {
		pid = strconv.Itoa(v.pid) + "\n"
	}
	v.replace("pid", []byte(pid))
	text := [...]string{"down", "run", "finish"}[v.state]
	if v.paused {
		text += ", paused"
	}
	if v.gotTerm {
		text += ", got TERM"
	}
	if v.state != down {
		text += [...]string{"", ", want down", ", want exit"}[v.want]
	}
	v.replace("stat", []byte(text+"\n"))
	v.replace("status", v.encode())
}

// encode is the state in 20 bytes: TAI64N label of the start, pid (little-endian),
// paused, wanted, got TERM, state.
func (v *service) encode() []byte {
	p := make([]byte, 20)
	seconds, nanos := uint64(v.start.Unix())+0x400000000000000a, uint32(v.start.Nanosecond())
	for i := range 8 {
		p[i] = byte(seconds >> (56 - 8*i))
	}
	for i := range 4 {
		p[8+i] = byte(nanos >> (24 - 8*i))
		p[12+i] = byte(uint32(v.pid) >> (8 * i))
	}
	p[17] = 'd'
	if v.want == wantUp {
		p[17] = 'u'
	}
	if v.paused {
		p[16] = 1
	}
	if v.gotTerm {
		p[18] = 1
	}
	p[19] = v.state
	return p
}

func (v *service) replace(name string, data []byte) {
	file := v.prefix + "supervise/" + name
	err := applet.WriteFile(file+".new", data, 0o644)
	if err == nil {
		err = syscall.Rename(file+".new", file)
	}
	if err != nil {
		v.warn("write "+file, err)
	}
}
