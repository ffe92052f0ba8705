package netdev

import (
	"encoding/binary"
	"errors"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

const headerSize = 16 // struct nlmsghdr

// message is a netlink request that grows (netlink(7)).
type message struct{ b []byte }

func newMessage(kind, flags uint16) *message {
	m := &message{make([]byte, headerSize, 128)}
	binary.NativeEndian.PutUint16(m.b[4:], kind)
	binary.NativeEndian.PutUint16(m.b[6:], flags|unix.NLM_F_REQUEST)
	return m
}

// link appends struct ifinfomsg.
func (m *message) link(index int, flags, change uint32) {
	m.b = append(m.b, 0, 0, 0, 0)
	for _, n := range [...]uint32{uint32(index), flags, change} {
		m.b = binary.NativeEndian.AppendUint32(m.b, n)
	}
}

// attribute appends struct nlattr and its value.
func (m *message) attribute(kind uint16, value []byte) {
	m.b = binary.NativeEndian.AppendUint16(m.b, uint16(4+len(value)))
	m.b = binary.NativeEndian.AppendUint16(m.b, kind)
	m.b = append(m.b, value...)
	for len(m.b)%4 != 0 {
		m.b = append(m.b, 0)
	}
}

func (m *message) uint32(kind uint16, n uint32) {
	m.attribute(kind, binary.NativeEndian.AppendUint32(nil, n))
}

func (m *message) text(kind uint16, s string) { m.attribute(kind, append([]byte(s), 0)) }

func align(n int) int { return (n + 3) &^ 3 }

// do sends a request and passes its answers to on until the last.
func (c *conn) do(m *message, on func(kind uint16, body []byte)) error {
	binary.NativeEndian.PutUint32(m.b, uint32(len(m.b)))
	if err := unix.Sendto(c.fd, m.b, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return os.NewSyscallError("netlink send", err)
	}
	many := binary.NativeEndian.Uint16(m.b[6:])&unix.NLM_F_DUMP != 0
	buf := make([]byte, 64<<10)
	for {
		n, _, err := unix.Recvfrom(c.fd, buf, 0)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return os.NewSyscallError("netlink receive", err)
		}
		if done, err := answers(buf[:n], many, on); done || err != nil {
			return err
		}
	}
}

func answers(b []byte, many bool, on func(kind uint16, body []byte)) (done bool, err error) {
	for len(b) >= headerSize {
		n := int(binary.NativeEndian.Uint32(b))
		if n < headerSize || n > len(b) {
			return true, errors.New("netlink: a cut answer")
		}
		kind, body := binary.NativeEndian.Uint16(b[4:]), b[headerSize:n]
		switch kind {
		case unix.NLMSG_DONE:
			return true, nil
		case unix.NLMSG_ERROR:
			return true, failure(body)
		}
		if on != nil {
			on(kind, body)
		}
		b = b[min(align(n), len(b)):]
		done = !many
	}
	return done, nil
}

// failure reads struct nlmsgerr; number 0 acknowledges.
func failure(body []byte) error {
	if len(body) < 4 {
		return errors.New("netlink: a cut error")
	}
	if n := int32(binary.NativeEndian.Uint32(body)); n != 0 {
		return syscall.Errno(-n)
	}
	return nil
}
