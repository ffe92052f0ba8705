// Package human prints sizes for people.
package human

import "strconv"

const units = "KMGTPEZY"

// Size prints a number of bytes in at most 7 characters: "0", "1023", "1.5K".
func Size(n uint64) string { return scaled(n, true) }

// Whole is Size without a fraction: "2K".
func Whole(n uint64) string { return scaled(n, false) }

func scaled(n uint64, fraction bool) string {
	tenths, unit := uint64(0), 0
	for n >= 1024 {
		tenths = (n%1024*10 + 512) / 1024
		n /= 1024
		unit++
	}
	if tenths >= 10 {
		n++
		tenths = 0
	}
	if !fraction && tenths >= 5 {
		n++
	}
	s := strconv.FormatUint(n, 10)
	if unit == 0 {
		return s
	}
	if fraction {
		s += "." + string(rune('0'+tenths))
	}
	return s + units[unit-1:unit]
}
