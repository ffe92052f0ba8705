package svlogd

import (
	"strconv"
	"strings"
	"syscall"
	"time"

	"bantam/internal/userland/applet"
)

// logdir is one folder of logs.
type logdir struct {
	*logger
	name     string
	fd       int // of current, -1 if the folder is closed
	lock     int
	size     int64 // of current
	most     int64 // size that it is rotated at, 0 for never
	keep     int   // old files
	least    int   // old files on a full disk
	period   time.Duration
	next     time.Time // of the rotation for its age
	patterns []string
	selected bool
	toStderr bool
	pending  []byte
	// processor is the command for old files, old the file that it works on, pid its process.
	processor string
	old       string
	pid       int
}

func (d *logdir) path(name string) string { return applet.Join(d.name, name) }

// cannot tells that something doesn't work that has to, and waits before it is tried again.
func (d *logdir) cannot(what string, err error) {
	d.Warn("pausing: can't "+what+" "+d.name, err)
	time.Sleep(3 * time.Second)
}

// must tries until it works.
func (d *logdir) must(what string, f func() error) {
	for {
		err := f()
		if err == nil || d.ending {
			return
		}
		d.cannot(what, err)
	}
}

func (d *logdir) open() bool {
	var dir syscall.Stat_t
	if err := syscall.Stat(d.name, &dir); err != nil {
		d.Warn("warning: can't open log directory: "+d.name, err)
		return false
	}
	lock, err := applet.OpenFile(d.path("lock"), syscall.O_WRONLY|syscall.O_NONBLOCK|syscall.O_APPEND|syscall.O_CREAT, 0o600)
	if err == nil {
		if err = syscall.Flock(lock, syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
			syscall.Close(lock)
		}
	}
	if err != nil {
		d.Warn("warning: can't lock directory: "+d.name, err)
		return false
	}
	d.lock = lock
	d.configure()
	var st syscall.Stat_t
	err = syscall.Stat(d.path("current"), &st)
	fresh := err != nil
	// Without its x it was left behind by a svlogd that didn't end well.
	if err == nil && st.Size > 0 && st.Mode&syscall.S_IXUSR == 0 {
		name := d.label() + ".u"
		d.must("rename current", func() error { return syscall.Rename(d.path("current"), d.path(name)) })
		d.removeOldest(d.keep)
		fresh = true
	}
	d.size = 0
	if !fresh {
		d.size = st.Size
	}
	d.openCurrent()
	if fresh {
		d.info("new: " + d.path("current"))
	} else {
		d.info("append: " + d.path("current"))
	}
	return true
}

func (d *logdir) openCurrent() {
	d.must("open current", func() (err error) {
		d.fd, err = applet.OpenFile(d.path("current"), syscall.O_WRONLY|syscall.O_NONBLOCK|syscall.O_APPEND|syscall.O_CREAT, 0o600)
		return err
	})
	syscall.Fchmod(d.fd, 0o644)
}

// configure reads DIR/config.
func (d *logdir) configure() {
	d.most, d.keep, d.least, d.period = 1000000, 10, 10, 0
	d.patterns, d.processor, d.pid = nil, "", 0
	d.selected, d.toStderr = true, false
	data, err := applet.ReadFile(d.path("config"))
	if err != nil {
		if err != syscall.ENOENT {
			d.Warn("warning: "+d.path("config"), err)
		}
		return
	}
	d.info("read: " + d.path("config"))
	for _, line := range strings.Split(string(data), "\n") {
		if line != "" && !d.setting(line[0], line[1:]) {
			d.Complain("warning: " + d.path("config") + ": invalid number '" + line[1:] + "'")
		}
	}
}

func (d *logdir) setting(key byte, value string) (ok bool) {
	n := int64(0)
	switch key {
	case '+', '-', 'e', 'E':
		d.patterns = append(d.patterns, string(key)+value)
		return true
	case '!':
		if value != "" {
			d.processor = value
		}
		return true
	case 's':
		if n, ok = number(value, "k", 1<<10, "m", 1<<20); ok {
			d.most = n
		}
	case 'n':
		if n, ok = number(value, "", 1, "", 1); ok {
			d.keep = int(n)
		}
	case 'N':
		if n, ok = number(value, "", 1, "", 1); ok {
			d.least = int(n)
		}
	case 't':
		if n, ok = number(value, "m", 60, "h", 3600); ok {
			d.period = time.Duration(n) * time.Second
			d.next = time.Now().Add(d.period)
		}
	default:
		return true
	}
	return ok
}

// number reads a number with one of two suffixes.
func number(s, suffix1 string, unit1 int64, suffix2 string, unit2 int64) (int64, bool) {
	unit := int64(1)
	if rest, ok := strings.CutSuffix(s, suffix1); ok && suffix1 != "" {
		s, unit = rest, unit1
	} else if rest, ok := strings.CutSuffix(s, suffix2); ok && suffix2 != "" {
		s, unit = rest, unit2
	}
	n, err := strconv.ParseUint(s, 10, 31)
	return int64(n) * unit, err == nil
}

func (d *logdir) close() {
	if d.fd < 0 {
		return
	}
	d.flush()
	d.info("close: " + d.name)
	syscall.Fsync(d.fd)
	syscall.Fchmod(d.fd, 0o744)
	syscall.Close(d.fd)
	syscall.Close(d.lock)
	d.fd = -1
}

// match applies the patterns to a line: the last one that matches decides.
func (d *logdir) match(line []byte) {
	if d.patterns == nil {
		return
	}
	d.selected, d.toStderr = true, false
	for _, p := range d.patterns {
		if !matches(p[1:], line) {
			continue
		}
		switch p[0] {
		case '+', '-':
			d.selected = p[0] == '+'
		case 'e', 'E':
			d.toStderr = p[0] == 'e'
		}
	}
}

// matches is svlogd's own kind of pattern: a star stands for everything up to the
// character behind it, a plus for one or more of that.
func matches(pattern string, s []byte) bool {
	for i := 0; i < len(pattern); i++ {
		switch c := pattern[i]; c {
		case '*':
			if i+1 == len(pattern) {
				return true
			}
			for len(s) > 0 && s[0] != pattern[i+1] {
				s = s[1:]
			}
			if len(s) == 0 {
				return false
			}
		case '+':
			if i++; i == len(pattern) || len(s) == 0 || s[0] != pattern[i] {
				return false
			}
			for len(s) > 0 && s[0] == pattern[i] {
				s = s[1:]
			}
			if len(s) == 0 {
				return true
			}
		default:
			if len(s) == 0 || s[0] != c {
				return false
			}
			s = s[1:]
		}
	}
	return len(s) == 0
}

// append adds a line to current, which it rotates when it is full.
func (d *logdir) append(stamp, line []byte) {
	d.pending = append(append(d.pending, stamp...), line...)
	d.size += int64(len(stamp) + len(line))
	if d.most == 0 {
		return
	}
	whole := line[len(line)-1] == '\n'
	if d.size >= d.most || whole && d.size >= d.most-int64(d.longest) {
		d.rotate()
	}
}

// flush writes what is pending. On a full disk it deletes old files.
func (d *logdir) flush() {
	for len(d.pending) > 0 && d.fd >= 0 {
		n, err := syscall.Write(d.fd, d.pending)
		if n > 0 {
			d.pending = d.pending[n:]
		}
		switch {
		case err == nil || err == syscall.EINTR:
		case err == syscall.ENOSPC && d.least < d.keep && d.removeOldest(d.least):
			d.Complain("warning: out of disk space, deleted the oldest file in " + d.name)
		case d.ending:
			d.Warn("warning: can't write to current "+d.name, err)
			d.pending = nil
		default:
			d.cannot("write to current", err)
		}
	}
	d.pending = d.pending[:0]
}
