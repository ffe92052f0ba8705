package socket

import (
	"strconv"
	"strings"

	"bantam/internal/userland/applet"
)

// Port reads a port: a number, or a service's name in /etc/services.
func Port(name, protocol string) (port int, ok bool) {
	if n, err := strconv.ParseUint(name, 10, 16); err == nil && name[0] != '+' {
		return int(n), true
	}
	eachService(func(service string, n int, p string, names []string) bool {
		if p == protocol {
			for _, s := range names {
				if s == name {
					port, ok = n, true
				}
			}
		}
		return !ok
	})
	return port, ok
}

// Service returns the name of a port in /etc/services, "" if it has none.
func Service(port int, protocol string) (name string) {
	eachService(func(service string, n int, p string, _ []string) bool {
		if n == port && p == protocol {
			name = service
		}
		return name == ""
	})
	return name
}

// eachService walks services(5).
func eachService(f func(name string, port int, protocol string, names []string) bool) {
	in, err := applet.Open("/etc/services")
	if err != nil {
		return
	}
	defer in.Close()
	for {
		line, ok := in.Line()
		if !ok {
			return
		}
		text, _, _ := strings.Cut(string(line), "#")
		words := strings.Fields(text)
		if len(words) < 2 {
			continue
		}
		number, protocol, _ := strings.Cut(words[1], "/")
		port, err := strconv.Atoi(number)
		words[1] = words[0]
		if err == nil && !f(words[0], port, protocol, words[1:]) {
			return
		}
	}
}
