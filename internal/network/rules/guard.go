package rules

import (
	"net/netip"
	"slices"

	"bantam/internal/linux/netlink/nft"
	"bantam/internal/network"

	"golang.org/x/sys/unix"
)

// Guarded says that the network's containers may send only what has their own addresses: all
// networks of users; on the default bridge docker's containers may do as they like, too.
func Guarded(n *network.Network) bool {
	return n.Driver == "bridge" && n.Name != network.DefaultName
}

func (f *Facts) guarded() bool { return slices.ContainsFunc(f.Networks, Guarded) }

// The sets of table bridge. Each entry begins with the host's end of a container's interface. sources4 is for what
// most packets are: one look at it lets them pass.
var (
	sources4 = nft.Set{Name: "sources4", ID: 20, Key: []nft.Type{nft.IfName, nft.EtherAddr, nft.Addr4}}
	guarded  = nft.Set{Name: "guarded", ID: 21, Key: []nft.Type{nft.IfName}}
	macs     = nft.Set{Name: "macs", ID: 22, Key: []nft.Type{nft.IfName, nft.EtherAddr}}
	addrs4   = nft.Set{Name: "addresses4", ID: 23, Key: []nft.Type{nft.IfName, nft.Addr4}}
	addrs6   = nft.Set{Name: "addresses6", ID: 24, Key: []nft.Type{nft.IfName, nft.Addr6}}
)

// bridgeRules is the number of rules that bridge makes.
const bridgeRules = 9

func bridge(b *nft.Batch) {
	for _, s := range [...]nft.Set{sources4, guarded, macs, addrs4, addrs6} {
		b.AddSet(s)
	}
	const chain, prerouting, priority = "prerouting", 0, -300 // NF_BR_PRE_ROUTING, NF_BR_PRI_NAT_DST_BRIDGED
	b.AddChain(nft.Chain{Name: chain, Kind: "filter", Hook: prerouting, Priority: priority})
	ether := nft.Payload(unix.NFT_PAYLOAD_LL_HEADER, 6, 6, r4)
	kind := nft.Payload(unix.NFT_PAYLOAD_LL_HEADER, 12, 2, r0)
	arp, v4, v6 := nft.Compare(r0, []byte{8, 6}), nft.Compare(r0, []byte{8, 0}), nft.Compare(r0, []byte{0x86, 0xdd})
	b.AddRule(chain, kind, v4, iif, ether, ip(12, 4, nft.R(6)), nft.In(sources4, r0), nft.Accept())
	b.AddRule(chain, iif, nft.NotIn(guarded, r0), nft.Accept())
	b.AddRule(chain, iif, ether, nft.NotIn(macs, r0), nft.Drop())
	b.AddRule(chain, kind, arp, iif, ip(8, 6, r4), nft.NotIn(macs, r0), nft.Drop())
	b.AddRule(chain, kind, arp, iif, ip(14, 4, r4), nft.In(addrs4, r0), nft.Accept())
	// What a neighbour advertisement says that it has must be its own.
	const icmp, advertisement = unix.IPPROTO_ICMPV6, 136
	transport := func(offset, size uint32, to nft.Reg) nft.Expr {
		return nft.Payload(unix.NFT_PAYLOAD_TRANSPORT_HEADER, offset, size, to)
	}
	b.AddRule(chain, kind, v6, proto, nft.Compare(r0, []byte{icmp}), transport(0, 1, r0), nft.Compare(r0, []byte{advertisement}), iif, transport(8, 16, r4), nft.NotIn(addrs6, r0), nft.Drop())
	// And none of them is a router.
	b.AddRule(chain, kind, v6, proto, nft.Compare(r0, []byte{icmp}), transport(0, 1, r0), nft.Compare(r0, []byte{advertisement - 2}), nft.Drop())
	b.AddRule(chain, kind, v6, iif, ip(8, 16, r4), nft.In(addrs6, r0), nft.Accept())
	b.AddRule(chain, nft.Drop())
}

// guard is what an endpoint has in one of the sets.
type guard struct {
	set  string
	list []nft.Element
}

func guards(e *network.Endpoint) []guard {
	name := nft.Name(e.Peer)
	one := func(field []byte) nft.Element { return nft.Element{Key: nft.Key(name, field)} }
	mac := network.ParseMAC(e.MAC)
	list := []guard{{guarded.Name, []nft.Element{{Key: name}}}, {macs.Name, []nft.Element{one(mac)}}}
	if p, err := netip.ParsePrefix(e.IPv4); err == nil {
		list = append(list, guard{addrs4.Name, []nft.Element{one(p.Addr().AsSlice())}},
			guard{sources4.Name, []nft.Element{{Key: nft.Key(name, mac, p.Addr().AsSlice())}}})
	}
	if p, err := netip.ParsePrefix(e.IPv6); err == nil {
		// Its own, the one it has from its MAC, and none while it asks whether that is free.
		list = append(list, guard{addrs6.Name, []nft.Element{one(p.Addr().AsSlice()), one(linkLocal(mac)), one(make([]byte, 16))}})
	}
	return list
}

// linkLocal is the address that the kernel makes of a MAC (RFC 4291, appendix A).
func linkLocal(m []byte) []byte {
	return []byte{0xfe, 0x80, 0, 0, 0, 0, 0, 0, m[0] ^ 2, m[1], m[2], 0xff, 0xfe, m[3], m[4], m[5]}
}
