package link

import (
	"encoding/binary"
	"os"
	"runtime"
	"strings"
	"testing"

	"bantam/internal/linux/netlink"
	"bantam/internal/network"
	"bantam/internal/testenv"

	"golang.org/x/sys/unix"
)

const id = "0123456789abcdef"

// own gives the test a network namespace with a pair of veth, up0 and up1; its thread ends with it.
func own(t *testing.T) *netlink.Conn {
	t.Helper()
	testenv.Root(t)
	runtime.LockOSThread()
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		t.Fatal(err)
	}
	c, err := netlink.Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	r := netlink.NewRequest(unix.RTM_NEWLINK, unix.NLM_F_CREATE|unix.NLM_F_EXCL, netlink.Link(0, unix.IFF_UP, unix.IFF_UP))
	r.AddString(unix.IFLA_IFNAME, "up0")
	at := r.Nest(unix.IFLA_LINKINFO)
	r.AddString(unix.IFLA_INFO_KIND, "veth")
	in := r.Nest(unix.IFLA_INFO_DATA)
	peer := r.Nest(vethPeer)
	r.Skip(netlink.Link(0, 0, 0))
	r.AddString(unix.IFLA_IFNAME, "up1")
	r.End(peer)
	r.End(in)
	r.End(at)
	if err := c.Do(r); err != nil {
		t.Fatal(err)
	}
	return c
}

// needs skips where the kernel has no interfaces of a kind.
func needs(t *testing.T, c *netlink.Conn, kind string, data func(*netlink.Request)) {
	t.Helper()
	up0, err := c.Index("up0")
	if err != nil {
		t.Fatal(err)
	}
	r := netlink.NewRequest(unix.RTM_NEWLINK, unix.NLM_F_CREATE|unix.NLM_F_EXCL, netlink.Link(0, 0, 0))
	r.AddString(unix.IFLA_IFNAME, "try")
	if kind != "dummy" {
		r.Add32(unix.IFLA_LINK, uint32(up0))
	}
	at := r.Nest(unix.IFLA_LINKINFO)
	r.AddString(unix.IFLA_INFO_KIND, kind)
	in := r.Nest(unix.IFLA_INFO_DATA)
	data(r)
	r.End(in)
	r.End(at)
	err = c.Do(r)
	testenv.Need(t, kind, err != unix.EOPNOTSUPP)
	if err != nil {
		t.Fatalf("%s: %v", kind, err)
	}
	r = netlink.NewRequest(unix.RTM_DELLINK, 0, netlink.Link(0, 0, 0))
	r.AddString(unix.IFLA_IFNAME, "try")
	if err := c.Do(r); err != nil {
		t.Fatal(err)
	}
}

func nothing(*netlink.Request) {}

// look returns an interface's flags, parent, kind and the data of its kind.
func look(t *testing.T, c *netlink.Conn, name string) (flags, parent uint32, kind string, data netlink.Attributes) {
	t.Helper()
	r := netlink.NewRequest(unix.RTM_GETLINK, 0, netlink.Link(0, 0, 0))
	r.AddString(unix.IFLA_IFNAME, name)
	m, err := c.Get(r)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	a := m.Attributes(unix.SizeofIfInfomsg)
	info := netlink.Attributes(a.Get(unix.IFLA_LINKINFO))
	return m.Uint32(8), a.Uint32(unix.IFLA_LINK), info.String(unix.IFLA_INFO_KIND), netlink.Attributes(info.Get(unix.IFLA_INFO_DATA))
}

func TestVLANParent(t *testing.T) {
	c := own(t)
	needs(t, c, "vlan", func(r *netlink.Request) { r.Add(unix.IFLA_VLAN_ID, binary.NativeEndian.AppendUint16(nil, 7)) })
	n, f := &network.Network{ID: id, Name: "nest", Driver: "macvlan", Interface: "up0.10"}, network.Folder{Dir: t.TempDir()}
	for range 2 { // the second time it is there
		if err := Up(f, n); err != nil {
			t.Fatal(err)
		}
	}
	up0, _ := c.Index("up0")
	flags, parent, kind, data := look(t, c, "up0.10")
	if v := data.Get(unix.IFLA_VLAN_ID); flags&unix.IFF_UP == 0 || int(parent) != up0 || kind != "vlan" || len(v) < 2 || binary.NativeEndian.Uint16(v) != 10 {
		t.Errorf("flags %#x, on %d, %s, id %v", flags, parent, kind, v)
	}
	// Another network's interface of that name is not this one's to remove.
	if err := Down(network.Folder{Dir: "/elsewhere"}, n); err != nil || !Exists("up0.10") {
		t.Errorf("the VLAN of another network was removed: %v", err)
	}
	if err := Down(f, n); err != nil || Exists("up0.10") {
		t.Errorf("the VLAN is left: %v", err)
	}
}

func TestIsolatedParent(t *testing.T) {
	c := own(t)
	needs(t, c, "dummy", nothing)
	n, f := &network.Network{ID: id, Name: "nest", Driver: "ipvlan"}, network.Folder{Dir: t.TempDir()}
	n.Interface = Isolated(n)
	if err := Up(f, n); err != nil {
		t.Fatal(err)
	}
	if flags, _, kind, _ := look(t, c, "di-0123456789ab"); flags&unix.IFF_UP == 0 || kind != "dummy" {
		t.Errorf("flags %#x, %s", flags, kind)
	}
	if err := Down(f, n); err != nil || Exists(n.Interface) {
		t.Errorf("the dummy is left: %v", err)
	}
}

func TestCheckParent(t *testing.T) {
	own(t)
	for name, want := range map[string]string{
		"up0": "", "up0.1": "", "up0.4094": "", "dm-0123456789ab": "",
		"none": "the host has no such interface", "up0.": "would be called like eth0.10", "up0.x": "would be called like eth0.10", ".5": "no such interface",
		"up0.0": "between 1-4094, received: 0", "up0.4095": "between 1-4094", "none.5": "unable to find master interface none", "up0.000000000001": "no such interface",
	} {
		err := CheckParent(&network.Network{ID: id, Driver: "macvlan", Interface: name})
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
	}
}

// Every mode and flag arrives in the kernel, and the interface is born in the container.
func TestMacvlanModes(t *testing.T) {
	modes(t, "macvlan", "", 4, 0, "bridge", 4, 0, "private", 1, 0, "vepa", 2, 0, "passthru", 8, 0)
}

func TestIpvlanModes(t *testing.T) {
	modes(t, "ipvlan", "", 0, 0, "l2", 0, 0, "l2/private", 0, 1, "l3", 1, 0, "l3s/vepa", 2, 2)
}

// modes takes MODE/FLAG and the kernel's numbers of both, again and again.
func modes(t *testing.T, driver string, list ...any) {
	t.Helper()
	c := own(t)
	needs(t, c, driver, nothing)
	for ; len(list) > 0; list = list[3:] {
		mode, flag, _ := strings.Cut(list[0].(string), "/")
		s := container(t)
		n := &network.Network{Driver: driver, Interface: "up0", Options: map[string]string{driver + "_mode": mode, "ipvlan_flag": flag}}
		e := &network.Endpoint{Interface: "eth0", MAC: "02:42:00:00:00:09", IPv4: "10.9.0.2/24", Gateway: "10.9.0.1"}
		if err := s.Connect(&Joint{Network: n, Endpoint: e, Default4: true}); err != nil {
			t.Fatalf("%s: %v", list[0], err)
		}
		_, _, kind, data := look(t, s.there, "eth0")
		got, flags := int(binary.NativeEndian.Uint16(data.Get(1))), 0
		if driver == "ipvlan" {
			flags = int(binary.NativeEndian.Uint16(data.Get(2)))
		}
		if kind != driver || got != list[1] || flags != list[2] {
			t.Errorf("%s: %s, mode %d, flags %d", list[0], kind, got, flags)
		}
		if err := s.Disconnect(e); err != nil {
			t.Error(err)
		}
	}
}

// container is the sandbox of a network namespace of nobody's.
func container(t *testing.T) *Sandbox {
	t.Helper()
	ns := make(chan *os.File)
	go func() { // its thread ends with it
		runtime.LockOSThread()
		f, _ := os.Open("/proc/thread-self/ns/net")
		if unix.Unshare(unix.CLONE_NEWNET) == nil {
			f.Close()
			f, _ = os.Open("/proc/thread-self/ns/net")
		}
		ns <- f
	}()
	f := <-ns
	t.Cleanup(func() { f.Close() })
	s, err := Enter(int(f.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}
