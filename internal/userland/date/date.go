// Package date is the applet date.
package date

import (
	"strings"
	"syscall"
	"time"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/dates"
)

// Applet is date.
var Applet = applet.Applet{
	Names: "date",
	Usage: "[OPTIONS] [+FMT] [[-s] TIME]",
	About: "Show the time, by +FMT, or set it",
	Options: `
-u, --utc	in UTC, not in the local time
-s, --set TIME	set the time to TIME
-d, --date TIME	show TIME, not now
-D FMT	the format (strptime's) of the TIME of -s and -d
-r, --reference FILE	show when FILE was changed
-R, --rfc-2822, --rfc-822	the date as in mails
-I[SPEC]	the date as of ISO 8601; SPEC is date (default),
		hours, minutes, seconds or ns
`,
	Notes: `
Forms of TIME:
	@seconds_since_1970
	hh:mm[:ss]
	[YYYY.]MM.DD-hh:mm[:ss]
	YYYY-MM-DD hh:mm[:ss]
	[[[[[YY]YY]MM]DD]hh]mm[.ss]
	'date TIME' takes MMDDhhmm[[YY]YY][.ss] in place of the last one
`,
	Quick: true,
	Min:   true,
	Run:   run,
}

func run(c *applet.Call) int {
	if c.Has("d") && c.Has("s") || c.Has("R") && c.Has("I") {
		return c.UsageError("")
	}
	zone := time.UTC
	if !c.Has("u") {
		zone = dates.Local(c)
	}
	format, ok := standard(c)
	if !ok {
		return c.UsageError("")
	}
	args, iso := c.Args, c.Has("I") && !strings.HasSuffix(format, "%d")
	if len(args) > 0 && strings.HasPrefix(args[0], "+") {
		format, args, iso = args[0][1:], args[1:], false
	}
	text, given := c.Given("d")
	set := !given
	if !given {
		if text, given = c.Given("s"); !given && len(args) > 0 {
			text, given = args[0], true
			if text, ok = compatible(text); !ok {
				return c.Complain("invalid date '" + args[0] + "'")
			}
			args = args[1:]
		}
	}
	if len(args) > 0 {
		return c.UsageError("")
	}
	now := time.Now().In(zone)
	if file, given := c.Given("r"); given {
		var st syscall.Stat_t
		if err := syscall.Stat(file, &st); err != nil {
			return c.Warn("can't stat '"+file+"'", err)
		}
		now = time.Unix(st.Mtim.Unix()).In(zone)
	}
	status := 0
	if given {
		if now, ok = parse(c, text, now); !ok {
			return c.Complain("invalid date '" + text + "'")
		}
		if set {
			tv := syscall.Timeval{Sec: now.Unix()}
			if err := syscall.Settimeofday(&tv); err != nil {
				status = c.Warn("can't set date", err)
			}
		}
	}
	out := dates.Append(nil, format, now)
	if iso {
		out = append(out[:len(out)-2], ':', out[len(out)-2], out[len(out)-1]) // +hh:mm
	}
	c.Out.Write(append(out, '\n'))
	return status
}

// parse reads a date. What it doesn't say is today's, at midnight.
func parse(c *applet.Call, text string, now time.Time) (time.Time, bool) {
	midnight := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, now.Location())
	if format, given := c.Given("D"); given {
		t, _, ok := dates.By(format, text, midnight)
		return t, ok
	}
	return dates.Parse(text, midnight)
}

// standard is the format without +FMT.
func standard(c *applet.Call) (format string, ok bool) {
	if c.Has("R") {
		return dates.RFC2822, true
	}
	spec, given := c.Given("I")
	if !given {
		return dates.Default, true
	}
	if spec == "" {
		spec = "date"
	}
	for i, name := range [5]string{"date", "hours", "minutes", "seconds", "ns"} {
		if strings.HasPrefix(name, spec) {
			return [5]string{
				"%Y-%m-%d", "%Y-%m-%dT%H%z", "%Y-%m-%dT%H:%M%z", "%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M:%S,%N%z",
			}[i], true
		}
	}
	return "", false
}

// compatible makes of POSIX's MMDDhhmm[[CC]YY][.ss] what -d takes, with the year first.
// Other forms are left alone.
func compatible(text string) (string, bool) {
	digits, seconds, dot := strings.Cut(text, ".")
	if strings.Trim(digits, "0123456789") != "" || dot && (len(seconds) != 2 || strings.Trim(seconds, "0123456789") != "") {
		return text, true
	}
	switch len(digits) {
	case 8, 10, 12:
		return digits[8:] + digits[:8] + text[len(digits):], true
	}
	return "", false
}
