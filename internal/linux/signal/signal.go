// Package signal reads the names of signals.
package signal

import (
	"errors"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Parse reads a number (0 to 64) or a name, with SIG or without, in any case;
// SIGRTMIN+N and SIGRTMAX-N are counted as glibc and kill(1) do.
func Parse(s string) (unix.Signal, error) {
	if n, err := strconv.Atoi(s); err == nil {
		if n < 0 || n > 64 {
			return 0, errors.New("unknown signal " + strconv.Quote(s))
		}
		return unix.Signal(n), nil
	}
	name := strings.ToUpper(s)
	if !strings.HasPrefix(name, "SIG") {
		name = "SIG" + name
	}
	if sig := unix.SignalNum(name); sig != 0 {
		return sig, nil
	}
	if n, ok := realTime(name); ok {
		return n, nil
	}
	return 0, errors.New("unknown signal " + strconv.Quote(s))
}

func realTime(name string) (unix.Signal, bool) {
	base, sign, rest := 34, 1, ""
	switch {
	case strings.HasPrefix(name, "SIGRTMIN"):
		rest = strings.TrimPrefix(name[len("SIGRTMIN"):], "+")
	case strings.HasPrefix(name, "SIGRTMAX"):
		base, sign, rest = 64, -1, strings.TrimPrefix(name[len("SIGRTMAX"):], "-")
	default:
		return 0, false
	}
	if rest == "" {
		rest = "0"
	}
	n, err := strconv.Atoi(rest)
	n = base + sign*n
	return unix.Signal(n), err == nil && n >= 34 && n <= 64
}
