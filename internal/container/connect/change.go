package connect

import (
	"fmt"

	"bantam/internal/network"
	"bantam/internal/network/link"
	"bantam/internal/network/rules"
)

// Join connects a container that runs to one more network. On an error it is as before.
func (c *Container) Join(pid int, a network.Attachment) (err error) {
	if j, _ := c.find(a.Network); j != nil {
		return fmt.Errorf("endpoint with name %s already exists in network %s", c.record.Name, j.Network.Name)
	}
	if c.ns < 0 {
		if err := c.open(pid); err != nil {
			return err
		}
	}
	before := c.routes()
	if err = c.lease(a); err == nil {
		c.lead()
		if err = c.join(c.joints[len(c.joints)-1]); err == nil {
			err = c.reroute(before)
		}
	} else {
		c.host.Networks.Folder(a.Network).Release(c.record.ID)
	}
	if err != nil {
		_ = c.Leave(a.Network)
	}
	return err
}

// Leave disconnects a container that runs from a network.
func (c *Container) Leave(id string) error {
	j, err := c.find(id)
	if err != nil {
		return err
	}
	before := c.routes()
	if err := c.part(j); err != nil {
		return err
	}
	for i := range c.joints {
		if c.joints[i] == j {
			c.joints = append(c.joints[:i:i], c.joints[i+1:]...)
			break
		}
	}
	if before.ports == j { // Clear has taken them out of the packet filter
		before.ports = nil
	}
	c.lead()
	return c.reroute(before)
}

// part ends one connection of a container that goes on.
func (c *Container) part(j *joint) error {
	if err := c.unplug(j); err != nil {
		return err
	}
	if j.Network.Driver != driverCNI {
		s, err := link.Enter(c.ns)
		if err != nil {
			return err
		}
		defer s.Close()
		if err := s.Disconnect(j.Endpoint); err != nil {
			return err
		}
	}
	return c.host.Clear(c.record.ID, nil, []network.Endpoint{*j.Endpoint})
}

// leads is where the default routes and the published ports are.
type leads struct{ v4, v6, ports *joint }

func (c *Container) routes() leads {
	return leads{c.gateway(false), c.gateway(true), c.exposed()}
}

// reroute moves the default routes and the published ports to the endpoints that are to have them now.
func (c *Container) reroute(before leads) error {
	s, err := link.Enter(c.ns)
	if err != nil {
		return err
	}
	defer s.Close()
	now := c.routes()
	for _, r := range [...]struct {
		v6       bool
		was, now *joint
	}{{false, before.v4, now.v4}, {true, before.v6, now.v6}} {
		if r.was == r.now {
			continue
		}
		var to *link.Joint
		if r.now != nil {
			to = &r.now.Joint
		}
		if err := s.Route(r.v6, to); err != nil {
			return fmt.Errorf("change the default route: %w", err)
		}
	}
	return c.movePorts(before.ports, now.ports)
}

// movePorts leads the ports to another endpoint; Publish makes it so.
func (c *Container) movePorts(from, to *joint) error {
	if from == to {
		return nil
	}
	if from != nil {
		ports := *from.Endpoint
		ports.Peer = "" // its addresses stay its own
		c.host.withdraw(rules.Live{Network: from.Network, Endpoint: &ports})
		from.Endpoint.Ports = nil
	}
	if to == nil {
		return nil
	}
	if len(c.sockets) == 0 {
		return c.publish()
	}
	for _, s := range c.sockets {
		to.Endpoint.Ports = append(to.Endpoint.Ports, s.Port)
	}
	return nil
}
