package syslogd

import (
	"strconv"
	"strings"
	"syscall"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/syslog"
)

// rule is a line of syslog.conf: for each facility the levels that go to the file.
type rule struct {
	levels [24]uint8
	to     *file
}

func (r *rule) wants(priority int) bool {
	facility := priority >> 3
	return facility < len(r.levels) && r.levels[facility]>>(priority&7)&1 != 0
}

// configure reads syslog.conf.
func (l *logger) configure() int {
	path, given := l.Given("f")
	if !given {
		path = "/etc/syslog.conf"
	}
	data, err := applet.ReadFile(path)
	if err != nil {
		if given || err != syscall.ENOENT {
			return l.CantOpen(path, err)
		}
		return 0
	}
	for i, line := range strings.Split(string(data), "\n") {
		f := strings.Fields(line)
		if len(f) == 0 || f[0][0] == '#' {
			continue
		}
		r := rule{}
		if len(f) != 2 || !r.parse(f[0]) {
			return l.Complain("error in '" + path + "' at line " + strconv.Itoa(i+1))
		}
		r.to = l.file(f[1])
		l.rules = append(l.rules, r)
	}
	return 0
}

// file is the log of that name, of which there is only one.
func (l *logger) file(path string) *file {
	if path == l.main.path {
		return &l.main
	}
	for i := range l.rules {
		if l.rules[i].to.path == path {
			return l.rules[i].to
		}
	}
	return &file{path: path, fd: -1}
}

// parse reads selectors: "kern,daemon.info;*.!=err".
func (r *rule) parse(text string) bool {
	for _, selector := range strings.Split(text, ";") {
		facilities, level, found := strings.Cut(selector, ".")
		if !found {
			return false
		}
		bits, negated, ok := parseLevels(level)
		if !ok {
			return false
		}
		var chosen uint32
		if strings.HasPrefix(facilities, "*") {
			chosen = 1<<len(r.levels) - 1
		} else {
			for _, name := range strings.Split(facilities, ",") {
				n, ok := syslog.Facility(name)
				if !ok {
					return false
				}
				chosen |= 1 << n // "mark" is none of those that there are
			}
		}
		for i := range r.levels {
			switch {
			case chosen>>i&1 == 0:
			case negated:
				r.levels[i] &= bits
			default:
				r.levels[i] |= bits
			}
		}
	}
	return true
}

// parseLevels reads a level with ! and = before it. negated says that bits are what stays.
func parseLevels(text string) (bits uint8, negated, ok bool) {
	text, negated = strings.CutPrefix(text, "!")
	text, single := strings.CutPrefix(text, "=")
	switch {
	case strings.HasPrefix(text, "*"):
		return 0xff, negated, true
	case text == "none":
		return 0, true, true
	}
	n, ok := syslog.Level(text)
	bits = 1 << n
	if !single {
		bits |= bits - 1 // and all that are more urgent
	}
	if negated {
		bits = ^bits
	}
	return bits, negated, ok
}
