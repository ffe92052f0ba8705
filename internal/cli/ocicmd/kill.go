package ocicmd

import (
	"errors"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

func killCommand() command {
	return command{
		name: "kill", usage: "ID [SIGNAL]", about: "send a signal (SIGTERM) to a container", min: 1, max: 2,
		make: func() (*flags, func(*call, []string) error) {
			all := false
			set := &flags{list: []flag{boolean(&all, "all", "a", "signal every process of the container")}}
			return set, func(c *call, args []string) error {
				sig := unix.SIGTERM
				if len(args) == 2 {
					var err error
					if sig, err = parseSignal(args[1]); err != nil {
						return err
					}
				}
				return c.rt.Kill(args[0], sig, all)
			}
		},
	}
}

// parseSignal reads a number or a name, with SIG or without.
func parseSignal(s string) (unix.Signal, error) {
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

// realTime reads SIGRTMIN+N and SIGRTMAX-N, counted as glibc and kill(1) do.
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
