package remote

import (
	"strconv"
	"strings"
)

// Bar draws docker's progress bar for a terminal of so many columns.
func (e Event) Bar(columns int) string {
	if e.Current <= 0 && e.Total <= 0 {
		return ""
	}
	if e.Total <= 0 || e.Current > e.Total {
		return pad(size(e.Current))
	}
	numbers := pad(size(e.Current)) + "/" + size(e.Total)
	if columns <= 110 {
		return numbers
	}
	n := int(e.Current * 50 / e.Total)
	return "[" + strings.Repeat("=", n) + ">" + strings.Repeat(" ", 50-n) + "] " + numbers
}

func pad(s string) string { return strings.Repeat(" ", max(0, 8-len(s))) + s }

// size is docker's decimal form with four significant digits: "1.234MB".
func size(n int64) string {
	units := [...]string{"B", "kB", "MB", "GB", "TB", "PB"}
	f, i := float64(n), 0
	for f >= 1000 && i < len(units)-1 {
		f /= 1000
		i++
	}
	return strconv.FormatFloat(f, 'g', 4, 64) + units[i]
}
