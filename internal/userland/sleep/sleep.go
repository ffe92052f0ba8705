// Package sleep is the applets sleep and usleep.
package sleep

import (
	"math"
	"strconv"
	"time"

	"bantam/internal/userland/applet"
)

// Sleep is sleep.
var Sleep = applet.Applet{
	Names:   "sleep",
	Usage:   "N[smhd]...",
	About:   "Wait N seconds (minutes, hours, days); several are added up.",
	AtLeast: 1,
	Min:     true,
	Run:     sleep,
}

func sleep(c *applet.Call) int {
	total := 0.0
	for _, arg := range c.Args {
		seconds, ok := duration(arg)
		if !ok {
			return c.Complain("invalid number '" + arg + "'")
		}
		total += seconds
	}
	for total > math.MaxInt64/1e9 {
		const year = 365 * 86400
		time.Sleep(year * time.Second)
		total -= year
	}
	time.Sleep(time.Duration(total * 1e9))
	return 0
}

// duration reads a number of seconds with its unit.
func duration(s string) (seconds float64, ok bool) {
	unit := 1.0
	if n := len(s); n > 0 {
		switch s[n-1] {
		case 's':
			s = s[:n-1]
		case 'm':
			s, unit = s[:n-1], 60
		case 'h':
			s, unit = s[:n-1], 3600
		case 'd':
			s, unit = s[:n-1], 86400
		}
	}
	if s != "inf" && s != "infinity" && (s == "" || s[0] != '.' && (s[0] < '0' || s[0] > '9')) {
		return 0, false
	}
	n, err := strconv.ParseFloat(s, 64)
	return n * unit, err == nil
}

// Usleep is usleep.
var Usleep = applet.Applet{
	Names:   "usleep",
	Usage:   "N",
	About:   "Wait N microseconds.",
	AtLeast: 1,
	AtMost:  1,
	Run:     usleep,
}

func usleep(c *applet.Call) int {
	n, err := strconv.ParseUint(c.Args[0], 10, 53)
	if err != nil {
		return c.Complain("invalid number '" + c.Args[0] + "'")
	}
	time.Sleep(time.Duration(n) * time.Microsecond)
	return 0
}
