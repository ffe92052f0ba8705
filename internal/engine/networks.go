package engine

import (
	"errors"
	"fmt"
	"net/netip"
	"time"

	"bantam/internal/container/connect"
	"bantam/internal/container/folder"
	"bantam/internal/network"
	"bantam/internal/network/cni"
	"bantam/internal/network/link"
	"bantam/internal/network/rules"
	"bantam/internal/statefile"
)

// networks opens the networks of the root.
func (e *Engine) networks() (*connect.Host, error) {
	if _, err := e.containers(); err != nil { // makes the root absolute
		return nil, err
	}
	return connect.On(e.Root), nil
}

// findNetwork finds a network by name, id or prefix; those that are always there are made when
// somebody asks for them first.
func (e *Engine) findNetwork(h *connect.Host, name string) (*network.Network, error) {
	n, err := h.Networks.Find(name)
	var missing *network.NotFound
	switch {
	case errors.As(err, &missing) && predefined(name):
		return e.makePredefined(h, name)
	case cni.Is(name):
		return e.findCNI(h, name, n, err)
	}
	return n, err
}

func predefined(name string) bool {
	return name == network.DefaultName || name == network.HostName || name == network.NoneName
}

func (e *Engine) makePredefined(h *connect.Host, name string) (*network.Network, error) {
	lock, err := h.Networks.Lock()
	if err != nil {
		return nil, err
	}
	defer lock.Free()
	if n, err := h.Networks.Find(name); err == nil {
		return n, nil
	}
	n := &network.Network{ID: statefile.NewID(), Name: name, Created: time.Now().UTC(), Driver: name, IPv4: true, IPAM: network.IPAM{Driver: "default"}}
	switch name {
	case network.NoneName:
		n.Driver = "null"
		fallthrough
	case network.HostName:
		return n, h.Networks.Create(n)
	}
	n.Interface = "br-" + n.ID[:12]
	if e.Root == "/var/lib/bantam" {
		n.Interface = "bantam0"
	}
	n.MTU = link.MTU()
	n.Options = map[string]string{
		network.OptionDefault: "true", network.OptionICC: "true", network.OptionMasquerade: "true", network.OptionHostIP: "0.0.0.0",
		network.OptionBridge: n.Interface, network.OptionMTU: fmt.Sprint(n.MTU),
	}
	return n, setUp(h, n)
}

// setUp writes a network to disk and makes its interface on the host; a bridge takes the subnet for all that look at
// the host's routes. The caller holds the lock of the networks.
func setUp(h *connect.Host, n *network.Network) error {
	free := link.Exclusive()
	defer free()
	for _, root := range link.Sweep() {
		_ = rules.Of(root).Drop()
	}
	if err := plan(h, n); err != nil {
		return err
	}
	if err := h.Networks.Create(n); err != nil {
		return err
	}
	f := h.Networks.Folder(n.ID)
	err := f.Reserve(unleasable(n)...)
	if err == nil {
		err = link.Up(f, n)
	}
	if err == nil && n.Driver == "bridge" {
		err = h.Rebuild()
	}
	if err != nil {
		_ = link.Down(f, n)
		_ = h.Networks.Remove(n)
	}
	return err
}

// unleasable are the addresses that no container gets.
func unleasable(n *network.Network) (list []netip.Addr) {
	for _, p := range n.IPAM.Pools {
		if a, err := netip.ParseAddr(p.Gateway); err == nil {
			list = append(list, a)
		}
		for _, text := range p.Aux {
			if a, err := netip.ParseAddr(text); err == nil {
				list = append(list, a)
			}
		}
	}
	return list
}

// attach finds the networks that a container is to be connected to.
func (e *Engine) attach(o *NetworkOptions, r *folder.Record) error {
	if special(o.Network) {
		return nil
	}
	h, err := e.networks()
	if err != nil {
		return err
	}
	for i := range o.Endpoints {
		n, err := e.findNetwork(h, o.Endpoints[i].Network)
		if err != nil {
			return err
		}
		a, err := o.Endpoints[i].attachment(n)
		if err != nil {
			return &Invalid{err}
		}
		if a.Links, err = e.linkIDs(a.Links); err != nil {
			return err
		}
		r.Networks = append(r.Networks, a)
	}
	return nil
}

// plan completes the network's address plan, beside those of others and of the host.
func plan(h *connect.Host, n *network.Network) error {
	if n.IPAM.Driver == "null" {
		return nil
	}
	list, err := h.Networks.List()
	if err != nil {
		return err
	}
	var networks, host []netip.Prefix
	for _, o := range list {
		// Outside of the host an address plan may be another network's, too.
		if o.Driver == "bridge" || n.Driver != "bridge" {
			networks = append(networks, o.Subnets()...)
		}
	}
	if host, err = link.Subnets(); err != nil {
		return err
	}
	return n.Plan(networks, host)
}
