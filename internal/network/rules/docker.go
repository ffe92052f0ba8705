package rules

import (
	"errors"
	"fmt"
	"slices"

	"bantam/internal/linux/netlink"
	"bantam/internal/linux/netlink/nft"
	"bantam/internal/network"

	"golang.org/x/sys/unix"
)

// Docker sets the policy of iptables' FORWARD chain to drop, and no table of ours can let a packet pass there: it would reach
// neither the outside nor, where bridged packets are shown to iptables (br_netfilter), a container beside. But docker leaves a chain
// to its users, and keeps what they put into it. Where iptables is nf_tables' (iptables-nft), a chain of ours is called from there:
//
//	-o BRIDGE -j ACCEPT    for each bridge of ours: what may come in is the business of our own tables
//	-o docker+ -j RETURN   docker's containers are as closed as before
//	-o br-+ -j RETURN
//	-i BRIDGE -j ACCEPT
const (
	dockerTable = "filter"
	dockerChain = "DOCKER-USER"
)

var dockerFamilies = [...]byte{nft.IPv4, nft.IPv6}

// admitted says that docker lets a bridge's packets pass, or that there is no docker.
func (t Table) admitted(c *netlink.Conn, bridge string) (bool, error) {
	for _, family := range dockerFamilies {
		docker, err := nft.HasChain(c, family, dockerTable, dockerChain)
		if err != nil {
			return false, err
		}
		if !docker {
			continue
		}
		for chain, name := range map[string]string{dockerChain: t.name, t.name: bridge} {
			list, err := nft.List(c, family, dockerTable, chain)
			if err != nil || !slices.ContainsFunc(list, func(r nft.Rule) bool { return r.Mentions(name) }) {
				return false, err
			}
		}
	}
	return true, nil
}

// besideDocker brings the chain up to date; without networks it goes.
func (t Table) besideDocker(list []*network.Network) error {
	c, err := netlink.OpenProtocol(unix.NETLINK_NETFILTER)
	if err != nil {
		return err
	}
	defer c.CloseAside()
	for _, family := range dockerFamilies {
		b, err := t.dockerBatch(c, family, list)
		if err == nil {
			err = b.Commit()
		}
		if err != nil && !nft.Missing(err) { // docker, or somebody, takes it away at this instant
			return fmt.Errorf("packet filter, beside docker: %w", err)
		}
	}
	return nil
}

func (t Table) dockerBatch(c *netlink.Conn, family byte, list []*network.Network) (*nft.Batch, error) {
	b := nft.NewBatch(family, dockerTable)
	docker, err := nft.HasChain(c, family, dockerTable, dockerChain)
	ours, err2 := nft.HasChain(c, family, dockerTable, t.name)
	if err = errors.Join(err, err2); err != nil || !docker || !ours && len(list) == 0 {
		return b, err
	}
	callers, err := nft.List(c, family, dockerTable, dockerChain)
	if err != nil {
		return b, err
	}
	callers = slices.DeleteFunc(callers, func(r nft.Rule) bool { return !r.Mentions(t.name) })
	if len(list) == 0 {
		for _, r := range callers {
			b.DeleteRule(dockerChain, r)
		}
		b.FlushChain(t.name)
		b.DeleteChain(t.name)
		return b, nil
	}
	b.AddChain(nft.Chain{Name: t.name})
	b.FlushChain(t.name)
	for _, n := range list {
		b.AddRule(t.name, oif, nft.Compare(r0, nft.Name(n.Interface)), nft.Accept())
	}
	for _, prefix := range [...]string{"docker", "br-"} {
		b.AddRule(t.name, oif, nft.Compare(r0, []byte(prefix)), nft.Return())
	}
	for _, n := range list {
		b.AddRule(t.name, iif, nft.Compare(r0, nft.Name(n.Interface)), nft.Accept())
	}
	if len(callers) == 0 {
		b.InsertRule(dockerChain, nft.Jump(t.name))
	}
	return b, nil
}
