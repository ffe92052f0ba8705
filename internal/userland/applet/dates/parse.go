package dates

import (
	"strconv"
	"strings"
	"time"
)

// reader reads a text by a format into the fields of a date.
type reader struct {
	text string

	year, month, day     int
	hour, minute, second int

	yearDay  int // 1.., 0 if not given
	century  int // -1 if not given
	half     int // hours to add for PM, -1 if not given
	offset   int // seconds east of UTC
	zoned    bool
	absolute bool // seconds since 1970 are given
	unix     int64
}

func start(text string, base time.Time) *reader {
	r := &reader{text: text, century: -1, half: -1}
	r.year, r.day = base.Year(), base.Day()
	r.month = int(base.Month())
	r.hour, r.minute, r.second = base.Clock()
	return r
}

// time is the moment that the fields stand for, in the zone of base.
func (r *reader) time(zone *time.Location) time.Time {
	if r.absolute {
		return time.Unix(r.unix, 0).In(zone)
	}
	if r.century >= 0 {
		r.year = r.century*100 + r.year%100
	}
	if r.half >= 0 {
		r.hour = r.hour%12 + r.half
	}
	if r.yearDay > 0 {
		r.month, r.day = 1, r.yearDay
	}
	if r.zoned {
		t := time.Date(r.year, time.Month(r.month), r.day, r.hour, r.minute, r.second-r.offset, 0, time.UTC)
		return t.In(zone)
	}
	return time.Date(r.year, time.Month(r.month), r.day, r.hour, r.minute, r.second, 0, zone)
}

// By reads a text by a format of strptime(3). Fields that the format hasn't are
// base's, and so is the zone. What follows is left unread and returned.
func By(format, text string, base time.Time) (t time.Time, rest string, ok bool) {
	r := start(text, base)
	if !r.by(format) {
		return t, text, false
	}
	return r.time(base.Location()), r.text, true
}

// forms are the formats that are tried one after the other, as in BusyBox.
const forms = "%R|%T|%m.%d-%R|%m.%d-%T|%Y.%m.%d-%R|%Y.%m.%d-%T|%b %d %T %Y|%Y-%m-%d %R|%Y-%m-%d %T|" +
	"%Y-%m-%d %R %z|%Y-%m-%d %T %z|%Y-%m-%d %H|%Y-%m-%d"

// Parse reads a date as BusyBox's date -d and touch -d do: one of several forms, @ and
// the seconds since 1970, or digits [[[[[YY]YY]MM]DD]hh]mm[.ss]. Missing fields are
// those of base.
func Parse(text string, base time.Time) (time.Time, bool) {
	for rest := forms; rest != ""; {
		var form string
		form, rest, _ = strings.Cut(rest, "|")
		if t, left, ok := By(form, text, base); ok && left == "" {
			return t, true
		}
	}
	if seconds, found := strings.CutPrefix(text, "@"); found {
		n, err := strconv.ParseInt(seconds, 10, 64)
		return time.Unix(n, 0).In(base.Location()), err == nil
	}
	return digits(text, base)
}

// digits reads [[[[[YY]YY]MM]DD]hh]mm[.ss].
func digits(text string, base time.Time) (t time.Time, ok bool) {
	number, fraction, dot := strings.Cut(text, ".")
	r := start(number, base)
	r.second = 0
	switch len(number) {
	case 12:
		ok = r.number(&r.year, 0, 9999, 4)
	case 10:
		year := 0
		ok = r.number(&year, 0, 99, 2)
		// The century that brings it within fifty years of now.
		year += base.Year() / 100 * 100
		if year < base.Year()-50 {
			year += 100
		} else if year > base.Year()+50 {
			year -= 100
		}
		r.year = year
	case 2, 4, 6, 8:
		ok = true
	}
	for _, f := range [4]struct {
		to             *int
		low, high, len int
	}{{&r.month, 1, 12, 8}, {&r.day, 0, 31, 6}, {&r.hour, 0, 23, 4}, {&r.minute, 0, 59, 2}} {
		ok = ok && (len(number) < f.len || r.number(f.to, f.low, f.high, 2))
	}
	if dot {
		number = fraction
		r.text = fraction
		ok = ok && r.number(&r.second, 0, 60, 2)
	}
	// strconv would take signs, number() takes spaces: neither belongs here.
	if !ok || r.text != "" || strings.Trim(number, "0123456789") != "" {
		return t, false
	}
	return r.time(base.Location()), true
}

// number reads a number of at most so many digits.
func (r *reader) number(to *int, low, high, most int) bool {
	r.spaces()
	n, used := 0, 0
	for used < most && used < len(r.text) && r.text[used] >= '0' && r.text[used] <= '9' {
		n = n*10 + int(r.text[used]-'0')
		used++
	}
	if used == 0 || n < low || n > high {
		return false
	}
	*to, r.text = n, r.text[used:]
	return true
}

func (r *reader) spaces() { r.text = strings.TrimLeft(r.text, " \t\n\v\f\r") }

// name reads one of the names, short or long, in any case, and returns its place.
func (r *reader) name(names, ends string) (int, bool) {
	r.spaces()
	for i := range len(ends) {
		name := nth(names, ends, i)
		for _, n := range [2]string{name, name[:3]} {
			if len(r.text) >= len(n) && strings.EqualFold(r.text[:len(n)], n) {
				r.text = r.text[len(n):]
				return i, true
			}
		}
	}
	return 0, false
}

// by reads the text by the format.
func (r *reader) by(format string) bool {
	for i := 0; i < len(format); i++ {
		switch c := format[i]; {
		case c == ' ' || c >= '\t' && c <= '\r':
			r.spaces()
		case c != '%' || i+1 == len(format):
			if r.text == "" || r.text[0] != c {
				return false
			}
			r.text = r.text[1:]
		default:
			i++
			if (format[i] == 'E' || format[i] == 'O') && i+1 < len(format) {
				i++
			}
			if !r.field(format[i]) {
				return false
			}
		}
	}
	return true
}

// field reads what one letter stands for.
func (r *reader) field(letter byte) bool {
	switch letter {
	case 'Y':
		return r.number(&r.year, 0, 9999, 4)
	case 'm':
		return r.number(&r.month, 1, 12, 2)
	case 'd', 'e':
		return r.number(&r.day, 1, 31, 2)
	case 'H', 'k':
		return r.number(&r.hour, 0, 23, 2)
	case 'M':
		return r.number(&r.minute, 0, 59, 2)
	case 'S':
		return r.number(&r.second, 0, 61, 2)
	case 'j':
		return r.number(&r.yearDay, 1, 366, 3)
	case 'C':
		return r.number(&r.century, 0, 99, 2)
	case 'y':
		if !r.number(&r.year, 0, 99, 2) {
			return false
		}
		if r.year += 1900; r.year < 1969 {
			r.year += 100
		}
		return true
	case 'I', 'l':
		r.half = max(r.half, 0)
		return r.number(&r.hour, 1, 12, 2)
	case 'u', 'w':
		var ignored int
		return r.number(&ignored, 0, 7, 1)
	case 'U', 'W', 'V':
		var ignored int
		return r.number(&ignored, 0, 53, 2)
	case 'n', 't':
		r.spaces()
		return true
	case '%':
		r.text = strings.TrimPrefix(r.text, "%")
		return true
	}
	return r.word(letter)
}

// word reads the letters that stand for no number.
func (r *reader) word(letter byte) (ok bool) {
	switch letter {
	case 'a', 'A':
		_, ok = r.name(days, dayEnds)
		return ok
	case 'b', 'B', 'h':
		r.month, ok = r.name(months, monthEnds)
		r.month++
		return ok
	case 'p', 'P':
		r.spaces()
		if len(r.text) < 2 || r.text[1]|0x20 != 'm' || r.text[0]|0x20 != 'a' && r.text[0]|0x20 != 'p' {
			return false
		}
		r.half = 0
		if r.text[0]|0x20 == 'p' {
			r.half = 12
		}
		r.text = r.text[2:]
		return true
	case 's':
		r.absolute = true
		return r.seconds()
	case 'z':
		return r.zone()
	case 'Z':
		r.text = strings.TrimLeft(r.text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
		return true
	}
	form := compound(letter)
	return form != "" && r.by(form)
}

// seconds reads the seconds since 1970.
func (r *reader) seconds() bool {
	end := 0
	for end < len(r.text) && (r.text[end] >= '0' && r.text[end] <= '9' || end == 0 && r.text[0] == '-') {
		end++
	}
	var err error
	r.unix, err = strconv.ParseInt(r.text[:end], 10, 64)
	r.text = r.text[end:]
	return err == nil
}

// zone reads Z, +hh, +hhmm or +hh:mm.
func (r *reader) zone() bool {
	r.spaces()
	r.zoned = true
	if rest, found := strings.CutPrefix(r.text, "Z"); found {
		r.text, r.offset = rest, 0
		return true
	}
	if r.text == "" || r.text[0] != '+' && r.text[0] != '-' {
		return false
	}
	sign := 1
	if r.text[0] == '-' {
		sign = -1
	}
	r.text = r.text[1:]
	var hours, minutes int
	if !r.number(&hours, 0, 14, 2) {
		return false
	}
	r.text = strings.TrimPrefix(r.text, ":")
	if r.text != "" && r.text[0] >= '0' && r.text[0] <= '9' && !r.number(&minutes, 0, 59, 2) {
		return false
	}
	r.offset = sign * (hours*3600 + minutes*60)
	return true
}
