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
	var list []network.Pool
	var nets []netip.Prefix
	for _, s := range subnets {
		p, err := netip.ParsePrefix(s)
		if err != nil {
			return nil, fmt.Errorf("invalid subnet %s: invalid CIDR block notation", s)
		}
		for _, o := range nets {
			if o.Overlaps(p) {
				return nil, errors.New("multiple overlapping subnet configuration is not supported")
			}
		}
		nets, list = append(nets, p), append(list, network.Pool{Subnet: s})
	}
	of := func(a netip.Addr) *network.Pool {
		for i := range nets {
			if nets[i].Contains(a) {
				return &list[i]
			}
		}
		return nil
	}
	for _, text := range ranges {
		r, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, fmt.Errorf("invalid ip-range %s: invalid CIDR block notation", text)
		}
		p := of(r.Addr())
		switch {
		case p == nil:
			return nil, fmt.Errorf("no matching subnet for range %s", text)
		case p.Range != "":
			return nil, fmt.Errorf("cannot configure multiple ranges (%s, %s) on the same subnet (%s)", text, p.Range, p.Subnet)
		}
		p.Range = text
	}
	for _, text := range gateways {
		a, err := netip.ParseAddr(text)
		if err != nil {
			return nil, fmt.Errorf("invalid gateway address: %s", text)
		}
		p := of(a)
		switch {
		case p == nil:
			return nil, fmt.Errorf("no matching subnet for gateway %s", text)
		case p.Gateway != "":
			return nil, fmt.Errorf("cannot configure multiple gateways (%s, %s) for the same subnet (%s)", text, p.Gateway, p.Subnet)
		}
		p.Gateway = text
	}
	for name, text := range aux {
		a, err := netip.ParseAddr(text)
		p := of(a)
		if err != nil || p == nil {
			return nil, fmt.Errorf("no matching subnet for aux-address %s", text)
		}
		if p.Aux == nil {
			p.Aux = map[string]string{}
		}
		p.Aux[name] = text
	}
	return list, nil
}
