package nft

import (
	"errors"
	"os"
	"runtime"
	"syscall"
	"testing"

	"bantam/internal/linux/netlink"
	"bantam/internal/testenv"

	"golang.org/x/sys/unix"
)

// own gives the test a network namespace of its own; its thread ends with it.
func own(t *testing.T) {
	t.Helper()
	testenv.Root(t)
	runtime.LockOSThread()
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		t.Fatal(err)
	}
	if err := NewBatch(Inet, "x").Commit(); err != nil {
		t.Fatal(err)
	}
	b := NewBatch(Inet, "probe")
	b.AddTable()
	err := b.Commit()
	testenv.Need(t, "nftables", err == nil || !errors.Is(err, unix.EOPNOTSUPP) && !errors.Is(err, os.ErrPermission))
}

func TestTable(t *testing.T) {
	own(t)
	ports := Set{Name: "ports", ID: 1, Key: []Type{Protocol, Service}, Value: []Type{Addr4, Service}}
	nets := Set{Name: "nets", ID: 2, Key: []Type{Addr4}, Interval: true}
	b := NewBatch(Inet, "t")
	b.AddTable()
	b.AddSet(ports)
	b.AddSet(nets)
	b.AddChain(Chain{"in", "nat", unix.NF_INET_PRE_ROUTING, -100})
	b.AddChain(Chain{"out", "nat", unix.NF_INET_POST_ROUTING, 100})
	b.AddRule("in", Meta(unix.NFT_META_NFPROTO, R(0)), Compare(R(0), []byte{unix.NFPROTO_IPV4}), AddrType(R(0)), Compare(R(0), []byte{unix.RTN_LOCAL, 0, 0, 0}),
		Meta(unix.NFT_META_L4PROTO, R(0)), Payload(unix.NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2, R(1)), Map(ports, R(0), R(4)), DNAT(unix.NFPROTO_IPV4, R(4), R(5)))
	b.AddRule("out", Payload(unix.NFT_PAYLOAD_NETWORK_HEADER, 12, 4, R(0)), In(nets, R(0)), Conntrack(unix.NFT_CT_STATE, R(0)), And(R(0), []byte{6, 0, 0, 0}), Differ(R(0), []byte{0, 0, 0, 0}), Masquerade())
	b.AddElements("nets", Range([]byte{10, 0, 0, 0}, []byte{11, 0, 0, 0})...)
	err := b.Commit()
	if errors.Is(err, unix.EPROTONOSUPPORT) || errors.Is(err, unix.ENOENT) || errors.Is(err, unix.EOPNOTSUPP) {
		testenv.Skip(t, "nf_tables", err.Error())
	}
	if err != nil {
		t.Fatal(err)
	}
	c, err := netlink.OpenProtocol(unix.NETLINK_NETFILTER)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if n, err := Rules(c, Inet, "t"); n != 2 || err != nil {
		t.Errorf("%d rules, %v", n, err)
	}
	web := Element{Key: Key([]byte{6}, Port(80)), Value: Key([]byte{10, 0, 0, 2}, Port(8080))}
	for range 2 { // what is there is no error
		b = NewBatch(Inet, "t")
		b.AddElements("ports", web)
		if err := b.Commit(); err != nil {
			t.Fatal(err)
		}
	}
	other := web
	other.Value = Key([]byte{10, 0, 0, 3}, Port(8080))
	b = NewBatch(Inet, "t")
	b.AddElements("ports", other)
	if err := b.Commit(); err != syscall.EEXIST {
		t.Errorf("another value for a key: %v", err)
	}
	if ok, err := Has(c, Inet, "t", "ports", web.Key); !ok || err != nil {
		t.Error(ok, err)
	}
	var many []Element
	for i := range 3000 {
		many = append(many, Element{Key: Key([]byte{17}, Port(i+1)), Value: Key([]byte{10, 0, 0, 2}, Port(1))})
	}
	b = NewBatch(Inet, "t")
	b.DeleteElements("ports", web)
	b.AddElements("ports", many...)
	if err := b.Commit(); err != nil {
		t.Fatal(err)
	}
	if ok, err := Has(c, Inet, "t", "ports", web.Key); ok || err != nil {
		t.Error(ok, err)
	}
	// All or nothing.
	b = NewBatch(Inet, "t")
	b.AddElements("ports", web)
	b.AddElements("no such set", web)
	if err := b.Commit(); !Missing(err) {
		t.Error(err)
	}
	if ok, _ := Has(c, Inet, "t", "ports", web.Key); ok {
		t.Error("half a batch was made")
	}
	b = NewBatch(Inet, "t")
	b.DeleteTable()
	if err := b.Commit(); err != nil {
		t.Fatal(err)
	}
	if n, err := Rules(c, Inet, "t"); n != 0 || err != nil {
		t.Errorf("%d rules, %v", n, err)
	}
	if ok, err := Has(c, Inet, "t", "ports", web.Key); ok || err != nil {
		t.Error(ok, err)
	}
}
