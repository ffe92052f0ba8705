package rules

import (
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"bantam/internal/linux/netlink"
	"bantam/internal/linux/netlink/nft"
	"bantam/internal/network"
	"bantam/internal/testenv"

	"golang.org/x/sys/unix"
)

// own gives the test a network namespace of its own; its thread ends with it.
func own(t *testing.T, table Table) {
	t.Helper()
	testenv.Root(t)
	runtime.LockOSThread()
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		t.Fatal(err)
	}
	testenv.Need(t, "nftables", table.Drop() == nil)
}

var (
	nest = &network.Network{Name: "nest", Driver: "bridge", Interface: "br-nest", IPAM: network.IPAM{Pools: []network.Pool{{Subnet: "10.9.0.0/24"}, {Subnet: "fd00:9::/64"}}}}
	web  = &network.Endpoint{Peer: "veth1", MAC: "02:42:0a:09:00:02", IPv4: "10.9.0.2/24", IPv6: "fd00:9::2/64", Ports: []network.Port{
		{Proto: "tcp", Container: 80, HostIP: "0.0.0.0", Host: 8080}, {Proto: "tcp", Container: 80, HostIP: "::", Host: 8080},
		{Proto: "udp", Container: 53, HostIP: "192.0.2.1", Host: 53}, {Proto: "udp", Container: 53, HostIP: "fd00::1", Host: 53},
		{Proto: "tcp", Container: 81, HostIP: "127.0.0.1", Host: 81}, {Proto: "tcp", Container: 82},
	}}
)

func TestRebuild(t *testing.T) {
	table := Of(t.TempDir())
	own(t, table)
	l := Live{nest, web}
	if err := table.Add(l); err != ErrGone {
		t.Errorf("add to no table: %v", err)
	}
	if ok, err := table.Intact(nest); ok || err != nil {
		t.Error(ok, err)
	}
	facts := &Facts{[]*network.Network{nest}, []Live{l}}
	for range 2 {
		if err := table.Rebuild(facts); err != nil {
			t.Fatal(err)
		}
		if ok, err := table.Intact(nest); !ok || err != nil {
			list, _ := exec.Command("nft", "list", "ruleset").CombinedOutput()
			t.Fatalf("%v %v\n%s", ok, err, list)
		}
	}
	if err := table.Add(l); err != nil {
		t.Errorf("add what is there: %v", err)
	}
	other := *web
	other.Peer, other.IPv4, other.IPv6 = "veth2", "10.9.0.3/24", "fd00:9::3/64"
	if err := table.Add(Live{nest, &other}); err == nil || err == ErrGone {
		t.Errorf("a port for two: %v", err)
	}
	if err := table.Remove(l); err != nil {
		t.Error(err)
	}
	if err := table.Add(Live{nest, &other}); err != nil {
		t.Errorf("a port that is free again: %v", err)
	}
	// Someone flushes the rules of one chain, then everything.
	for _, args := range [][]string{{"flush", "chain", "inet", table.name, "forward"}, {"flush", "chain", "bridge", table.name, "prerouting"}, {"flush", "ruleset"}} {
		if out, err := exec.Command(testenv.Program(t, "nft"), args...).CombinedOutput(); err != nil {
			t.Fatal(err, string(out))
		}
		if ok, err := table.Intact(nest); ok || err != nil {
			t.Errorf("after %v: %v %v", args, ok, err)
		}
		if err := table.Rebuild(facts); err != nil {
			t.Fatal(err)
		}
	}
	if os.Getenv("SHOW") != "" {
		list, _ := exec.Command("nft", "list", "ruleset").CombinedOutput()
		t.Logf("%s", list)
	}
}

// A port of SCTP is translated whether the host can open such sockets or not.
func TestSCTP(t *testing.T) {
	table := Of(t.TempDir())
	own(t, table)
	e := &network.Endpoint{Peer: "veth1", MAC: "02:42:0a:09:00:02", IPv4: "10.9.0.2/24", Ports: []network.Port{{Proto: "sctp", Container: 3868, HostIP: "0.0.0.0", Host: 3869}}}
	if err := table.Rebuild(&Facts{[]*network.Network{nest}, []Live{{nest, e}}}); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(testenv.Program(t, "nft"), "-n", "list", "map", "inet", table.name, any4.Name).CombinedOutput()
	if want := "132 . 3869 : 10.9.0.2 . 3868"; err != nil || !strings.Contains(strings.ReplaceAll(string(out), "sctp", "132"), want) {
		t.Errorf("%v, want %s in\n%s", err, want, out)
	}
}

// A network without users' rules needs no table of family bridge.
func TestDefaultIsNotGuarded(t *testing.T) {
	def := *nest
	def.Name = network.DefaultName
	if Guarded(&def) || (&Facts{Networks: []*network.Network{&def}}).guarded() || !Guarded(nest) {
		t.Error("who is guarded")
	}
	b := nft.NewBatch(nft.Bridge, "x")
	b.Join(func() *nft.Batch {
		_, over := Of("/").batches(Live{&def, web}, (*nft.Batch).AddElements)
		return over
	}())
	if !b.Empty() {
		t.Error("an endpoint of the default bridge is guarded")
	}
}

func TestEnd(t *testing.T) {
	for text, want := range map[string]string{"10.9.0.0/24": "10.9.1.0", "10.9.255.0/24": "10.10.0.0", "128.0.0.0/1": "0.0.0.0", "fd00::/64": "fd00:0:0:1::", "1.2.3.4/32": "1.2.3.5"} {
		if a, _ := netip.AddrFromSlice(end(netip.MustParsePrefix(text))); a.String() != want {
			t.Errorf("%s: %s, want %s", text, a, want)
		}
	}
}

func bench(b *testing.B, each func(Table) error) {
	runtime.LockOSThread()
	if unix.Unshare(unix.CLONE_NEWNET) != nil {
		b.Skip("not root")
	}
	table := Of("/bench")
	if err := table.Rebuild(&Facts{Networks: []*network.Network{nest}}); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if err := each(table); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkIntact(b *testing.B) {
	bench(b, func(t Table) error {
		_, err := t.Intact(nest)
		return err
	})
}

func BenchmarkAddRemove(b *testing.B) {
	bench(b, func(t Table) error {
		if err := t.Add(Live{nest, web}); err != nil {
			return err
		}
		return t.Remove(Live{nest, web})
	})
}

// Docker's FORWARD chain drops what it does not know; ours is called from the chain that it leaves to others.
func TestBesideDocker(t *testing.T) {
	iptables := testenv.Program(t, "iptables-nft")
	table := Of(t.TempDir())
	own(t, table)
	run := func(args ...string) string {
		t.Helper()
		out, err := exec.Command(iptables, args...).CombinedOutput()
		if err != nil {
			t.Fatalf("iptables %v: %v: %s", args, err, out)
		}
		return string(out)
	}
	intact := func(want bool) {
		t.Helper()
		if ok, err := table.Intact(nest); ok != want || err != nil {
			t.Fatalf("intact: %v, %v", ok, err)
		}
	}
	rebuild := func(list ...*network.Network) {
		t.Helper()
		if err := table.Rebuild(&Facts{Networks: list}); err != nil {
			t.Fatal(err)
		}
	}
	rebuild(nest)
	intact(true)
	run("-N", "DOCKER-USER")
	run("-A", "DOCKER-USER", "-s", "192.0.2.1", "-j", "DROP")
	intact(false) // docker came later
	rebuild(nest)
	intact(true)
	other := *nest
	other.Interface, other.IPAM.Pools = "br-nes", nil
	if ok, err := table.admitted(mustOpen(t), other.Interface); ok || err != nil {
		t.Errorf("a network that is not there: %v, %v", ok, err)
	}
	rebuild(nest, &other)
	intact(true)
	n := table.name
	want := "-N " + n + "\n-A DOCKER-USER -j " + n + "\n-A DOCKER-USER -s 192.0.2.1/32 -j DROP\n" +
		"-A " + n + " -o br-nest -j ACCEPT\n-A " + n + " -o br-nes -j ACCEPT\n-A " + n + " -o docker+ -j RETURN\n-A " + n + " -o br-+ -j RETURN\n" +
		"-A " + n + " -i br-nest -j ACCEPT\n-A " + n + " -i br-nes -j ACCEPT\n"
	if got := run("-S"); !strings.HasSuffix(got, want) {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	run("-F", "DOCKER-USER")
	intact(false)
	rebuild(nest)
	intact(true)
	run("-F", n)
	intact(false)
	rebuild(nest)
	intact(true)
	rebuild()
	if got := run("-S"); strings.Contains(got, n) || !strings.Contains(got, "DOCKER-USER") {
		t.Errorf("left: %s", got)
	}
}

func mustOpen(t *testing.T) *netlink.Conn {
	t.Helper()
	c, err := netlink.OpenProtocol(unix.NETLINK_NETFILTER)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}
