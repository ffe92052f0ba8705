package number

import (
	"strconv"
	"strings"
	"time"
)

// Duration reads a time in seconds, with a fraction and one of the suffixes s, m, h, d,
// as BusyBox's sleep and timeout do. It never overflows: very long is 292 years. wrong
// says what is wrong with it in BusyBox's words.
func Duration(s string) (d time.Duration, wrong string) {
	bad := "invalid number '" + s + "'"
	unit := time.Second
	digits := s
	if s != "" {
		if i := strings.IndexByte("smhd", s[len(s)-1]); i >= 0 {
			digits = s[:len(s)-1]
			unit = [4]time.Duration{time.Second, time.Minute, time.Hour, 24 * time.Hour}[i]
		}
	}
	whole, fraction, dot := strings.Cut(digits, ".")
	if whole+fraction == "" || strings.Trim(whole+fraction, "0123456789") != "" || dot && strings.Contains(fraction, ".") {
		return 0, bad
	}
	const longest = 1<<63 - 1
	n, err := strconv.ParseUint("0"+whole, 10, 63)
	if err != nil || n > uint64(longest/unit)-1 {
		return longest, ""
	}
	// Nanoseconds of the unit from up to nine digits.
	f, _ := strconv.ParseUint((fraction + "000000000")[:9], 10, 63)
	return time.Duration(n)*unit + time.Duration(f)*(unit/1e9), ""
}
