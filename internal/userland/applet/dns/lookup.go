package dns

import (
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"bantam/internal/userland/applet/socket"
)

// Failure is why a name has no answer, with the text of getaddrinfo(3).
type Failure int

// The failures.
const (
	NotFound Failure = iota
	Again
	Failed
)

func (f Failure) Error() string {
	switch f {
	case NotFound:
		return "Name or service not known"
	case Again:
		return "Temporary failure in name resolution"
	}
	return "Non-recoverable failure in name resolution"
}

// Lookup returns a host's addresses. family is AF_INET, AF_INET6, or 0 for both: the
// IPv4 ones first, as BusyBox prefers them.
func (c *Config) Lookup(name string, family int) ([]socket.IP, error) {
	if ip, ok := socket.ParseIP(name); ok {
		if family != 0 && ip.Family() != family {
			return nil, NotFound
		}
		return []socket.IP{ip}, nil
	}
	if ip, ok := number4(name); ok && family != syscall.AF_INET6 {
		return []socket.IP{ip}, nil
	}
	if name == "" {
		return nil, NotFound
	}
	if found := c.hosts(name, family); found != nil {
		sort4(found)
		return found, nil
	}
	if found := loopback(name, family); found != nil {
		return found, nil
	}
	var worst error = NotFound
	for _, full := range c.names(name) {
		found, err := c.addresses(full, family)
		if len(found) > 0 {
			return found, nil
		}
		if err == Again {
			worst = err
		}
	}
	return nil, worst
}

// loopback answers for localhost and what is below it: RFC 6761 6.3.
func loopback(name string, family int) (found []socket.IP) {
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	if name != "localhost" && !strings.HasSuffix(name, ".localhost") {
		return nil
	}
	if family != syscall.AF_INET6 {
		found = append(found, socket.V4(127<<24|1))
	}
	if family != syscall.AF_INET {
		found = append(found, socket.From([]byte{15: 1}))
	}
	return found
}

// sort4 puts the IPv4 addresses first.
func sort4(ips []socket.IP) {
	next := 0
	for i, ip := range ips {
		if ip.Is4() {
			copy(ips[next+1:i+1], ips[next:i])
			ips[next] = ip
			next++
		}
	}
}

// number4 reads the forms of inet_aton(3) that inet_pton(3) doesn't take: 127.1, 0x7f000001.
func number4(name string) (socket.IP, bool) {
	parts := strings.Split(name, ".")
	var value uint64
	if len(parts) > 4 {
		return socket.IP{}, false
	}
	for i, part := range parts {
		n, ok := parseC(part)
		bits := 8
		if i == len(parts)-1 {
			bits = 32 - 8*i
		}
		if !ok || n >= 1<<bits {
			return socket.IP{}, false
		}
		value = value<<bits | n
	}
	return socket.V4(uint32(value)), true
}

// parseC reads a number in C's notation, of at most 32 bits.
func parseC(s string) (n uint64, ok bool) {
	base := uint64(10)
	switch {
	case strings.HasPrefix(s, "0x") || strings.HasPrefix(s, "0X"):
		base, s = 16, s[2:]
	case len(s) > 1 && s[0] == '0':
		base, s = 8, s[1:]
	}
	for i := range len(s) {
		d := uint64(s[i] - '0')
		if l := s[i] | 0x20; l >= 'a' && l <= 'f' {
			d = uint64(l-'a') + 10
		}
		if n = n*base + d; d >= base || n >= 1<<32 {
			return 0, false
		}
	}
	return n, s != ""
}

// names returns the full names to try for a name: those of the search list first or
// last, as its dots say.
func (c *Config) names(name string) []string {
	if strings.HasSuffix(name, ".") {
		return []string{name}
	}
	var names []string
	asIs := strings.Count(name, ".") >= c.Ndots
	if asIs {
		names = append(names, name)
	}
	for _, domain := range c.Search {
		if domain = strings.TrimSuffix(domain, "."); domain != "" {
			names = append(names, name+"."+domain)
		}
	}
	if !asIs {
		names = append(names, name)
	}
	return names
}

// addresses asks for the records A and AAAA of a full name.
func (c *Config) addresses(name string, family int) (found []socket.IP, err error) {
	err = NotFound
	for _, kind := range [2]uint16{A, AAAA} {
		if kind == A && family == syscall.AF_INET6 || kind == AAAA && family == syscall.AF_INET {
			continue
		}
		m, e := c.Ask(name, kind)
		if e != nil {
			err = e
			continue
		}
		for i := range m.Records {
			if r := &m.Records[i]; r.Section == 0 && r.Type == kind && !r.IP().IsNone() {
				found = append(found, r.IP())
			}
		}
	}
	return found, err
}

// Name returns the name of an address, "" if it has none.
func (c *Config) Name(ip socket.IP) string {
	if name := c.hostName(ip); name != "" {
		return name
	}
	m, err := c.Ask(Reverse(ip), PTR)
	if err != nil {
		return ""
	}
	for i := range m.Records {
		if r := &m.Records[i]; r.Section == 0 && r.Type == PTR {
			if name, ok := r.Target(); ok {
				return name
			}
		}
	}
	return ""
}

// Ask asks the servers one after the other for a full name's records. The error is a
// Failure, or EINVAL for what is no name.
func (c *Config) Ask(name string, kind uint16) (*Message, error) {
	id := random16()
	query, err := Query(id, name, kind)
	if err != nil {
		return nil, err
	}
	first := 0
	if c.Rotate {
		first = int(random16())
	}
	for range c.Attempts {
		for i := range c.Servers {
			server := socket.Addr{IP: c.Servers[(first+i)%len(c.Servers)], Port: c.Port}
			m, err := Exchange(server, query, c.Timeout)
			if err != nil {
				continue
			}
			switch m.Code {
			case 0:
				return m, nil
			case 3: // NXDOMAIN
				return m, NotFound
			}
		}
	}
	return nil, Again
}

func random16() uint16 {
	var p [2]byte
	socket.Random(p[:])
	return get16(p[:])
}

// Exchange sends a query to a server and returns its answer: by UDP, and again by TCP
// if it didn't fit. Packets that don't answer this query are passed over.
func Exchange(server socket.Addr, query []byte, limit time.Duration) (*Message, error) {
	fd, err := socket.Dial(server, syscall.SOCK_DGRAM, limit)
	if err != nil {
		return nil, err
	}
	defer syscall.Close(fd)
	if _, err := syscall.Write(fd, query); err != nil {
		return nil, err
	}
	buf := make([]byte, 64<<10)
	for end := time.Now().Add(limit); ; {
		if err := socket.Wait(fd, unix.POLLIN, max(0, time.Until(end))); err != nil {
			return nil, err
		}
		n, err := syscall.Read(fd, buf)
		if err == syscall.EINTR {
			continue
		}
		if err != nil {
			return nil, err // ECONNREFUSED: nobody listens
		}
		m, err := Parse(buf[:n])
		switch {
		case err != nil && n >= headerSize && get16(buf) == get16(query):
			return nil, err
		case err != nil || !answers(m, query):
			continue
		case m.Truncated:
			if full, err := overTCP(server, query, limit); err == nil {
				return full, nil
			}
		}
		return m, nil
	}
}

// answers says whether a message answers the query.
func answers(m *Message, query []byte) bool {
	if !m.Response || m.ID != get16(query) || m.counts[0] > 1 {
		return false
	}
	if m.counts[0] == 0 {
		return m.Code != 0 // a server that can't even read the question
	}
	name, next, ok := readName(query, headerSize)
	return ok && strings.EqualFold(name, m.Name) && get16(query[next:]) == m.Type
}

// overTCP asks again, with the length before the message.
func overTCP(server socket.Addr, query []byte, limit time.Duration) (*Message, error) {
	fd, err := socket.Dial(server, syscall.SOCK_STREAM, limit)
	if err != nil {
		return nil, err
	}
	conn := socket.Conn{Fd: fd, Limit: limit}
	defer conn.Close()
	if _, err := conn.Write(append([]byte{byte(len(query) >> 8), byte(len(query))}, query...)); err != nil {
		return nil, err
	}
	size := make([]byte, 2)
	if err := readFull(&conn, size); err != nil {
		return nil, err
	}
	answer := make([]byte, get16(size))
	if err := readFull(&conn, answer); err != nil {
		return nil, err
	}
	m, err := Parse(answer)
	if err == nil && !answers(m, query) {
		err = syscall.EBADMSG
	}
	return m, err
}

func readFull(conn *socket.Conn, p []byte) error {
	for len(p) > 0 {
		n, err := conn.Read(p)
		if err != nil {
			return err
		}
		p = p[n:]
	}
	return nil
}
