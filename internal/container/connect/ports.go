package connect

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"bantam/internal/container/folder"
	"bantam/internal/network"
	"bantam/internal/network/ports"
)

// publish takes the host's ports, for the endpoint that leads to the host.
func (c *Container) publish() error {
	j := c.exposed()
	if j == nil {
		return nil
	}
	for _, b := range c.bindings() {
		if err := c.bind(j, b); err != nil {
			return fmt.Errorf("driver failed programming external connectivity on endpoint %s (%s): %w", c.record.Name, j.Endpoint.ID, err)
		}
	}
	return nil
}

// exposed is the endpoint that the published ports belong to.
func (c *Container) exposed() *joint {
	for _, v6 := range [...]bool{false, true} {
		if j := c.gateway(v6); j != nil && (j.Network.Driver == "bridge" || j.Network.Driver == driverCNI) {
			return j
		}
	}
	return nil
}

// bindings are those of the record, and with --publish-all one for each exposed port that has none.
func (c *Container) bindings() []folder.PortBinding {
	h := &c.record.Host
	list := h.PortBindings
	if !h.PublishAllPorts {
		return list
	}
	for _, p := range c.record.Config.ExposedPorts {
		if !slices.ContainsFunc(list, func(b folder.PortBinding) bool { return b.Port == p }) {
			list = append(list[:len(list):len(list)], folder.PortBinding{Port: p})
		}
	}
	return list
}

// bind takes one port, the first of a range that is free at all addresses.
func (c *Container) bind(j *joint, b folder.PortBinding) error {
	text, proto, _ := strings.Cut(b.Port, "/")
	inside, err := strconv.Atoi(text)
	if err != nil {
		return fmt.Errorf("invalid port %q", b.Port)
	}
	first, last := HostPorts(b.HostPort)
	if first == 0 {
		last = 9 // any: as many tries
	}
	for n := first; ; n++ {
		at := n
		if first == 0 {
			at = 0
		}
		list, err := c.bindAll(j, b.HostIP, proto, at)
		if err == nil {
			for _, s := range list {
				s.Port.Container = inside
				j.Endpoint.Ports = append(j.Endpoint.Ports, s.Port)
			}
			c.sockets = append(c.sockets, list...)
			return nil
		}
		if !ports.Taken(err) || n >= last {
			return c.refusal(b, proto, at, err)
		}
	}
}

// HostPorts reads the host's part of a published port: a number, a range, or any (0).
func HostPorts(text string) (first, last int) {
	a, b, isRange := strings.Cut(text, "-")
	first, _ = strconv.Atoi(a)
	last = first
	if isRange {
		last, _ = strconv.Atoi(b)
	}
	return first, last
}

// bindAll takes a port at all addresses it is published at, the same for all.
func (c *Container) bindAll(j *joint, ip, proto string, number int) (list []*ports.Socket, err error) {
	for i, at := range addresses(j.Network, ip) {
		s, err := ports.Bind(proto, at, number)
		if err != nil && i > 0 && ports.Absent(err) {
			continue // a host without IPv6
		}
		if err != nil {
			for _, s := range list {
				s.Close()
			}
			return nil, err
		}
		list, number = append(list, s), s.Port.Host
	}
	return list, nil
}

// addresses are the host's that a port is published at: by default all of both families.
func addresses(n *network.Network, ip string) []netip.Addr {
	if own := n.Options[network.OptionHostIP]; ip == "" && own != "0.0.0.0" {
		ip = own
	}
	if a, err := netip.ParseAddr(ip); err == nil {
		return []netip.Addr{a.Unmap()}
	}
	return []netip.Addr{netip.IPv4Unspecified(), netip.IPv6Unspecified()}
}

// refusal says who has the port.
func (c *Container) refusal(b folder.PortBinding, proto string, number int, err error) error {
	at := "0.0.0.0"
	if b.HostIP != "" {
		at = b.HostIP
	}
	if !ports.Taken(err) {
		return fmt.Errorf("failed to bind host port %s:%d/%s: %w", at, number, proto, err)
	}
	if b.HostPort == "" {
		return fmt.Errorf("no port of the host is free for %s", b.Port)
	}
	if name := c.holder(proto, number); name != "" {
		return fmt.Errorf("Bind for %s:%s failed: port is already allocated: container %s has it", at, b.HostPort, name)
	}
	if pid, name := ports.Owner(proto, number); pid > 0 {
		return fmt.Errorf("failed to bind host port %s:%s/%s: address already in use: process %d (%s) has it", at, b.HostPort, proto, pid, name)
	}
	return fmt.Errorf("failed to bind host port %s:%s/%s: address already in use", at, b.HostPort, proto)
}

// holder finds the container that has published a port.
func (c *Container) holder(proto string, number int) string {
	list, _ := c.host.Containers.List()
	for _, f := range list {
		st, err := f.ReadState()
		if err != nil || f.ID() == c.record.ID {
			continue
		}
		for i := range st.Networks {
			if slices.ContainsFunc(st.Networks[i].Ports, func(p network.Port) bool { return p.Proto == proto && p.Host == number }) {
				if r, err := f.ReadRecord(); err == nil && st.Alive() {
					return r.Name
				}
			}
		}
	}
	return ""
}

// serve lets the proxies begin.
func (c *Container) serve() {
	j := c.exposed()
	for _, s := range c.sockets {
		if j != nil {
			s.Serve(j.target(&s.Port))
		}
	}
}

// target is where the proxy of a port leads: to the container's address of the same family if it has one.
func (j *joint) target(p *network.Port) netip.AddrPort {
	v4, err4 := netip.ParsePrefix(j.Endpoint.IPv4)
	v6, err6 := netip.ParsePrefix(j.Endpoint.IPv6)
	host, _ := netip.ParseAddr(p.HostIP)
	if err4 == nil && (host.Is4() || err6 != nil) {
		return netip.AddrPortFrom(v4.Addr(), uint16(p.Container))
	}
	return netip.AddrPortFrom(v6.Addr(), uint16(p.Container))
}

func (c *Container) closeSockets() {
	for _, s := range c.sockets {
		s.Close()
	}
	c.sockets = nil
}
