// Package sysstat is the applets that report what processors, memory and disks did.
package sysstat

import (
	"strconv"
	"strings"
	"syscall"
	"time"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/dates"
	"bantam/internal/userland/applet/number"
	"bantam/internal/userland/applet/pad"
	"bantam/internal/userland/applet/proc"
)

const maxInt = 1<<31 - 1

// repeat reads INTERVAL and COUNT: once without them, for ever without COUNT.
func repeat(args []string) (interval time.Duration, count int, wrong string) {
	count = 1
	if len(args) == 0 {
		return 0, 1, ""
	}
	n, wrong := number.Signed(args[0], 0, maxInt)
	if wrong != "" {
		return 0, 0, wrong
	}
	if n > 0 {
		count = -1
	}
	if len(args) > 1 {
		times, wrong := number.Signed(args[1], 0, maxInt)
		if wrong != "" {
			return 0, 0, wrong
		}
		count = int(times)
	}
	return time.Duration(n) * time.Second, count, ""
}

// machine is the line that begins the reports, with between its parts.
func machine(c *applet.Call, between string) string {
	var u syscall.Utsname
	syscall.Uname(&u)
	date := time.Now().In(dates.Local(c)).Format("01/02/06")
	return text(u.Sysname[:]) + " " + text(u.Release[:]) + " (" + text(u.Nodename[:]) + ")" + between + date + between +
		"_" + text(u.Machine[:]) + "_\t(" + strconv.Itoa(max(len(proc.Processors())-1, 1)) + " CPU)\n"
}

// text is a string of uname(2).
func text[T int8 | uint8](field []T) string {
	var b strings.Builder
	for _, c := range field {
		if c == 0 {
			break
		}
		b.WriteByte(byte(c))
	}
	return b.String()
}

// hundredths is n of total in percent with two digits, in a width.
//
//go:noinline
func hundredths(n, total uint64, width int) string {
	total = max(total, 1)
	return pad.Left(pad.Fixed((n*10000+total/2)/total, 2), width)
}

// uptime is in ticks.
func uptime() uint64 {
	word, _, _ := strings.Cut(applet.ReadString("/proc/uptime"), " ")
	n, _ := strconv.ParseUint(strings.Replace(word, ".", "", 1), 10, 64)
	return n
}
