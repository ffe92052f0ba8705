package socket

import (
	"io"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Addr is an address with a port.
type Addr struct {
	IP   IP
	Port int
}

// String writes 1.2.3.4:80 or [::1]:80.
func (a Addr) String() string {
	port := ":" + strconv.Itoa(a.Port)
	if a.IP.Is6() {
		return "[" + a.IP.String() + "]" + port
	}
	return a.IP.String() + port
}

// Sockaddr is the kernel's form of the address.
//
//go:noinline
func (a Addr) Sockaddr() syscall.Sockaddr {
	if a.IP.Is6() {
		return &syscall.SockaddrInet6{Port: a.Port, Addr: a.IP.bytes, ZoneId: a.IP.Zone}
	}
	return &syscall.SockaddrInet4{Port: a.Port, Addr: [4]byte(a.IP.bytes[:4])}
}

// Of reads the kernel's form.
//
//go:noinline
func Of(sa syscall.Sockaddr) Addr {
	switch sa := sa.(type) {
	case *syscall.SockaddrInet4:
		return Addr{From(sa.Addr[:]), sa.Port}
	case *syscall.SockaddrInet6:
		ip := From(sa.Addr[:])
		if ip.IsLinkLocal() {
			ip.Zone = sa.ZoneId
		}
		return Addr{ip, sa.Port}
	}
	return Addr{}
}

// Local and Peer return a socket's own address and the other side's.
func Local(fd int) Addr {
	sa, _ := syscall.Getsockname(fd)
	return Of(sa)
}

// Peer returns the address of the other side.
func Peer(fd int) Addr {
	sa, _ := syscall.Getpeername(fd)
	return Of(sa)
}

// Forever is no time limit.
const Forever = time.Duration(-1)

// Wait waits until a descriptor is ready for events of poll(2), or is broken. The error
// is ETIMEDOUT when the limit is over.
func Wait(fd int, events int16, limit time.Duration) error {
	p := []unix.PollFd{{Fd: int32(fd), Events: events}}
	n, err := Poll(p, limit)
	if err == nil && n == 0 {
		return syscall.ETIMEDOUT
	}
	return err
}

// Poll is poll(2), again after a signal. It returns 0 when the limit is over.
func Poll(p []unix.PollFd, limit time.Duration) (int, error) {
	end := time.Now().Add(limit)
	for {
		ms := -1
		if limit >= 0 {
			// Rounded up: a wait that ends early would only be begun again.
			ms = int(max(0, time.Until(end)+time.Millisecond-1) / time.Millisecond)
		}
		n, err := unix.Poll(p, ms)
		if err != syscall.EINTR {
			return n, err
		}
	}
}

// Open makes a socket for the address's family. kind is SOCK_STREAM and so on.
func Open(a Addr, kind, protocol int) (int, error) {
	return syscall.Socket(a.IP.Family(), kind|syscall.SOCK_CLOEXEC, protocol)
}

// Connect connects a socket within the limit.
func Connect(fd int, to syscall.Sockaddr, limit time.Duration) error {
	if limit < 0 {
		err := syscall.Connect(fd, to)
		if err != syscall.EINTR {
			return err
		}
		return connected(fd, limit)
	}
	syscall.SetNonblock(fd, true)
	defer syscall.SetNonblock(fd, false)
	err := syscall.Connect(fd, to)
	if err != syscall.EINPROGRESS && err != syscall.EINTR {
		return err
	}
	return connected(fd, limit)
}

// connected waits for the end of a connect that goes on by itself.
func connected(fd int, limit time.Duration) error {
	if err := Wait(fd, unix.POLLOUT, limit); err != nil {
		return err
	}
	e, err := syscall.GetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_ERROR)
	if err == nil && e != 0 {
		err = syscall.Errno(e)
	}
	return err
}

// Dial opens a connected socket.
func Dial(a Addr, kind int, limit time.Duration) (fd int, err error) {
	fd, err = Open(a, kind, 0)
	if err != nil {
		return -1, err
	}
	if err := Connect(fd, a.Sockaddr(), limit); err != nil {
		syscall.Close(fd)
		return -1, err
	}
	return fd, nil
}

// Listen opens a bound socket, and listens on it if it is a stream. The IPv6
// wildcard takes IPv4 connections, too.
func Listen(a Addr, kind, backlog int) (fd int, err error) {
	fd, err = Open(a, kind, 0)
	if err != nil {
		return -1, err
	}
	syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1)
	if a.IP.Is6() && a.IP.IsZero() {
		syscall.SetsockoptInt(fd, syscall.IPPROTO_IPV6, syscall.IPV6_V6ONLY, 0)
	}
	err = syscall.Bind(fd, a.Sockaddr())
	if err == nil && kind&0xf == syscall.SOCK_STREAM {
		err = syscall.Listen(fd, backlog)
	}
	if err != nil {
		syscall.Close(fd)
		return -1, err
	}
	return fd, nil
}

// ListenAny is Listen on the wildcard address: of IPv6 if the kernel has that, and
// then for both families.
func ListenAny(port, kind, backlog int) (int, error) {
	fd, err := Listen(Addr{From(make([]byte, 16)), port}, kind, backlog)
	if err == syscall.EAFNOSUPPORT || err == syscall.EADDRNOTAVAIL {
		return Listen(Addr{V4(0), port}, kind, backlog)
	}
	return fd, err
}

// Accept takes the next connection.
func Accept(fd int) (int, Addr, error) {
	for {
		conn, sa, err := syscall.Accept4(fd, syscall.SOCK_CLOEXEC)
		if err == syscall.EINTR || err == syscall.ECONNABORTED {
			continue
		}
		return conn, Of(sa), err
	}
}

// SplitPort takes the port off "host:port", "[v6]:port" or a host alone. A bare IPv6
// address is a host.
func SplitPort(s string) (host, port string) {
	if rest, found := strings.CutPrefix(s, "["); found {
		host, port, _ = strings.Cut(rest, "]")
		return host, strings.TrimPrefix(port, ":")
	}
	if i := strings.IndexByte(s, ':'); i >= 0 && strings.LastIndexByte(s, ':') == i {
		return s[:i], s[i+1:]
	}
	return s, ""
}

// Conn reads and writes a stream socket with a time limit for each call.
type Conn struct {
	Fd int
	// Limit is for each read or write, Forever for none.
	Limit time.Duration
}

// Read is io.Reader's.
func (c *Conn) Read(p []byte) (int, error) {
	for {
		if c.Limit >= 0 {
			if err := Wait(c.Fd, unix.POLLIN, c.Limit); err != nil {
				return 0, err
			}
		}
		n, err := syscall.Read(c.Fd, p)
		switch {
		case err == syscall.EINTR || err == syscall.EAGAIN:
			continue
		case err != nil:
			return 0, err
		case n == 0 && len(p) > 0:
			return 0, io.EOF
		}
		return n, nil
	}
}

// Write writes all of p. A closed connection is EPIPE and no signal.
func (c *Conn) Write(p []byte) (int, error) {
	for done := 0; done < len(p); {
		flags := syscall.MSG_NOSIGNAL
		if c.Limit >= 0 {
			flags |= syscall.MSG_DONTWAIT
		}
		n, err := unix.SendmsgN(c.Fd, p[done:], nil, nil, flags)
		switch {
		case err == syscall.EINTR:
		case err == syscall.EAGAIN:
			if err := Wait(c.Fd, unix.POLLOUT, c.Limit); err != nil {
				return done, err
			}
		case err != nil:
			return done, err
		default:
			done += n
		}
	}
	return len(p), nil
}

// Close closes the socket.
func (c *Conn) Close() error { return syscall.Close(c.Fd) }
