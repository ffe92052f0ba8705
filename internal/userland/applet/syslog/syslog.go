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
	facilities = "kern user mail daemon auth syslog lpr news uucp cron authpriv ftp ? ? ? ? " +
		"local0 local1 local2 local3 local4 local5 local6 local7 mark=24 security=4"
)

func lookup(names, name string) (int, bool) {
	for i, n := range strings.Fields(names) {
		n, number, other := strings.Cut(n, "=")
		if n != name || n == "?" {
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

// Name is FACILITY.LEVEL for a priority, or its number in angle brackets.
func Name(priority int) string {
	facility, level := strings.Fields(facilities), strings.Fields(levels)
	n := priority >> 3
	if n < 0 || n >= len(facility) || facility[n] == "?" || strings.IndexByte(facility[n], '=') >= 0 {
		return "<" + strconv.Itoa(priority) + ">"
	}
	return facility[n] + "." + level[priority&7]
}

// Send sends a message under a tag. It returns an error if nobody listens.
func Send(priority int, tag, text string) error {
	fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_DGRAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer syscall.Close(fd)
	if err := syscall.Connect(fd, &syscall.SockaddrUnix{Name: Socket}); err != nil {
		return err
	}
	m := "<" + strconv.Itoa(priority) + ">" + time.Now().Format(time.Stamp) + " " + tag + ": " + text
	for {
		_, err := syscall.Write(fd, []byte(m))
		if err != syscall.EINTR {
			return err
		}
	}
}
