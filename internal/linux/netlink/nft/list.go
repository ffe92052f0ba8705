package nft

import (
	"bytes"
	"encoding/binary"

	"bantam/internal/linux/netlink"

	"golang.org/x/sys/unix"
)

// Rule is one that is there.
type Rule struct {
	Handle uint64 // its name in its table
	text   []byte // its expressions
}

// Mentions says that the rule has a name of an interface or a chain: one that does not begin or end another.
func (r Rule) Mentions(name string) bool {
	return bytes.Contains(r.text, append([]byte{0}, name+"\x00"...))
}

// Rules counts the rules of a table; none where there is no such table.
func Rules(c *netlink.Conn, family byte, table string) (n int, err error) {
	return n, dump(c, family, table, "", func(netlink.Attributes) { n++ })
}

// List is the rules of a chain; none where there is no such chain.
func List(c *netlink.Conn, family byte, table, chain string) (list []Rule, err error) {
	return list, dump(c, family, table, chain, func(a netlink.Attributes) {
		list = append(list, Rule{binary.BigEndian.Uint64(a.Get(unix.NFTA_RULE_HANDLE)), bytes.Clone(a.Get(unix.NFTA_RULE_EXPRESSIONS))})
	})
}

// dump asks for the rules of a table, or of one chain of it.
func dump(c *netlink.Conn, family byte, table, chain string, f func(netlink.Attributes)) error {
	r := netlink.NewRequest(unix.NFNL_SUBSYS_NFTABLES<<8|unix.NFT_MSG_GETRULE, unix.NLM_F_DUMP, []byte{family, unix.NFNETLINK_V0, 0, 0})
	r.AddString(unix.NFTA_RULE_TABLE, table)
	if chain != "" {
		r.AddString(unix.NFTA_RULE_CHAIN, chain)
	}
	err := c.Dump(r, func(m netlink.Message) error {
		a := m.Attributes(4)
		if a.String(unix.NFTA_RULE_TABLE) == table && (chain == "" || a.String(unix.NFTA_RULE_CHAIN) == chain) {
			f(a)
		}
		return nil
	})
	if Missing(err) {
		return nil
	}
	return err
}

// HasChain asks whether a chain is there.
func HasChain(c *netlink.Conn, family byte, table, chain string) (bool, error) {
	b := NewBatch(family, table)
	b.add(unix.NFT_MSG_GETCHAIN, 0).AddString(unix.NFTA_CHAIN_NAME, chain)
	_, err := c.Get(b.list[0])
	if Missing(err) {
		return false, nil
	}
	return err == nil, err
}
