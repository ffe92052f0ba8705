package docker

import (
	"net/http"
	"net/netip"

	"bantam/internal/engine"
	own "bantam/internal/network"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/network"
)

func (s *Server) listContainers(c *call) error {
	f, err := c.filters()
	if err != nil {
		return err
	}
	limit, err := c.number("limit")
	if err != nil {
		return err
	}
	o := &engine.ListOptions{All: c.flag("all"), Size: c.flag("size"), Filters: f}
	if limit != nil && *limit > 0 {
		o.Last = int(*limit)
	}
	list, err := s.containers.Containers(o)
	if err != nil {
		return err
	}
	out := make([]container.Summary, len(list))
	for i := range list {
		out[i] = summary(&list[i])
	}
	return c.reply(http.StatusOK, out)
}

func ports(list []engine.Port) []container.PortSummary {
	out := make([]container.PortSummary, 0, len(list))
	for _, p := range list {
		ip, _ := netip.ParseAddr(p.HostIP) // an exposed port has none
		out = append(out, container.PortSummary{IP: ip, PrivatePort: uint16(p.Container), PublicPort: uint16(p.Host), Type: p.Proto})
	}
	return out
}

func endpointSummary(n *own.Endpoint) *network.EndpointSettings {
	e := &network.EndpointSettings{NetworkID: n.Network, EndpointID: n.ID}
	e.Gateway, _ = netip.ParseAddr(n.Gateway)
	if p, err := netip.ParsePrefix(n.IPv4); err == nil {
		e.IPAddress, e.IPPrefixLen = p.Addr(), p.Bits()
	}
	if p, err := netip.ParsePrefix(n.IPv6); err == nil {
		e.GlobalIPv6Address, e.GlobalIPv6PrefixLen = p.Addr(), p.Bits()
	}
	_ = e.MacAddress.UnmarshalText([]byte(n.MAC))
	return e
}

// summary is one line of the list.
func summary(e *engine.Container) container.Summary {
	s := container.Summary{
		ID: e.ID, Names: []string{"/" + e.Name}, Image: e.Config.Image, ImageID: e.Image, Command: e.CommandLine(), Created: e.Created.Unix(),
		Ports: ports(e.Ports()), Labels: e.Config.Labels, State: container.ContainerState(e.Word()), Status: e.Text(),
		NetworkSettings: &container.NetworkSettingsSummary{Networks: map[string]*network.EndpointSettings{}},
		Mounts:          []container.MountPoint{},
		SizeRw:          e.SizeRw, SizeRootFs: e.SizeRootFs,
	}
	if s.Labels == nil {
		s.Labels = map[string]string{}
	}
	for _, n := range e.State.Networks {
		s.NetworkSettings.Networks[n.NetworkName] = endpointSummary(&n)
	}
	s.HostConfig.NetworkMode, s.HostConfig.Annotations = e.Host.NetworkMode, e.Host.Annotations
	return s
}
