// Package sv has the applets that control services of runsv.
package sv

import (
	"strconv"
	"strings"
	"syscall"
	"time"

	"bantam/internal/userland/applet"
)

// Applet is sv.
var Applet = applet.Applet{
	Names: "sv",
	Usage: "[-v] [-w SEC] CMD SERVICE_DIR...",
	About: `Control services monitored by runsv supervisor.
Commands (only first character is enough):

status: query service status
up: if service isn't running, start it. If service stops, restart it
once: like 'up', but if service stops, don't restart it
down: send TERM and CONT signals. If ./run exits, start ./finish
	if it exists. After it stops, don't restart service
exit: send TERM and CONT signals to service and log service. If they exit,
	runsv exits too
pause, cont, hup, alarm, interrupt, quit, 1, 2, term, kill: send
STOP, CONT, HUP, ALRM, INT, QUIT, USR1, USR2, TERM, KILL signal to service
start, stop, reload, restart, shutdown, try-restart, check, force-stop,
force-reload, force-restart, force-shutdown: the same as LSB's init scripts`,
	Options: `
-v	wait until the command took effect and tell
-w SEC	how long: 7 seconds, or $SVWAIT
`,
	Trouble: 100,
	Dir:     "/usr/bin",
	Run:     sv,
}

// Svc is svc.
var Svc = applet.Applet{
	Names: "svc",
	Usage: "[-udopchaitkx] SERVICE_DIR...",
	About: "Control services monitored by runsv supervisor.",
	Options: `
-u	if service is not running, start it; restart if it stops
-d	if service is running, send TERM+CONT signals; do not restart it
-o	once: if service is not running, start it; do not restart it
-p	send STOP
-c	send CONT
-h	send HUP
-a	send ALRM
-i	send INT
-t	send TERM
-k	send KILL
-x	exit: runsv will exit as soon as the service is down
`,
	AtLeast: 1,
	Dir:     "/usr/bin",
	Run:     svc,
}

// Svok is svok.
var Svok = applet.Applet{
	Names: "svok",
	Usage: "SERVICE_DIR",
	About: `Check whether runsv supervisor is running. Exit code is 0 if it does,
100 if it does not, 111 (with error message) if SERVICE_DIR does not exist.`,
	AtLeast: 1,
	Dir:     "/usr/bin",
	Quick:   true,
	Run:     svok,
}

const defaultDir = "/var/service"

// folder is where a service is: names without a slash stand in the default folder.
func folder(name, services string) string {
	if name != "" && (name[0] == '/' || name[0] == '.' || strings.HasSuffix(name, "/")) {
		return name
	}
	return applet.Join(services, name)
}

// control is one command for some services.
type control struct {
	*applet.Call
	services []service
	acts     string
	// start and now are in the labels of TAI64 (cr.yp.to/libtai/tai64.html).
	start, now uint64
	failures   int
	svdir      string
}

// service is one of them, as its runsv last told.
type service struct {
	name, dir string
	log       bool // its log service is meant
	done      bool
	state     state
}

// state is runsv's supervise/status.
type state struct {
	time                  uint64
	pid                   uint32
	paused, want, gotTerm byte
	running               byte // 0 down, 1 run, 2 finish
}

func (s *service) path(file string) string {
	if s.log {
		return s.dir + "/log/" + file
	}
	return s.dir + "/" + file
}

func taiNow() uint64 { return uint64(time.Now().Unix()) + 0x400000000000000a }

func svc(c *applet.Call) int {
	any := false
	for _, command := range "udopchaitkx" {
		if !c.Has(string(command)) {
			continue
		}
		any = true
		if newControl(c, c.Args).do(string(command), false, 7) != 0 {
			return 1
		}
	}
	if !any {
		return c.UsageError("")
	}
	return 0
}

func svok(c *applet.Call) int {
	const missing, noDir = 100, 111
	dir := folder(c.Args[0], defaultDir)
	var st syscall.Stat_t
	err := syscall.Stat(dir, &st)
	if err == nil && st.Mode&syscall.S_IFMT != syscall.S_IFDIR {
		err = syscall.ENOTDIR
	}
	if err != nil {
		c.Warn("can't change directory to '"+c.Args[0]+"'", err)
		return noDir
	}
	fd, err := applet.OpenFile(dir+"/supervise/ok", syscall.O_WRONLY|syscall.O_NONBLOCK, 0)
	switch err {
	case nil:
		syscall.Close(fd)
		return 0
	case syscall.ENOENT, syscall.ENXIO:
		return missing
	}
	c.CantOpen("supervise/ok", err)
	return noDir
}

func newControl(c *applet.Call, names []string) *control {
	x := &control{Call: c, svdir: defaultDir, start: taiNow()}
	x.now = x.start
	if dir := c.Getenv("SVDIR"); dir != "" {
		x.svdir = dir
	}
	for _, name := range names {
		x.services = append(x.services, service{name: name, dir: folder(name, x.svdir)})
	}
	return x
}

func sv(c *applet.Call) int {
	wait := 7
	text := c.Getenv("SVWAIT")
	if w, given := c.Given("w"); given {
		text = w
	}
	if text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 {
			c.Complain("invalid number '" + text + "'")
			return 100
		}
		wait = n
	}
	if len(c.Args) < 2 || c.Args[0] == "" {
		return c.UsageError("")
	}
	return newControl(c, c.Args[1:]).do(c.Args[0], c.Has("v"), wait)
}

// command translates a command: what is written to runsv, whether to wait for the
// effect, and whether to kill what doesn't end in time. acts is empty for a wrong one.
func command(name string, verbose bool) (acts string, waits, kills bool) {
	for _, c := range [...]struct {
		name, acts string
		kills      bool
	}{
		{"try-restart", "tc", false}, {"check", "C", false}, {"shutdown", "x", false}, {"start", "u", false},
		{"stop", "d", false}, {"restart", "tcu", false}, {"reload", "h", false}, {"force-reload", "tc", true},
		{"force-restart", "tcu", true}, {"force-shutdown", "x", true}, {"force-stop", "d", true},
	} {
		if c.name == name {
			return c.acts, true, c.kills
		}
	}
	switch first := name[:1]; first {
	case "x", "e":
		return "x", verbose, false
	case "X", "E":
		return "x", true, true
	case "D":
		return "d", true, true
	case "T":
		return "tc", true, true
	case "s":
		return "s", false, false
	case "t", "c", "u", "d", "o", "p", "h", "a", "i", "k", "q", "1", "2":
		return first, verbose, false
	}
	return "", false, false
}

func (x *control) do(name string, verbose bool, wait int) int {
	acts, waits, kills := command(name, verbose)
	if acts == "" {
		return x.UsageError("")
	}
	x.acts = acts
	for i := range x.services {
		s := &x.services[i]
		switch err := enter(s.dir); {
		case err != nil:
			x.out("fail: ", s, "can't change to service directory", err)
			s.done = true
		case acts == "s":
			x.status(s)
		case acts != "C":
			s.done = !x.send(s, acts)
		}
	}
	if waits {
		for !x.check(wait, kills) {
			time.Sleep(420 * time.Millisecond)
			x.now = taiNow()
		}
	}
	return min(x.failures, 99)
}

// enter says whether one could change to the folder.
func enter(dir string) error {
	var st syscall.Stat_t
	if err := syscall.Stat(dir, &st); err != nil {
		return err
	}
	if st.Mode&syscall.S_IFMT != syscall.S_IFDIR {
		return syscall.ENOTDIR
	}
	return syscall.Access(dir, 1)
}

// check looks at the services that aren't done, and says whether all are.
func (x *control) check(wait int, kills bool) (all bool) {
	all = true
	for i := range x.services {
		s := &x.services[i]
		if s.done {
			continue
		}
		if s.done = x.reached(s) != pending; s.done {
			continue
		}
		all = false
		if int(x.now-x.start) < wait {
			continue
		}
		if kills {
			x.Out.Print("kill: ")
		} else {
			x.Out.Print("timeout: ")
		}
		if x.read(s) == alive {
			x.show(s, s.name)
			x.failures++
		}
		x.Out.Print("\n")
		x.Out.Flush()
		if kills {
			x.send(s, "k")
		}
		s.done = true
	}
	return all
}
