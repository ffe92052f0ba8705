package engine

import (
	"errors"
	"strconv"
	"strings"
)

// ParseBytes reads a size with a binary suffix.
func ParseBytes(v string) (int64, error) {
	end := strings.LastIndexAny(v, "01234567890.") + 1
	number, unit := v[:end], strings.ToLower(strings.TrimPrefix(v[end:], " "))
	f, err := strconv.ParseFloat(number, 64)
	if err != nil || strings.TrimLeft(number, "0123456789.") != "" {
		return 0, errors.New("invalid size: '" + v + "'")
	}
	shift := 0
	if unit != "" && unit != "b" {
		at := strings.IndexByte("kmgtp", unit[0])
		if rest := unit[1:]; at < 0 || rest != "" && rest != "b" && rest != "ib" {
			return 0, errors.New("invalid suffix: '" + strings.TrimPrefix(v[end:], " ") + "'")
		}
		shift = 10 * (at + 1)
	}
	return int64(f * float64(int64(1)<<shift)), nil
}

// BinarySize prints a size in binary units and four significant digits, as docker stats does.
func BinarySize(n int64) string {
	f, unit := float64(n), 0
	units := [...]string{"B", "KiB", "MiB", "GiB", "TiB", "PiB"}
	for f >= 1024 && unit < len(units)-1 {
		f /= 1024
		unit++
	}
	return strconv.FormatFloat(f, 'g', 4, 64) + units[unit]
}

// HumanSize prints a size as docker's tables do: decimal units, three significant digits.
func HumanSize(n int64) string { return decimal(n, 3) }

// Size prints a size as docker's sums do: decimal units, four significant digits.
func Size(n int64) string { return decimal(n, 4) }

func decimal(n int64, digits int) string {
	f, unit := float64(n), 0
	units := [...]string{"B", "kB", "MB", "GB", "TB", "PB"}
	for f >= 1000 && unit < len(units)-1 {
		f /= 1000
		unit++
	}
	return strconv.FormatFloat(f, 'g', digits, 64) + units[unit]
}
