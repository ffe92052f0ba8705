package dates

import (
	"strings"
	"time"

	"bantam/internal/userland/applet"
)

const (
	localtime = "/etc/localtime"
	zoneinfo  = "/usr/share/zoneinfo/"
)

// Local is the zone of the call: that of TZ, or that of /etc/localtime.
func Local(c *applet.Call) *time.Location {
	tz, set := c.LookupEnv("TZ")
	if !set {
		return load(localtime, "")
	}
	return Zone(tz)
}

// Zone is the zone that a value of TZ names: a file of /usr/share/zoneinfo, a path, or
// a rule of POSIX ("CET-1CEST,M3.5.0,M10.5.0/3"). It is UTC if it can't be
// found.
func Zone(tz string) *time.Location {
	tz = strings.TrimPrefix(tz, ":")
	switch {
	case tz == "" || tz == "UTC" || tz == "UTC0":
		return time.UTC
	case tz[0] == '/':
		return load(tz, "")
	case !strings.Contains(tz, ".."):
		if zone := load(zoneinfo+tz, tz); zone != time.UTC {
			return zone
		}
	}
	if zone, err := time.LoadLocationFromTZData(tz, rule(tz)); err == nil {
		return zone
	}
	return time.UTC
}

// load reads a file of tzfile(5).
func load(path, name string) *time.Location {
	data, err := applet.ReadFile(path)
	if err != nil {
		return time.UTC
	}
	if zone, err := time.LoadLocationFromTZData(name, data); err == nil {
		return zone
	}
	return time.UTC
}

// rule makes a file of tzfile(5) that has nothing but a rule: one change, at the
// beginning of time, and the rule for the time after the last change.
func rule(tz string) []byte {
	name := tz
	if i := strings.IndexAny(tz, "+-0123456789,"); i > 0 {
		name = tz[:i]
	}
	var b []byte
	header := func(changes, zones, chars int) {
		b = append(b, "TZif2"...)
		b = append(b, make([]byte, 15)...)
		// The counts of: UTC flags, standard flags, leap seconds, changes, zones, characters.
		for _, n := range [6]int{0, 0, 0, changes, zones, chars} {
			b = append(b, 0, 0, byte(n>>8), byte(n))
		}
	}
	header(0, 0, 0)
	header(1, 1, len(name)+1)
	b = append(b, 0x80, 0, 0, 0, 0, 0, 0, 0) // when
	b = append(b, 0)                         // to which zone
	b = append(b, 0, 0, 0, 0, 0, 0)          // the zone: offset, no summer time, its name's place
	b = append(b, name...)
	b = append(b, 0, '\n')
	b = append(b, tz...)
	return append(b, '\n')
}
