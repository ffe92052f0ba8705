package engine

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"bantam/internal/container/folder"
	"bantam/internal/container/monitor/wire"
	"bantam/internal/network"
)

// NetworkConnect connects a container to a network, at once if it runs.
func (e *Engine) NetworkConnect(container string, o *EndpointOptions) error {
	h, err := e.networks()
	if err != nil {
		return err
	}
	n, err := e.findNetwork(h, o.Network)
	if err != nil {
		return err
	}
	if err := o.check(); err != nil {
		return &Invalid{err}
	}
	a, err := o.attachment(n)
	if err != nil {
		return &Invalid{err}
	}
	_, c, err := e.get(container)
	if err != nil {
		return err
	}
	if a.Links, err = e.linkIDs(a.Links); err != nil {
		return err
	}
	if err := c.change(func(r *folder.Record) error { return connectable(r, n, a) }); err != nil {
		return err
	}
	err = e.changeNetwork(c, &wire.NetworkRequest{Attachment: a})
	if err != nil {
		_ = c.change(func(r *folder.Record) error { return unattach(r, n) })
	}
	return err
}

// connectable adds an attachment to a record, if it can be.
func connectable(r *folder.Record, n *network.Network, a network.Attachment) error {
	mode := r.Host.NetworkMode
	switch {
	case mode == network.HostName || n.Name == network.HostName:
		return &Invalid{errors.New("container cannot be disconnected from host network or connected to host network")}
	case strings.HasPrefix(mode, sharing):
		return &Conflict{errors.New("container sharing network namespace with another container or host cannot be connected to any other network")}
	case mode == network.NoneName || n.Name == network.NoneName:
		return &Invalid{errors.New("container cannot be connected to multiple networks with one of the networks in private (none) mode")}
	case slices.ContainsFunc(r.Networks, func(o network.Attachment) bool { return o.Network == n.ID }):
		return &Conflict{fmt.Errorf("endpoint with name %s already exists in network %s", r.Name, n.Name)}
	}
	r.Networks = append(r.Networks, a)
	return nil
}

func unattach(r *folder.Record, n *network.Network) error {
	i := slices.IndexFunc(r.Networks, func(o network.Attachment) bool { return o.Network == n.ID })
	if i < 0 {
		return &Conflict{fmt.Errorf("container %s is not connected to network %s", r.ID, n.Name)}
	}
	r.Networks = slices.Delete(r.Networks, i, i+1)
	return nil
}

// changeNetwork tells the monitor of a container that runs.
func (e *Engine) changeNetwork(c *container, r *wire.NetworkRequest) error {
	if c.State.Status != folder.Running {
		return nil
	}
	conn, err := wire.Call(c.State.Monitor, c.State.Door)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.Send(wire.KindNetwork, r.Encode()); err != nil {
		return err
	}
	m, err := conn.Receive()
	switch {
	case err != nil:
		return fmt.Errorf("container %s ended meanwhile: %w", c.Record.Name, err)
	case m.Kind == wire.KindFailed && len(m.Body) > 0:
		return errors.New(string(m.Body[1:]))
	}
	return nil
}

// NetworkDisconnect disconnects a container from a network, at once if it runs. force: also from a network that is no more.
func (e *Engine) NetworkDisconnect(container, name string, force bool) error {
	h, err := e.networks()
	if err != nil {
		return err
	}
	_, c, err := e.get(container)
	if err != nil {
		return err
	}
	n, err := h.Networks.Find(name)
	if err != nil && force {
		n, err = lost(c.Record, name)
	}
	if err != nil {
		return err
	}
	if n.Name == network.HostName {
		return &Invalid{errors.New("container cannot be disconnected from host network or connected to host network")}
	}
	was := c.Record.Networks
	if err := c.change(func(r *folder.Record) error { return unattach(r, n) }); err != nil {
		return err
	}
	err = e.changeNetwork(c, &wire.NetworkRequest{Leave: true, Attachment: network.Attachment{Network: n.ID}})
	if err != nil {
		_ = c.change(func(r *folder.Record) error {
			r.Networks = was
			return nil
		})
	}
	return err
}

// lost is a network that only the container's record still knows.
func lost(r *folder.Record, name string) (*network.Network, error) {
	for _, a := range r.Networks {
		if a.NetworkName == name || a.Network == name {
			return &network.Network{ID: a.Network, Name: a.NetworkName}, nil
		}
	}
	return nil, &network.NotFound{Name: name}
}

// linkIDs replaces names of linked containers by IDs: CONTAINER[:ALIAS] becomes ID:ALIAS.
func (e *Engine) linkIDs(links []string) ([]string, error) {
	var list []string
	for _, text := range links {
		name, alias, has := strings.Cut(text, ":")
		if !has {
			alias = name
		}
		if name == "" || !network.CheckLabel(alias) {
			return nil, &Invalid{fmt.Errorf("bad format for links: %s", text)}
		}
		s, err := e.containers()
		if err != nil {
			return nil, err
		}
		f, err := s.Find(name)
		if err != nil {
			return nil, fmt.Errorf("could not get container for %s: %w", name, err)
		}
		list = append(list, f.ID()+":"+alias)
	}
	return list, nil
}
