package network

import (
	"crypto/sha256"
	"errors"
	"net/netip"
	"slices"
)

// Subnets are those of the network's pools.
func (n *Network) Subnets() (list []netip.Prefix) {
	for i := range n.IPAM.Pools {
		if p := n.IPAM.Pools[i].parse(); p != nil {
			list = append(list, p.subnet)
		}
	}
	return list
}

// Plan completes the address plan: a subnet of each family that the network has and nobody has given
// one for, and a gateway for each. Subnets of other networks must not overlap; those that the host knows of
// keep only from choosing.
func (n *Network) Plan(networks, host []netip.Prefix) error {
	for _, p := range n.Subnets() {
		if slices.ContainsFunc(networks, p.Overlaps) {
			return errors.New("invalid pool request: Pool overlaps with other one on this address space")
		}
	}
	taken := append(append([]netip.Prefix(nil), networks...), host...)
	if _, has := n.pool(0, netip.Addr{}); n.IPv4 && !has {
		p := defaultPool(taken)
		if !p.IsValid() {
			return errors.New("all predefined address pools have been fully subnetted: name a --subnet")
		}
		n.IPAM.Pools = append(n.IPAM.Pools, Pool{Subnet: p.String()})
	}
	if _, has := n.pool(1, netip.Addr{}); n.IPv6 && !has {
		n.IPAM.Pools = append(n.IPAM.Pools, Pool{Subnet: uniqueLocal(n.ID).String()})
	}
	for i := range n.IPAM.Pools {
		n.IPAM.Pools[i].giveGateway(n)
	}
	return nil
}

// defaultPool is the first of docker's default pools that is free: 172.17.0.0/16 to 172.31.0.0/16, then
// 192.168.0.0/20 to 192.168.240.0/20.
func defaultPool(taken []netip.Prefix) netip.Prefix {
	for i := 17; i <= 31; i++ {
		p := netip.PrefixFrom(netip.AddrFrom4([4]byte{172, byte(i)}), 16)
		if !slices.ContainsFunc(taken, p.Overlaps) {
			return p
		}
	}
	for i := 0; i < 256; i += 16 {
		p := netip.PrefixFrom(netip.AddrFrom4([4]byte{192, 168, byte(i)}), 20)
		if !slices.ContainsFunc(taken, p.Overlaps) {
			return p
		}
	}
	return netip.Prefix{}
}

// uniqueLocal is a subnet of RFC 4193 that nobody else has drawn.
func uniqueLocal(id string) netip.Prefix {
	sum := sha256.Sum256([]byte(id))
	var b [16]byte
	b[0] = 0xfd
	copy(b[1:8], sum[:])
	return netip.PrefixFrom(netip.AddrFrom16(b), 64)
}

// giveGateway gives a subnet its first address as gateway, unless the user said which, or it leads nowhere.
func (p *Pool) giveGateway(n *Network) {
	subnet := p.parse()
	if p.Gateway != "" || subnet == nil || n.Driver == "ipvlan" && n.Options["ipvlan_mode"] != "" && n.Options["ipvlan_mode"] != "l2" {
		return
	}
	first := (&pool{subnet.subnet, subnet.subnet}).first()
	for p.isAux(first) {
		first = first.Next()
	}
	p.Gateway = first.String()
}

func (p *Pool) isAux(a netip.Addr) bool {
	for _, text := range p.Aux {
		if x, err := netip.ParseAddr(text); err == nil && x == a {
			return true
		}
	}
	return false
}
