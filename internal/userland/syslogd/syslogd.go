// Package syslogd has the applets of the system's log: syslogd and klogd write it,
// logger adds to it, logread reads it from memory.
package syslogd

import (
	"bytes"
	"strconv"
	"strings"
	"syscall"
	"time"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/background"
	"bantam/internal/userland/applet/dates"
	"bantam/internal/userland/applet/number"
	"bantam/internal/userland/applet/signals"
	"bantam/internal/userland/applet/socket"
	"bantam/internal/userland/applet/syslog"

	"golang.org/x/sys/unix"
)

// Syslogd is syslogd.
var Syslogd = applet.Applet{
	Names: "syslogd",
	Usage: "[OPTIONS]",
	About: "System logging utility.",
	Options: `
-n	run in foreground
-R HOST[:PORT]	log to HOST:PORT (default PORT:514)
-L	log locally and via network (default is network only if -R)
-C[size_kb]	log to shared mem buffer (use logread to read it)
-K	log to kernel printk buffer (use dmesg to read it)
-O FILE	log to FILE (default: /var/log/messages, stdout if -)
-s SIZE	max size (KB) before rotation (default 200KB, 0=off)
-b N	N rotated logs to keep (default 1, max 99, 0=purge)
-l N	log only messages more urgent than prio N (1-8)
-S	smaller output
-t	strip client-generated timestamps
-D	drop duplicates
-f FILE	use FILE as config (default:/etc/syslog.conf)
-m MIN	ignored
`,
	AtMost: applet.None,
	Dir:    "/sbin",
	Run:    run,
}

const (
	pidFile = "/var/run/syslogd.pid"
	// most is the longest message.
	most = 256
)

// logger is a running syslogd.
type logger struct {
	*applet.Call
	main     file
	level    int
	maxSize  int64
	keep     int
	rules    []rule
	remotes  []*remote
	local    bool
	memory   *memory
	kernel   int // /dev/kmsg, -1 for none
	hostname string
	zone     *time.Location
	now      func() time.Time
}

func run(c *applet.Call) int {
	l := &logger{Call: c, level: 8, maxSize: 200 << 10, keep: 1, kernel: -1, now: time.Now, zone: dates.Local(c)}
	l.main = file{path: "/var/log/messages", fd: -1}
	size := 16 << 10
	if status := l.options(&size); status != 0 {
		return status
	}
	fd, err := listen()
	if err != nil {
		return c.Warn("can't listen on "+syslog.Socket, err)
	}
	if c.Has("C") {
		if l.memory, err = create(size); err != nil {
			return c.Complain(err.Error())
		}
	}
	if c.Has("K") {
		if l.kernel, err = applet.OpenFile("/dev/kmsg", syscall.O_WRONLY, 0); err != nil {
			return c.CantOpen("/dev/kmsg", err)
		}
	}
	if !c.Has("n") {
		// The socket goes with it: from now on messages are heard.
		return background.Start(c, "n", fd)
	}
	events, err := signals.Pipe(syscall.SIGTERM, syscall.SIGINT)
	if err != nil {
		return c.Warn("pipe", err)
	}
	signals.Ignore(syscall.SIGHUP)
	l.own("syslogd started: box v" + c.Version)
	background.WritePid(pidFile)
	signal := l.serve(fd, events)
	l.own("syslogd exiting")
	syscall.Unlink(pidFile)
	if l.memory != nil {
		l.memory.remove()
	}
	applet.Die(signal)
	return 1
}

// options reads the options and the configuration.
func (l *logger) options(memory *int) int {
	l.local = !l.Has("R") || l.Has("L")
	for _, host := range l.Values("R") {
		l.remotes = append(l.remotes, &remote{name: host, fd: -1})
	}
	if path, given := l.Given("O"); given {
		l.main.path = path
	}
	const maxKilobytes = 1<<21 - 1
	size, kilobytes := 0, 0
	for _, o := range [...]struct {
		option   string
		to       *int
		min, max int
	}{{"l", &l.level, 1, 8}, {"s", &size, 0, maxKilobytes}, {"b", &l.keep, 0, 99}, {"C", &kilobytes, 4, maxKilobytes}} {
		text := l.Value(o.option)
		if text == "" {
			continue
		}
		n, err := number.Int(text, 1<<31)
		if err != nil {
			return l.Complain("invalid number '" + text + "'")
		}
		if n < o.min || n > o.max {
			return l.Complain("number " + text + " is not in " + strconv.Itoa(o.min) + ".." + strconv.Itoa(o.max) + " range")
		}
		*o.to = n
	}
	if l.Has("s") {
		l.maxSize = int64(size) << 10
	}
	if kilobytes > 0 {
		*memory = kilobytes << 10
	}
	var u unix.Utsname
	unix.Uname(&u)
	name, _, _ := strings.Cut(string(u.Nodename[:]), "\x00")
	l.hostname, _, _ = strings.Cut(name, ".")
	return l.configure()
}

// listen makes /dev/log, or takes it from the process that sent us into the background.
func listen() (int, error) {
	if kind, err := syscall.GetsockoptInt(0, syscall.SOL_SOCKET, syscall.SO_TYPE); err == nil && kind == syscall.SOCK_DGRAM {
		if sa, err := syscall.Getsockname(0); err == nil {
			if _, ok := sa.(*syscall.SockaddrUnix); ok {
				return 0, nil
			}
		}
	}
	path := syslog.Socket
	if target, err := applet.Readlink(path); err == nil {
		if target[0] != '/' {
			target = "/dev/" + target
		}
		path = target
	}
	syscall.Unlink(path)
	fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_DGRAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, err
	}
	if err := syscall.Bind(fd, &syscall.SockaddrUnix{Name: path}); err != nil {
		return -1, err
	}
	syscall.Chmod(syslog.Socket, 0o666)
	return fd, nil
}

// serve logs what comes until a signal ends it.
func (l *logger) serve(fd, events int) syscall.Signal {
	buf, last := make([]byte, most), []byte(nil)
	for {
		fds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}, {Fd: int32(events), Events: unix.POLLIN}}
		socket.Poll(fds, socket.Forever)
		if fds[1].Revents != 0 {
			var s [1]byte
			if n, _ := applet.ReadFd(events, s[:]); n == 1 {
				return syscall.Signal(s[0])
			}
		}
		if fds[0].Revents == 0 {
			continue
		}
		n, err := applet.ReadFd(fd, buf[:most-1])
		if err != nil {
			l.Warn("read from "+syslog.Socket, err)
			return syscall.SIGTERM
		}
		// syslog(3) sends a zero byte behind the text, and newlines as they come.
		m := bytes.TrimRight(buf[:n], "\x00\n")
		if len(m) == 0 || l.Has("D") && bytes.Equal(m, last) {
			continue
		}
		last = append(last[:0], m...)
		for _, r := range l.remotes {
			r.send(m)
		}
		if l.local {
			l.split(m)
		}
	}
}

// split logs every message of a packet: a zero byte divides them.
func (l *logger) split(packet []byte) {
	for _, m := range bytes.Split(packet, []byte{0}) {
		if len(m) == 0 {
			continue
		}
		priority, text := priorityOf(string(m), syslog.User|syslog.Notice)
		l.log(priority, printable(text), true)
	}
}

// priorityOf takes "<N>" off a message.
func priorityOf(m string, otherwise int) (priority int, text string) {
	const all = 0x3ff
	if !strings.HasPrefix(m, "<") {
		return otherwise, m
	}
	m = m[1:]
	end := 0
	for end < len(m) && m[end] >= '0' && m[end] <= '9' {
		end++
	}
	n, err := strconv.Atoi(m[:end])
	if err != nil || n > all {
		n = otherwise
	}
	return n, strings.TrimPrefix(m[end:], ">")
}

// printable writes control characters as ^X, and newlines as spaces.
func printable(text string) string {
	out := make([]byte, 0, len(text)+8)
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\n':
			out = append(out, ' ')
		case c < 0x20 && c != '\t':
			out = append(out, '^', c+'@')
		default:
			out = append(out, c)
		}
	}
	return string(out)
}

// own logs a message of syslogd itself.
func (l *logger) own(text string) {
	if l.local {
		l.log(syslog.Syslog|syslog.Info, text, false)
	}
}

// log puts time, host and priority before a message and sends it where it belongs.
func (l *logger) log(priority int, text string, fromClient bool) {
	const width = len("Jan 18 00:11:22")
	stamp := ""
	if fromClient && len(text) > width && text[3] == ' ' && text[6] == ' ' && text[9] == ':' && text[12] == ':' && text[15] == ' ' {
		if !l.Has("t") {
			stamp = text[:width]
		}
		text = text[width+1:]
	}
	if stamp == "" {
		stamp = l.now().In(l.zone).Format(time.Stamp)
	}
	if l.kernel >= 0 {
		syscall.Write(l.kernel, []byte("<"+strconv.Itoa(priority)+">"+text+"\n"))
		return
	}
	line := stamp + " "
	if !l.Has("S") {
		const longestName = 64
		line += l.hostname[:min(len(l.hostname), longestName)] + " " + syslog.Name(priority) + " "
	}
	line += text + "\n"
	matched := false
	for i := range l.rules {
		if l.rules[i].wants(priority) {
			l.write(l.rules[i].to, line)
			matched = true
		}
	}
	switch {
	case matched || priority&7 >= l.level:
	case l.memory != nil:
		l.memory.put(line)
	default:
		l.write(&l.main, line)
	}
}
