package rules

import (
	"net/netip"

	"bantam/internal/linux/netlink/nft"
	"bantam/internal/network"

	"golang.org/x/sys/unix"
)

// The sets of table inet. A table of another layout has another name for the first, so that
// it counts as gone.
var (
	bridges  = nft.Set{Name: "bridges-2", ID: 1, Key: []nft.Type{nft.IfName}}
	internal = nft.Set{Name: "internal", ID: 2, Key: []nft.Type{nft.IfName}}
	same     = nft.Set{Name: "same", ID: 3, Key: []nft.Type{nft.IfName, nft.IfName}}
	masq4    = nft.Set{Name: "masquerade4", ID: 4, Key: []nft.Type{nft.Addr4}, Interval: true}
	masq6    = nft.Set{Name: "masquerade6", ID: 5, Key: []nft.Type{nft.Addr6}, Interval: true}
	any4     = nft.Set{Name: "ports4", ID: 6, Key: []nft.Type{nft.Protocol, nft.Service}, Value: []nft.Type{nft.Addr4, nft.Service}}
	any6     = nft.Set{Name: "ports6", ID: 7, Key: []nft.Type{nft.Protocol, nft.Service}, Value: []nft.Type{nft.Addr6, nft.Service}}
	host4    = nft.Set{Name: "host-ports4", ID: 8, Key: []nft.Type{nft.Addr4, nft.Protocol, nft.Service}, Value: []nft.Type{nft.Addr4, nft.Service}}
	host6    = nft.Set{Name: "host-ports6", ID: 9, Key: []nft.Type{nft.Addr6, nft.Protocol, nft.Service}, Value: []nft.Type{nft.Addr6, nft.Service}}
)

// inetRules is the number of rules that inet makes.
const inetRules = 19

func inet(b *nft.Batch, f *Facts) {
	for _, s := range [...]nft.Set{bridges, internal, same, masq4, masq6, any4, any6, host4, host6} {
		b.AddSet(s)
	}
	for _, c := range [...]nft.Chain{
		{Name: "prerouting", Kind: "nat", Hook: unix.NF_INET_PRE_ROUTING, Priority: -100},
		{Name: "output", Kind: "nat", Hook: unix.NF_INET_LOCAL_OUT, Priority: -100},
		{Name: "postrouting", Kind: "nat", Hook: unix.NF_INET_POST_ROUTING, Priority: 100},
		{Name: "forward", Kind: "filter", Hook: unix.NF_INET_FORWARD},
		{Name: "input", Kind: "filter", Hook: unix.NF_INET_LOCAL_IN},
	} {
		b.AddChain(c)
	}
	natRules(b)
	filterRules(b)
	for _, n := range f.Networks {
		elements(b, n)
	}
}

// elements are those of one network.
func elements(b *nft.Batch, n *network.Network) {
	name := nft.Element{Key: nft.Name(n.Interface)}
	b.AddElements(bridges.Name, name)
	b.AddElements(same.Name, nft.Element{Key: nft.Key(name.Key, name.Key)})
	if n.Internal {
		b.AddElements(internal.Name, name)
		return
	}
	if n.Options[network.OptionMasquerade] == "false" {
		return
	}
	for i := range n.IPAM.Pools {
		p, err := netip.ParsePrefix(n.IPAM.Pools[i].Subnet)
		if err != nil {
			continue
		}
		set := masq6.Name
		if p.Addr().Is4() {
			set = masq4.Name
		}
		b.AddElements(set, nft.Range(p.Masked().Addr().AsSlice(), end(p))...)
	}
}

// end is the first address behind a subnet; the all zero one behind the last.
func end(p netip.Prefix) []byte {
	b := p.Masked().Addr().AsSlice()
	for i := p.Bits() - 1; i >= 0; i-- {
		bit := byte(1) << (7 - i%8)
		b[i/8] ^= bit
		if b[i/8]&bit != 0 {
			break
		}
	}
	return b
}

// Expressions that several rules have.
var (
	r0, r4 = nft.R(0), nft.R(4)
	iif    = nft.Meta(unix.NFT_META_IIFNAME, r0)
	oif    = nft.Meta(unix.NFT_META_OIFNAME, r0)
	proto  = nft.Meta(unix.NFT_META_L4PROTO, r0)
	port   = func(to nft.Reg) nft.Expr { return nft.Payload(unix.NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2, to) }
)

// of is the beginning of a rule for one family of addresses.
func of(family byte, rest ...nft.Expr) []nft.Expr {
	return append([]nft.Expr{nft.Meta(unix.NFT_META_NFPROTO, r0), nft.Compare(r0, []byte{family})}, rest...)
}

// ip loads bytes of the IP header.
func ip(offset, size uint32, to nft.Reg) nft.Expr {
	return nft.Payload(unix.NFT_PAYLOAD_NETWORK_HEADER, offset, size, to)
}

func natRules(b *nft.Batch) {
	b.AddRule("prerouting", iif, nft.In(bridges, r0), proto, nft.Differ(r0, []byte{unix.IPPROTO_SCTP}), nft.Return())
	b.AddRule("output", of(unix.NFPROTO_IPV4, ip(16, 1, r0), nft.Compare(r0, []byte{127}), nft.Return())...)
	b.AddRule("output", of(unix.NFPROTO_IPV6, ip(24, 16, r0), nft.Compare(r0, netip.IPv6Loopback().AsSlice()), nft.Return())...)
	local := []nft.Expr{nft.AddrType(r0), nft.Compare(r0, []byte{unix.RTN_LOCAL, 0, 0, 0})}
	for _, chain := range [...]string{"prerouting", "output"} {
		for _, x := range [...][]nft.Expr{
			{ip(16, 4, r0), nft.Meta(unix.NFT_META_L4PROTO, nft.R(1)), port(nft.R(2)), nft.Map(host4, r0, r4), nft.DNAT(unix.NFPROTO_IPV4, r4, nft.R(5))},
			{proto, port(nft.R(1)), nft.Map(any4, r0, r4), nft.DNAT(unix.NFPROTO_IPV4, r4, nft.R(5))},
		} {
			b.AddRule(chain, of(unix.NFPROTO_IPV4, append(local[:2:2], x...)...)...)
		}
		for _, x := range [...][]nft.Expr{
			{ip(24, 16, r0), nft.Meta(unix.NFT_META_L4PROTO, r4), port(nft.R(5)), nft.Map(host6, r0, nft.R(8)), nft.DNAT(unix.NFPROTO_IPV6, nft.R(8), nft.R(12))},
			{proto, port(nft.R(1)), nft.Map(any6, r0, r4), nft.DNAT(unix.NFPROTO_IPV6, r4, nft.R(8))},
		} {
			b.AddRule(chain, of(unix.NFPROTO_IPV6, append(local[:2:2], x...)...)...)
		}
	}
	b.AddRule("postrouting", of(unix.NFPROTO_IPV4, ip(12, 4, r0), nft.In(masq4, r0), oif, nft.NotIn(bridges, r0), nft.Masquerade())...)
	b.AddRule("postrouting", of(unix.NFPROTO_IPV6, ip(8, 16, r0), nft.In(masq6, r0), oif, nft.NotIn(bridges, r0), nft.Masquerade())...)
}

// Bits of connection tracking (linux/netfilter/nf_conntrack_common.h, in the filter's form).
const (
	established, related = 2, 4   // of its state
	translated           = 1 << 5 // IPS_DST_NAT, of its status
)

func filterRules(b *nft.Batch) {
	zero := make([]byte, 4)
	b.AddRule("forward", nft.Conntrack(unix.NFT_CT_STATE, r0), nft.And(r0, []byte{established | related, 0, 0, 0}), nft.Differ(r0, zero), nft.Accept())
	b.AddRule("forward", nft.Conntrack(unix.NFT_CT_STATUS, r0), nft.And(r0, []byte{translated, 0, 0, 0}), nft.Differ(r0, zero), nft.Accept())
	b.AddRule("forward", iif, nft.Meta(unix.NFT_META_OIFNAME, r4), nft.In(same, r0), nft.Accept())
	b.AddRule("forward", oif, nft.In(bridges, r0), nft.Drop())
	b.AddRule("forward", iif, nft.In(internal, r0), nft.Drop())
	b.AddRule("input", append([]nft.Expr{iif, nft.In(bridges, r0)}, of(unix.NFPROTO_IPV4, ip(16, 1, r0), nft.Compare(r0, []byte{127}), nft.Drop())...)...)
}

// portElement is a published port in its map. The loopback's ports are the proxy's alone: the
// kernel lets nothing of 127.0.0.0/8 and ::1 leave the host.
func portElement(e *network.Endpoint, p *network.Port) (set string, el nft.Element, ok bool) {
	host, err := netip.ParseAddr(p.HostIP)
	number, known := protocols(p.Proto)
	if err != nil || !known || p.Host == 0 || host.IsLoopback() {
		return "", el, false
	}
	text, all, one := e.IPv4, any4.Name, host4.Name
	if host.Is6() {
		text, all, one = e.IPv6, any6.Name, host6.Name
	}
	to, err := netip.ParsePrefix(text)
	if err != nil {
		return "", el, false
	}
	el.Value = nft.Key(to.Addr().AsSlice(), nft.Port(p.Container))
	if host.IsUnspecified() {
		el.Key = nft.Key([]byte{number}, nft.Port(p.Host))
		return all, el, true
	}
	el.Key = nft.Key(host.AsSlice(), []byte{number}, nft.Port(p.Host))
	return one, el, true
}

func protocols(name string) (number byte, ok bool) {
	switch name {
	case "tcp":
		return unix.IPPROTO_TCP, true
	case "udp":
		return unix.IPPROTO_UDP, true
	case "sctp":
		return unix.IPPROTO_SCTP, true
	}
	return 0, false
}
