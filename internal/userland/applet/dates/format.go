// Package dates prints and reads dates and times as C's strftime(3) and strptime(3)
// do in the C locale, and knows the time zone that TZ names.
package dates

import (
	"strconv"
	"time"
)

const (
	days   = "SundayMondayTuesdayWednesdayThursdayFridaySaturday"
	months = "JanuaryFebruaryMarchAprilMayJuneJulyAugustSeptemberOctoberNovemberDecember"
)

// The names' ends in these strings.
const (
	dayEnds   = "\x06\x0c\x13\x1c\x24\x2a\x32"
	monthEnds = "\x07\x0f\x14\x19\x1c\x20\x24\x2a\x33\x3a\x42\x4a"
)

func nth(names, ends string, i int) string {
	start := 0
	if i > 0 {
		start = int(ends[i-1])
	}
	return names[start:ends[i]]
}

// Default is date's own format, RFC2822 that of -R.
const (
	Default = "%a %b %e %H:%M:%S %Z %Y"
	RFC2822 = "%a, %d %b %Y %H:%M:%S %z"
)

// Format is Append to nothing.
func Format(format string, t time.Time) string { return string(Append(nil, format, t)) }

// Append appends the time in the format of strftime(3), with glibc's flags (%-d %_d
// %0e %^a) and widths, and %N for nanoseconds, %3N for the first digits of them.
func Append(dst []byte, format string, t time.Time) []byte {
	for i := 0; i < len(format); i++ {
		if format[i] != '%' {
			dst = append(dst, format[i])
			continue
		}
		start := i
		var f field
		for i++; i < len(format) && isFlag(format[i]); i++ {
			f.flag(format[i])
		}
		for ; i < len(format) && format[i] >= '0' && format[i] <= '9'; i++ {
			f.width = min(f.width*10+int(format[i]-'0'), 1000)
		}
		if i < len(format) && (format[i] == 'E' || format[i] == 'O') {
			i++
		}
		if i >= len(format) {
			return append(dst, format[start:]...)
		}
		var ok bool
		if dst, ok = f.append(dst, format[i], t); !ok {
			dst = append(dst, format[start:i+1]...)
		}
	}
	return dst
}

// field is what stands between % and the letter.
type field struct {
	pad   byte // '-' for none, 0 for the letter's own
	upper bool
	swap  bool
	width int
}

func isFlag(c byte) bool { return c == '-' || c == '_' || c == '0' || c == '^' || c == '#' || c == '+' }

func (f *field) flag(c byte) {
	switch c {
	case '^':
		f.upper = true
	case '#':
		f.swap = true
	case '_':
		f.pad = ' '
	case '0', '+':
		f.pad = '0'
	default:
		f.pad = c
	}
}

// number appends a number with the letter's width and padding, unless others are asked for.
func (f *field) number(dst []byte, n, width int, pad byte) []byte {
	if f.width > 0 {
		width = f.width
	}
	if f.pad != 0 {
		pad = f.pad
	}
	if n < 0 {
		dst = append(dst, '-')
		n = -n
		width--
	}
	if pad == '-' {
		width = 0
	}
	for limit := 1; width > 1; width-- {
		limit = power(width - 1)
		if n >= limit {
			break
		}
		dst = append(dst, pad)
	}
	return strconv.AppendInt(dst, int64(n), 10)
}

func power(n int) int {
	p := 1
	for ; n > 0 && p < 1e17; n-- {
		p *= 10
	}
	return p
}

// text appends a name.
func (f *field) text(dst []byte, s string) []byte {
	for i := len(s); i < f.width; i++ {
		pad := byte(' ')
		if f.pad == '0' {
			pad = '0'
		}
		dst = append(dst, pad)
	}
	for i := range len(s) {
		c := s[i]
		switch {
		case (f.upper || f.swap) && c >= 'a' && c <= 'z':
			c -= 'a' - 'A'
		}
		dst = append(dst, c)
	}
	return dst
}

// append appends what one letter stands for.
func (f *field) append(dst []byte, letter byte, t time.Time) ([]byte, bool) {
	if n, width, pad := value(letter, t); width > 0 {
		return f.number(dst, n, width, pad), true
	}
	switch letter {
	case 'a', 'A':
		return f.text(dst, short(nth(days, dayEnds, int(t.Weekday())), letter == 'a')), true
	case 'b', 'h', 'B':
		return f.text(dst, short(nth(months, monthEnds, int(t.Month())-1), letter != 'B')), true
	case 'p', 'P':
		half := "AM"
		if t.Hour() >= 12 {
			half = "PM"
		}
		if letter == 'P' || f.swap {
			half = string(half[0]|0x20) + "m"
		}
		f.swap = false
		return f.text(dst, half), true
	case 'Z':
		zone, _ := t.Zone()
		if f.swap {
			f.swap = false // %#Z is lower case, which no zone is
		}
		return f.text(dst, zone), true
	case 'z':
		return f.offset(dst, t), true
	case 'N':
		return f.nanoseconds(dst, t.Nanosecond()), true
	case '%', 'n', 't':
		return f.text(dst, map3(letter)), true
	}
	if whole := compound(letter); whole != "" {
		return f.text(dst, string(Append(nil, whole, t))), true
	}
	return dst, false
}

func map3(letter byte) string {
	switch letter {
	case 'n':
		return "\n"
	case 't':
		return "\t"
	}
	return "%"
}

func short(name string, yes bool) string {
	if yes {
		return name[:3]
	}
	return name
}

// compound is what a letter stands for that means several others.
func compound(letter byte) string {
	switch letter {
	case 'c':
		return "%a %b %e %H:%M:%S %Y"
	case 'D', 'x':
		return "%m/%d/%y"
	case 'F':
		return "%Y-%m-%d"
	case 'R':
		return "%H:%M"
	case 'r':
		return "%I:%M:%S %p"
	case 'T', 'X':
		return "%H:%M:%S"
	case 'v':
		return "%e-%b-%Y"
	}
	return ""
}

// value is the number that a letter stands for; width 0 says that it stands for none.
func value(letter byte, t time.Time) (n, width int, pad byte) {
	twelve := (t.Hour()+11)%12 + 1
	switch letter {
	case 'C':
		return t.Year() / 100, 2, '0'
	case 'd':
		return t.Day(), 2, '0'
	case 'e':
		return t.Day(), 2, ' '
	case 'H':
		return t.Hour(), 2, '0'
	case 'I':
		return twelve, 2, '0'
	case 'j':
		return t.YearDay(), 3, '0'
	case 'k':
		return t.Hour(), 2, ' '
	case 'l':
		return twelve, 2, ' '
	case 'M':
		return t.Minute(), 2, '0'
	case 'm':
		return int(t.Month()), 2, '0'
	case 'S':
		return t.Second(), 2, '0'
	case 's':
		return int(t.Unix()), 1, '0'
	case 'U':
		return (t.YearDay() + 6 - int(t.Weekday())) / 7, 2, '0'
	case 'W':
		return (t.YearDay() + 6 - (int(t.Weekday())+6)%7) / 7, 2, '0'
	case 'u':
		return (int(t.Weekday())+6)%7 + 1, 1, '0'
	case 'w':
		return int(t.Weekday()), 1, '0'
	case 'V':
		_, week := t.ISOWeek()
		return week, 2, '0'
	case 'G':
		year, _ := t.ISOWeek()
		return year, 1, '0'
	case 'g':
		year, _ := t.ISOWeek()
		return (year%100 + 100) % 100, 2, '0'
	case 'Y':
		return t.Year(), 1, '0'
	case 'y':
		return (t.Year()%100 + 100) % 100, 2, '0'
	}
	return 0, 0, 0
}

// offset appends the zone's distance from UTC, "+0130".
func (f *field) offset(dst []byte, t time.Time) []byte {
	_, seconds := t.Zone()
	sign := byte('+')
	if seconds < 0 {
		sign, seconds = '-', -seconds
	}
	dst = append(dst, sign)
	return f.number(dst, seconds/3600*100+seconds/60%60, 4, '0')
}

// nanoseconds appends the first digits of the fraction, nine unless a width is given.
func (f *field) nanoseconds(dst []byte, n int) []byte {
	digits := 9
	if f.width > 0 && f.width < 9 {
		digits = f.width
	}
	whole := strconv.Itoa(1e9 + n)
	return append(dst, whole[1:1+digits]...)
}
