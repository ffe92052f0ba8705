package nft

import (
	"bantam/internal/linux/netlink"

	"golang.org/x/sys/unix"
)

// Expr is one step of a rule: it loads a register, compares, looks up or decides. A step that
// doesn't match ends the rule.
type Expr struct {
	name string
	args func(*netlink.Request)
}

func (e Expr) write(r *netlink.Request) {
	at := r.Nest(unix.NLA_F_NESTED | unix.NFTA_LIST_ELEM)
	r.AddString(unix.NFTA_EXPR_NAME, e.name)
	data := r.Nest(unix.NLA_F_NESTED | unix.NFTA_EXPR_DATA)
	if e.args != nil {
		e.args(r)
	}
	r.End(data)
	r.End(at)
}

// Reg is a register of four bytes; longer values take the following ones, too.
type Reg uint32

// R returns the nth register, of sixteen.
func R(n int) Reg { return Reg(unix.NFT_REG32_00 + n) }

func (x Reg) write(r *netlink.Request, kind uint16) { r.Add(kind, big32(uint32(x))) }

// numbers writes attributes 1, 2, ... with these numbers; those below zero are left out.
func numbers(r *netlink.Request, list ...int64) {
	for i, n := range list {
		if n >= 0 {
			r.Add(uint16(i+1), big32(uint32(n)))
		}
	}
}

// Meta loads what the kernel knows of a packet: unix.NFT_META_IIFNAME and so on.
func Meta(key uint32, to Reg) Expr {
	return Expr{"meta", func(r *netlink.Request) { numbers(r, int64(to), int64(key)) }}
}

// Payload loads bytes of the packet, from a base on (unix.NFT_PAYLOAD_NETWORK_HEADER and so on).
func Payload(base, offset, size uint32, to Reg) Expr {
	return Expr{"payload", func(r *netlink.Request) { numbers(r, int64(to), int64(base), int64(offset), int64(size)) }}
}

// Write puts a register into the packet, and what it changes into the Internet checksum at the place sum of the same header.
func Write(base, offset, size, sum uint32, from Reg) Expr {
	return Expr{"payload", func(r *netlink.Request) {
		numbers(r, -1, int64(base), int64(offset), int64(size), int64(from), unix.NFT_PAYLOAD_CSUM_INET, int64(sum))
	}}
}

// Value loads a register with a value.
func Value(to Reg, value []byte) Expr {
	return Expr{"immediate", func(r *netlink.Request) {
		numbers(r, int64(to))
		data(r, unix.NFTA_IMMEDIATE_DATA, value)
	}}
}

// Compare goes on if the register holds the value.
func Compare(x Reg, value []byte) Expr { return compare(x, unix.NFT_CMP_EQ, value) }

// Differ goes on if the register holds another value.
func Differ(x Reg, value []byte) Expr { return compare(x, unix.NFT_CMP_NEQ, value) }

func compare(x Reg, op uint32, value []byte) Expr {
	return Expr{"cmp", func(r *netlink.Request) {
		numbers(r, int64(x), int64(op))
		data(r, unix.NFTA_CMP_DATA, value)
	}}
}

// And keeps the bits of a register of four bytes that are in the mask.
func And(x Reg, mask []byte) Expr {
	return Expr{"bitwise", func(r *netlink.Request) {
		numbers(r, int64(x), int64(x), int64(len(mask)))
		data(r, unix.NFTA_BITWISE_MASK, mask)
		data(r, unix.NFTA_BITWISE_XOR, make([]byte, len(mask)))
	}}
}

// In goes on if the set has the key.
func In(s Set, key Reg) Expr { return lookup(s, key, -1, false) }

// NotIn goes on if the set hasn't the key.
func NotIn(s Set, key Reg) Expr { return lookup(s, key, -1, true) }

// Map loads what the map has for the key.
func Map(s Set, key, to Reg) Expr { return lookup(s, key, int64(to), false) }

func lookup(s Set, key Reg, to int64, invert bool) Expr {
	return Expr{"lookup", func(r *netlink.Request) {
		r.AddString(unix.NFTA_LOOKUP_SET, s.Name)
		r.Add(unix.NFTA_LOOKUP_SET_ID, big32(s.ID))
		key.write(r, unix.NFTA_LOOKUP_SREG)
		if to >= 0 {
			r.Add(unix.NFTA_LOOKUP_DREG, big32(uint32(to)))
		}
		if invert {
			r.Add(unix.NFTA_LOOKUP_FLAGS, big32(unix.NFT_LOOKUP_F_INV))
		}
	}}
}

// Conntrack loads what connection tracking knows: unix.NFT_CT_STATE, unix.NFT_CT_STATUS.
func Conntrack(key uint32, to Reg) Expr {
	return Expr{"ct", func(r *netlink.Request) { numbers(r, int64(to), int64(key)) }}
}

// AddrType loads what kind of address the packet's destination is (unix.RTN_LOCAL).
func AddrType(to Reg) Expr {
	return Expr{"fib", func(r *netlink.Request) {
		numbers(r, int64(to), unix.NFT_FIB_RESULT_ADDRTYPE, unix.NFTA_FIB_F_DADDR)
	}}
}

// DNAT sends the connection elsewhere: to the address and port in the registers.
func DNAT(family byte, addr, port Reg) Expr {
	return Expr{"nat", func(r *netlink.Request) {
		numbers(r, unix.NFT_NAT_DNAT, int64(family), int64(addr), -1, int64(port))
	}}
}

// Masquerade gives the connection the address of the interface that it leaves by.
func Masquerade() Expr { return Expr{name: "masq"} }

// Accept lets the packet pass this chain.
func Accept() Expr { return verdict(nfAccept, "") }

// Drop forgets the packet.
func Drop() Expr { return verdict(nfDrop, "") }

// Return leaves the chain.
func Return() Expr { return verdict(unix.NFT_RETURN, "") }

// Jump goes through another chain, and on here if that does not decide.
func Jump(chain string) Expr { return verdict(unix.NFT_JUMP, chain) }

// Of linux/netfilter.h.
const (
	nfDrop   = 0
	nfAccept = 1
)

func verdict(code int32, chain string) Expr {
	return Expr{"immediate", func(r *netlink.Request) {
		numbers(r, unix.NFT_REG_VERDICT)
		at := r.Nest(unix.NLA_F_NESTED | unix.NFTA_IMMEDIATE_DATA)
		v := r.Nest(unix.NLA_F_NESTED | unix.NFTA_DATA_VERDICT)
		r.Add(unix.NFTA_VERDICT_CODE, big32(uint32(code)))
		if chain != "" {
			r.AddString(unix.NFTA_VERDICT_CHAIN, chain)
		}
		r.End(v)
		r.End(at)
	}}
}
