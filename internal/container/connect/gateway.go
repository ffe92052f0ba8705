package connect

import (
	"cmp"
	"slices"
)

// lead chooses the endpoints that the default routes lead to: docker's order is the priority that the
// user gave, then the network's name. Networks of CNI, which make their routes themselves, come last.
func (c *Container) lead() {
	for _, v6 := range [...]bool{false, true} {
		best := c.gateway(v6)
		for _, j := range c.joints {
			if v6 {
				j.Default6 = j == best
			} else {
				j.Default4 = j == best
			}
		}
	}
}

// gateway is the endpoint that leads out; nil where none does.
func (c *Container) gateway(v6 bool) *joint {
	var list []*joint
	for _, j := range c.joints {
		if j.leadsOut(v6) {
			list = append(list, j)
		}
	}
	if len(list) == 0 {
		return nil
	}
	return slices.MinFunc(list, func(a, b *joint) int {
		return cmp.Or(cmp.Compare(b.asked.GwPriority, a.asked.GwPriority), cmp.Compare(a.late(), b.late()), cmp.Compare(a.Network.Name, b.Network.Name))
	})
}

func (j *joint) late() int {
	if j.Network.Driver == driverCNI {
		return 1
	}
	return 0
}

func (j *joint) leadsOut(v6 bool) bool {
	if j.Network.Driver == driverCNI { // known when its plugins have run, but ports are published before
		return !v6
	}
	e := j.Endpoint
	address, gateway := e.IPv4, e.Gateway
	if v6 {
		address, gateway = e.IPv6, e.Gateway6
	}
	return address != "" && !j.Network.Internal && (gateway != "" || j.Network.Driver == "ipvlan")
}
