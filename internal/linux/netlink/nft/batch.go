// Package nft speaks to the kernel's packet filter, nf_tables, by netlink. A [Batch] is made
// at once or not at all.
package nft

import (
	"encoding/binary"
	"syscall"

	"bantam/internal/linux/netlink"

	"golang.org/x/sys/unix"
)

// The families of tables.
const (
	Inet   = unix.NFPROTO_INET
	Bridge = unix.NFPROTO_BRIDGE
	IPv4   = unix.NFPROTO_IPV4 // as iptables' tables
	IPv6   = unix.NFPROTO_IPV6
)

// Batch is a list of changes to one table.
type Batch struct {
	family byte
	table  string
	list   []*netlink.Request
}

// NewBatch begins a list of changes.
func NewBatch(family byte, table string) *Batch { return &Batch{family: family, table: table} }

// Empty says that there is nothing to be done.
func (b *Batch) Empty() bool { return len(b.list) == 0 }

// Join appends another batch's changes: both are made at once.
func (b *Batch) Join(other *Batch) { b.list = append(b.list, other.list...) }

// Commit makes the changes.
func (b *Batch) Commit() error {
	if b.Empty() {
		return nil
	}
	c, err := netlink.OpenProtocol(unix.NETLINK_NETFILTER)
	if err != nil {
		return err
	}
	defer c.CloseAside()
	list := append([]*netlink.Request{bound(unix.NFNL_MSG_BATCH_BEGIN)}, b.list...)
	_, err = c.DoAll(append(list, bound(unix.NFNL_MSG_BATCH_END))...)
	return err
}

// bound is the message that begins or ends a batch.
func bound(kind uint16) *netlink.Request {
	fixed := []byte{0, 0, 0, unix.NFNL_SUBSYS_NFTABLES}
	return netlink.NewRequest(kind, 0, fixed)
}

// add begins a message. The attribute numbers of table, chain, set and rule messages all have the table's name first.
func (b *Batch) add(kind uint16, flags int) *netlink.Request {
	r := netlink.NewRequest(unix.NFNL_SUBSYS_NFTABLES<<8|kind, flags, []byte{b.family, unix.NFNETLINK_V0, 0, 0})
	r.AddString(unix.NFTA_TABLE_NAME, b.table)
	b.list = append(b.list, r)
	return r
}

// AddTable makes the table if it isn't there.
func (b *Batch) AddTable() { b.add(unix.NFT_MSG_NEWTABLE, unix.NLM_F_CREATE) }

// DeleteTable removes the table, which must be there, and all that is in it.
func (b *Batch) DeleteTable() { b.add(unix.NFT_MSG_DELTABLE, 0) }

// Chain is a chain of rules. Kind is filter or nat where the kernel enters it by itself, at a hook.
type Chain struct {
	Name     string
	Kind     string
	Hook     uint32
	Priority int32
}

// AddChain makes a chain.
func (b *Batch) AddChain(c Chain) {
	r := b.add(unix.NFT_MSG_NEWCHAIN, unix.NLM_F_CREATE)
	r.AddString(unix.NFTA_CHAIN_NAME, c.Name)
	if c.Kind == "" {
		return
	}
	at := r.Nest(unix.NLA_F_NESTED | unix.NFTA_CHAIN_HOOK)
	r.Add(unix.NFTA_HOOK_HOOKNUM, big32(c.Hook))
	r.Add(unix.NFTA_HOOK_PRIORITY, big32(uint32(c.Priority)))
	r.End(at)
	r.AddString(unix.NFTA_CHAIN_TYPE, c.Kind)
}

// DeleteChain removes a chain, which must be there and empty.
func (b *Batch) DeleteChain(name string) {
	b.add(unix.NFT_MSG_DELCHAIN, 0).AddString(unix.NFTA_CHAIN_NAME, name)
}

// AddRule appends a rule to a chain.
func (b *Batch) AddRule(chain string, list ...Expr) { b.rule(chain, unix.NLM_F_APPEND, list) }

// InsertRule puts a rule before all others of a chain.
func (b *Batch) InsertRule(chain string, list ...Expr) { b.rule(chain, 0, list) }

// FlushChain removes a chain's rules.
func (b *Batch) FlushChain(name string) {
	b.add(unix.NFT_MSG_DELRULE, 0).AddString(unix.NFTA_RULE_CHAIN, name)
}

// DeleteRule removes one rule.
func (b *Batch) DeleteRule(chain string, which Rule) {
	r := b.add(unix.NFT_MSG_DELRULE, 0)
	r.AddString(unix.NFTA_RULE_CHAIN, chain)
	r.Add(unix.NFTA_RULE_HANDLE, binary.BigEndian.AppendUint64(nil, which.Handle))
}

func (b *Batch) rule(chain string, place int, list []Expr) {
	r := b.add(unix.NFT_MSG_NEWRULE, unix.NLM_F_CREATE|place)
	r.AddString(unix.NFTA_RULE_CHAIN, chain)
	at := r.Nest(unix.NLA_F_NESTED | unix.NFTA_RULE_EXPRESSIONS)
	for _, e := range list {
		e.write(r)
	}
	r.End(at)
}

func big32(n uint32) []byte { return binary.BigEndian.AppendUint32(nil, n) }

// Missing says that an error means that something is not there (any more).
func Missing(err error) bool { return err == syscall.ENOENT }
