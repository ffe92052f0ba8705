// Package udhcpc is the applet udhcpc, a client of DHCP.
package udhcpc

import (
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/background"
	"bantam/internal/userland/applet/number"
	"bantam/internal/userland/applet/signals"
	"bantam/internal/userland/applet/socket"
	"bantam/internal/userland/applet/syslog"
)

// Applet is udhcpc.
var Applet = applet.Applet{
	Names: "udhcpc",
	Usage: "[-fbqvRB] [-a[MSEC]] [-t N] [-T SEC] [-A SEC|-n]\n" +
		"udhcpc [-i IFACE] [-s PROG] [-p PIDFILE]\n" +
		"udhcpc [-oC] [-r IP] [-V VENDOR] [-F NAME] [-x OPT:VAL]... [-O OPT]...",
	About: "Ask a server for an address, and have a script use it.",
	Options: `
-i, --interface IFACE	Interface to use (default eth0)
-s, --script PROG	Run PROG at DHCP events (default /usr/share/udhcpc/default.script)
-p, --pidfile FILE	Create pidfile
-B, --broadcast	Request broadcast replies
-t, --retries N	Send up to N discover packets (default 3)
-T, --timeout SEC	Pause between packets (default 3)
-A, --tryagain SEC	Wait if lease is not obtained (default 20)
-b, --background	Background if lease is not obtained
-n, --now	Exit if lease is not obtained
-q, --quit	Exit after obtaining lease
-R, --release	Release IP on exit
-f, --foreground	Run in foreground
-S, --syslog	Log to syslog too
-a[MSEC], --arping[MSEC]	Validate offered address with ARP ping
-r, --request IP	Request this IP address
-o, --no-default-options	Don't request any options (unless -O is given)
-O, --request-option OPT	Request option OPT from server (cumulative)
-x OPT:VAL	Include option OPT in sent packets (cumulative)
	Examples of string, numeric, and hex byte opts:
	-x hostname:bbox - option 12
	-x lease:3600 - option 51 (lease time)
	-x 0x3d:0100BEEFC0FFEE - option 61 (client id)
	-x 14:'"dumpfile"' - option 14 (shell-quoted)
-F, --fqdn NAME	Ask server to update DNS mapping for NAME
-V, --vendorclass VENDOR	Vendor identifier (default 'udhcp VERSION')
-C, --clientid-none	Don't send MAC as client identifier
-v	Verbose
`,
	Notes: `Signals:
	USR1	Renew lease
	USR2	Release lease`,
	AtMost: applet.None,
	Dir:    "/sbin",
	Run:    run,
}

// client is one use of the applet.
type client struct {
	*applet.Call
	device, script, pidfile string
	index                   int
	hardware                []byte
	extra                   []found // -x, -F, -V
	clientID                bool    // send the hardware address as identifier
	wanted                  []byte
	pause, again            time.Duration
	retries                 int
	probe                   time.Duration // -a
	once, fail, background  bool          // -q, -n, -b
	foreground              bool

	state     state
	xid       uint32
	server    socket.IP
	requested socket.IP
	sent      int       // packets in this state
	begin     time.Time // of getting a lease, for "secs"
	expires   time.Time // the lease
	wake      time.Time
	fd        int // -1 if it listens to nothing
	raw       bool
	signals   int
}

func run(c *applet.Call) int {
	x := &client{Call: c, fd: -1, state: selecting}
	handed, again := background.Inherited(c)
	if !x.options() || !x.interfaceOf() {
		return 1
	}
	var err error
	x.signals, err = signals.Pipe(syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGTERM, syscall.SIGINT)
	if err != nil {
		return c.Warn("pipe", err)
	}
	x.writePID()
	if again {
		x.resume(handed)
	} else {
		x.info("started, v" + c.Version)
		x.run("deconfig", nil)
	}
	return x.loop()
}

// options reads the options.
func (x *client) options() bool {
	x.device, x.script, x.pidfile = "eth0", "/usr/share/udhcpc/default.script", x.Value("p")
	x.once, x.fail, x.background, x.foreground = x.Has("q"), x.Has("n"), x.Has("b"), x.Has("f")
	if v, given := x.Given("i"); given {
		x.device = v
	}
	if v, given := x.Given("s"); given {
		x.script = v
	}
	pause, again, retries, probe := 3, 20, 3, 2000
	for _, o := range [...]struct {
		key   string
		value *int
	}{{"T", &pause}, {"A", &again}, {"t", &retries}, {"a", &probe}} {
		if text, given := x.Given(o.key); given && text != "" {
			n, wrong := number.Signed(text, 0, 1<<31-1)
			if wrong != "" {
				x.Complain(wrong)
				return false
			}
			*o.value = int(n)
		}
	}
	x.pause, x.again, x.retries = time.Duration(pause)*time.Second, time.Duration(again)*time.Second, retries
	if x.Has("a") {
		x.probe = time.Duration(probe) * time.Millisecond
	}
	x.requested = socket.V4(0)
	if text, given := x.Given("r"); given {
		ip, ok := socket.Parse4(text)
		if !ok {
			x.UsageError("")
			return false
		}
		x.requested = ip
	}
	return x.optionsSent() && x.optionsWanted()
}

// optionsSent reads -x, -F, -V and -C.
func (x *client) optionsSent() bool {
	for _, word := range x.Values("x") {
		code, value, ok := encode(word)
		if !ok {
			x.Complain("invalid option '" + word + "'")
			return false
		}
		x.extra = append(x.extra, found{code, value})
	}
	if name, given := x.Given("F"); given {
		// Flags: the server is to update both directions.
		x.extra = append(x.extra, found{optName, append([]byte{1, 0, 0}, name...)})
	}
	vendor, given := x.Given("V")
	if !given {
		vendor = "udhcp " + x.Version
	}
	if vendor != "" {
		x.extra = append(x.extra, found{optVendor, []byte(vendor)})
	}
	x.clientID = !x.Has("C")
	for _, o := range x.extra {
		if o.code == optClient {
			x.clientID = false
		}
	}
	return true
}

// optionsWanted reads -O and -o.
func (x *client) optionsWanted() bool {
	if !x.Has("o") {
		x.wanted = asked()
	}
	for _, word := range x.Values("O") {
		n, err := strconv.ParseUint(word, 0, 8)
		code := int(n)
		if err != nil || n > 254 {
			if code, _, _ = lookup(-1, word); code < 0 {
				x.Complain("unknown option '" + word + "', known options: " + strings.Join(knownNames(), " "))
				return false
			}
		}
		x.wanted = append(x.wanted, byte(code))
	}
	return true
}

func knownNames() (names []string) {
	for line := range strings.Lines(known) {
		names = append(names, strings.Fields(line)[1])
	}
	return names
}

// interfaceOf looks the interface up.
func (x *client) interfaceOf() bool {
	index, err := socket.Index(x.device)
	if err != nil {
		x.Warn("SIOCGIFINDEX", err)
		return false
	}
	_, hardware, err := socket.Hardware(x.device)
	if err != nil {
		x.Warn("SIOCGIFHWADDR", err)
		return false
	}
	x.index, x.hardware = index, hardware[:]
	return true
}

// info tells what goes on.
func (x *client) info(text string) {
	x.Err.WriteString(x.Name + ": " + text + "\n")
	if x.Has("S") {
		const daemonInfo = 3<<3 | 6
		syslog.Send(daemonInfo, x.Name, text)
	}
}

func (x *client) debug(text string) {
	if x.Has("v") {
		x.info(text)
	}
}

func (x *client) writePID() {
	if x.pidfile != "" {
		if err := applet.WriteFile(x.pidfile, []byte(strconv.Itoa(syscall.Getpid())+"\n"), 0o666); err != nil {
			x.CantOpen(x.pidfile, err)
		}
	}
}

func (x *client) removePID() {
	if x.pidfile != "" {
		syscall.Unlink(x.pidfile)
	}
}

// detach goes on in the background, with what is known of the lease. The process that
// was started in the foreground ends.
func (x *client) detach() {
	x.listen(nothing)
	handed := ""
	if x.state == bound {
		handed = x.requested.String() + " " + x.server.String() + " " +
			strconv.Itoa(int(time.Until(x.expires)/time.Second))
	}
	// The same arguments; -f keeps it from starting itself once more.
	args := []string{"-f"}
	x.Each(func(key, value string) {
		switch {
		case key == "b" || key == "n" || key == "f":
		case value == "":
			args = append(args, "-"+key)
		case key == "a":
			args = append(args, "-a"+value)
		default:
			args = append(args, "-"+key, value)
		}
	})
	if _, err := background.Again(x.Call, args, handed); err != nil {
		x.Warn("can't run in the background", err)
	}
}

// resume goes on where detach ended.
func (x *client) resume(handed string) {
	x.newXID()
	words := strings.Fields(handed)
	if len(words) < 3 {
		x.wake = time.Now().Add(x.again)
		return
	}
	x.requested, _ = socket.Parse4(words[0])
	x.server, _ = socket.Parse4(words[1])
	left, _ := strconv.Atoi(words[2])
	x.expires = time.Now().Add(time.Duration(left) * time.Second)
	x.enterBound()
}

func (x *client) newXID() {
	var p [4]byte
	socket.Random(p[:])
	x.xid = uint32(p[0])<<24 | uint32(p[1])<<16 | uint32(p[2])<<8 | uint32(p[3])
}

// run runs the script: deconfig, bound, renew, nak, leasefail.
func (x *client) run(event string, m message) {
	environ := x.Environ()
	env := append(append([]string(nil), environ...), "interface="+x.device)
	if m != nil {
		env = append(env, m.environment()...)
	}
	x.debug("executing " + x.script + " " + event)
	x.SetEnviron(env)
	pid, err := x.Start([]string{x.script, event}, [3]int{x.In.Fd(), x.Out.Fd(), x.Err.Fd()}, nil)
	x.SetEnviron(environ)
	if err != nil {
		x.Warn("can't execute '"+x.script+"'", err)
		return
	}
	applet.Wait(pid)
}

// What is listened to.
const (
	nothing = iota
	packets
	port
)

func (x *client) listen(what int) {
	if x.fd >= 0 {
		syscall.Close(x.fd)
		x.fd = -1
	}
	err := error(nil)
	switch what {
	case packets:
		x.fd, err = openRaw(x.index)
	case port:
		x.fd, err = openUDP(x.device)
	}
	if err != nil {
		x.Warn("socket", err)
		x.fd = -1
	}
	x.raw = what == packets
}

// wait waits for a message, a signal or the time to wake up.
func (x *client) wait() (m message, signal syscall.Signal) {
	fds := []unix.PollFd{{Fd: int32(x.fd), Events: unix.POLLIN}, {Fd: int32(x.signals), Events: unix.POLLIN}}
	limit := socket.Forever
	if !x.wake.IsZero() {
		limit = max(0, time.Until(x.wake))
	}
	if _, err := socket.Poll(fds, limit); err != nil {
		time.Sleep(time.Second)
		return nil, 0
	}
	if fds[1].Revents != 0 {
		var b [1]byte
		if n, _ := syscall.Read(x.signals, b[:]); n == 1 {
			return nil, syscall.Signal(b[0])
		}
	}
	if fds[0].Revents != 0 {
		m, err := receive(x.fd, x.raw)
		if err != nil {
			// The interface went down, say.
			x.Warn("read", err)
			time.Sleep(time.Second)
		}
		return m, 0
	}
	return nil, 0
}
