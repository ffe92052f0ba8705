// Package number reads the numbers of command lines.
package number

import (
	"math"
	"strconv"
	"syscall"
)

// Size reads a decimal number with one of the suffixes b (512), k, K, m, M, g, G, t, T
// (powers of 1024), kB, KB, MB, GB, TB (powers of 1000), as BusyBox's head and dd do.
// The error is EINVAL, or ERANGE for a number over 63 bits.
func Size(s string) (int64, error) {
	digits := 0
	for digits < len(s) && s[digits] >= '0' && s[digits] <= '9' {
		digits++
	}
	if digits == 0 {
		return 0, syscall.EINVAL
	}
	n, err := strconv.ParseInt(s[:digits], 10, 64)
	if err != nil {
		return 0, syscall.ERANGE
	}
	unit, ok := suffix(s[digits:])
	if !ok {
		return 0, syscall.EINVAL
	}
	if n > math.MaxInt64/unit {
		return 0, syscall.ERANGE
	}
	return n * unit, nil
}

func suffix(s string) (unit int64, ok bool) {
	if s == "" {
		return 1, true
	}
	base := int64(1024)
	switch {
	case len(s) == 2 && s[1] == 'B':
		base = 1000
	case len(s) != 1:
		return 0, false
	}
	power := 0
	switch s[0] {
	case 'c':
		return 1, len(s) == 1
	case 'w':
		return 2, len(s) == 1
	case 'b':
		return 512, len(s) == 1
	case 'k', 'K':
		power = 1
	case 'm', 'M':
		power = 2
	case 'g', 'G':
		power = 3
	case 't', 'T':
		power = 4
	default:
		return 0, false
	}
	unit = 1
	for range power {
		unit *= base
	}
	return unit, true
}

// Int reads a decimal number without sign or suffix that is at most limit.
func Int(s string, limit int) (int, error) {
	n, err := strconv.ParseUint(s, 10, 63)
	if err != nil || s[0] == '+' {
		return 0, syscall.EINVAL
	}
	if n > uint64(limit) {
		return 0, syscall.ERANGE
	}
	return int(n), nil
}
