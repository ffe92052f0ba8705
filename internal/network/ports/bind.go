// Package ports holds the host's side of published ports: sockets that keep others from taking a
// port, and a proxy behind them.
//
// Connections from outside never come here: the packet filter sends them on (package rules). What the
// filter can't translate does: connections to the host's loopback, whose addresses must not leave
// the host; those to an address of IPv6 for a container that has none; and those from containers to
// the host's address. The proxy splices, so no byte is copied through it.
package ports

import (
	"errors"
	"net/netip"
	"os"
	"strconv"
	"sync/atomic"

	"bantam/internal/network"

	"golang.org/x/sys/unix"
)

// Socket is one port that is held.
type Socket struct {
	Port network.Port
	file *os.File // nil where the kernel has no such protocol
	to   atomic.Pointer[netip.AddrPort]
}

// Bind takes a port of the host; number 0 is any that is free.
func Bind(proto string, at netip.Addr, number int) (*Socket, error) {
	s := &Socket{Port: network.Port{Proto: proto, HostIP: at.String(), Host: number}}
	fd, err := socket(proto, at)
	if proto == "sctp" && (err == unix.EPROTONOSUPPORT || err == unix.ESOCKTNOSUPPORT) && number > 0 {
		return s, nil // nobody else can take it, either
	}
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	if err := open(fd, proto, netip.AddrPortFrom(at, uint16(number))); err != nil {
		unix.Close(fd)
		return nil, err
	}
	if number == 0 {
		if s.Port.Host, err = bound(fd); err != nil {
			unix.Close(fd)
			return nil, err
		}
	}
	s.file = os.NewFile(uintptr(fd), proto)
	return s, nil
}

func socket(proto string, at netip.Addr) (int, error) {
	kind, number := unix.SOCK_STREAM, unix.IPPROTO_TCP
	switch proto {
	case "udp":
		kind, number = unix.SOCK_DGRAM, unix.IPPROTO_UDP
	case "sctp":
		number = unix.IPPROTO_SCTP
	}
	family := unix.AF_INET
	if at.Is6() {
		family = unix.AF_INET6
	}
	return unix.Socket(family, kind|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, number)
}

func open(fd int, proto string, at netip.AddrPort) error {
	if at.Addr().Is6() {
		if err := unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, 1); err != nil {
			return os.NewSyscallError("setsockopt", err)
		}
	}
	if proto == "udp" {
		if err := unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_PKTINFO, 1); at.Addr().Is4() && err != nil {
			return os.NewSyscallError("setsockopt", err)
		}
		if err := unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_RECVPKTINFO, 1); at.Addr().Is6() && err != nil {
			return os.NewSyscallError("setsockopt", err)
		}
	} else if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1); err != nil {
		return os.NewSyscallError("setsockopt", err)
	}
	if err := unix.Bind(fd, sockaddr(at)); err != nil {
		return os.NewSyscallError("bind", err)
	}
	if proto == "udp" {
		return nil
	}
	return os.NewSyscallError("listen", unix.Listen(fd, unix.SOMAXCONN))
}

func sockaddr(a netip.AddrPort) unix.Sockaddr {
	if a.Addr().Is4() {
		return &unix.SockaddrInet4{Port: int(a.Port()), Addr: a.Addr().As4()}
	}
	to := &unix.SockaddrInet6{Port: int(a.Port()), Addr: a.Addr().As16()}
	if n, err := strconv.Atoi(a.Addr().Zone()); err == nil {
		to.ZoneId = uint32(n)
	}
	return to
}

// addrPort is the other way round. An interface of IPv6 is the zone, by its number.
func addrPort(sa unix.Sockaddr) netip.AddrPort {
	switch a := sa.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(a.Addr), uint16(a.Port))
	case *unix.SockaddrInet6:
		ip := netip.AddrFrom16(a.Addr)
		if a.ZoneId != 0 {
			ip = ip.WithZone(strconv.Itoa(int(a.ZoneId)))
		}
		return netip.AddrPortFrom(ip, uint16(a.Port))
	}
	return netip.AddrPort{}
}

func bound(fd int) (int, error) {
	sa, err := unix.Getsockname(fd)
	if err != nil {
		return 0, os.NewSyscallError("getsockname", err)
	}
	return int(addrPort(sa).Port()), nil
}

// Close gives the port back. Connections through the proxy go on until their ends.
func (s *Socket) Close() {
	if s.file != nil {
		s.file.Close()
	}
}

// Taken says that an error of Bind means that somebody else has the port.
func Taken(err error) bool { return errors.Is(err, unix.EADDRINUSE) }

// Absent says that an error of Bind means that the host has no such address: IPv6 is off.
func Absent(err error) bool {
	return errors.Is(err, unix.EADDRNOTAVAIL) || errors.Is(err, unix.EAFNOSUPPORT)
}
