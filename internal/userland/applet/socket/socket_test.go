package socket

import (
	"io"
	"net/netip"
	"syscall"
	"testing"
	"time"
)

func TestParse(t *testing.T) {
	for _, s := range []string{
		"1.2.3.4", "0.0.0.0", "255.255.255.255", "256.1.1.1", "1.2.3", "1.2.3.4.5", "01.2.3.4", "1..2.3", "", "1.2.3.+4",
		"::", "::1", "1::", "fe80::1", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8", "1::2::3", ":1", "1:", ":::",
		"1:2:3:4:5:6:7:8:9", "12345::", "::ffff:1.2.3.4", "::1.2.3.4", "1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:7:1.2.3.4",
		"1:0:0:2:0:0:0:3", "1:0:2:3:4:5:6:7", "g::", "1:2:3:4:5:6:7::8", "2001:db8:0:0:1:0:0:1", "::ffff:0:0",
	} {
		check(t, s)
	}
}

// check compares with the standard library's reader and writer of addresses.
func check(t *testing.T, s string) {
	t.Helper()
	got, ok := ParseIP(s)
	want, err := netip.ParseAddr(s)
	if ok != (err == nil) {
		t.Errorf("%q: ok is %v, netip says %v", s, ok, err)
		return
	}
	if !ok {
		return
	}
	if string(got.Bytes()) != string(want.AsSlice()) {
		t.Errorf("%q: %x, want %x", s, got.Bytes(), want.AsSlice())
	}
	again, ok := ParseIP(got.String())
	if !ok || again != got {
		t.Errorf("%q: written as %q", s, got.String())
	}
	// inet_ntop writes ::1.2.3.4, netip doesn't.
	if text := want.String(); got.String() != text && !from12(got) {
		t.Errorf("%q: written as %q, want %q", s, got.String(), text)
	}
}

func from12(ip IP) bool { return ip.Is6() && [12]byte(ip.Bytes()[:12]) == [12]byte{} }

func FuzzParse(f *testing.F) {
	f.Add("1.2.3.4")
	f.Add("fe80::1")
	f.Add("::ffff:1.2.3.4")
	f.Fuzz(func(t *testing.T, s string) {
		for i := range s {
			if s[i] == '%' {
				return
			}
		}
		check(t, s)
	})
}

func TestPrefix(t *testing.T) {
	a, _ := ParseIP("10.1.2.3")
	b, _ := ParseIP("10.1.2.200")
	if !a.Has(b, 24) || a.Has(b, 25) || !a.Has(b, 0) {
		t.Error("prefix of ", a, " and ", b)
	}
	mapped, _ := ParseIP("::ffff:10.1.2.3")
	if mapped.Unmap() != a || a.Unmap() != a {
		t.Error(mapped.Unmap())
	}
}

func TestStream(t *testing.T) {
	ip, _ := ParseIP("127.0.0.1")
	server, err := Listen(Addr{IP: ip}, syscall.SOCK_STREAM, 5)
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(server)
	client, err := Dial(Local(server), syscall.SOCK_STREAM, time.Second)
	if err != nil {
		t.Fatal(err)
	}
	fd, from, err := Accept(server)
	if err != nil || from != Local(client) || Peer(client) != Local(server) {
		t.Fatal(from, err)
	}
	a, b := Conn{client, 50 * time.Millisecond}, Conn{fd, time.Second}
	if _, err := a.Read(make([]byte, 1)); err != syscall.ETIMEDOUT {
		t.Error("reading nothing: ", err)
	}
	if n, err := a.Write(make([]byte, 64<<20)); err != syscall.ETIMEDOUT || n == 0 {
		t.Error("writing to no reader: ", n, err)
	}
	a.Close()
	if _, err := io.Copy(io.Discard, &b); err != nil {
		t.Error(err)
	}
	b.Close()
	closed := Local(server)
	closed.Port = 1
	if _, err := Dial(closed, syscall.SOCK_STREAM, time.Second); err != syscall.ECONNREFUSED {
		t.Error("port 1: ", err)
	}
}

func TestSplitPort(t *testing.T) {
	for _, c := range [][3]string{{"h", "h", ""}, {"h:1", "h", "1"}, {"[::1]:2", "::1", "2"}, {"[::1]", "::1", ""}, {"::1", "::1", ""}} {
		if h, p := SplitPort(c[0]); h != c[1] || p != c[2] {
			t.Errorf("%q: %q %q", c[0], h, p)
		}
	}
}

func TestChecksum(t *testing.T) {
	// The example of RFC 1071.
	if got := Sum(0, []byte{0, 1, 0xf2, 3, 0xf4, 0xf5, 0xf6, 0xf7}); got != 0xddf2 {
		t.Errorf("%#x", got)
	}
	if got := Checksum([]byte{1}); got != 0xfeff {
		t.Errorf("%#x", got)
	}
}

func TestInterfaces(t *testing.T) {
	index, err := Index("lo")
	if err != nil || Name(index) != "lo" || Name(1<<30) != "if1073741824" {
		t.Error(index, err, Name(index))
	}
	kind, _, err := Hardware("lo")
	if err != nil || kind != 772 {
		t.Error(kind, err)
	}
}
