package link

import (
	"net/netip"

	"bantam/internal/linux/netlink"

	"golang.org/x/sys/unix"
)

// noLinkLocal is IN6_ADDR_GEN_MODE_NONE (linux/if_link.h).
const noLinkLocal = 1

// up sets an interface up; quiet: without a link-local address of IPv6.
func up(index int, quiet bool) *netlink.Request {
	r := netlink.NewRequest(unix.RTM_NEWLINK, 0, netlink.Link(index, unix.IFF_UP, unix.IFF_UP))
	if quiet {
		at := r.Nest(unix.IFLA_AF_SPEC)
		in := r.Nest(unix.AF_INET6)
		r.Add(unix.IFLA_INET6_ADDR_GEN_MODE, []byte{noLinkLocal})
		r.End(in)
		r.End(at)
	}
	return r
}

func family(a netip.Addr) byte {
	if a.Is4() {
		return unix.AF_INET
	}
	return unix.AF_INET6
}

// address gives an interface an address. Nobody else has it: IPv6 need not ask around.
func address(index int, p netip.Prefix) *netlink.Request {
	a := p.Addr()
	fixed := make([]byte, unix.SizeofIfAddrmsg)
	fixed[0], fixed[1], fixed[2] = family(a), byte(p.Bits()), unix.IFA_F_PERMANENT
	if a.Is6() {
		fixed[2] |= unix.IFA_F_NODAD
	}
	if a.IsLinkLocalUnicast() {
		fixed[3] = unix.RT_SCOPE_LINK
	}
	put32(fixed[4:], uint32(index))
	r := netlink.NewRequest(unix.RTM_NEWADDR, unix.NLM_F_CREATE|unix.NLM_F_EXCL, fixed)
	r.Add(unix.IFA_LOCAL, a.AsSlice())
	r.Add(unix.IFA_ADDRESS, a.AsSlice())
	if a.Is4() && p.Bits() < 31 {
		r.Add(unix.IFA_BROADCAST, last(p).AsSlice())
	}
	return r
}

// last is the highest address of a subnet.
func last(p netip.Prefix) netip.Addr {
	b := p.Masked().Addr().AsSlice()
	for i := p.Bits(); i < len(b)*8; i++ {
		b[i/8] |= 1 << (7 - i%8)
	}
	a, _ := netip.AddrFromSlice(b)
	return a
}

// route sends what has no route of its own through a gateway, or to the interface where there is none.
func route(index int, v6 bool, gateway netip.Addr) *netlink.Request {
	fixed := make([]byte, unix.SizeofRtMsg)
	fixed[0] = unix.AF_INET
	if v6 {
		fixed[0] = unix.AF_INET6
	}
	fixed[4], fixed[5], fixed[7] = unix.RT_TABLE_MAIN, unix.RTPROT_BOOT, unix.RTN_UNICAST
	if !gateway.IsValid() {
		fixed[6] = unix.RT_SCOPE_LINK
	}
	r := netlink.NewRequest(unix.RTM_NEWROUTE, unix.NLM_F_CREATE|unix.NLM_F_REPLACE, fixed)
	if gateway.IsValid() {
		r.Add(unix.RTA_GATEWAY, gateway.AsSlice())
	}
	r.Add32(unix.RTA_OIF, uint32(index))
	return r
}

// noRoute takes the default route of a family away.
func noRoute(v6 bool) *netlink.Request {
	fixed := make([]byte, unix.SizeofRtMsg)
	fixed[0] = unix.AF_INET
	if v6 {
		fixed[0] = unix.AF_INET6
	}
	fixed[4], fixed[6] = unix.RT_TABLE_MAIN, unix.RT_SCOPE_NOWHERE
	return netlink.NewRequest(unix.RTM_DELROUTE, 0, fixed)
}

func put32(b []byte, n uint32) {
	b[0], b[1], b[2], b[3] = byte(n), byte(n>>8), byte(n>>16), byte(n>>24)
}
