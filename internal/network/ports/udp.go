package ports

import (
	"io"
	"net/netip"
	"os"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// docker's proxy forgets a client that has been silent for so long.
const silence = 90 * time.Second

// relay passes packets of UDP on. Each client has a socket of its own towards the container, so that
// answers find their way back, and they come from the address that the client has written to.
type relay struct {
	s       *Socket
	raw     syscall.RawConn
	mu      sync.Mutex
	clients map[client]*os.File
}

// client is where packets come from, and which address of the host they were for.
type client struct {
	from netip.AddrPort
	at   netip.Addr
}

// maxClients bounds what a flood of forged senders can take.
const maxClients = 4096

func newRelay(s *Socket) *relay { return &relay{s: s, clients: map[client]*os.File{}} }

// run ends when the socket is closed.
func (r *relay) run() {
	var err error
	if r.raw, err = r.s.file.SyscallConn(); err != nil {
		return
	}
	b, oob := make([]byte, 64<<10), make([]byte, 128)
	for {
		n, c, err := r.receive(b, oob)
		if err != nil {
			break
		}
		if to := r.towards(c); to != nil {
			_, _ = to.Write(b[:n])
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, f := range r.clients {
		f.Close()
	}
}

func (r *relay) receive(b, oob []byte) (n int, c client, err error) {
	var sa unix.Sockaddr
	var m int
	var errno error
	err = r.raw.Read(func(fd uintptr) bool {
		n, m, _, sa, errno = unix.Recvmsg(int(fd), b, oob, 0)
		return errno != unix.EAGAIN
	})
	if err == nil && errno == nil {
		c = client{addrPort(sa), destination(oob[:m])}
	}
	return n, c, err // an errno is another packet's: a refusal of a client that has gone
}

// destination reads the address that a packet was for (ip(7), ipv6(7)).
func destination(oob []byte) netip.Addr {
	list, err := unix.ParseSocketControlMessage(oob)
	if err != nil {
		return netip.Addr{}
	}
	for _, m := range list {
		switch {
		case m.Header.Level == unix.IPPROTO_IP && m.Header.Type == unix.IP_PKTINFO && len(m.Data) >= 12:
			return netip.AddrFrom4([4]byte(m.Data[8:12]))
		case m.Header.Level == unix.IPPROTO_IPV6 && m.Header.Type == unix.IPV6_PKTINFO && len(m.Data) >= 16:
			return netip.AddrFrom16([16]byte(m.Data[:16]))
		}
	}
	return netip.Addr{}
}

// towards is the client's socket to the container.
func (r *relay) towards(c client) *os.File {
	if !c.from.IsValid() {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if f := r.clients[c]; f != nil {
		return f
	}
	if len(r.clients) >= maxClients {
		return nil
	}
	to := *r.s.to.Load()
	fd, err := socket("udp", to.Addr())
	if err != nil {
		return nil
	}
	if err := unix.Connect(fd, sockaddr(to)); err != nil {
		unix.Close(fd)
		return nil
	}
	f := os.NewFile(uintptr(fd), "udp")
	r.clients[c] = f
	go r.answer(c, f)
	return f
}

// answer passes the container's answers on until there are none for a while.
func (r *relay) answer(c client, f *os.File) {
	b := make([]byte, 64<<10)
	for {
		_ = f.SetReadDeadline(time.Now().Add(silence))
		n, err := f.Read(b)
		if err == io.EOF { // an empty packet
			err = nil
		}
		if err != nil && !refused(err) {
			break
		}
		if err == nil {
			_ = r.raw.Write(func(fd uintptr) bool {
				return unix.Sendmsg(int(fd), b[:n], source(c.at), sockaddr(c.from), 0) != unix.EAGAIN
			})
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.clients, c)
	f.Close()
}

// refused: nobody listens in the container, so far.
func refused(err error) bool {
	e, ok := err.(*os.PathError)
	return ok && e.Err == unix.ECONNREFUSED
}

// source makes an answer come from that address.
func source(at netip.Addr) []byte {
	switch {
	case at.Is4():
		return unix.PktInfo4(&unix.Inet4Pktinfo{Spec_dst: at.As4()})
	case at.Is6():
		return unix.PktInfo6(&unix.Inet6Pktinfo{Addr: at.As16()})
	}
	return nil
}
