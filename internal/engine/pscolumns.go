package engine

import (
	"errors"
	"os"
	"strconv"
	"strings"
	"time"
)

// column is one of ps's output, with procps's title.
type column struct {
	title string
	value func(h *psHost, p *process) string
}

// psColumn finds a column by one of the names that ps -o takes.
func psColumn(name string) (column, error) {
	if c, ok := idColumn(name); ok {
		return c, nil
	}
	if c, ok := useColumn(name); ok {
		return c, nil
	}
	return column{}, errors.New("ps: unknown user-defined format specifier \"" + name + "\"")
}

// field makes a column of a field of stat.
func field(title string, n int) column {
	return column{title, func(_ *psHost, p *process) string { return p.text(n) }}
}

// idColumn are the columns that say who a process is.
func idColumn(name string) (column, bool) {
	switch name {
	case "pid", "tgid":
		return column{strings.ToUpper(name), func(_ *psHost, p *process) string { return strconv.Itoa(p.pid) }}, true
	case "ppid":
		return field("PPID", 4), true
	case "pgid", "pgrp":
		return field(strings.ToUpper(name), 5), true
	case "sid", "sess", "session":
		return field(strings.ToUpper(name), 6), true
	case "uid", "euid":
		return column{strings.ToUpper(name), func(_ *psHost, p *process) string { return p.uid[0] }}, true
	case "ruid":
		return column{"RUID", func(_ *psHost, p *process) string { return p.uid[1] }}, true
	case "user", "euser", "uname":
		return column{"USER", func(h *psHost, p *process) string { return named(h.users, p.uid[0]) }}, true
	case "ruser":
		return column{"RUSER", func(h *psHost, p *process) string { return named(h.users, p.uid[1]) }}, true
	case "gid", "egid":
		return column{strings.ToUpper(name), func(_ *psHost, p *process) string { return p.gid[0] }}, true
	case "rgid":
		return column{"RGID", func(_ *psHost, p *process) string { return p.gid[1] }}, true
	case "group", "egroup":
		return column{strings.ToUpper(name), func(h *psHost, p *process) string { return named(h.groups, p.gid[0]) }}, true
	case "rgroup":
		return column{"RGROUP", func(h *psHost, p *process) string { return named(h.groups, p.gid[1]) }}, true
	case "comm", "ucmd", "ucomm":
		return column{"COMMAND", func(_ *psHost, p *process) string { return printable(p.comm) }}, true
	case "args", "command":
		return column{"COMMAND", func(_ *psHost, p *process) string { return p.args }}, true
	case "cmd":
		return column{"CMD", func(_ *psHost, p *process) string { return p.args }}, true
	case "tty", "tt", "tname":
		return column{map[bool]string{true: "TT", false: "TTY"}[name == "tt" || name == "tty"], func(_ *psHost, p *process) string { return ttyName(p.field(7)) }}, true
	case "cgroup":
		return column{"CGROUP", func(_ *psHost, p *process) string { return p.cgroup() }}, true
	}
	return column{}, false
}

// useColumn are the columns that say what a process does and uses.
func useColumn(name string) (column, bool) {
	switch name {
	case "s", "state":
		return field("S", 3), true
	case "stat":
		return column{"STAT", func(_ *psHost, p *process) string { return p.state() }}, true
	case "f", "flag", "flags":
		return column{"F", func(_ *psHost, p *process) string { return strconv.FormatInt(p.field(9)>>6&7, 8) }}, true
	case "pri":
		return column{"PRI", func(_ *psHost, p *process) string { return strconv.FormatInt(39-p.field(18), 10) }}, true
	case "priority":
		return field("PRI", 18), true
	case "ni", "nice":
		return field("NI", 19), true
	case "nlwp", "thcount":
		return field(map[bool]string{true: "NLWP", false: "THCNT"}[name == "nlwp"], 20), true
	case "psr":
		return field("PSR", 39), true
	case "vsz", "vsize":
		return column{"VSZ", func(_ *psHost, p *process) string { return strconv.FormatInt(p.field(23)>>10, 10) }}, true
	case "rss", "rssize", "rsz":
		return column{map[bool]string{true: "RSZ", false: "RSS"}[name == "rsz"], func(_ *psHost, p *process) string { return strconv.FormatInt(p.rss()>>10, 10) }}, true
	case "%mem", "pmem":
		return column{"%MEM", func(h *psHost, p *process) string { return percent(float64(p.rss()) / float64(max(h.memory, 1))) }}, true
	case "%cpu", "pcpu":
		return column{"%CPU", func(h *psHost, p *process) string { return percent(h.share(p)) }}, true
	case "c":
		return column{"C", func(h *psHost, p *process) string { return strconv.Itoa(int(100 * h.share(p))) }}, true
	case "time", "cputime":
		return column{"TIME", func(_ *psHost, p *process) string { return clock(p.cpu()) }}, true
	case "bsdtime":
		return column{"TIME", func(_ *psHost, p *process) string {
			return strconv.Itoa(int(p.cpu().Minutes())) + ":" + two(int(p.cpu().Seconds())%60)
		}}, true
	case "etimes":
		return column{"ELAPSED", func(h *psHost, p *process) string { return strconv.Itoa(int(h.elapsed(p).Seconds())) }}, true
	case "etime":
		return column{"ELAPSED", func(h *psHost, p *process) string {
			return strings.TrimPrefix(clock(h.elapsed(p)), "00:")
		}}, true
	case "stime", "start_time", "bsdstart", "start":
		return column{map[bool]string{true: "STIME", false: "START"}[name == "stime"], func(h *psHost, p *process) string { return h.day(h.started(p)) }}, true
	case "lstart":
		return column{"STARTED", func(h *psHost, p *process) string { return h.started(p).Format(time.ANSIC) }}, true
	}
	return column{}, false
}

func (p *process) rss() int64 { return p.field(24) * int64(os.Getpagesize()) }

func (p *process) cgroup() string {
	b, _ := os.ReadFile("/proc/" + strconv.Itoa(p.pid) + "/cgroup")
	return strings.Join(strings.Fields(string(b)), ",")
}

// state is the letter with ps's marks: priority, session leader, threads, foreground.
func (p *process) state() string {
	s := p.text(3)
	switch nice := p.field(19); {
	case nice < 0:
		s += "<"
	case nice > 0:
		s += "N"
	}
	if p.field(6) == int64(p.pid) {
		s += "s"
	}
	if p.field(20) > 1 {
		s += "l"
	}
	if p.field(8) > 0 && p.field(8) == p.field(5) {
		s += "+"
	}
	return s
}

// share is what part of a CPU it has used in its life.
func (h *psHost) share(p *process) float64 {
	return p.cpu().Seconds() / max(h.elapsed(p).Seconds(), 1.0/ticks)
}

func percent(f float64) string { return strconv.FormatFloat(100*f, 'f', 1, 64) }

func two(n int) string { return strconv.Itoa(n / 10 % 10)[:1] + strconv.Itoa(n%10) }

// clock is [DD-]HH:MM:SS.
func clock(d time.Duration) string {
	s := int(d.Seconds())
	text := two(s/3600%24) + ":" + two(s/60%60) + ":" + two(s%60)
	if days := s / 86400; days > 0 {
		text = two(days) + "-" + text
	}
	return text
}

// day is the time of a start as ps shortens it.
func (h *psHost) day(t time.Time) string {
	switch {
	case t.YearDay() == h.now.YearDay() && t.Year() == h.now.Year():
		return t.Format("15:04")
	case t.Year() == h.now.Year():
		return t.Format("Jan02")
	}
	return t.Format("2006")
}

// ttyName names a terminal by its device number (proc_pid_stat(5), tty_nr).
func ttyName(nr int64) string {
	major, minor := nr>>8&0xfff, nr&0xff|nr>>12&0xfff00
	switch {
	case nr == 0:
		return "?"
	case major >= 136 && major <= 143:
		return "pts/" + strconv.FormatInt((major-136)<<20|minor, 10)
	case major == 4 && minor < 64:
		return "tty" + strconv.FormatInt(minor, 10)
	case major == 4:
		return "ttyS" + strconv.FormatInt(minor-64, 10)
	}
	return strconv.FormatInt(major, 10) + ":" + strconv.FormatInt(minor, 10)
}
