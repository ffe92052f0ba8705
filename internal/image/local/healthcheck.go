package local

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// healthcheck reads "NONE", or "[--interval=1s ...] CMD" with a list or a line for the shell.
func (p *Process) healthcheck(rest string) error {
	var h Healthcheck
	rest, err := h.flags(rest)
	if err != nil {
		return err
	}
	end := strings.IndexAny(rest+" ", " \t")
	kind, args := strings.ToUpper(rest[:end]), strings.TrimSpace(rest[end:])
	switch kind {
	case "":
		return errors.New("HEALTHCHECK requires at least one argument")
	case "NONE":
		if args != "" {
			return errors.New("HEALTHCHECK NONE takes no arguments")
		}
		p.Healthcheck = &Healthcheck{Test: []string{"NONE"}}
		return nil
	case "CMD":
		if h.Test, err = healthTest(args); err != nil {
			return err
		}
		p.Healthcheck = &h
		return nil
	}
	return fmt.Errorf("Unknown type %q in HEALTHCHECK (try CMD)", kind)
}

func healthTest(args string) ([]string, error) {
	missing := errors.New("Missing command after HEALTHCHECK CMD")
	if args == "" {
		return nil, missing
	}
	list, isList, err := jsonList(args)
	switch {
	case err != nil:
		return nil, err
	case !isList:
		return []string{"CMD-SHELL", args}, nil
	case len(list) == 0:
		return nil, missing
	}
	return append([]string{"CMD"}, list...), nil
}

// flags takes the options off the front.
func (h *Healthcheck) flags(rest string) (string, error) {
	var seen []string
	for strings.HasPrefix(rest, "--") {
		end := strings.IndexAny(rest+" ", " \t")
		name, value, given := strings.Cut(rest[2:end], "=")
		rest = strings.TrimSpace(rest[end:])
		for _, s := range seen {
			if s == name {
				return "", errors.New("Duplicate flag specified: " + name)
			}
		}
		seen = append(seen, name)
		if err := h.flag(name, value, given); err != nil {
			return "", err
		}
	}
	return rest, nil
}

func (h *Healthcheck) flag(name, value string, given bool) (err error) {
	var to *time.Duration
	switch name {
	case "interval":
		to = &h.Interval
	case "timeout":
		to = &h.Timeout
	case "start-period":
		to = &h.StartPeriod
	case "start-interval":
		to = &h.StartInterval
	case "retries":
	default:
		return errors.New("unknown flag: --" + name)
	}
	switch {
	case !given || value == "":
		return errors.New("Missing a value on flag: " + name)
	case to != nil:
		*to, err = interval(name, value)
		return err
	}
	n, err := strconv.ParseInt(value, 10, 32)
	if err == nil && n < 0 {
		err = errors.New("--retries cannot be negative (" + value + ")")
	}
	h.Retries = int(n)
	return err
}

func interval(name, value string) (time.Duration, error) {
	d, err := time.ParseDuration(value)
	if err == nil && d != 0 && d < time.Millisecond {
		err = fmt.Errorf("Interval %q cannot be less than 1ms", name)
	}
	return d, err
}
