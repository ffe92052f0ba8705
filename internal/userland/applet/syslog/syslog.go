// Package syslog writes to the system's log by way of /dev/log and knows the names
// of its facilities and levels: see syslog(3).
package syslog

import (
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Socket is where syslogd listens.
const Socket = "/dev/log"

// Levels and facilities that applets use.
const (
	Error  = 3
	Notice = 5
	Info   = 6
	Debug  = 7

	Kernel = 0 << 3
	User   = 1 << 3
	Daemon = 3 << 3
	Auth   = 4 << 3
	Syslog = 5 << 3
	Cron   = 9 << 3
)

// The names by number; those behind the equals sign are other names.
const (
	levels     = "emerg alert crit err warning notice info debug panic=0 error=3 warn=4"
	facilities = "kern user mail daemon auth syslog lpr news uucp cron authpriv ftp ntp audit alert clock " +
		"local0 local1 local2 local3 local4 local5 local6 local7 mark=24 security=4"
)

func lookup(names, name string) (int, bool) {
	for i, n := range strings.Fields(names) {
		n, number, other := strings.Cut(n, "=")
		if n != name {
			continue
		}
		if other {
			i, _ = strconv.Atoi(number)
		}
		return i, true
	}
	return 0, false
}

// Level is the number of a level's name.
func Level(name string) (int, bool) { return lookup(levels, name) }

// Facility is the number of a facility's name, not shifted.
func Facility(name string) (int, bool) { return lookup(facilities, name) }

// LevelName and FacilityName are the names; a number without one is written out.
func LevelName(n int) string { return nameOf(levels, n) }

// FacilityName is the name of a facility's number, not shifted.
func FacilityName(n int) string { return nameOf(facilities, n) }

func nameOf(names string, n int) string {
	fields := strings.Fields(names)
	if n >= 0 && n < len(fields) {
		if name, _, other := strings.Cut(fields[n], "="); !other {
			return name
		}
	}
	return strconv.Itoa(n)
}

// Stamp is the time as it stands in messages: "Jan  2 15:04:05".
func Stamp(t time.Time) string { return t.Format(time.Stamp) }

// Send sends a message, which may have several lines, under a tag. It returns
// an error if nobody listens.
func Send(priority int, tag, text string) error {
	fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_DGRAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer syscall.Close(fd)
	if err := syscall.Connect(fd, &syscall.SockaddrUnix{Name: Socket}); err != nil {
		return err
	}
	m := "<" + strconv.Itoa(priority) + ">" + Stamp(time.Now()) + " " + tag + ": " + text
	for {
		_, err := syscall.Write(fd, []byte(m))
		if err != syscall.EINTR {
			return err
		}
	}
}
