package docker

import (
	"bytes"
	"net/http"
	"net/netip"
	"slices"

	"bantam/internal/engine"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/mount"
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
	lines, err := s.containers.Lines(o, func(e *engine.Container) []byte { return text(summary(e)) })
	if err != nil {
		return err
	}
	return c.replyText(http.StatusOK, slices.Concat([]byte("["), bytes.Join(lines, []byte(",")), []byte("]\n")))
}

func ports(list []engine.Port) []container.PortSummary {
	out := make([]container.PortSummary, 0, len(list))
	for _, p := range list {
		ip, _ := netip.ParseAddr(p.HostIP) // an exposed port has none
		out = append(out, container.PortSummary{IP: ip, PrivatePort: uint16(p.Container), PublicPort: uint16(p.Host), Type: p.Proto})
	}
	return out
}

// endpointSummary has no addresses where the container does not run.
func endpointSummary(n *engine.EndpointJSON) *network.EndpointSettings {
	e := &network.EndpointSettings{
		Links: n.Links, Aliases: n.Aliases, DriverOpts: n.DriverOpts, GwPriority: n.GwPriority, NetworkID: n.NetworkID, EndpointID: n.EndpointID,
		IPPrefixLen: n.IPPrefixLen, GlobalIPv6PrefixLen: n.GlobalIPv6PrefixLen, DNSNames: n.DNSNames,
	}
	for to, text := range map[*netip.Addr]string{&e.Gateway: n.Gateway, &e.IPAddress: n.IPAddress, &e.IPv6Gateway: n.IPv6Gateway, &e.GlobalIPv6Address: n.GlobalIPv6Address} {
		*to, _ = netip.ParseAddr(text)
	}
	_ = e.MacAddress.UnmarshalText([]byte(n.MacAddress))
	return e
}

func mountPoint(m *engine.MountJSON) container.MountPoint {
	return container.MountPoint{
		Type: mount.Type(m.Type), Name: m.Name, Source: m.Source, Destination: m.Destination, Driver: m.Driver, Mode: m.Mode, RW: m.RW, Propagation: mount.Propagation(m.Propagation),
	}
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
	for name, n := range e.Connections() {
		s.NetworkSettings.Networks[name] = endpointSummary(n)
	}
	for _, m := range e.MountPoints() {
		s.Mounts = append(s.Mounts, mountPoint(&m))
	}
	s.HostConfig.NetworkMode, s.HostConfig.Annotations = e.Host.NetworkMode, e.Host.Annotations
	return s
}
