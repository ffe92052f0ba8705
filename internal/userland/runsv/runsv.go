// Package runsv has the supervisors of runit: runsv for a service, runsvdir for a
// folder of services.
package runsv

import (
	"strconv"
	"syscall"
	"time"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/signals"
	"bantam/internal/userland/applet/socket"

	"golang.org/x/sys/unix"
)

// Applet is runsv.
var Applet = applet.Applet{
	Names: "runsv",
	Usage: "DIR",
	About: `Start and monitor a service and optionally an appendant log service.

DIR/run is the service, DIR/finish runs when it ended, DIR/log/run is the log
service, DIR/down keeps it from being started. Control it with sv.`,
	AtLeast: 1,
	AtMost:  1,
	Dir:     "/usr/bin",
	Run:     runsv,
}

// The states of a service, as they stand in supervise/status.
const (
	down = iota
	running
	finishing
)

// What is wanted of it.
const (
	wantUp = iota
	wantDown
	wantExit
)

// service is the service or its log service.
type service struct {
	*supervisor
	log     bool
	prefix  string // "" or "log/"
	pid     int
	state   byte
	want    int
	paused  bool
	gotTerm bool
	start   time.Time
	status  syscall.WaitStatus // of the last run
	control int                // its fifo
}

// supervisor is a running runsv. Its current folder is the service's.
type supervisor struct {
	*applet.Call
	dir      string
	services []*service
	pipe     [2]int // from the service to the log service
	events   int    // signals
}

func runsv(c *applet.Call) int {
	s := &supervisor{Call: c, dir: c.Args[0]}
	var err error
	if s.events, err = signals.Pipe(syscall.SIGCHLD, syscall.SIGTERM); err != nil {
		return s.fatal("create selfpipe", err)
	}
	if err := syscall.Chdir(s.dir); err != nil {
		return c.Warn("can't change directory to '"+s.dir+"'", err)
	}
	s.add("", false)
	var st syscall.Stat_t
	switch err := syscall.Stat("log", &st); {
	case err == nil && st.Mode&syscall.S_IFMT != syscall.S_IFDIR:
		s.warn("stat log/down: log is not a directory", nil)
	case err == nil:
		s.add("log/", true)
		if err := syscall.Pipe2(s.pipe[:], syscall.O_CLOEXEC); err != nil {
			return s.fatal("create pipe", err)
		}
	case err != syscall.ENOENT:
		s.warn("stat ./log", err)
	}
	for _, v := range s.services {
		if status := v.prepare(); status != 0 {
			return status
		}
	}
	for !s.turn() {
	}
	return 0
}

func (s *supervisor) fatal(what string, err error) int {
	return s.Warn(s.dir+": fatal: can't "+what, err)
}

func (s *supervisor) warn(what string, err error) { s.Warn(s.dir+": warning: can't "+what, err) }

func (s *supervisor) add(prefix string, log bool) {
	v := &service{supervisor: s, log: log, prefix: prefix, start: time.Now()}
	if applet.Exists(prefix + "down") {
		v.want = wantDown
	}
	s.services = append(s.services, v)
}

// prepare makes the files below supervise, of which only one runsv can hold the lock.
func (v *service) prepare() int {
	dir := v.prefix + "supervise"
	if syscall.Mkdir(dir, 0o700) != nil {
		// It may be a link to a folder that is to be made.
		if target, err := applet.Readlink(dir); err == nil {
			if target[0] != '/' {
				target = v.prefix + target
			}
			syscall.Mkdir(target, 0o700)
		} else if err != syscall.ENOENT && err != syscall.EINVAL {
			return v.fatal("readlink ./"+dir, err)
		}
	}
	lock, err := applet.OpenFile(dir+"/lock", syscall.O_WRONLY|syscall.O_NONBLOCK|syscall.O_APPEND|syscall.O_CREAT, 0o600)
	if err != nil {
		return v.CantOpen(dir+"/lock", err)
	}
	how := syscall.LOCK_EX | syscall.LOCK_NB
	if v.log {
		how = syscall.LOCK_EX
	}
	if err = syscall.Flock(lock, how); err != nil {
		return v.fatal("lock "+dir+"/lock", err)
	}
	var st syscall.Stat_t
	syscall.Mkfifo(dir+"/control", 0o600)
	if err = syscall.Stat(dir+"/control", &st); err != nil {
		return v.fatal("stat "+dir+"/control", err)
	}
	if st.Mode&syscall.S_IFMT != syscall.S_IFIFO {
		return v.Complain(v.dir + ": fatal: " + dir + "/control exists but is not a fifo")
	}
	if v.control, err = applet.OpenFile(dir+"/control", syscall.O_RDONLY|syscall.O_NONBLOCK, 0); err != nil {
		return v.CantOpen(dir+"/control", err)
	}
	// A writer of our own: the fifo never is at its end.
	if _, err = applet.OpenFile(dir+"/control", syscall.O_WRONLY|syscall.O_NONBLOCK, 0); err != nil {
		return v.CantOpen(dir+"/control", err)
	}
	v.update()
	syscall.Mkfifo(dir+"/ok", 0o600)
	if _, err = applet.OpenFile(dir+"/ok", syscall.O_RDONLY|syscall.O_NONBLOCK, 0); err != nil {
		return v.CantOpen(dir+"/ok", err)
	}
	return 0
}

// turn starts what shall run and waits for the next event. It returns true when all is over.
func (s *supervisor) turn() (over bool) {
	for i := len(s.services) - 1; i >= 0; i-- { // the log service first
		if v := s.services[i]; v.pid == 0 && (v.want == wantUp || v.state == finishing) {
			v.run()
		}
	}
	fds := []unix.PollFd{{Fd: int32(s.events), Events: unix.POLLIN}}
	for _, v := range s.services {
		fds = append(fds, unix.PollFd{Fd: int32(v.control), Events: unix.POLLIN})
	}
	socket.Poll(fds, time.Hour)
	term := false
	var p [1]byte
	for {
		if n, _ := applet.ReadFd(s.events, p[:]); n != 1 {
			break
		}
		term = term || p[0] == byte(syscall.SIGTERM)
	}
	s.reap()
	for _, v := range s.services {
		if n, _ := applet.ReadFd(v.control, p[:]); n == 1 {
			v.act(p[0])
		}
	}
	main := s.services[0]
	if term {
		main.act('x')
	}
	return main.want == wantExit && main.state == down && s.exitLog()
}

// exitLog lets the log service end by the end of its input, and says whether it has.
func (s *supervisor) exitLog() bool {
	if len(s.services) == 1 || s.services[1].pid == 0 {
		return true
	}
	if log := s.services[1]; log.want != wantExit {
		log.want = wantExit
		log.update()
		syscall.Close(s.pipe[0])
		syscall.Close(s.pipe[1])
	}
	return false
}

// reap takes note of processes that ended.
func (s *supervisor) reap() {
	for {
		var status syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &status, syscall.WNOHANG, nil)
		if err == syscall.EINTR {
			continue
		}
		if err != nil || pid <= 0 {
			return
		}
		for _, v := range s.services {
			if v.pid == pid {
				v.ended(status)
			}
		}
	}
}

func (v *service) ended(status syscall.WaitStatus) {
	v.status, v.pid, v.gotTerm = status, 0, false
	if !v.log && v.state != finishing && applet.Exists("finish") {
		v.state = finishing
		v.update()
		return
	}
	v.state = down
	started := v.start
	v.start = time.Now()
	v.update()
	// At most one start a second.
	if v.start.Unix() < started.Unix()+1 {
		time.Sleep(time.Second)
	}
}

// run starts ./run, or ./finish after it.
func (v *service) run() {
	argv := []string{"./run"}
	if v.state == finishing {
		// Exit code, or -1, and the signal that ended it.
		code, signal := -1, 0
		if v.status.Exited() {
			code = v.status.ExitStatus()
		} else {
			signal = int(v.status.Signal())
		}
		argv = []string{"./finish", strconv.Itoa(code), strconv.Itoa(signal)}
	} else {
		v.custom('u')
	}
	attr := syscall.ProcAttr{Env: v.Environ(), Files: []uintptr{0, 1, 2}}
	if v.log {
		attr.Dir, attr.Files[0] = "./log", uintptr(v.pipe[0])
	} else if len(v.services) > 1 {
		attr.Files[1] = uintptr(v.pipe[1])
	}
	pid, err := applet.ForkExec(argv[0], argv, &attr)
	if err != nil {
		// As if it had ended at once: it is tried again a second later.
		v.Warn(v.dir+": fatal: can't start "+v.prefix+argv[0], err)
		time.Sleep(time.Second)
	}
	if v.state != finishing {
		v.start = time.Now()
		v.state = running
	}
	v.pid, v.paused, v.gotTerm = pid, false, false
	if err != nil {
		v.pid, v.state = 0, down
	}
	v.update()
}
