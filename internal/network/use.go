package network

import (
	"math"
	"net/netip"
)

// SubnetUse is how many addresses of a subnet are taken, and how many containers can still be given
// without being asked for by name. Numbers that are too large stay at the largest.
type SubnetUse struct {
	Subnet     netip.Prefix
	Used, Free uint64
}

// Use counts the addresses of each subnet. The subnet's own and IPv4's broadcast address are taken, too.
func (f Folder) Use(n *Network) ([]SubnetUse, error) {
	taken, err := f.taken()
	if err != nil {
		return nil, err
	}
	var list []SubnetUse
	for i := range n.IPAM.Pools {
		if p := n.IPAM.Pools[i].parse(); p != nil {
			list = append(list, p.use(taken))
		}
	}
	return list, nil
}

func (p *pool) use(taken map[netip.Addr]bool) SubnetUse {
	u := SubnetUse{Subnet: p.subnet, Free: size(p.span)}
	out := func(a netip.Addr) {
		u.Used++
		if p.span.Contains(a) && u.Free != math.MaxUint64 {
			u.Free--
		}
	}
	for a := range taken {
		if p.subnet.Contains(a) {
			out(a)
		}
	}
	if p.subnet.Bits() < p.subnet.Addr().BitLen()-1 {
		out(p.subnet.Masked().Addr())
		if p.subnet.Addr().Is4() {
			out(last(p.subnet))
		}
	}
	return u
}

// size is the number of a prefix' addresses.
func size(p netip.Prefix) uint64 {
	bits := p.Addr().BitLen() - p.Bits()
	if bits >= 64 {
		return math.MaxUint64
	}
	return 1 << bits
}

// last is the highest address of a prefix.
func last(p netip.Prefix) netip.Addr {
	b := p.Masked().Addr().AsSlice()
	for i := p.Bits(); i < len(b)*8; i++ {
		b[i/8] |= 0x80 >> (i % 8)
	}
	a, _ := netip.AddrFromSlice(b)
	return a
}
