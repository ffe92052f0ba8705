package local

import (
	"errors"
	"strconv"
	"strings"
)

// expose adds ports: "80", "80/udp" or "8000-8010/tcp".
func (p *Process) expose(rest string) error {
	for _, w := range strings.Fields(rest) {
		w, err := p.expand(w)
		if err != nil {
			return err
		}
		first, last, proto, err := ports(w)
		if err != nil {
			return err
		}
		if p.ExposedPorts == nil {
			p.ExposedPorts = map[string]struct{}{}
		}
		for n := first; n <= last; n++ {
			p.ExposedPorts[strconv.Itoa(n)+"/"+proto] = struct{}{}
		}
	}
	return nil
}

func ports(s string) (first, last int, proto string, err error) {
	numbers, proto, given := strings.Cut(s, "/")
	proto = strings.ToLower(proto)
	switch {
	case !given:
		proto = "tcp"
	case proto != "tcp" && proto != "udp" && proto != "sctp":
		return 0, 0, "", errors.New("invalid proto: " + proto)
	}
	from, to, isRange := strings.Cut(numbers, "-")
	if !isRange {
		to = from
	}
	low, err := strconv.ParseUint(from, 10, 16)
	high, bad := strconv.ParseUint(to, 10, 16)
	if err != nil || bad != nil || low > high {
		return 0, 0, "", errors.New("invalid containerPort: " + numbers)
	}
	return int(low), int(high), proto, nil
}
