package rules

import (
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"testing"

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
