package network

import "net/netip"

// pool is the part of a subnet that addresses are given from.
type pool struct {
	subnet, span netip.Prefix
}

// pool finds the pool of a family (0 is IPv4, 1 IPv6) that a fixed address is in, or the first.
func (n *Network) pool(family int, fixed netip.Addr) (*pool, bool) {
	for i := range n.IPAM.Pools {
		p := n.IPAM.Pools[i].parse()
		if p == nil || p.subnet.Addr().Is4() != (family == 0) {
			continue
		}
		if !fixed.IsValid() || p.subnet.Contains(fixed) {
			return p, true
		}
	}
	return nil, false
}

func (p *Pool) parse() *pool {
	subnet, err := netip.ParsePrefix(p.Subnet)
	if err != nil {
		return nil
	}
	out := &pool{subnet, subnet}
	if r, err := netip.ParsePrefix(p.Range); err == nil {
		out.span = r
	}
	return out
}

func (p *pool) version() int {
	if p.subnet.Addr().Is4() {
		return 4
	}
	return 6
}

// first is the lowest address that a host may have: the subnet's own is none.
func (p *pool) first() netip.Addr {
	a := p.span.Masked().Addr()
	if a == p.subnet.Masked().Addr() && p.subnet.Bits() < a.BitLen()-1 {
		return a.Next()
	}
	return a
}

// has says that the address may be given away.
func (p *pool) has(a netip.Addr) bool { return p.span.Contains(a) && p.usable(a) }

// usable says that a host of the subnet may have the address: the subnet's own is none, nor is IPv4's broadcast address.
func (p *pool) usable(a netip.Addr) bool {
	if p.subnet.Bits() >= a.BitLen()-1 {
		return true
	}
	return a != p.subnet.Masked().Addr() && (a.Is6() || p.subnet.Contains(a.Next()))
}

// Usable says whether a gateway may have the address.
func (p *Pool) Usable(a netip.Addr) bool {
	subnet := p.parse()
	return subnet != nil && subnet.usable(a)
}

// Gateways are the network's own addresses, of each family in its turn; invalid where it has none.
func (n *Network) Gateways() (v4, v6 netip.Prefix) {
	for i := range n.IPAM.Pools {
		p := &n.IPAM.Pools[i]
		subnet := p.parse()
		gw, err := netip.ParseAddr(p.Gateway)
		if subnet == nil || err != nil {
			continue
		}
		at := netip.PrefixFrom(gw, subnet.subnet.Bits())
		if gw.Is4() && !v4.IsValid() {
			v4 = at
		} else if gw.Is6() && !v6.IsValid() {
			v6 = at
		}
	}
	return v4, v6
}
