package dockerfile

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/util/suggest"
)

// expose takes "80", "53/udp", "8000-8010/tcp" and, with a warning, the forms of --publish.
func (s *Stage) expose(x *instructions.ExposeCommand, lint *linter.Linter) error {
	var ports []string
	for _, p := range x.Ports {
		words, err := s.file.lex.ProcessWords(p, s.state.env)
		if err != nil {
			return err
		}
		for _, w := range words {
			list, err := parsePort(w, x, lint)
			if err != nil {
				return err
			}
			ports = append(ports, list...)
		}
	}
	if s.Image.Config.ExposedPorts == nil {
		s.Image.Config.ExposedPorts = map[string]struct{}{}
	}
	for _, p := range ports {
		s.Image.Config.ExposedPorts[p] = struct{}{}
	}
	s.history(fmt.Sprintf("EXPOSE %v", ports), true)
	return nil
}

func parsePort(word string, x *instructions.ExposeCommand, lint *linter.Linter) ([]string, error) {
	rest := word
	ip, host := "", ""
	if i := strings.LastIndexByte(rest, ':'); i >= 0 {
		host, rest = rest[:i], rest[i+1:]
		if i := strings.LastIndexByte(host, ':'); i >= 0 {
			ip, host = host[:i], host[i+1:]
		}
	}
	numbers, proto, _ := strings.Cut(rest, "/")
	if numbers == "" {
		return nil, fmt.Errorf("invalid port: %q: no port specified", word)
	}
	switch strings.ToLower(proto) {
	case "":
		proto = "tcp"
	case "tcp", "udp", "sctp":
	default:
		err := fmt.Errorf("invalid port: %q: invalid proto: %s", word, proto)
		return nil, suggest.WrapError(err, proto, []string{"tcp", "udp", "sctp"}, false)
	}
	checkPort(word, proto, ip+host, x, lint)
	if ip != "" {
		if _, err := netip.ParseAddr(strings.Trim(ip, "[]")); err != nil {
			return nil, errors.New("invalid IP address: " + ip)
		}
	}
	low, high, ok := portRange(numbers)
	if !ok {
		return nil, errors.New("invalid containerPort: " + numbers)
	}
	if _, _, ok := portRange(host); host != "" && !ok {
		return nil, errors.New("invalid hostPort: " + host)
	}
	var list []string
	for n := low; n <= high; n++ {
		list = append(list, strconv.Itoa(n)+"/"+strings.ToLower(proto))
	}
	return list, nil
}

func portRange(s string) (low, high int, ok bool) {
	from, to, isRange := strings.Cut(s, "-")
	if !isRange {
		to = from
	}
	a, err := strconv.ParseUint(from, 10, 16)
	b, bad := strconv.ParseUint(to, 10, 16)
	return int(a), int(b), err == nil && bad == nil && a <= b
}
