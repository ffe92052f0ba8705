package option

import (
	"errors"
	"strconv"
	"strings"
)

// Bool is a switch.
func Bool(to *bool, name string, short byte, help string) Option {
	return Option{Name: name, Short: short, Help: help, Set: func(v string) error {
		b, err := strconv.ParseBool(v)
		if err == nil {
			*to = b
		}
		return err
	}}
}

// String keeps the last value given.
func String(to *string, name string, short byte, help string) Option {
	return Option{Name: name, Short: short, Type: "string", Help: help, Set: func(v string) error { *to = v; return nil }}
}

// StringPtr tells an empty value from an absent one.
func StringPtr(to **string, name string, short byte, help string) Option {
	return Option{Name: name, Short: short, Type: "string", Help: help, Set: func(v string) error { *to = &v; return nil }}
}

// Int is a whole number.
func Int(to *int64, name string, short byte, help string) Option {
	return Option{Name: name, Short: short, Type: "int", Help: help, Set: func(v string) error {
		n, err := strconv.ParseInt(v, 0, 64)
		if err == nil {
			*to = n
		}
		return err
	}}
}

// List collects every value given; check may be nil.
func List(to *[]string, name string, short byte, check func(string) error, help string) Option {
	return Option{Name: name, Short: short, Type: "list", Help: help, Set: func(v string) error {
		if check != nil {
			if err := check(v); err != nil {
				return err
			}
		}
		*to = append(*to, v)
		return nil
	}}
}

// Bytes is a size as docker reads it: 512, 64k, 1.5g, 10MiB.
func Bytes(to *int64, name string, short byte, help string) Option {
	return Option{Name: name, Short: short, Type: "bytes", Help: help, Set: func(v string) error {
		n, err := ParseBytes(v)
		if err == nil {
			*to = n
		}
		return err
	}}
}

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

// CPUs is a decimal number kept in billionths, docker's NanoCPUs.
func CPUs(to *int64, name string, help string) Option {
	return Option{Name: name, Type: "decimal", Help: help, Set: func(v string) error {
		n, err := parseCPUs(v)
		if err == nil {
			*to = n
		}
		return err
	}}
}

// parseCPUs reads a decimal number of at most nine places.
func parseCPUs(v string) (int64, error) {
	whole, part, _ := strings.Cut(v, ".")
	if len(strings.TrimRight(part, "0")) > 9 {
		return 0, errors.New("value is too precise")
	}
	part = (part + "000000000")[:9]
	n, err := strconv.ParseInt(whole+part, 10, 64)
	if err != nil || v == "" || v == "." {
		return 0, errors.New("failed to parse " + v + " as a rational number")
	}
	return n, nil
}
