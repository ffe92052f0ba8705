// Package svlogd has the applet svlogd, runit's logger.
package svlogd

import (
	"bytes"
	"strconv"
	"strings"
	"syscall"
	"time"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/signals"
	"bantam/internal/userland/applet/socket"

	"golang.org/x/sys/unix"
)

// Applet is svlogd.
var Applet = applet.Applet{
	Names: "svlogd",
	Usage: "[-tttv] [-r C] [-R CHARS] [-l MATCHLEN] [-b BUFLEN] DIR...",
	About: "Read log data from stdin and write to rotated log files in DIRs.",
	Options: `
-r C	replace non-printable characters with C
-R CHARS	also replace CHARS with C (default _)
-l N	match the first N characters of a line (default 1000)
-b N	ignored: the size of the buffer
-t	timestamp with @tai64n; -tt: with yyyy-mm-dd_hh:mm:ss.sssss;
			-ttt: with yyyy-mm-ddThh:mm:ss.sssss
-v	verbose
`,
	Notes: `DIR/config modifies the behavior:
sSIZE - when to rotate logs (default 1000000, 0 disables)
nNUM - number of files to retain (default 10)
NNUM - delete older ones down to this number if the disk is full
tSEC - rotate a file that gets so old
!PROG - process rotated log with PROG
+,-PATTERN - (de)select line for logging
E,ePATTERN - (de)select line for stderr`,
	Dir: "/usr/sbin",
	Run: run,
}

// logger is a running svlogd.
type logger struct {
	*applet.Call
	dirs    []*logdir
	verbose bool
	stamp   int // the number of -t
	longest int // of what is matched and written at once
	replace byte
	others  string // replaced as well
	events  int    // signals
	arrived []byte // the time of the lines that came at once
	// ending, rotating and reopening are asked for by signals.
	ending, rotating, reopening bool
	// whole says that the last byte read was a newline.
	whole bool
}

// signs are the signals that are told with -v.
func (l *logger) signal(s syscall.Signal) {
	name := ""
	switch s {
	case syscall.SIGTERM:
		name, l.ending = "term", true
	case syscall.SIGALRM:
		name, l.rotating = "alarm", true
	case syscall.SIGHUP:
		name, l.reopening = "hangup", true
	default:
		name = "child"
	}
	l.info("sig" + name + " received")
	if name == "child" {
		l.reap()
	}
}

func (l *logger) info(text string) {
	if l.verbose {
		l.Complain("info: " + text)
	}
}

func run(c *applet.Call) int {
	l := &logger{Call: c, verbose: c.Has("v"), stamp: c.Count("t"), longest: 1000, whole: true, others: c.Value("R")}
	const least, most = 256, 1000
	if text, given := c.Given("r"); given {
		if len(text) != 1 {
			return c.UsageError("")
		}
		l.replace = text[0]
	} else if l.others != "" {
		l.replace = '_'
	}
	if text, given := c.Given("l"); given {
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 || n > most {
			return c.Complain("number " + text + " is not in 0.." + strconv.Itoa(most) + " range")
		}
		if n == 0 {
			n = most
		}
		l.longest = max(n, least)
	}
	if len(c.Args) == 0 {
		return c.UsageError("")
	}
	var err error
	if l.events, err = signals.Pipe(syscall.SIGTERM, syscall.SIGCHLD, syscall.SIGALRM, syscall.SIGHUP); err != nil {
		return c.Warn("pipe", err)
	}
	for _, name := range c.Args {
		l.dirs = append(l.dirs, &logdir{logger: l, name: name, fd: -1})
	}
	if !l.reopen() {
		return 1
	}
	l.lines()
	for _, d := range l.dirs {
		d.finish()
		d.close()
	}
	return 0
}

func (l *logger) reopen() bool {
	ok := false
	for _, d := range l.dirs {
		d.close()
		ok = d.open() || ok
	}
	if !ok {
		l.Complain("fatal: no functional log directories")
	}
	return ok
}

// lines copies standard input, line by line, to the logs that want a line. A line that
// is longer than what is matched is written in parts, all of which go where the first one goes.
func (l *logger) lines() {
	buf := make([]byte, 0, 64<<10)
	begun := false // a line was written in part
	for {
		buf = l.take(buf, &begun)
		if l.ending && (l.whole || len(buf) == 0 && !begun) {
			break
		}
		n := l.read(buf[len(buf):cap(buf)])
		if n <= 0 {
			l.ending = true
			buf = l.take(buf, &begun)
			if len(buf) > 0 || begun {
				l.write(append(buf, '\n'), begun)
			}
			break
		}
		buf = buf[:len(buf)+n]
	}
	l.flush()
}

// take writes what is complete of the buffer, and returns the rest at its beginning.
func (l *logger) take(buf []byte, begun *bool) []byte {
	rest := buf
	l.arrived = l.arrived[:0]
	for len(rest) > 0 {
		end := bytes.IndexByte(rest[:min(len(rest), l.longest)], '\n') + 1
		if end == 0 {
			if len(rest) < l.longest {
				break
			}
			end = l.longest
		}
		l.write(rest[:end], *begun)
		*begun = rest[end-1] != '\n'
		rest = rest[end:]
	}
	l.flush()
	return buf[:copy(buf[:cap(buf)], rest)]
}

// write gives a line, or a part of it, to the logs.
func (l *logger) write(line []byte, continued bool) {
	var stamp []byte
	if l.stamp > 0 && !continued {
		if len(l.arrived) == 0 {
			l.arrived = append(timestamp(l.arrived, l.stamp, time.Now()), ' ')
		}
		stamp = l.arrived
	}
	for _, d := range l.dirs {
		if d.fd < 0 {
			continue
		}
		if !continued {
			d.match(line)
		}
		if d.toStderr {
			l.Err.Print(string(stamp), string(line))
		}
		if d.selected {
			d.append(stamp, line)
		}
	}
}

func (l *logger) flush() {
	for _, d := range l.dirs {
		d.flush()
	}
}

// read waits for input and does what signals ask for. It returns 0 at the end of the input.
func (l *logger) read(p []byte) int {
	for {
		if l.rotating {
			l.rotating = false
			for _, d := range l.dirs {
				d.rotate()
			}
		}
		if l.ending {
			if l.whole {
				return 0
			}
			p = p[:1] // the rest of the line
		}
		if l.reopening {
			l.reopening = false
			if !l.reopen() {
				return 0
			}
		}
		fds := []unix.PollFd{{Fd: 0, Events: unix.POLLIN}, {Fd: int32(l.events), Events: unix.POLLIN}}
		socket.Poll(fds, l.due())
		if fds[1].Revents != 0 {
			var s [1]byte
			for n, _ := applet.ReadFd(l.events, s[:]); n == 1; n, _ = applet.ReadFd(l.events, s[:]) {
				l.signal(syscall.Signal(s[0]))
			}
		}
		if fds[0].Revents == 0 {
			if l.ending && !l.whole {
				return 0
			}
			continue
		}
		n, err := applet.ReadFd(0, p)
		if err == syscall.EAGAIN {
			continue
		}
		if err != nil {
			l.Warn("warning: can't read standard input", err)
		}
		if n > 0 {
			l.whole = p[n-1] == '\n'
			l.clean(p[:n])
		}
		return n
	}
}

// due is how long until a log is to be rotated for its age; those that are due it rotates.
func (l *logger) due() time.Duration {
	now := time.Now()
	limit := 45*time.Minute + 45*time.Second
	for _, d := range l.dirs {
		if d.period == 0 {
			continue
		}
		if !now.Before(d.next) {
			d.rotate()
		}
		limit = min(limit, max(d.next.Sub(now), time.Second))
	}
	return limit
}

// clean replaces what shall not be in a log.
func (l *logger) clean(p []byte) {
	if l.replace == 0 {
		return
	}
	for i, b := range p {
		if b != '\n' && (b < 32 || b > 126 || strings.IndexByte(l.others, b) >= 0) {
			p[i] = l.replace
		}
	}
}

// timestamp appends the time as -t, -tt and -ttt want it, in 25 characters.
func timestamp(p []byte, kind int, t time.Time) []byte {
	const width = 25
	layout := "2006-01-02_15:04:05.000000"
	switch kind {
	case 1:
		return tai64n(p, t)
	case 2:
	default:
		layout = "2006-01-02T15:04:05.000000"
	}
	return t.UTC().AppendFormat(p, layout)[:len(p)+width]
}

// tai64n appends a label of TAI64N: cr.yp.to/libtai/tai64.html.
func tai64n(p []byte, t time.Time) []byte {
	const digits = "0123456789abcdef"
	seconds, nanos := uint64(t.Unix())+0x400000000000000a, uint32(t.Nanosecond())
	p = append(p, '@')
	for shift := 60; shift >= 0; shift -= 4 {
		p = append(p, digits[seconds>>shift&15])
	}
	for shift := 28; shift >= 0; shift -= 4 {
		p = append(p, digits[nanos>>shift&15])
	}
	return p
}
