package option

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"bantam/internal/engine"
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

// Word keeps the last value given as a list of one, which tells an empty value from an absent one.
func Word(to *[]string, name string, short byte, help string) Option {
	return Option{Name: name, Short: short, Type: "string", Help: help, Set: func(v string) error { *to = []string{v}; return nil }}
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

// IntPtr is a whole number that tells 0 from absent.
func IntPtr(to **int64, name string, short byte, help string) Option {
	return Option{Name: name, Short: short, Type: "int", Help: help, Set: func(v string) error {
		n, err := strconv.ParseInt(v, 0, 64)
		if err == nil {
			*to = &n
		}
		return err
	}}
}

// Duration is a time as Go writes it: 1m30s.
func Duration(to *time.Duration, name, help string) Option {
	return Option{Name: name, Type: "duration", Help: help, Set: func(v string) error {
		d, err := time.ParseDuration(v)
		if err == nil {
			*to = d
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
		n, err := engine.ParseBytes(v)
		if err == nil {
			*to = n
		}
		return err
	}}
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

// Filter collects --filter NAME=VALUE.
func Filter(to *engine.Filters, help string) Option {
	return Option{Name: "filter", Short: 'f', Type: "filter", Help: help, Set: to.Add}
}
