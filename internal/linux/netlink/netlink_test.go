package netlink

import (
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

func TestRequest(t *testing.T) {
	r := NewRequest(unix.RTM_NEWLINK, unix.NLM_F_CREATE, make([]byte, 16))
	r.AddString(unix.IFLA_IFNAME, "veth0")
	at := r.Nest(unix.IFLA_LINKINFO)
	r.AddString(1, "veth")
	r.Add16(2, 0x1234)
	r.End(at)
	r.put32(0, uint32(len(r.buf)))
	m, rest, err := next(r.buf)
	if err != nil || len(rest) != 0 || m.Type != unix.RTM_NEWLINK || m.Flags != unix.NLM_F_CREATE|unix.NLM_F_REQUEST {
		t.Fatal(m, rest, err)
	}
	a := m.Attributes(16)
	info := Attributes(a.Get(unix.IFLA_LINKINFO))
	if a.String(unix.IFLA_IFNAME) != "veth0" || info.String(1) != "veth" || len(info.Get(2)) != 2 || info.Has(3) {
		t.Errorf("%x", r.buf)
	}
}

func TestKernel(t *testing.T) {
	c, err := Open()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	names := map[string]bool{}
	err = c.List(unix.RTM_GETLINK, make([]byte, 16), func(m Message) error {
		names[m.Attributes(16).String(unix.IFLA_IFNAME)] = true
		return nil
	})
	if err != nil || !names["lo"] {
		t.Error(names, err)
	}
	r := NewRequest(unix.RTM_GETLINK, 0, make([]byte, 16))
	r.AddString(unix.IFLA_IFNAME, "lo")
	m, err := c.Get(r)
	if err != nil || m.Attributes(16).String(unix.IFLA_IFNAME) != "lo" {
		t.Error(m, err)
	}
	r = NewRequest(unix.RTM_DELLINK, 0, make([]byte, 16))
	r.AddString(unix.IFLA_IFNAME, "no-such-device")
	if err := c.Do(r); err != syscall.ENODEV && err != syscall.EPERM {
		t.Error(err)
	}
}

func FuzzNext(f *testing.F) {
	f.Add([]byte{20, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255})
	f.Fuzz(func(t *testing.T, p []byte) {
		for len(p) > 0 {
			m, rest, err := next(p)
			if err != nil {
				return
			}
			failure(m)
			a := m.Attributes(4)
			a.Uint32(1)
			_ = a.String(3)
			m.Uint32(2)
			m.Byte(9)
			p = rest
		}
	})
}

func TestIndex(t *testing.T) {
	c, err := Open()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if i, err := c.Index("lo"); err != nil || i < 1 {
		t.Errorf("lo: %d %v", i, err)
	}
	if _, err := c.Index("no-such-device"); err != unix.ENODEV {
		t.Errorf("no such device: %v", err)
	}
}

func TestDoAllNamesTheFailure(t *testing.T) {
	c, err := Open()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	get := NewRequest(unix.RTM_GETLINK, 0, Link(1, 0, 0))
	gone := NewRequest(unix.RTM_DELLINK, 0, Link(0, 0, 0))
	gone.AddString(unix.IFLA_IFNAME, "no-such-device")
	if i, err := c.DoAll(get, gone, get); i != 1 || err != syscall.ENODEV && err != syscall.EPERM {
		t.Errorf("request %d: %v", i, err)
	}
}
