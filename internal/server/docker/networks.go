package docker

import (
	"errors"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"bantam/internal/container/folder"
	"bantam/internal/engine"
	own "bantam/internal/network"

	"github.com/moby/moby/api/types/network"
)

// networks is what the routes of networks need of the engine.
type networks interface {
	Networks(engine.Filters) ([]*own.Network, error)
	NetworkInspect(name string) (*engine.NetworkJSON, error)
	NetworkStatus(name string) ([]own.SubnetUse, error)
	NetworkCreate(*engine.NetworkCreateOptions) (string, error)
	NetworkRemove(name string) error
	NetworkPrune(engine.Filters) ([]string, error)
	NetworkConnect(container string, o *engine.EndpointOptions) error
	NetworkDisconnect(container, name string, force bool) error
}

func (s *Server) networkRoutes() []route {
	return []route{
		{"GET", "/networks", s.listNetworks},
		{"GET", "/networks/{id}", s.inspectNetwork},
		{"POST", "/networks/create", s.createNetwork},
		{"POST", "/networks/prune", s.pruneNetworks},
		{"POST", "/networks/{id}/connect", s.connectNetwork},
		{"POST", "/networks/{id}/disconnect", s.disconnectNetwork},
		{"DELETE", "/networks/{id}", func(c *call) error { return c.done(s.networks.NetworkRemove(c.name())) }},
	}
}

func (s *Server) listNetworks(c *call) error {
	f, err := c.filters()
	if err != nil {
		return err
	}
	list, err := s.networks.Networks(f)
	if err != nil {
		return err
	}
	out := []*engine.NetworkJSON{}
	for _, n := range list {
		v, err := s.networks.NetworkInspect(n.ID)
		var gone *own.NotFound
		if errors.As(err, &gone) {
			continue
		}
		if err != nil {
			return err
		}
		v.Containers = map[string]engine.EndpointResourceJSON{} // inspect alone tells them
		out = append(out, v)
	}
	return c.reply(http.StatusOK, out)
}

func (s *Server) inspectNetwork(c *call) error {
	v, err := s.networks.NetworkInspect(c.name())
	if err != nil {
		return err
	}
	if c.minor < 52 {
		return c.reply(http.StatusOK, v)
	}
	status, err := s.networks.NetworkStatus(v.ID)
	if err != nil {
		return err
	}
	return c.reply(http.StatusOK, &networkSince52{v, networkStatus(status)})
}

// networkSince52 tells how many addresses there are.
type networkSince52 struct {
	*engine.NetworkJSON
	Status network.Status
}

func networkStatus(list []own.SubnetUse) network.Status {
	m := network.SubnetStatuses{}
	for _, u := range list {
		m[u.Subnet] = network.SubnetStatus{IPsInUse: u.Used, DynamicIPsAvailable: u.Free}
	}
	return network.Status{IPAM: network.IPAMStatus{Subnets: m}}
}

func (s *Server) createNetwork(c *call) error {
	var r network.CreateRequest
	if err := c.decode(&r); err != nil {
		return err
	}
	if r.ConfigOnly || r.ConfigFrom != nil && r.ConfigFrom.Network != "" || r.Ingress || r.Scope != "" && r.Scope != "local" {
		return badRequest("networks of a swarm are not supported")
	}
	o := &engine.NetworkCreateOptions{
		Name: r.Name, Driver: r.Driver, NoIPv4: r.EnableIPv4 != nil && !*r.EnableIPv4, IPv6: r.EnableIPv6 != nil && *r.EnableIPv6,
		Internal: r.Internal, Attachable: r.Attachable, Options: r.Options, Labels: r.Labels,
	}
	if r.IPAM != nil {
		o.IPAMDriver, o.IPAMOptions = r.IPAM.Driver, r.IPAM.Options
		for _, p := range r.IPAM.Config {
			o.Pools = append(o.Pools, pool(&p))
		}
	}
	id, err := s.networks.NetworkCreate(o)
	if err != nil {
		return err
	}
	return c.reply(http.StatusCreated, network.CreateResponse{ID: id})
}

func pool(p *network.IPAMConfig) own.Pool {
	o := own.Pool{Gateway: address(p.Gateway), Given: p.Subnet.IsValid()}
	if p.Subnet.IsValid() {
		o.Subnet = p.Subnet.String()
	}
	if p.IPRange.IsValid() {
		o.Range = p.IPRange.String()
	}
	for name, a := range p.AuxAddress {
		if o.Aux == nil {
			o.Aux = map[string]string{}
		}
		o.Aux[name] = address(a)
	}
	return o
}

// address is "" for none.
func address(a netip.Addr) string {
	if !a.IsValid() {
		return ""
	}
	return a.String()
}

func (s *Server) pruneNetworks(c *call) error {
	f, err := c.filters()
	if err != nil {
		return err
	}
	list, err := s.networks.NetworkPrune(f)
	if err != nil {
		return err
	}
	return c.reply(http.StatusOK, network.PruneReport{NetworksDeleted: list})
}

func (s *Server) connectNetwork(c *call) error {
	var r network.ConnectRequest
	if err := c.decode(&r); err != nil {
		return err
	}
	o := endpoint(c.name(), r.EndpointConfig)
	if err := s.networks.NetworkConnect(r.Container, &o); err != nil {
		return err
	}
	return c.empty(http.StatusOK)
}

func (s *Server) disconnectNetwork(c *call) error {
	var r network.DisconnectRequest
	if err := c.decode(&r); err != nil {
		return err
	}
	if err := s.networks.NetworkDisconnect(r.Container, c.name(), r.Force); err != nil {
		return err
	}
	return c.empty(http.StatusOK)
}

// endpoint is how a container is to be connected.
func endpoint(name string, e *network.EndpointSettings) engine.EndpointOptions {
	o := engine.EndpointOptions{Network: name}
	if e == nil {
		return o
	}
	o.Aliases, o.Links, o.MAC, o.DriverOpts, o.GwPriority = e.Aliases, e.Links, e.MacAddress.String(), e.DriverOpts, e.GwPriority
	if i := e.IPAMConfig; i != nil {
		o.IPv4, o.IPv6 = address(i.IPv4Address), address(i.IPv6Address)
		for _, a := range i.LinkLocalIPs {
			o.LinkLocal = append(o.LinkLocal, address(a))
		}
	}
	return o
}

// networking are the options about networks and ports of a container to be.
func networking(r *createRequest) engine.NetworkOptions {
	o := engine.NetworkOptions{}
	if h := r.HostConfig; h != nil {
		o.Network, o.PublishAll, o.Links = string(h.NetworkMode), h.PublishAllPorts, h.Links
		for port, list := range h.PortBindings {
			if len(list) == 0 {
				list = []network.PortBinding{{}} // docker's meaning: some port of the host
			}
			for _, b := range list {
				o.Bindings = append(o.Bindings, folder.PortBinding{Port: port.String(), HostIP: address(b.HostIP), HostPort: b.HostPort})
			}
		}
	}
	for port := range r.ExposedPorts {
		o.Expose = append(o.Expose, port.String())
	}
	slices.Sort(o.Expose)
	slices.SortFunc(o.Bindings, func(a, b folder.PortBinding) int {
		return strings.Compare(a.Port+a.HostIP+a.HostPort, b.Port+b.HostIP+b.HostPort)
	})
	if r.NetworkDisabled {
		o.Network = own.NoneName
	}
	if n := r.NetworkingConfig; n != nil {
		for name, e := range n.EndpointsConfig {
			o.Endpoints = append(o.Endpoints, endpoint(defaultNetwork(name), e))
		}
	}
	// The network of the mode is the first one.
	first := defaultNetwork(o.Network)
	slices.SortFunc(o.Endpoints, func(a, b engine.EndpointOptions) int {
		if (a.Network == first) != (b.Network == first) {
			if a.Network == first {
				return -1
			}
			return 1
		}
		return strings.Compare(a.Network, b.Network)
	})
	if len(r.MacAddress) > 0 {
		wholeMAC(&o, r.MacAddress.String())
	}
	return o
}

// defaultNetwork is the network that a name stands for: docker's client calls the default bridge "default", as a mode and, since 25, as
// an endpoint, too.
func defaultNetwork(name string) string {
	if name == "" || name == "default" {
		return own.DefaultName
	}
	return name
}

// wholeMAC gives the first network the address that was asked for the container as a whole.
func wholeMAC(o *engine.NetworkOptions, mac string) {
	if len(o.Endpoints) == 0 {
		o.Endpoints = []engine.EndpointOptions{{Network: defaultNetwork(o.Network)}}
	}
	if o.Endpoints[0].MAC == "" {
		o.Endpoints[0].MAC = mac
	}
}
