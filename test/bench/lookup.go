package main

import (
	"errors"
	"fmt"
	"os"
	"time"

	"bantam/internal/linux/netlink"

	"golang.org/x/sys/unix"
)

// lookUp asks for a name's address n times, from within the client's network namespace as its resolver would: one UDP query to
// 127.0.0.11 and its answer.
func (p *peer) lookUp(name string, n int) (s samples, err error) {
	ns, err := os.Open("/proc/" + p.pid + "/ns/net")
	if err != nil {
		return nil, err
	}
	defer ns.Close()
	fd := -1
	err = netlink.Within(int(ns.Fd()), func() (err error) {
		fd, err = unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
		return err
	})
	if err != nil {
		return nil, err
	}
	defer unix.Close(fd)
	if err := unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Sec: 10}); err != nil {
		return nil, err
	}
	if err := unix.Connect(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 11}, Port: 53}); err != nil {
		return nil, err
	}
	for i := range n {
		took, err := exchange(fd, query(name, uint16(i)))
		if err != nil {
			return nil, fmt.Errorf("look up %s: %w", name, err)
		}
		s = append(s, cost{wall: took})
	}
	return s, nil
}

// exchange sends a query and waits for its answer, which has to have an address in it.
func exchange(fd int, q []byte) (time.Duration, error) {
	answer := make([]byte, 512)
	start := time.Now()
	if _, err := unix.Write(fd, q); err != nil {
		return 0, err
	}
	n, err := unix.Read(fd, answer)
	for err == unix.EINTR { // a signal of the Go runtime's ends a read with a time limit
		n, err = unix.Read(fd, answer)
	}
	took := time.Since(start)
	if err != nil {
		return 0, err
	}
	if n < len(q) || answer[0] != q[0] || answer[1] != q[1] || answer[7] == 0 {
		return 0, errors.New("no address in the answer")
	}
	return took, nil
}

// query asks for the IPv4 addresses of a name of one label (RFC 1035, section 4).
func query(name string, id uint16) []byte {
	q := []byte{byte(id >> 8), byte(id), 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, byte(len(name))}
	return append(append(q, name...), 0, 0, 1, 0, 1)
}
