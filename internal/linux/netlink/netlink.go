// Package netlink speaks netlink(7): rtnetlink(7), which lists and changes interfaces, addresses,
// routes, rules and neighbours, and in package nft the kernel's packet filter.
//
// vishvananda/netlink and google/nftables cost 0.35 ms to initialise, in every process that has
// a container to connect; what is spoken here is a dozen messages.
package netlink

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Conn is a socket to the kernel.
type Conn struct {
	fd  int
	seq uint32
	pid uint32
	buf []byte
}

// Message is what the kernel says: Body is the fixed part and the attributes, valid
// until the next call.
type Message struct {
	Type, Flags uint16
	Seq, Pid    uint32
	Body        []byte
}

const headerSize = unix.NLMSG_HDRLEN

// Open opens a socket to rtnetlink.
func Open() (*Conn, error) { return OpenProtocol(syscall.NETLINK_ROUTE) }

// OpenProtocol opens a socket of another protocol of netlink: NETLINK_NETFILTER.
func OpenProtocol(protocol int) (*Conn, error) {
	fd, err := syscall.Socket(syscall.AF_NETLINK, syscall.SOCK_RAW|syscall.SOCK_CLOEXEC, protocol)
	if err != nil {
		return nil, err
	}
	if err := syscall.Bind(fd, &syscall.SockaddrNetlink{Family: syscall.AF_NETLINK}); err != nil {
		syscall.Close(fd)
		return nil, err
	}
	c := &Conn{fd: fd, buf: make([]byte, 32<<10)}
	if sa, err := syscall.Getsockname(fd); err == nil {
		c.pid = sa.(*syscall.SockaddrNetlink).Pid
	}
	return c, nil
}

// Close closes the socket.
func (c *Conn) Close() error { return syscall.Close(c.fd) }

// send sends a request, whose sequence number it fills in.
func (c *Conn) send(r *Request) error {
	c.seq++
	r.put32(0, uint32(len(r.buf)))
	r.put32(8, c.seq)
	return syscall.Sendto(c.fd, r.buf, 0, &syscall.SockaddrNetlink{Family: syscall.AF_NETLINK})
}

// receive calls f for each message that answers the last request, until f is done.
func (c *Conn) receive(f func(Message) (done bool, err error)) error {
	for {
		n, from, err := syscall.Recvfrom(c.fd, c.buf, 0)
		if err == syscall.EINTR {
			continue
		}
		if err != nil {
			return err
		}
		if sa, ok := from.(*syscall.SockaddrNetlink); !ok || sa.Pid != 0 {
			continue // not from the kernel
		}
		done := false
		for rest := c.buf[:n]; !done && err == nil && len(rest) > 0; {
			var m Message
			if m, rest, err = next(rest); err == nil && m.Seq == c.seq && m.Pid == c.pid {
				done, err = f(m)
			}
		}
		if done || err != nil {
			return err
		}
	}
}

// next takes a message off p.
func next(p []byte) (m Message, rest []byte, err error) {
	if len(p) < headerSize {
		return m, nil, syscall.EBADMSG
	}
	size := get32(p)
	if size < headerSize || uint64(size) > uint64(len(p)) {
		return m, nil, syscall.EBADMSG
	}
	m = Message{
		Type: uint16(p[4]) | uint16(p[5])<<8, Flags: uint16(p[6]) | uint16(p[7])<<8,
		Seq: get32(p[8:]), Pid: get32(p[12:]), Body: p[headerSize:size],
	}
	return m, p[min(len(p), align(int(size))):], nil
}

// failure is the errno that a message of type NLMSG_ERROR carries; 0 is success.
func failure(m Message) error {
	if len(m.Body) < 4 {
		return syscall.EBADMSG
	}
	if e := -int32(get32(m.Body)); e != 0 {
		return syscall.Errno(e)
	}
	return nil
}

// Do makes a change and waits for the kernel's word about it.
func (c *Conn) Do(r *Request) error {
	r.buf[6] |= unix.NLM_F_ACK
	if err := c.send(r); err != nil {
		return err
	}
	return c.receive(func(m Message) (bool, error) {
		if m.Type != unix.NLMSG_ERROR {
			return false, nil
		}
		return true, failure(m)
	})
}

// Get asks a question that has one answer.
func (c *Conn) Get(r *Request) (answer Message, err error) {
	if err := c.send(r); err != nil {
		return answer, err
	}
	err = c.receive(func(m Message) (bool, error) {
		if m.Type == unix.NLMSG_ERROR {
			return true, failure(m)
		}
		m.Body = append([]byte(nil), m.Body...)
		answer = m
		return true, nil
	})
	return answer, err
}

// List calls f for everything of a kind: RTM_GETLINK and so on. The request is the fixed
// part of a message, of which the first byte is the family.
func (c *Conn) List(kind uint16, fixed []byte, f func(Message) error) error {
	return c.Dump(NewRequest(kind, unix.NLM_F_DUMP, fixed), f)
}

// Dump sends a request that has NLM_F_DUMP set and calls f for each answer.
func (c *Conn) Dump(r *Request, f func(Message) error) error {
	if err := c.send(r); err != nil {
		return err
	}
	return c.receive(func(m Message) (bool, error) {
		switch m.Type {
		case unix.NLMSG_DONE:
			return true, nil
		case unix.NLMSG_ERROR:
			return true, failure(m)
		}
		return false, f(m)
	})
}

// Request is a message to the kernel in the making.
type Request struct{ buf []byte }

// NewRequest begins a message with its fixed part.
//
//go:noinline
func NewRequest(kind uint16, flags int, fixed []byte) *Request {
	flags |= unix.NLM_F_REQUEST
	r := &Request{make([]byte, headerSize, 256)}
	r.buf[4], r.buf[5], r.buf[6], r.buf[7] = byte(kind), byte(kind>>8), byte(flags), byte(flags>>8)
	r.buf = append(r.buf, fixed...)
	r.pad()
	return r
}

// Fixed is the message's fixed part and what follows it, to change it.
func (r *Request) Fixed() []byte { return r.buf[headerSize:] }

//go:noinline
func (r *Request) pad() {
	for len(r.buf)%4 != 0 {
		r.buf = append(r.buf, 0)
	}
}

func (r *Request) put32(at int, n uint32) { *(*uint32)(unsafe.Pointer(&r.buf[at])) = n }

// Add adds an attribute.
//
//go:noinline
func (r *Request) Add(kind uint16, value []byte) {
	size := len(value) + 4
	r.buf = append(r.buf, byte(size), byte(size>>8), byte(kind), byte(kind>>8))
	r.buf = append(r.buf, value...)
	r.pad()
}

// AddString adds a string with its NUL.
//
//go:noinline
func (r *Request) AddString(kind uint16, s string) { r.Add(kind, append([]byte(s), 0)) }

// Add32 adds a number in the machine's order.
//
//go:noinline
func (r *Request) Add32(kind uint16, n uint32) {
	r.Add(kind, []byte{byte(n), byte(n >> 8), byte(n >> 16), byte(n >> 24)})
}

// Add16 adds a number in the machine's order.
//
//go:noinline
func (r *Request) Add16(kind, n uint16) { r.Add(kind, []byte{byte(n), byte(n >> 8)}) }

// Nest begins an attribute that holds attributes, which End ends.
//
//go:noinline
func (r *Request) Nest(kind uint16) (at int) {
	at = len(r.buf)
	r.Add(kind, nil)
	return at
}

// Skip adds bytes to an open nest: a fixed part inside it.
//
//go:noinline
func (r *Request) Skip(p []byte) {
	r.buf = append(r.buf, p...)
	r.pad()
}

// End ends the attribute that Nest began.
//
//go:noinline
func (r *Request) End(at int) {
	size := len(r.buf) - at
	r.buf[at], r.buf[at+1] = byte(size), byte(size>>8)
}

// Attributes is a sequence of attributes.
type Attributes []byte

// Attributes returns what follows the fixed part, nothing if the message is shorter.
//
//go:noinline
func (m Message) Attributes(fixed int) Attributes {
	if fixed = align(fixed); fixed < len(m.Body) {
		return Attributes(m.Body[fixed:])
	}
	return nil
}

// Next takes the first attribute off.
//
//go:noinline
func (a *Attributes) Next() (kind uint16, value []byte, ok bool) {
	p := *a
	if len(p) < 4 {
		return 0, nil, false
	}
	size := int(p[0]) | int(p[1])<<8
	if size < 4 || size > len(p) {
		*a = nil
		return 0, nil, false
	}
	const nested = 0xc000 // NLA_F_NESTED, NLA_F_NET_BYTEORDER
	kind = (uint16(p[2]) | uint16(p[3])<<8) &^ nested
	*a = p[min(len(p), align(size)):]
	return kind, p[4:size], true
}

// Get returns the value of the first attribute of that kind, nil if there is none.
func (a Attributes) Get(want uint16) []byte {
	for {
		kind, value, ok := a.Next()
		if !ok {
			return nil
		}
		if kind == want {
			if value == nil {
				value = []byte{}
			}
			return value
		}
	}
}

// Has says whether there is such an attribute.
//
//go:noinline
func (a Attributes) Has(kind uint16) bool { return a.Get(kind) != nil }

// Uint32 returns an attribute's number, 0 if it isn't there.
//
//go:noinline
func (a Attributes) Uint32(kind uint16) uint32 {
	if p := a.Get(kind); len(p) >= 4 {
		return get32(p)
	}
	return 0
}

// String returns an attribute's text without its NUL.
//
//go:noinline
func (a Attributes) String(kind uint16) string {
	return unix.ByteSliceToString(a.Get(kind))
}

// Uint32 reads a number of a message's fixed part, 0 beyond its end.
func (m Message) Uint32(at int) uint32 {
	if len(m.Body) < at+4 {
		return 0
	}
	return get32(m.Body[at:])
}

// Byte reads a byte of a message's fixed part, 0 beyond its end.
//
//go:noinline
func (m Message) Byte(at int) byte {
	if len(m.Body) <= at {
		return 0
	}
	return m.Body[at]
}

func align(n int) int { return (n + 3) &^ 3 }

func get32(p []byte) uint32 {
	return uint32(p[0]) | uint32(p[1])<<8 | uint32(p[2])<<16 | uint32(p[3])<<24
}
