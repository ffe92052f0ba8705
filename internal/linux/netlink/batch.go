package netlink

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// DoAll makes several changes with one packet and waits for the kernel's word about each.
// failed is the request that err is about, the first that failed; the others are done, unless the
// protocol takes them all back (as nfnetlink does).
func (c *Conn) DoAll(list ...*Request) (failed int, err error) {
	var packet []byte
	first := c.seq + 1
	for _, r := range list {
		c.seq++
		r.buf[6] |= unix.NLM_F_ACK
		r.put32(0, uint32(len(r.buf)))
		r.put32(8, c.seq)
		packet = append(packet, r.buf...)
	}
	if err := c.room(len(packet)); err != nil {
		return 0, err
	}
	if err := syscall.Sendto(c.fd, packet, 0, &syscall.SockaddrNetlink{Family: syscall.AF_NETLINK}); err != nil {
		return 0, err
	}
	return c.answers(first)
}

// answers reads what the kernel said to requests from first on: it has said everything
// when send returns.
func (c *Conn) answers(first uint32) (failed int, err error) {
	for {
		n, from, errno := syscall.Recvfrom(c.fd, c.buf, syscall.MSG_DONTWAIT)
		switch errno {
		case nil:
		case syscall.EINTR:
			continue
		case syscall.EAGAIN:
			return failed, err
		default:
			return 0, errno
		}
		if sa, ok := from.(*syscall.SockaddrNetlink); !ok || sa.Pid != 0 {
			continue
		}
		for rest := c.buf[:n]; len(rest) > 0; {
			var m Message
			if m, rest, errno = next(rest); errno != nil {
				return 0, errno
			}
			if m.Type != unix.NLMSG_ERROR || m.Seq < first || m.Pid != c.pid {
				continue
			}
			if why := failure(m); why != nil && err == nil {
				failed, err = int(m.Seq-first), why
			}
		}
	}
}

// room makes the socket's buffers large enough for a packet and its answers.
func (c *Conn) room(n int) error {
	if n < 64<<10 {
		return nil
	}
	for _, o := range [...]int{unix.SO_SNDBUFFORCE, unix.SO_RCVBUFFORCE} {
		if err := syscall.SetsockoptInt(c.fd, syscall.SOL_SOCKET, o, 2*n); err != nil {
			return err
		}
	}
	return nil
}
