package network

import "bantam/internal/statefile"

func (n *Network) members(f *statefile.Fields) {
	f.Str("ID", &n.ID)
	f.Str("Name", &n.Name)
	f.Time("Created", &n.Created)
	f.Str("Driver", &n.Driver)
	f.Flag("IPv4", &n.IPv4)
	f.Flag("IPv6", &n.IPv6)
	f.Flag("Internal", &n.Internal)
	f.Flag("Attachable", &n.Attachable)
	f.Dict("Options", &n.Options)
	f.Dict("Labels", &n.Labels)
	f.Object("IPAM", n.IPAM.members)
	f.Str("Interface", &n.Interface)
	f.Int("MTU", &n.MTU)
}

func (i *IPAM) members(f *statefile.Fields) {
	f.Str("Driver", &i.Driver)
	f.Dict("Options", &i.Options)
	statefile.List(f, "Pools", &i.Pools, func(p *Pool) statefile.Members { return p.members })
}

func (p *Pool) members(f *statefile.Fields) {
	f.Str("Subnet", &p.Subnet)
	f.Str("Range", &p.Range)
	f.Str("Gateway", &p.Gateway)
	f.Dict("Aux", &p.Aux)
	f.Flag("Given", &p.Given)
}

// Members lists an attachment's members for a record.
func (a *Attachment) Members(f *statefile.Fields) {
	f.Str("Network", &a.Network)
	f.Str("NetworkName", &a.NetworkName)
	f.List("Aliases", &a.Aliases)
	f.List("Links", &a.Links)
	f.Str("IPv4", &a.IPv4)
	f.Str("IPv6", &a.IPv6)
	f.List("LinkLocal", &a.LinkLocal)
	f.Str("MAC", &a.MAC)
	f.Dict("DriverOpts", &a.DriverOpts)
	f.Int("GwPriority", &a.GwPriority)
}

// Members lists an endpoint's members for a state.
func (e *Endpoint) Members(f *statefile.Fields) {
	f.Str("Network", &e.Network)
	f.Str("NetworkName", &e.NetworkName)
	f.Str("Driver", &e.Driver)
	f.Str("ID", &e.ID)
	f.Str("Interface", &e.Interface)
	f.Str("Peer", &e.Peer)
	f.Str("MAC", &e.MAC)
	f.Str("IPv4", &e.IPv4)
	f.Str("IPv6", &e.IPv6)
	f.Str("Gateway", &e.Gateway)
	f.Str("Gateway6", &e.Gateway6)
	f.List("Names", &e.Names)
	statefile.List(f, "Ports", &e.Ports, func(p *Port) statefile.Members { return p.Members })
	f.Object("DNS", e.DNS.Members)
}

// Members lists what is known of name servers.
func (d *DNS) Members(f *statefile.Fields) {
	f.List("Servers", &d.Servers)
	f.List("Search", &d.Search)
	f.List("Options", &d.Options)
}

// Members lists a port's members.
func (p *Port) Members(f *statefile.Fields) {
	f.Str("Proto", &p.Proto)
	f.Int("Container", &p.Container)
	f.Str("HostIP", &p.HostIP)
	f.Int("Host", &p.Host)
}
