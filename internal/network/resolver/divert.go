package resolver

import (
	"bantam/internal/linux/netlink/nft"

	"golang.org/x/sys/unix"
)

// hidden is the port of 127.0.0.11 that the resolver truly listens on. Port 53 is free for name servers that run in
// the container: a socket on 127.0.0.11:53 would keep them from listening on all addresses. Nobody else uses this one (IANA: unassigned).
const hidden = 4

// divert has the kernel write the hidden port for 53, and back, in a table of the network namespace that the
// thread is in. It keeps no state. What is asked is changed before the kernel tracks the connection and what is answered
// afterwards, so that the container's own rules, if it has any, see one connection.
func divert() error {
	b := nft.NewBatch(nft.IPv4, "bantam-resolver")
	b.AddTable()
	b.DeleteTable()
	b.AddTable()
	b.AddChain(nft.Chain{Name: "ask", Kind: "filter", Hook: unix.NF_INET_LOCAL_OUT, Priority: -300})
	b.AddChain(nft.Chain{Name: "answer", Kind: "filter", Hook: unix.NF_INET_LOCAL_IN, Priority: -150})
	for _, p := range [...]struct {
		protocol byte
		sum      uint32 // where its checksum is
	}{{unix.IPPROTO_UDP, 6}, {unix.IPPROTO_TCP, 16}} {
		b.AddRule("ask", exchanged(16, 2, p.protocol, p.sum, port, hidden)...)
		b.AddRule("answer", exchanged(12, 0, p.protocol, p.sum, hidden, port)...)
	}
	return b.Commit()
}

// exchanged writes one port for another where the address at a place of the IP header is the resolver's.
func exchanged(addressAt, portAt uint32, protocol byte, sum uint32, from, to byte) []nft.Expr {
	r0, address := nft.R(0), Address.As4()
	return []nft.Expr{
		nft.Payload(unix.NFT_PAYLOAD_NETWORK_HEADER, addressAt, 4, r0), nft.Compare(r0, address[:]),
		nft.Meta(unix.NFT_META_L4PROTO, r0), nft.Compare(r0, []byte{protocol}),
		nft.Payload(unix.NFT_PAYLOAD_TRANSPORT_HEADER, portAt, 2, r0), nft.Compare(r0, []byte{0, from}),
		nft.Value(r0, []byte{0, to}), nft.Write(unix.NFT_PAYLOAD_TRANSPORT_HEADER, portAt, 2, sum, r0),
	}
}
