// Package cal is the applet cal.
package cal

import (
	"strconv"
	"strings"
	"time"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/dates"
	"bantam/internal/userland/applet/number"
	"bantam/internal/userland/applet/pad"
)

// Applet is cal.
var Applet = applet.Applet{
	Names: "cal",
	Usage: "[-jmy] [[MONTH] YEAR]",
	About: "Print a calendar. Until September 2, 1752 it is the Julian one.",
	Options: `
-j	days of the year, not of the month
-m	weeks begin with Monday
-y	the whole year
`,
	AtMost: 2,
	Dir:    "/usr/bin",
	Quick:  true,
	Run:    run,
}

// calendar is how days are printed.
type calendar struct {
	julian bool // days of the year
	monday int  // 1 if weeks begin with it
	width  int  // of a day
}

func run(c *applet.Call) int {
	k := calendar{julian: c.Has("j"), width: 3}
	if k.julian {
		k.width = 4
	}
	if c.Has("m") {
		k.monday = 1
	}
	now := time.Now().In(dates.Local(c))
	year, month := now.Year(), int(now.Month())
	if n := len(c.Args); n > 0 {
		y, wrong := number.Signed(c.Args[n-1], 1, 9999)
		if wrong != "" {
			return c.Complain(wrong)
		}
		if year = int(y); n == 1 {
			month = 0
		} else {
			m, wrong := number.Signed(c.Args[0], 1, 12)
			if wrong != "" {
				return c.Complain(wrong)
			}
			month = int(m)
		}
	}
	if c.Has("y") {
		month = 0
	}
	if month == 0 {
		k.year(c.Out, year)
	} else {
		k.month(c.Out, year, month)
	}
	return 0
}

const (
	reform = 1752 // of England's calendar
	lost   = 11   // days: September 3 to 13
)

func leap(year int) bool {
	if year <= reform {
		return year%4 == 0
	}
	return year%4 == 0 && year%100 != 0 || year%400 == 0
}

func days(year, month int) int {
	if month == 2 && leap(year) {
		return 29
	}
	return int("\x00\x1f\x1c\x1f\x1e\x1f\x1e\x1f\x1f\x1e\x1f\x1e\x1f"[month])
}

// first returns the weekday of a month's first day, Sunday is 0, and which day of the
// year that is.
func first(year, month int) (weekday, ofYear int) {
	y := year - 1
	n := y*365 + y/4 + 6
	if year > reform {
		n += -y/100 + y/400 + 2
	}
	ofYear = 1
	for m := 1; m < month; m++ {
		ofYear += days(year, m)
	}
	n += ofYear - 1
	if year == reform && month > 9 {
		n -= lost
	}
	return n % 7, ofYear
}

// weeks returns the month's lines.
func (k *calendar) weeks(year, month int) (lines [6]string) {
	weekday, ofYear := first(year, month)
	column := (weekday + 7 - k.monday) % 7
	row := 0
	lines[0] = pad.Spaces(column * k.width)
	for day := 1; day <= days(year, month); day++ {
		if year == reform && month == 9 && day == 3 {
			day += lost
			ofYear += lost
		}
		number := day
		if k.julian {
			number = ofYear
		}
		ofYear++
		lines[row] += pad.Left(strconv.Itoa(number), k.width)
		if column++; column == 7 {
			column = 0
			row++
		}
	}
	for i := range lines {
		// The first column's leading space is the gap between columns.
		if lines[i] != "" {
			lines[i] = lines[i][1:]
		}
	}
	return lines
}

// names are the weekdays.
func (k *calendar) names() string {
	var b strings.Builder
	for i := range 7 {
		name := "SuMoTuWeThFrSa"[(i+k.monday)%7*2:]
		b.WriteString(pad.Left(name[:2], k.width))
	}
	return b.String()[1:]
}

func center(text string, width int) string {
	return pad.Spaces((width-len(text))/2) + text
}

func print(out *applet.Out, line string) {
	out.Print(strings.TrimRight(line, " "), "\n")
}

func (k *calendar) month(out *applet.Out, year, month int) {
	title := time.Month(month).String() + " " + strconv.Itoa(year)
	print(out, center(title, 7*k.width-1))
	print(out, k.names())
	for _, line := range k.weeks(year, month) {
		print(out, line)
	}
}

// year prints three months side by side, or two with long numbers.
func (k *calendar) year(out *applet.Out, year int) {
	across, width := 3, 7*k.width-1
	if k.julian {
		across = 2
	}
	gap := 2
	print(out, center(strconv.Itoa(year), across*width+(across-1)*gap))
	out.Print("\n")
	for month := 1; month <= 12; month += across {
		var titles, names string
		var rows [6]string
		for i := range across {
			if i > 0 {
				titles = pad.Right(titles, i*(width+gap))
				names += pad.Spaces(gap)
			}
			titles += center(time.Month(month+i).String(), width)
			names += k.names()
			for row, line := range k.weeks(year, month+i) {
				rows[row] = pad.Right(rows[row], i*(width+gap)) + line
			}
		}
		print(out, titles)
		print(out, names)
		for _, row := range rows {
			print(out, row)
		}
	}
}
