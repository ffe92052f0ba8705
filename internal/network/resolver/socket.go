package resolver

import (
	"fmt"
	"net/netip"
	"os"
	"strconv"

	"bantam/internal/linux/namespace"

	"golang.org/x/sys/unix"
)

// Address is where the resolver answers inside the container, as docker's does.
var Address = netip.AddrFrom4([4]byte{127, 0, 0, 11})

const port = 53

// Sockets are the resolver's ends inside a network namespace.
type Sockets struct{ UDP, TCP int }

// Listen makes the sockets in the network namespace that the descriptor names, whether its loopback
// interface is up yet or not.
func Listen(netns int) (s Sockets, err error) {
	s = Sockets{-1, -1}
	_, err = namespace.Thread(func() error { return enter(netns) }, func() (int, error) {
		return 0, s.open()
	})
	if err != nil {
		s.Close()
		return s, fmt.Errorf("resolver on %s: %w", Address, err)
	}
	return s, nil
}

func enter(netns int) error { return os.NewSyscallError("setns", unix.Setns(netns, unix.CLONE_NEWNET)) }

func (s *Sockets) open() (err error) {
	at := &unix.SockaddrInet4{Port: hidden, Addr: Address.As4()}
	if divert() != nil { // without nf_tables the port is the resolver's
		at.Port = port
	}
	for i, fd := range [...]*int{&s.UDP, &s.TCP} {
		kind := [...]int{unix.SOCK_DGRAM, unix.SOCK_STREAM}[i]
		if *fd, err = unix.Socket(unix.AF_INET, kind|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0); err != nil {
			return os.NewSyscallError("socket", err)
		}
		if err = unix.SetsockoptInt(*fd, unix.SOL_IP, unix.IP_FREEBIND, 1); err != nil {
			return os.NewSyscallError("setsockopt", err)
		}
		if kind == unix.SOCK_DGRAM {
			// A burst must not be lost while sockets to upstreams are made.
			_ = unix.SetsockoptInt(*fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, 1<<20)
		} else {
			_ = unix.SetsockoptInt(*fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1)
		}
		if err = unix.Bind(*fd, at); err != nil {
			return os.NewSyscallError("bind", err)
		}
	}
	return os.NewSyscallError("listen", unix.Listen(s.TCP, maxConns))
}

// Close gives the sockets back.
func (s *Sockets) Close() {
	for _, fd := range [...]*int{&s.UDP, &s.TCP} {
		if *fd >= 0 {
			unix.Close(*fd)
			*fd = -1
		}
	}
}

// dial makes a socket that is connected to an upstream: the kernel drops what others send to it. It is made
// in the caller's network namespace, or by a thread of the process's own in the host's.
func dial(u Upstream, kind int) (int, error) {
	if !u.Host {
		return connect(u, kind)
	}
	type result struct {
		fd  int
		err error
	}
	done := make(chan result)
	go func() { // on another thread: the caller's is locked
		fd, err := connect(u, kind)
		done <- result{fd, err}
	}()
	r := <-done
	return r.fd, r.err
}

func connect(u Upstream, kind int) (int, error) {
	family, to := unix.AF_INET, unix.Sockaddr(&unix.SockaddrInet4{Port: u.port(), Addr: [4]byte{}})
	if u.Addr.Is4() {
		to.(*unix.SockaddrInet4).Addr = u.Addr.As4()
	} else {
		zone, _ := strconv.ParseUint(u.Addr.Zone(), 10, 32)
		if u.Addr.Zone() != "" && zone == 0 {
			zone = interfaceIndex(u.Addr.Zone())
		}
		family, to = unix.AF_INET6, &unix.SockaddrInet6{Port: u.port(), Addr: u.Addr.As16(), ZoneId: uint32(zone)}
	}
	fd, err := unix.Socket(family, kind|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return -1, err
	}
	if err := unix.Connect(fd, to); err != nil && err != unix.EINPROGRESS {
		unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

func interfaceIndex(name string) uint64 {
	b, err := os.ReadFile("/sys/class/net/" + name + "/ifindex")
	if err != nil {
		return 0
	}
	n, _ := strconv.ParseUint(string(b[:max(len(b)-1, 0)]), 10, 32)
	return n
}
