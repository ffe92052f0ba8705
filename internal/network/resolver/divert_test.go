package resolver

import (
	"net/netip"
	"testing"

	"bantam/internal/linux/namespace"
	"bantam/internal/linux/netlink/nft"
	"bantam/internal/testenv"

	"golang.org/x/sys/unix"
)

// A name server in the container may listen on all addresses, and rules of the container's own that track connections
// see one connection: the resolver is still there, over UDP and TCP.
func TestPortIsFree(t *testing.T) {
	w := newWorld(t)
	w.upstream(zone)
	w.nets.Announce("one", []string{"web"}, netip.MustParseAddr("10.1.0.5"))
	w.run()
	fd, err := namespace.Thread(func() error { return enter(w.netns) }, func() (int, error) {
		if err := divert(); err != nil {
			testenv.Skip(t, "nf_tables", err.Error())
		}
		if err := strict().Commit(); err != nil {
			return -1, err
		}
		for _, kind := range [...]int{unix.SOCK_DGRAM, unix.SOCK_STREAM} {
			fd, err := unix.Socket(unix.AF_INET, kind|unix.SOCK_CLOEXEC, 0)
			if err != nil {
				return -1, err
			}
			if err := unix.Bind(fd, &unix.SockaddrInet4{Port: port}); err != nil {
				return -1, err
			}
			if kind == unix.SOCK_STREAM {
				return fd, unix.Listen(fd, 1)
			}
			defer unix.Close(fd)
		}
		return -1, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	for lib, program := range clients(t) {
		t.Logf("%s: %s", lib, w.inside(conf, program, "20", "web=any:1", "x.corp.example=any:2", "long.corp.example=4:25-60"))
	}
}

// strict is a firewall that takes only what it knows or has just seen the beginning of (TCP's flag SYN).
func strict() *nft.Batch {
	const chain = "input"
	state := nft.Conntrack(unix.NFT_CT_STATE, nft.R(0))
	b := nft.NewBatch(nft.IPv4, "strict")
	b.AddTable()
	b.AddChain(nft.Chain{Name: chain, Kind: "filter", Hook: unix.NF_INET_LOCAL_IN})
	b.AddRule(chain, state, nft.And(nft.R(0), []byte{2 | 4, 0, 0, 0}), nft.Differ(nft.R(0), make([]byte, 4)), nft.Accept()) // established, related
	b.AddRule(chain, state, nft.And(nft.R(0), []byte{8, 0, 0, 0}), nft.Differ(nft.R(0), make([]byte, 4)),
		nft.Meta(unix.NFT_META_L4PROTO, nft.R(0)), nft.Compare(nft.R(0), []byte{unix.IPPROTO_UDP}), nft.Accept())
	b.AddRule(chain, state, nft.And(nft.R(0), []byte{8, 0, 0, 0}), nft.Differ(nft.R(0), make([]byte, 4)),
		nft.Payload(unix.NFT_PAYLOAD_TRANSPORT_HEADER, 13, 1, nft.R(0)), nft.Compare(nft.R(0), []byte{2}), nft.Accept())
	b.AddRule(chain, nft.Drop())
	return b
}

// BenchmarkListen is what the resolver adds to the start of a container.
func BenchmarkListen(b *testing.B) {
	testenv.Root(b)
	for b.Loop() {
		b.StopTimer()
		ns, err := namespace.Thread(func() error { return unix.Unshare(unix.CLONE_NEWNET) }, func() (int, error) {
			return unix.Open("/proc/thread-self/ns/net", unix.O_RDONLY|unix.O_CLOEXEC, 0)
		})
		if err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		s, err := Listen(ns)
		if err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		s.Close()
		unix.Close(ns)
		b.StartTimer()
	}
}
