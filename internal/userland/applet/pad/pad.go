// Package pad fills strings with spaces to a width, and makes numbers short.
package pad

import "strconv"

const spaces = "                                                                "

// Spaces returns n spaces.
//
//go:noinline
func Spaces(n int) string {
	s := ""
	for ; n > len(spaces); n -= len(spaces) {
		s += spaces
	}
	return s + spaces[:max(n, 0)]
}

// Left puts spaces before s: C's %*s.
//
//go:noinline
func Left(s string, width int) string { return Spaces(width-len(s)) + s }

// Right puts spaces behind s: C's %-*s.
//
//go:noinline
func Right(s string, width int) string { return s + Spaces(width-len(s)) }

// Cut returns at most the first n bytes of s: C's %.*s.
//
//go:noinline
func Cut(s string, n int) string { return s[:min(len(s), max(n, 0))] }

// Int is a number with spaces before it: C's %*d.
//
//go:noinline
func Int(n int64, width int) string { return Left(strconv.FormatInt(n, 10), width) }

// Zero is a number with zeros before it: C's %0*d.
//
//go:noinline
func Zero(n int64, width int) string {
	s := strconv.FormatInt(n, 10)
	for len(s) < width {
		s = "0" + s
	}
	return s
}

// Fixed is a number of 1/10^digits with a decimal point: Fixed(1234, 2) is "12.34".
//
//go:noinline
func Fixed(n uint64, digits int) string {
	s := strconv.FormatUint(n, 10)
	for len(s) <= digits {
		s = "0" + s
	}
	return s[:len(s)-digits] + "." + s[len(s)-digits:]
}

// Short writes n, which counts units of scale[0], in exactly width characters (4 or
// 5) with a letter of scale where it doesn't fit, as BusyBox's ps and top do:
// "1234", "1.2m", " 27m", "123t".
//
//go:noinline
func Short(n uint64, width int, scale string) string {
	limit := uint64(10000)
	if width == 5 {
		limit = 100000
	}
	if n < limit {
		return Left(strconv.FormatUint(n, 10), width)
	}
	index := 0
	for n *= 10; n >= limit; n /= 1024 {
		index++
	}
	unit := scale[index : index+1]
	if n < limit/100 {
		return Left(Fixed(n, 1)+unit, width)
	}
	return Left(strconv.FormatUint(n/10, 10)+unit, width)
}
