// Package ntpd is the applet ntpd: a client, and a server, of NTP (RFC 5905).
package ntpd

import (
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/background"
	"bantam/internal/userland/applet/dns"
	"bantam/internal/userland/applet/socket"
)

// Applet is ntpd.
var Applet = applet.Applet{
	Names: "ntpd",
	Usage: "[-dnqNwl] [-I IFACE] [-S PROG] [-k KEYFILE] [-p [keyno:N:]PEER]...",
	About: "NTP client/server.",
	Options: `
-d	Verbose
-n	Run in foreground
-q	Quit after clock is set
-N	Run at high priority
-w	Do not set time (only query peers), implies -n
-S PROG	Run PROG after stepping time, stratum change, and every 11 min
-k FILE	Key file (ntp.keys compatible)
-p [keyno:NUM:]PEER	Obtain time from PEER (may be repeated)
	Use key NUM for authentication
	If -p is not given, 'server HOST' lines
	from /etc/ntp.conf are used
-l	Also run as server on port 123
-I IFACE	Bind server to IFACE, implies -l
-4, -6, -a, -A, -b, -g, -L, -x	(ignored)
`,
	AtMost: applet.None,
	Dir:    "/usr/sbin",
	Run:    run,
}

// Times of the protocol's life.
const (
	retryInterval    = 32 * time.Second
	responseInterval = 16 * time.Second
	hostInterval     = 4 * time.Second
	scriptInterval   = 11 * time.Minute
	stepThreshold    = time.Second
	maxDistance      = time.Second
	minPoll          = 5 // powers of two, in seconds
	maxPoll          = 12
	initialSamples   = 3
	maxStratum       = 16
	precision        = 2 * time.Millisecond
)

// daemon is one use of the applet.
type daemon struct {
	*applet.Call
	clock    clock
	peers    []*peer
	keys     []key
	listener int // -1 without a server
	port     int // the servers'
	verbose  int

	stratum   int
	poll      int // exponent
	steady    int // how long the offset has been small
	reference [4]byte
	rootDelay time.Duration
	rootDisp  time.Duration
	updated   time.Time // when the clock was last set, by itself
	offset    time.Duration
	drift     int64 // parts per million
	lastRun   time.Time
	deadline  time.Time // of -q
}

func run(c *applet.Call) int {
	d := &daemon{Call: c, clock: system{}, listener: -1, port: 123, verbose: c.Count("d"), stratum: maxStratum, lastRun: time.Now()}
	_, again := background.Inherited(c)
	if path, given := c.Given("k"); given && !d.readKeys(path) {
		return 1
	}
	if !d.addPeers() {
		return 1
	}
	serves := c.Has("l") || c.Has("I")
	if len(d.peers) == 0 {
		if !serves {
			return c.UsageError("")
		}
		d.stratum = 1 // the clock of this host is all there is
	}
	if serves && !again && !d.listen() {
		return 1
	}
	if again && serves {
		d.listener = 3
	}
	if c.Has("N") {
		syscall.Setpriority(syscall.PRIO_PROCESS, 0, -15)
	}
	if !again && !c.Has("n") && !c.Has("w") {
		var files []int
		if serves {
			files = []int{d.listener}
		}
		if _, err := background.Again(c, d.arguments(), "", files...); err != nil {
			return c.Warn("can't run in the background", err)
		}
		return 0
	}
	const pidFile = "/var/run/ntpd.pid"
	if !c.Has("w") {
		applet.WriteFile(pidFile, []byte(strconv.Itoa(syscall.Getpid())+"\n"), 0o666)
	}
	if c.Has("q") {
		d.deadline = time.Now().Add(10 * time.Second)
	}
	return d.loop()
}

// arguments are those of the process in the background.
func (d *daemon) arguments() (args []string) {
	d.Each(func(key, value string) {
		if value == "" {
			args = append(args, "-"+key)
		} else {
			args = append(args, "-"+key, value)
		}
	})
	return args
}

func (d *daemon) log(level int, parts ...string) {
	if d.verbose >= level {
		d.Err.WriteString(d.Name + ": " + strings.Join(parts, "") + "\n")
	}
}

// addPeers reads -p, or else the configuration of another ntpd.
func (d *daemon) addPeers() bool {
	names := d.Values("p")
	if len(names) == 0 {
		for line := range strings.Lines(applet.ReadString("/etc/ntp.conf")) {
			text, _, _ := strings.Cut(line, "#")
			f := strings.Fields(text)
			if len(f) < 2 || f[0] != "server" && f[0] != "peer" {
				continue
			}
			name := f[1]
			if len(f) > 3 && f[2] == "key" {
				name = "keyno:" + f[3] + ":" + name
			}
			names = append(names, name)
		}
	}
	for _, name := range names {
		p := &peer{name: name, fd: -1}
		if rest, found := strings.CutPrefix(name, "keyno:"); found {
			number, host, _ := strings.Cut(rest, ":")
			if p.key = d.findKey(number); p.key == nil {
				d.Complain("key " + number + " is not defined")
				return false
			}
			p.name = host
		}
		d.resolve(p)
		d.peers = append(d.peers, p)
	}
	return true
}

// resolve looks a peer's address up, again later if there is none.
func (d *daemon) resolve(p *peer) {
	ip, ok := dns.Host(d.Call, p.name, 0)
	if !ok {
		p.dnsErrors = min(p.dnsErrors<<1|1, 63)
		p.next = time.Now().Add(hostInterval * time.Duration(p.dnsErrors))
		return
	}
	p.address = socket.Addr{IP: ip, Port: d.port}
	p.next = time.Now()
	d.log(1, "'", p.name, "' is ", p.address.String())
}

// listen opens the server's port.
func (d *daemon) listen() bool {
	fd, err := socket.ListenAny(d.port, syscall.SOCK_DGRAM, 0)
	if err == nil {
		if device, given := d.Given("I"); given {
			err = syscall.SetsockoptString(fd, syscall.SOL_SOCKET, syscall.SO_BINDTODEVICE, device)
		}
	}
	if err != nil {
		d.Warn("bind", err)
		return false
	}
	d.listener = fd
	return true
}

// loop is the daemon's life.
func (d *daemon) loop() int {
	for {
		next := time.Now().Add(time.Hour)
		for _, p := range d.peers {
			d.act(p)
			if p.next.Before(next) {
				next = p.next
			}
		}
		if !d.deadline.IsZero() {
			if !time.Now().Before(d.deadline) {
				return d.Complain("timed out")
			}
			next = earlier(next, d.deadline)
		}
		if time.Since(d.lastRun) > scriptInterval {
			d.script("periodic", d.offset)
		}
		next = earlier(next, d.lastRun.Add(scriptInterval+time.Second))
		if d.wait(next) {
			return 0
		}
		d.checkReachable()
	}
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// act does what it is time for with a peer.
func (d *daemon) act(p *peer) {
	if time.Now().Before(p.next) {
		return
	}
	switch {
	case p.address.IP.IsNone():
		d.resolve(p)
	case p.fd < 0:
		d.ask(p)
	default:
		// No answer came.
		syscall.Close(p.fd)
		p.fd = -1
		p.reach <<= 1
		if p.reach == 0 {
			// Another address may be better: names of pools change.
			p.address = socket.Addr{}
		}
		wait := d.interval()
		d.log(1, "timed out waiting for ", p.name, ", reach 0x", hex2(p.reach), ", next query in ", strconv.Itoa(int(wait/time.Second)), "s")
		p.next = time.Now().Add(wait)
		d.choose()
	}
}

// interval is the time to the next question: short at the beginning.
func (d *daemon) interval() time.Duration {
	for _, p := range d.peers {
		if p.count < initialSamples {
			return time.Second + time.Second/2
		}
	}
	return time.Second << max(d.poll, minPoll)
}

// wait waits for packets, and says whether the work is done.
func (d *daemon) wait(until time.Time) (done bool) {
	fds := []unix.PollFd{{Fd: int32(d.listener), Events: unix.POLLIN}}
	var asked []*peer
	for _, p := range d.peers {
		if p.fd >= 0 {
			fds = append(fds, unix.PollFd{Fd: int32(p.fd), Events: unix.POLLIN})
			asked = append(asked, p)
		}
	}
	if _, err := socket.Poll(fds, max(0, time.Until(until))); err != nil {
		time.Sleep(time.Second)
		return false
	}
	if fds[0].Revents != 0 {
		d.serve()
	}
	for i, p := range asked {
		if fds[i+1].Revents != 0 && p.fd >= 0 && d.receive(p) {
			done = true
		}
	}
	return done && d.Has("q")
}

// checkReachable tells when no peer answers any more.
func (d *daemon) checkReachable() {
	if len(d.peers) == 0 || d.stratum == maxStratum {
		return
	}
	for _, p := range d.peers {
		if p.reach != 0 {
			return
		}
	}
	d.stratum, d.poll = maxStratum, minPoll
	d.script("unsync", 0)
}

// script starts the script of -S and doesn't wait for it.
func (d *daemon) script(action string, offset time.Duration) {
	d.lastRun = time.Now()
	path, given := d.Given("S")
	if !given {
		return
	}
	d.log(1, "executing '", path, " ", action, "'")
	environ := d.Environ()
	d.SetEnviron(append(append([]string(nil), environ...), "stratum="+strconv.Itoa(d.stratum),
		"freq_drift_ppm="+strconv.FormatInt(d.drift, 10), "poll_interval="+strconv.Itoa(1<<d.poll), "offset="+strings.TrimPrefix(seconds(offset), "+")))
	pid, err := d.Start([]string{path, action}, [3]int{d.In.Fd(), d.Out.Fd(), d.Err.Fd()}, nil)
	d.SetEnviron(environ)
	if err != nil {
		d.Warn("can't execute '"+path+"'", err)
		return
	}
	go applet.Wait(pid)
}

// seconds writes a time as C's %+f.
func seconds(t time.Duration) string {
	sign := "+"
	if t < 0 {
		sign, t = "-", -t
	}
	us := int64(t / time.Microsecond)
	return sign + strconv.FormatInt(us/1e6, 10) + "." + strconv.FormatInt(1e6+us%1e6, 10)[1:]
}

func hex2(n uint8) string { return strconv.FormatUint(0x100+uint64(n), 16)[1:] }
