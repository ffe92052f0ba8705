package link

import (
	"net/netip"
	"time"

	"bantam/internal/linux/netlink"

	"golang.org/x/sys/unix"
)

// Subnets are those that the host has routes to, without the default ones.
func Subnets() (list []netip.Prefix, err error) {
	c, err := netlink.Open()
	if err != nil {
		return nil, err
	}
	defer c.Close()
	err = routes(c, func(dst netip.Prefix, _ int) {
		if dst.IsValid() {
			list = append(list, dst)
		}
	})
	return list, err
}

// routes calls each for the host's routes; the default route has no destination.
func routes(c *netlink.Conn, each func(dst netip.Prefix, index int)) error {
	return c.List(unix.RTM_GETROUTE, make([]byte, unix.SizeofRtMsg), func(m netlink.Message) error {
		if m.Byte(7) != unix.RTN_UNICAST {
			return nil // local and broadcast addresses, which belong to a subnet
		}
		a := m.Attributes(unix.SizeofRtMsg)
		dst := netip.Prefix{}
		if ip, ok := netip.AddrFromSlice(a.Get(unix.RTA_DST)); ok {
			dst = netip.PrefixFrom(ip, int(m.Byte(1)))
		}
		each(dst, int(a.Uint32(unix.RTA_OIF)))
		return nil
	})
}

// MTU is that of the interface that leads out, so that containers' packets fit; 1500 where nothing does.
func MTU() int {
	const ordinary = 1500
	c, err := netlink.Open()
	if err != nil {
		return ordinary
	}
	defer c.Close()
	out := 0
	_ = routes(c, func(dst netip.Prefix, index int) {
		if !dst.IsValid() && out == 0 {
			out = index
		}
	})
	if out == 0 {
		return ordinary
	}
	m, err := c.Get(netlink.NewRequest(unix.RTM_GETLINK, 0, netlink.Link(out, 0, 0)))
	if n := m.Attributes(unix.SizeofIfInfomsg).Uint32(unix.IFLA_MTU); err == nil && n > 0 {
		return int(n)
	}
	return ordinary
}

// Exclusive makes those who choose subnets on this host take turns, also those of other roots: there is
// one socket of that name in a network namespace. Whoever does not let it go is waited for only so long.
func Exclusive() (free func()) {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return func() {}
	}
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if unix.Bind(fd, &unix.SockaddrUnix{Name: "@bantam/subnets"}) != unix.EADDRINUSE {
			break
		}
	}
	return func() { unix.Close(fd) }
}
