package cron

import (
	"strconv"
	"strings"
	"time"
)

// schedule is when a job runs: a bit for each minute, hour and so on.
type schedule struct {
	minutes, hours, days, months, weekdays uint64
	// reboot: once after the system started, and never else.
	reboot bool
}

const (
	monthNames   = "janfebmaraprmayjunjulaugsepoctnovdec"
	weekdayNames = "sunmontuewedthufrisat"
)

// specials are the times with names, as minute hour day month weekday.
const specials = "yearly=0 0 1 1 *;annually=0 0 1 1 *;monthly=0 0 1 * *;weekly=0 0 * * 0;" +
	"daily=0 0 * * *;midnight=0 0 * * *;hourly=0 * * * *"

// special is the schedule of a name behind an @.
func special(name string) (s schedule, ok bool) {
	if name == "reboot" {
		return schedule{reboot: true}, true
	}
	for _, line := range strings.Split(specials, ";") {
		if n, times, _ := strings.Cut(line, "="); n == name {
			s, _, ok = parseSchedule(strings.Fields(times))
			return s, ok
		}
	}
	return s, false
}

// parseSchedule reads the five fields. bad is the field that can't be read.
func parseSchedule(f []string) (s schedule, bad string, ok bool) {
	for i, field := range [...]struct {
		to       *uint64
		min, max int
		names    string
	}{
		{&s.minutes, 0, 59, ""}, {&s.hours, 0, 23, ""}, {&s.days, 1, 31, ""},
		{&s.months, 1, 12, monthNames}, {&s.weekdays, 0, 6, weekdayNames},
	} {
		if *field.to, ok = parseField(f[i], field.min, field.max, field.names); !ok {
			return s, f[i], false
		}
	}
	// If one of day and weekday is "*" the other decides, else any of the two does.
	allDays, allWeekdays := s.days == span(1, 31), s.weekdays == span(0, 6)
	switch {
	case allDays && !allWeekdays:
		s.days = 0
	case allWeekdays && !allDays:
		s.weekdays = 0
	}
	return s, "", true
}

func span(from, to int) uint64 { return 1<<(to+1) - 1<<from }

// parseField reads a list of values, ranges and steps: "1,5-10,*/15,mon-fri".
func parseField(text string, least, most int, names string) (bits uint64, ok bool) {
	for _, part := range strings.Split(text, ",") {
		part, stepText, hasStep := strings.Cut(part, "/")
		step := 1
		if hasStep {
			n, err := strconv.Atoi(stepText)
			if err != nil || n < 1 {
				return 0, false
			}
			step = n
		}
		from, to := least, most
		if part != "*" {
			first, last, isRange := strings.Cut(part, "-")
			if from, ok = value(first, least, most, names); !ok {
				return 0, false
			}
			to = from
			if isRange {
				if to, ok = value(last, least, most, names); !ok {
					return 0, false
				}
			}
		}
		// A range may go past the end: 22-3 hours. A step counts on there.
		size := most - least + 1
		length := (to - from + size) % size
		for i := 0; i <= length; i += step {
			bits |= 1 << (least + (from-least+i)%size)
		}
	}
	return bits, true
}

// value is a number, or a name of three letters. 7 is Sunday as 0 is.
func value(text string, least, most int, names string) (n int, ok bool) {
	for i := 0; i < len(names); i += 3 {
		if strings.EqualFold(text, names[i:i+3]) {
			return least + i/3, true
		}
	}
	n, err := strconv.Atoi(text)
	if err == nil && n == 7 && names == weekdayNames {
		n = 0
	}
	return n, err == nil && text[0] != '+' && n >= least && n <= most
}

// due says whether the job runs in the minute.
func (s *schedule) due(t time.Time) bool {
	return !s.reboot && s.minutes>>t.Minute()&1 != 0 && s.hours>>t.Hour()&1 != 0 && s.months>>int(t.Month())&1 != 0 &&
		(s.days>>t.Day()&1 != 0 || s.weekdays>>int(t.Weekday())&1 != 0)
}
