package dns

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"bantam/internal/userland/applet/socket"
)

// response makes an answer to a query with ready-made records.
func response(query []byte, flags byte, records ...string) []byte {
	p := append([]byte(nil), query...)
	p[2] |= 0x80 | flags
	p[7] = byte(len(records))
	for _, r := range records {
		p = append(p, r...)
	}
	return p
}

const (
	nameHere = "\xc0\x0c"
	aRecord  = nameHere + "\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\x0a\x01\x02\x03"
	mxRecord = nameHere + "\x00\x0f\x00\x01\x00\x00\x00\x3c\x00\x09\x00\x0a\x04mail\xc0\x0c"
	txt      = nameHere + "\x00\x10\x00\x01\x00\x00\x00\x3c\x00\x06\x02ab\x02cd"
	srv      = nameHere + "\x00\x21\x00\x01\x00\x00\x00\x3c\x00\x0b\x00\x01\x00\x02\x00\x50\x02w1\xc0\x0c"
	soa      = nameHere + "\x00\x06\x00\x01\x00\x00\x00\x3c\x00\x1c\x02ns\xc0\x0c\x00" + "\x00\x00\x00\x01\x00\x00\x00\x02\x00\x00\x00\x03\x00\x00\x00\x04\x00\x00\x00\x05" + "xx"
)

func TestParse(t *testing.T) {
	query, err := Query(0x1234, "example.com", A)
	if err != nil {
		t.Fatal(err)
	}
	m, err := Parse(response(query, 0, aRecord, mxRecord, txt, srv, soa))
	if err != nil {
		t.Fatal(err)
	}
	if len(m.Records) != 5 || m.Name != "example.com" || !answers(m, query) {
		t.Fatalf("%+v", m)
	}
	if ip := m.Records[0].IP(); ip.String() != "10.1.2.3" || m.Records[0].TTL != 60 {
		t.Error(ip)
	}
	if mail, ok := m.Records[1].Target(); mail != "mail.example.com" || !ok {
		t.Error(mail, ok)
	}
	if texts, ok := m.Records[2].Texts(); strings.Join(texts, "|") != "ab|cd" || !ok {
		t.Error(texts, ok)
	}
	target, _ := m.Records[3].Target()
	if n, _ := m.Records[3].Numbers(3); strings.Join(n, " ") != "1 2 80" || target != "w1.example.com" {
		t.Error(n, target)
	}
	server, mailbox, numbers, ok := m.Records[4].Authority()
	if server != "ns.example.com" || mailbox != "" || numbers != [5]uint32{1, 2, 3, 4, 5} || !ok {
		t.Error(server, mailbox, numbers, ok)
	}
}

func TestLies(t *testing.T) {
	query, _ := Query(1, "a.b", A)
	for name, r := range map[string]string{
		"a loop":            "\xc0\x15" + aRecord[2:],
		"a pointer forward": "\xc0\xff" + aRecord[2:],
		"cut short":         aRecord[:len(aRecord)-1],
		"a reserved label":  "\x80" + aRecord[2:],
		"nothing":           "",
	} {
		if m, err := Parse(response(query, 0, r)); err == nil {
			t.Errorf("%s: %+v", name, m)
		}
	}
	p := response(query, 0, aRecord)
	p[1]++
	if m, err := Parse(p); err != nil || answers(m, query) {
		t.Error("another id is taken for an answer")
	}
	for _, bad := range []string{"a..b", strings.Repeat("x", 64), strings.Repeat("abc.", 64), ".a"} {
		if _, err := Query(1, bad, A); err != syscall.EINVAL {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestConfig(t *testing.T) {
	c := Parsed("# x\nnameserver 10.0.0.1\nnameserver ::1\nnameserver bad\nsearch a b\noptions ndots:2 timeout:99 attempts:0 rotate foo\n")
	if len(c.Servers) != 2 || strings.Join(c.Search, " ") != "a b" || c.Ndots != 2 || c.Timeout != 30*time.Second || c.Attempts != 1 || !c.Rotate {
		t.Errorf("%+v", c)
	}
	if got := strings.Join(c.names("x.y"), " "); got != "x.y.a x.y.b x.y" {
		t.Error(got)
	}
	if got := strings.Join(c.names("x.y.z"), " "); got != "x.y.z x.y.z.a x.y.z.b" {
		t.Error(got)
	}
	if got := strings.Join(c.names("x."), " "); got != "x." {
		t.Error(got)
	}
	if c := Parsed(""); c.Servers[0].String() != "127.0.0.1" {
		t.Error(c.Servers)
	}
}

// serve answers queries by UDP and TCP on one port of the loopback, and first sends
// what answers nothing.
func serve(t *testing.T, answer func(query []byte, tcp bool) []byte) *Config {
	t.Helper()
	udp, err := socket.Listen(socket.Addr{IP: socket.V4(127<<24 | 1)}, syscall.SOCK_DGRAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	port := socket.Local(udp).Port
	tcp, err := socket.Listen(socket.Addr{IP: socket.V4(127<<24 | 1), Port: port}, syscall.SOCK_STREAM, 5)
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		buf := make([]byte, 512)
		for {
			n, from, err := syscall.Recvfrom(udp, buf, 0)
			if err != nil || n == 0 {
				return
			}
			wrong := response(buf[:n], 0, aRecord)
			wrong[0]++
			syscall.Sendto(udp, wrong, 0, from)
			syscall.Sendto(udp, []byte("?"), 0, from)
			syscall.Sendto(udp, answer(buf[:n], false), 0, from)
		}
	}()
	go func() {
		for {
			fd, _, err := socket.Accept(tcp)
			if err != nil {
				return
			}
			conn := socket.Conn{Fd: fd, Limit: time.Second}
			head := make([]byte, 2)
			readFull(&conn, head)
			query := make([]byte, get16(head))
			readFull(&conn, query)
			p := answer(query, true)
			conn.Write(append([]byte{byte(len(p) >> 8), byte(len(p))}, p...))
			conn.Close()
		}
	}()
	t.Cleanup(func() {
		syscall.Shutdown(tcp, syscall.SHUT_RDWR)
		syscall.Shutdown(udp, syscall.SHUT_RDWR)
	})
	return &Config{Servers: []socket.IP{socket.V4(127<<24 | 1)}, Port: port, Timeout: time.Second, Attempts: 1, Ndots: 1}
}

func TestLookup(t *testing.T) {
	c := serve(t, func(query []byte, tcp bool) []byte {
		name, next, _ := readName(query, headerSize)
		kind := get16(query[next:])
		switch {
		case name == "big.test" && !tcp:
			return response(query, 2)
		case name == "3.2.1.10.in-addr.arpa":
			return response(query, 0, nameHere+"\x00\x0c\x00\x01\x00\x00\x00\x3c\x00\x06\x04host\x00")
		case kind == A && (name == "here.test" || name == "big.test"):
			return response(query, 0, aRecord)
		case name == "broken.test":
			return []byte{query[0], query[1], 0x80}
		}
		p := response(query, 0)
		p[3] = 3
		return p
	})
	c.Hosts = filepath.Join(t.TempDir(), "hosts")
	os.WriteFile(c.Hosts, []byte("::2 both # x\n10.0.0.2 first both\n"), 0o600)
	c.Search = []string{"test"}
	for name, want := range map[string]string{
		"here": "10.1.2.3", "here.test.": "10.1.2.3", "big.test": "10.1.2.3", "BOTH": "10.0.0.2", "127.1": "127.0.0.1",
		"0x7f000001": "127.0.0.1", "::1": "::1", "x.localhost": "127.0.0.1",
	} {
		ips, err := c.Lookup(name, 0)
		if err != nil || ips[0].String() != want {
			t.Errorf("%s: %v %v, want %s", name, ips, err, want)
		}
	}
	if ips, err := c.Lookup("both", syscall.AF_INET6); err != nil || len(ips) != 1 || ips[0].String() != "::2" {
		t.Error(ips, err)
	}
	if _, err := c.Lookup("nowhere", 0); err != NotFound {
		t.Error(err)
	}
	if _, err := c.Lookup("1.2.3.4", syscall.AF_INET6); err != NotFound {
		t.Error(err)
	}
	a, _ := socket.ParseIP("10.1.2.3")
	b, _ := socket.ParseIP("10.0.0.2")
	if c.Name(a) != "host" || c.Name(b) != "first" {
		t.Error(c.Name(a), c.Name(b))
	}
	six, _ := socket.ParseIP("2001:db8::1")
	if Reverse(six) != "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa" {
		t.Error(Reverse(six))
	}
	c.Port, c.Timeout = 1, 100*time.Millisecond
	if _, err := c.Lookup("here", 0); err != Again {
		t.Error("no server: ", err)
	}
}

func FuzzParse(f *testing.F) {
	query, _ := Query(1, "example.com", MX)
	f.Add(query)
	f.Add(response(query, 0, aRecord, mxRecord, txt, srv, soa))
	f.Add(response(query, 2, aRecord, mxRecord[:5]))
	f.Fuzz(func(t *testing.T, p []byte) {
		m, err := Parse(p)
		if err != nil {
			return
		}
		answers(m, query)
		for i := range m.Records {
			r := &m.Records[i]
			r.IP()
			if name, ok := r.Target(); ok && len(name) > 4*256 {
				t.Errorf("a name of %d bytes", len(name))
			}
			r.Texts()
			r.Numbers(3)
			r.Authority()
		}
	})
}
