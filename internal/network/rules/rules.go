// Package rules keeps bantam's own tables of nf_tables: inet bantam, and bridge bantam for
// networks whose containers must not pretend to be others. Nothing of other tables is touched, but for the chain
// that docker leaves to others.
//
//	prerouting, output   published ports: one lookup in a map, however many there are. What comes from
//	                     a container goes to the monitor's proxy instead, which needs no hairpin
//	postrouting          what leaves a network for the outside has the host's address
//	forward              into a network come only answers and published ports, so networks don't
//	                     reach each other; out of an internal one comes nothing
//	input                no container reaches the host's loopback
//
// Sets and maps hold what changes: bridges, subnets, ports. The rules themselves are always the same.
// Someone may flush them: [Table.Intact] sees that, and [Table.Rebuild] makes all anew at once.
package rules

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"bantam/internal/linux/netlink"
	"bantam/internal/linux/netlink/nft"
	"bantam/internal/network"

	"golang.org/x/sys/unix"
)

// Table is the tables of one root: two engines of one host have each their own.
type Table struct{ name string }

// Of returns the tables of a root; the system's is called bantam.
func Of(root string) Table {
	if root == "/var/lib/bantam" {
		return Table{"bantam"}
	}
	sum := sha256.Sum256([]byte(root))
	return Table{"bantam-" + hex.EncodeToString(sum[:4])}
}

// Live is the endpoint of a running container.
type Live struct {
	Network  *network.Network
	Endpoint *network.Endpoint
}

// Facts is all that the tables must hold.
type Facts struct {
	Networks  []*network.Network // those with a bridge
	Endpoints []Live
}

// ErrGone says that the tables, or something in them, are not there: they must be rebuilt.
var ErrGone = errors.New("the packet filter's table is not there")

// Add puts in what an endpoint needs: its ports, and its addresses where it is guarded. It costs
// nothing for one that needs nothing.
func (t Table) Add(l Live) error {
	in, over := t.batches(l, (*nft.Batch).AddElements)
	return t.commit(in, over)
}

// Remove takes it out again.
func (t Table) Remove(l Live) error {
	in, over := t.batches(l, (*nft.Batch).DeleteElements)
	return t.commit(in, over)
}

func (t Table) batches(l Live, do func(*nft.Batch, string, ...nft.Element)) (in, over *nft.Batch) {
	in, over = nft.NewBatch(nft.Inet, t.name), nft.NewBatch(nft.Bridge, t.name)
	for i := range l.Endpoint.Ports {
		if set, e, ok := portElement(l.Endpoint, &l.Endpoint.Ports[i]); ok {
			do(in, set, e)
		}
	}
	if Guarded(l.Network) && l.Endpoint.Peer != "" {
		for _, g := range guards(l.Endpoint) {
			do(over, g.set, g.list...)
		}
	}
	return in, over
}

func (t Table) commit(list ...*nft.Batch) error {
	all := nft.NewBatch(nft.Inet, t.name)
	for _, b := range list {
		all.Join(b)
	}
	err := all.Commit()
	switch {
	case nft.Missing(err):
		return ErrGone
	case err == unix.EEXIST:
		return errors.New("a port is already allocated to another container")
	case err != nil:
		return fmt.Errorf("packet filter: %w", err)
	}
	return nil
}

// Intact says that the tables are there with all their rules, and know the network.
func (t Table) Intact(n *network.Network) (bool, error) {
	c, err := netlink.OpenProtocol(unix.NETLINK_NETFILTER)
	if err != nil {
		return false, err
	}
	defer c.CloseAside()
	if ok, err := nft.Has(c, nft.Inet, t.name, bridges.Name, nft.Name(n.Interface)); !ok || err != nil {
		return false, err
	}
	got, err := nft.Rules(c, nft.Inet, t.name)
	if err != nil || got != inetRules {
		return false, err
	}
	if ok, err := t.admitted(c, n.Interface); !ok || err != nil {
		return false, err
	}
	if !Guarded(n) {
		return true, nil
	}
	got, err = nft.Rules(c, nft.Bridge, t.name)
	return got == bridgeRules, err
}

// Rebuild makes the tables anew, in one step: no packet passes without rules. The caller
// holds the lock of the networks' store, so that nobody adds to what is replaced.
func (t Table) Rebuild(f *Facts) error {
	in := nft.NewBatch(nft.Inet, t.name)
	in.AddTable()
	in.DeleteTable()
	in.AddTable()
	inet(in, f)
	over := nft.NewBatch(nft.Bridge, t.name)
	if f.guarded() {
		over.AddTable()
		over.DeleteTable()
		over.AddTable()
		bridge(over)
	}
	list := []*nft.Batch{in, over}
	for _, l := range f.Endpoints {
		in, over := t.batches(l, (*nft.Batch).AddElements)
		list = append(list, in, over)
	}
	err := t.commit(list...)
	if err == nil && !f.guarded() {
		gone := nft.NewBatch(nft.Bridge, t.name)
		gone.DeleteTable()
		_ = gone.Commit() // there is none, as a rule
	}
	if err == nil {
		err = t.besideDocker(f.Networks)
	}
	return err
}

// Drop removes the tables.
func (t Table) Drop() error {
	if err := t.besideDocker(nil); err != nil {
		return err
	}
	for _, family := range [...]byte{nft.Inet, nft.Bridge} {
		b := nft.NewBatch(family, t.name)
		b.AddTable()
		b.DeleteTable()
		if err := b.Commit(); err != nil {
			return fmt.Errorf("packet filter: %w", err)
		}
	}
	return nil
}
