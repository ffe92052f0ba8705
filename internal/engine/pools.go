package engine

import (
	"errors"
	"fmt"
	"net/netip"

	"bantam/internal/network"
)

// Pools puts docker network create's --subnet, --ip-range, --gateway and --aux-address together: each of
// the others belongs to the subnet that it is in.
func Pools(subnets, ranges, gateways []string, aux map[string]string) ([]network.Pool, error) {
	if len(subnets) < len(ranges) || len(subnets) < len(gateways) {
		return nil, errors.New("every ip-range or gateway must have a corresponding subnet")
	}
	var p pools
	for _, list := range [...]struct {
		texts []string
		add   func(string) error
	}{{subnets, p.subnet}, {ranges, p.span}, {gateways, p.gateway}} {
		for _, text := range list.texts {
			if err := list.add(text); err != nil {
				return nil, err
			}
		}
	}
	for name, text := range aux {
		if err := p.aux(name, text); err != nil {
			return nil, err
		}
	}
	return p.list, nil
}

// pools are subnets in the making.
type pools struct {
	list []network.Pool
	nets []netip.Prefix
}

func (p *pools) subnet(text string) error {
	n, err := netip.ParsePrefix(text)
	if err != nil {
		return fmt.Errorf("invalid subnet %s: invalid CIDR block notation", text)
	}
	for _, o := range p.nets {
		if o.Overlaps(n) {
			return errors.New("multiple overlapping subnet configuration is not supported")
		}
	}
	p.nets, p.list = append(p.nets, n), append(p.list, network.Pool{Subnet: text})
	return nil
}

// of is the pool that an address is in, or nil.
func (p *pools) of(a netip.Addr) *network.Pool {
	for i := range p.nets {
		if p.nets[i].Contains(a) {
			return &p.list[i]
		}
	}
	return nil
}

func (p *pools) span(text string) error {
	r, err := netip.ParsePrefix(text)
	if err != nil {
		return fmt.Errorf("invalid ip-range %s: invalid CIDR block notation", text)
	}
	pool := p.of(r.Addr())
	switch {
	case pool == nil:
		return fmt.Errorf("no matching subnet for range %s", text)
	case pool.Range != "":
		return fmt.Errorf("cannot configure multiple ranges (%s, %s) on the same subnet (%s)", text, pool.Range, pool.Subnet)
	}
	pool.Range = text
	return nil
}

func (p *pools) gateway(text string) error {
	a, err := netip.ParseAddr(text)
	if err != nil {
		return fmt.Errorf("invalid gateway address: %s", text)
	}
	pool := p.of(a)
	switch {
	case pool == nil:
		return fmt.Errorf("no matching subnet for gateway %s", text)
	case pool.Gateway != "":
		return fmt.Errorf("cannot configure multiple gateways (%s, %s) for the same subnet (%s)", text, pool.Gateway, pool.Subnet)
	}
	pool.Gateway = text
	return nil
}

func (p *pools) aux(name, text string) error {
	a, err := netip.ParseAddr(text)
	pool := p.of(a)
	if err != nil || pool == nil {
		return fmt.Errorf("no matching subnet for aux-address %s", text)
	}
	if pool.Aux == nil {
		pool.Aux = map[string]string{}
	}
	pool.Aux[name] = text
	return nil
}
