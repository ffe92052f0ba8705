package engine

import (
	"errors"
	"time"

	"bantam/internal/network"
)

// NetworkJSON is what docker network inspect prints, in docker's names and order.
type NetworkJSON struct {
	Name       string
	ID         string `json:"Id"`
	Created    time.Time
	Scope      string
	Driver     string
	EnableIPv4 bool
	EnableIPv6 bool
	IPAM       IPAMJSON
	Internal   bool
	Attachable bool
	Ingress    bool
	ConfigFrom struct{ Network string }
	ConfigOnly bool
	Containers map[string]EndpointResourceJSON
	Options    map[string]string
	Labels     map[string]string
}

// IPAMJSON is docker's IPAM.
type IPAMJSON struct {
	Driver  string
	Options map[string]string
	Config  []IPAMConfigJSON
}

// IPAMConfigJSON is one subnet.
type IPAMConfigJSON struct {
	Subnet             string            `json:",omitempty"`
	IPRange            string            `json:",omitempty"`
	Gateway            string            `json:",omitempty"`
	AuxiliaryAddresses map[string]string `json:",omitempty"`
}

// EndpointResourceJSON is a container that is connected to the network.
type EndpointResourceJSON struct {
	Name        string
	EndpointID  string
	MacAddress  string
	IPv4Address string
	IPv6Address string
}

// NetworkInspect returns all that is known of a network.
func (e *Engine) NetworkInspect(name string) (*NetworkJSON, error) {
	h, err := e.networks()
	if err != nil {
		return nil, err
	}
	n, err := e.findNetwork(h, name)
	if err != nil {
		return nil, err
	}
	v := networkJSON(n)
	return v, e.addContainers(v, n)
}

// NetworkStatus counts the addresses of each of a network's subnets.
func (e *Engine) NetworkStatus(name string) ([]network.SubnetUse, error) {
	h, err := e.networks()
	if err != nil {
		return nil, err
	}
	n, err := e.findNetwork(h, name)
	if err != nil {
		return nil, err
	}
	return h.Networks.Folder(n.ID).Use(n)
}

// networkJSON is a network without its containers.
func networkJSON(n *network.Network) *NetworkJSON {
	v := &NetworkJSON{
		Name: n.Name, ID: n.ID, Created: n.Created, Scope: "local", Driver: n.Driver, EnableIPv4: n.IPv4, EnableIPv6: n.IPv6,
		IPAM: IPAMJSON{Driver: n.IPAM.Driver, Options: n.IPAM.Options, Config: []IPAMConfigJSON{}}, Internal: n.Internal, Attachable: n.Attachable,
		Containers: map[string]EndpointResourceJSON{}, Options: labelsOrEmpty(n.Options), Labels: labelsOrEmpty(n.Labels),
	}
	if !predefined(n.Name) { // as docker's client creates them
		v.IPAM.Options = labelsOrEmpty(n.IPAM.Options)
	}
	for _, p := range n.IPAM.Pools {
		v.IPAM.Config = append(v.IPAM.Config, IPAMConfigJSON{p.Subnet, p.Range, p.Gateway, p.Aux})
	}
	return v
}

// addContainers adds the running containers that are connected.
func (e *Engine) addContainers(v *NetworkJSON, n *network.Network) error {
	list, err := e.List(false)
	if err != nil {
		return err
	}
	for _, c := range list {
		for _, p := range c.State.Networks {
			if p.Network == n.ID {
				v.Containers[c.ID] = EndpointResourceJSON{c.Name, p.ID, p.MAC, p.IPv4, p.IPv6}
			}
		}
		if c.Host.NetworkMode == n.Name && (n.Name == network.HostName || n.Name == network.NoneName) {
			v.Containers[c.ID] = EndpointResourceJSON{Name: c.Name, EndpointID: c.ID}
		}
	}
	return nil
}

func isNoNetwork(err error) bool {
	var missing *network.NotFound
	return errors.As(err, &missing)
}
