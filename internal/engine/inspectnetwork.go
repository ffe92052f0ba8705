package engine

import (
	"net/netip"
	"strconv"

	"bantam/internal/container/folder"
	"bantam/internal/network"
)

// NetworkSettingsJSON is docker's NetworkSettings.
type NetworkSettingsJSON struct {
	Bridge                 string
	SandboxID              string
	SandboxKey             string
	Ports                  map[string][]PortBindingJSON
	HairpinMode            bool
	LinkLocalIPv6Address   string
	LinkLocalIPv6PrefixLen int
	SecondaryIPAddresses   []string
	SecondaryIPv6Addresses []string
	// Of the default bridge, from before there were other networks.
	EndpointID          string
	Gateway             string
	GlobalIPv6Address   string
	GlobalIPv6PrefixLen int
	IPAddress           string
	IPPrefixLen         int
	IPv6Gateway         string
	MacAddress          string
	Networks            map[string]*EndpointJSON
}

// PortBindingJSON is docker's PortBinding.
type PortBindingJSON struct{ HostIp, HostPort string } //nolint:revive,staticcheck // docker's name

// EndpointJSON is docker's EndpointSettings.
type EndpointJSON struct {
	IPAMConfig          *EndpointIPAMJSON
	Links               []string
	Aliases             []string
	MacAddress          string
	DriverOpts          map[string]string
	GwPriority          int
	NetworkID           string
	EndpointID          string
	Gateway             string
	IPAddress           string
	IPPrefixLen         int
	IPv6Gateway         string
	GlobalIPv6Address   string
	GlobalIPv6PrefixLen int
	DNSNames            []string
}

// EndpointIPAMJSON are the addresses that were asked for.
type EndpointIPAMJSON struct {
	IPv4Address  string   `json:",omitempty"`
	IPv6Address  string   `json:",omitempty"`
	LinkLocalIPs []string `json:",omitempty"`
}

// networkSettings is what docker inspect says of a container's networks.
func (c *container) networkSettings() NetworkSettingsJSON {
	v := NetworkSettingsJSON{Ports: map[string][]PortBindingJSON{}, Networks: map[string]*EndpointJSON{}}
	if special(c.Record.Host.NetworkMode) {
		if c.Record.Host.NetworkMode == network.HostName || c.Record.Host.NetworkMode == network.NoneName {
			v.Networks[c.Record.Host.NetworkMode] = &EndpointJSON{}
		}
		return v
	}
	for i := range c.Record.Networks {
		a := &c.Record.Networks[i]
		v.Networks[a.NetworkName] = asked(a)
	}
	if c.State.Status != folder.Running {
		return v
	}
	v.SandboxID, v.SandboxKey = c.Record.ID, "/proc/"+strconv.Itoa(c.State.Pid)+"/ns/net"
	for _, p := range c.Record.Config.ExposedPorts {
		v.Ports[p] = nil
	}
	for i := range c.State.Networks {
		showEndpoint(&v, &c.State.Networks[i])
	}
	return v
}

func asked(a *network.Attachment) *EndpointJSON {
	e := &EndpointJSON{Links: a.Links, Aliases: a.Aliases, MacAddress: a.MAC, DriverOpts: a.DriverOpts, GwPriority: a.GwPriority, NetworkID: a.Network}
	if a.IPv4 != "" || a.IPv6 != "" || len(a.LinkLocal) > 0 {
		e.IPAMConfig = &EndpointIPAMJSON{a.IPv4, a.IPv6, a.LinkLocal}
	}
	return e
}

// showEndpoint adds a connection that there is.
func showEndpoint(v *NetworkSettingsJSON, p *network.Endpoint) {
	e := v.Networks[p.NetworkName]
	if e == nil {
		e = &EndpointJSON{NetworkID: p.Network}
		v.Networks[p.NetworkName] = e
	}
	e.EndpointID, e.Gateway, e.IPv6Gateway, e.MacAddress, e.DNSNames = p.ID, p.Gateway, p.Gateway6, p.MAC, p.Names
	e.IPAddress, e.IPPrefixLen = splitPrefix(p.IPv4)
	e.GlobalIPv6Address, e.GlobalIPv6PrefixLen = splitPrefix(p.IPv6)
	if p.NetworkName == network.DefaultName {
		v.EndpointID, v.Gateway, v.IPv6Gateway, v.MacAddress = e.EndpointID, e.Gateway, e.IPv6Gateway, e.MacAddress
		v.IPAddress, v.IPPrefixLen, v.GlobalIPv6Address, v.GlobalIPv6PrefixLen = e.IPAddress, e.IPPrefixLen, e.GlobalIPv6Address, e.GlobalIPv6PrefixLen
	}
	for _, b := range p.Ports {
		key := strconv.Itoa(b.Container) + "/" + b.Proto
		v.Ports[key] = append(v.Ports[key], PortBindingJSON{b.HostIP, strconv.Itoa(b.Host)})
	}
}

func splitPrefix(text string) (string, int) {
	p, err := netip.ParsePrefix(text)
	if err != nil {
		return "", 0
	}
	return p.Addr().String(), p.Bits()
}

// bindingsJSON is how docker shows the ports that were asked for.
func bindingsJSON(list []folder.PortBinding) map[string][]PortBindingJSON {
	m := map[string][]PortBindingJSON{}
	for _, b := range list {
		m[b.Port] = append(m[b.Port], PortBindingJSON{b.HostIP, b.HostPort})
	}
	return m
}

// Connections are the networks that the container is to be connected to, by name, with the addresses of those that it is connected to.
func (c *Container) Connections() map[string]*EndpointJSON {
	return (&container{Record: c.Record, State: c.State}).networkSettings().Networks
}
