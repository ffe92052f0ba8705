package engine

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"bantam/internal/container/folder"
	"bantam/internal/network"
)

// Port is a container's port: a published one as it is bound while the container runs, or
// one that is only exposed (Host is 0).
type Port = network.Port

// Ports are what docker ps tells of a container: the published ports of one that runs, and
// the exposed ones that nobody publishes.
func (c *Container) Ports() []Port {
	var list []Port
	if c.Status == folder.Running {
		for _, n := range c.State.Networks {
			for _, p := range n.Ports {
				if p.Container != 0 && !slices.Contains(list, p) {
					list = append(list, p)
				}
			}
		}
	}
	for _, text := range c.Config.ExposedPorts {
		number, proto, _ := strings.Cut(text, "/")
		n, _ := strconv.Atoi(number)
		p := Port{Container: n, Proto: cmp.Or(proto, "tcp")}
		if n != 0 && !slices.ContainsFunc(list, func(o Port) bool { return o.Container == n && o.Proto == p.Proto }) {
			list = append(list, p)
		}
	}
	slices.SortFunc(list, func(a, b Port) int {
		return cmp.Or(cmp.Compare(a.Container, b.Container), cmp.Compare(a.Proto, b.Proto), cmp.Compare(a.HostIP, b.HostIP), cmp.Compare(a.Host, b.Host))
	})
	return list
}

// PublishedPorts are the ports of the host that lead to a container; port is
// PRIVATE_PORT[/PROTO], or empty for all.
func (e *Engine) PublishedPorts(name, port string) ([]Port, error) {
	_, c, err := e.get(name)
	if err != nil {
		return nil, err
	}
	list := slices.DeleteFunc((&Container{Record: c.Record, State: c.State}).Ports(), func(p Port) bool { return p.Host == 0 })
	if port == "" {
		return list, nil
	}
	number, proto, _ := strings.Cut(port, "/")
	proto = cmp.Or(strings.ToLower(proto), "tcp")
	n, err := strconv.ParseUint(number, 10, 16)
	if err != nil {
		return nil, &Invalid{fmt.Errorf("invalid port '%s': %w", port, err)}
	}
	list = slices.DeleteFunc(list, func(p Port) bool { return p.Container != int(n) || p.Proto != proto })
	if len(list) == 0 {
		return nil, fmt.Errorf("no public port '%s' published for %s", port, name)
	}
	return list, nil
}
