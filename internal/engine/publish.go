package engine

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"bantam/internal/container/folder"
)

// PublishSpec reads a value of --publish: [[IP:]HOST:]CONTAINER[/PROTOCOL], ports or ranges, or the long
// form of pairs target=, published=, protocol=, mode=.
func PublishSpec(text string) ([]folder.PortBinding, error) {
	if strings.Contains(text, "=") {
		return longPublish(text)
	}
	rest, proto, _ := strings.Cut(text, "/")
	host, container, has := cutLast(rest, ':')
	if !has {
		host, container = "", rest
	}
	ip, port, has := cutLast(host, ':')
	if !has {
		ip, port = "", host
	}
	return expand(text, strings.Trim(ip, "[]"), port, container, proto)
}

func cutLast(s string, sep byte) (before, after string, found bool) {
	if i := strings.LastIndexByte(s, sep); i >= 0 {
		return s[:i], s[i+1:], true
	}
	return s, "", false
}

func longPublish(text string) ([]folder.PortBinding, error) {
	var target, published, proto string
	for _, f := range strings.Split(text, ",") {
		key, value, ok := strings.Cut(f, "=")
		if !ok || value == "" {
			return nil, fmt.Errorf("invalid field: %s", f)
		}
		switch strings.ToLower(key) {
		case "target":
			target = value
		case "published":
			published = value
		case "protocol":
			proto = value
		case "mode":
			if value != "ingress" && value != "host" {
				return nil, fmt.Errorf("invalid publish mode value (%s): must be either 'ingress' or 'host'", value)
			}
		default:
			return nil, fmt.Errorf("invalid field key: %s", key)
		}
	}
	if target == "" {
		return nil, errors.New("missing mandatory field 'target'")
	}
	return expand(text, "", published, target, proto)
}

// expand makes a binding for each port of a range.
func expand(text, ip, host, container, proto string) ([]folder.PortBinding, error) {
	proto, err := protocol(proto)
	if err != nil {
		return nil, err
	}
	if container == "" {
		return nil, fmt.Errorf("no port specified: %s<empty>", text)
	}
	first, last, err := readRange(container)
	if err != nil {
		return nil, fmt.Errorf("invalid containerPort: %s", container)
	}
	if ip != "" {
		a, err := netip.ParseAddr(ip)
		if err != nil {
			return nil, fmt.Errorf("invalid IP address: %s", ip)
		}
		ip = a.Unmap().String()
	}
	from, to := 0, 0
	if host != "" {
		if from, to, err = readRange(host); err != nil {
			return nil, fmt.Errorf("invalid hostPort: %s", host)
		}
		if to-from != last-first && first != last {
			return nil, fmt.Errorf("invalid ranges specified for container and host Ports: %s and %s", container, host)
		}
	}
	var list []folder.PortBinding
	for n := first; n <= last; n++ {
		b := folder.PortBinding{Port: strconv.Itoa(n) + "/" + proto, HostIP: ip}
		switch {
		case host == "":
		case first == last && from != to:
			b.HostPort = strconv.Itoa(from) + "-" + strconv.Itoa(to)
		default:
			b.HostPort = strconv.Itoa(from + n - first)
			if b.HostPort == "0" {
				b.HostPort = ""
			}
		}
		list = append(list, b)
	}
	return list, nil
}

func protocol(p string) (string, error) {
	switch p = strings.ToLower(p); p {
	case "":
		return "tcp", nil
	case "tcp", "udp", "sctp":
		return p, nil
	}
	return "", fmt.Errorf("invalid proto: %s", p)
}

// readRange reads N or FIRST-LAST.
func readRange(text string) (first, last int, err error) {
	a, b, isRange := strings.Cut(text, "-")
	x, err := strconv.ParseUint(a, 10, 16)
	if err != nil {
		return 0, 0, err
	}
	y := x
	if isRange {
		if y, err = strconv.ParseUint(b, 10, 16); err != nil {
			return 0, 0, err
		}
	}
	if y < x {
		return 0, 0, errors.New("a range that ends before it begins")
	}
	return int(x), int(y), nil
}

// CheckPublish is docker's check of one --publish value.
func CheckPublish(v string) error {
	_, err := PublishSpec(v)
	return err
}

// CheckExpose is docker's check of one --expose value.
func CheckExpose(v string) error {
	_, err := exposeSpec(v)
	return err
}

// exposeSpec reads PORT[-LAST][/PROTOCOL].
func exposeSpec(v string) ([]string, error) {
	if strings.Contains(v, ":") {
		return nil, fmt.Errorf("invalid port format for --expose: %s", v)
	}
	text, proto, _ := strings.Cut(v, "/")
	proto, err := protocol(proto)
	if err != nil {
		return nil, err
	}
	first, last, err := readRange(text)
	if err != nil || first == 0 {
		return nil, fmt.Errorf("invalid range format for --expose: %s", v)
	}
	var list []string
	for n := first; n <= last; n++ {
		list = append(list, strconv.Itoa(n)+"/"+proto)
	}
	return list, nil
}

// ports puts published and exposed ports into the record's form; image are those that the image exposes.
func (o *NetworkOptions) ports(h *folder.HostConfig, image map[string]struct{}) (exposed []string, err error) {
	h.PublishAllPorts, h.PortBindings, h.Links = o.PublishAll, o.Bindings, o.Links
	for _, text := range o.Publish {
		list, err := PublishSpec(text)
		if err != nil {
			return nil, fmt.Errorf("invalid argument %q for \"-p, --publish\" flag: %w", text, err)
		}
		h.PortBindings = append(h.PortBindings, list...)
	}
	add := func(p string) {
		if !slices.Contains(exposed, p) {
			exposed = append(exposed, p)
		}
	}
	for p := range image {
		list, err := exposeSpec(p)
		if err != nil {
			continue // an image's nonsense must not keep it from running
		}
		for _, p := range list {
			add(p)
		}
	}
	slices.SortFunc(exposed, comparePorts)
	for _, text := range o.Expose {
		list, err := exposeSpec(text)
		if err != nil {
			return nil, err
		}
		for _, p := range list {
			add(p)
		}
	}
	for _, b := range h.PortBindings {
		add(b.Port)
	}
	return exposed, nil
}

// comparePorts orders PORT/PROTOCOL by number.
func comparePorts(a, b string) int {
	x, p, _ := strings.Cut(a, "/")
	y, q, _ := strings.Cut(b, "/")
	n, _ := strconv.Atoi(x)
	m, _ := strconv.Atoi(y)
	if n != m {
		return n - m
	}
	return strings.Compare(p, q)
}
