package engine

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"bantam/internal/container/connect"
	"bantam/internal/network"
	"bantam/internal/network/link"
	"bantam/internal/statefile"
)

// NetworkCreateOptions is what docker network create's options say.
type NetworkCreateOptions struct {
	Name        string
	Driver      string // "" is bridge
	NoIPv4      bool
	IPv6        bool
	Internal    bool
	Attachable  bool
	Options     map[string]string
	Labels      map[string]string
	IPAMDriver  string
	IPAMOptions map[string]string
	// Pools are the subnets with what belongs to each.
	Pools []network.Pool
}

// NetworkCreate makes a network and returns its id.
func (e *Engine) NetworkCreate(o *NetworkCreateOptions) (string, error) {
	n, err := o.network()
	if err != nil {
		return "", &Invalid{err}
	}
	h, err := e.networks()
	if err != nil {
		return "", err
	}
	lock, err := h.Networks.Lock()
	if err != nil {
		return "", err
	}
	defer lock.Free()
	if err := parentIsFree(h, n); err != nil {
		return "", err
	}
	if err := setUp(h, n); err != nil {
		return "", err
	}
	e.networkEvent("create", n)
	return n.ID, nil
}

func (e *Engine) networkEvent(action string, n *network.Network) {
	e.event("network", action, n.ID, map[string]string{"name": n.Name, "type": n.Driver})
}

// network checks the options and puts them into the record's form.
func (o *NetworkCreateOptions) network() (*network.Network, error) {
	n := &network.Network{
		ID: statefile.NewID(), Name: o.Name, Created: time.Now().UTC(), Driver: o.Driver, IPv4: !o.NoIPv4, IPv6: o.IPv6, Internal: o.Internal, Attachable: o.Attachable,
		Options: o.Options, Labels: o.Labels, IPAM: network.IPAM{Driver: "default", Options: o.IPAMOptions, Pools: slices.Clone(o.Pools)},
	}
	if n.Driver == "" {
		n.Driver = "bridge"
	}
	for _, step := range [...]func(*network.Network) error{o.checkName, o.checkIPAM, checkPools, o.checkDriver} {
		if err := step(n); err != nil {
			return nil, err
		}
	}
	return n, nil
}

func (o *NetworkCreateOptions) checkName(n *network.Network) error {
	if predefined(n.Name) || n.Name == "default" {
		return fmt.Errorf("operation is not permitted on predefined %s network", n.Name)
	}
	return checkNetworkName(n.Name)
}

func checkNetworkName(name string) error {
	ok := name != ""
	for i := 0; ok && i < len(name); i++ {
		c := name[i]
		alnum := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		ok = alnum || i > 0 && (c == '_' || c == '.' || c == '-')
	}
	if len(name) > 255 {
		return fmt.Errorf("invalid network name: it has %d letters, 255 are the most", len(name))
	}
	if !ok {
		return fmt.Errorf("invalid network name: %q: only [a-zA-Z0-9][a-zA-Z0-9_.-]* are allowed", name)
	}
	return nil
}

func (o *NetworkCreateOptions) checkIPAM(n *network.Network) error {
	switch o.IPAMDriver {
	case "", "default":
	case "null":
		n.IPAM.Driver = "null"
		if len(n.IPAM.Pools) > 0 {
			return errors.New("null ipam driver: no subnet can be given")
		}
	default:
		return fmt.Errorf("could not find an IPAM driver %q: bantam has default and null", o.IPAMDriver)
	}
	if !n.IPv4 && !n.IPv6 {
		return errors.New("IPv4 or IPv6 must be enabled")
	}
	return nil
}

// checkPools checks each subnet and makes its texts canonical.
func checkPools(n *network.Network) error {
	for i := range n.IPAM.Pools {
		if err := checkPool(n, &n.IPAM.Pools[i]); err != nil {
			return fmt.Errorf("invalid network config:\n%w", err)
		}
		for _, other := range n.Subnets()[:i] {
			if other.Overlaps(n.Subnets()[i]) {
				return errors.New("multiple overlapping subnet configuration is not supported")
			}
		}
	}
	return nil
}

func checkPool(n *network.Network, p *network.Pool) error {
	subnet, err := netip.ParsePrefix(p.Subnet)
	switch {
	case err != nil:
		return fmt.Errorf("invalid subnet %s: invalid CIDR block notation", p.Subnet)
	case subnet != subnet.Masked():
		return fmt.Errorf("invalid subnet %s: it should be %s", subnet, subnet.Masked())
	case subnet.Addr().Is6() && !n.IPv6:
		return fmt.Errorf("invalid subnet %s: the network has no IPv6: add --ipv6", subnet)
	case subnet.Addr().Is4() && !n.IPv4:
		return fmt.Errorf("invalid subnet %s: the network has no IPv4", subnet)
	case subnet.Addr().IsMulticast(), subnet.Addr().IsLoopback(), subnet.Bits() == 0:
		return fmt.Errorf("invalid subnet %s: hosts have no such addresses", subnet)
	}
	p.Subnet, p.Given = subnet.String(), true
	if p.Range != "" {
		r, err := netip.ParsePrefix(p.Range)
		switch {
		case err != nil:
			return fmt.Errorf("invalid ip-range %s: invalid CIDR block notation", p.Range)
		case r.Bits() < subnet.Bits() || !subnet.Contains(r.Addr()):
			return fmt.Errorf("invalid ip-range %s: parent subnet %s doesn't contain ip-range", r, subnet)
		}
		p.Range = r.Masked().String()
	}
	if p.Gateway != "" {
		gw, err := within(subnet, p.Gateway, "gateway")
		if err != nil {
			return err
		}
		if a, _ := netip.ParseAddr(gw); !p.Usable(a) {
			return fmt.Errorf("failed to allocate gateway (%s): it stands for the subnet %s as a whole", gw, subnet)
		}
		p.Gateway = gw
	}
	for name, text := range p.Aux {
		if p.Aux[name], err = within(subnet, text, "auxiliary address"); err != nil {
			return err
		}
	}
	return nil
}

func within(subnet netip.Prefix, text, what string) (string, error) {
	a, err := netip.ParseAddr(text)
	if err != nil {
		return "", fmt.Errorf("invalid %s %s: invalid address", what, text)
	}
	if !subnet.Contains(a) {
		return "", fmt.Errorf("invalid %s %s: parent subnet %s doesn't contain this address", what, a, subnet)
	}
	return a.String(), nil
}

// checkDriver checks what the driver makes of the options.
func (o *NetworkCreateOptions) checkDriver(n *network.Network) (err error) {
	switch n.Driver {
	case "bridge":
		err = bridgeOptions(n)
	case "macvlan", "ipvlan":
		err = subOptions(n)
	case "host", "null":
		return fmt.Errorf("only one instance of %q network is allowed", n.Driver)
	case "overlay":
		return errors.New("an overlay network belongs to swarm, which bantam is not part of")
	case "cni":
		return errors.New("networks of CNI are made by its configurations: --network cni:NAME uses one")
	default:
		return fmt.Errorf("could not find plugin %s in v1 plugin registry: plugin not found: bantam has bridge, macvlan and ipvlan", n.Driver)
	}
	if text, has := n.Options[network.OptionMTU]; has && err == nil {
		n.MTU, err = strconv.Atoi(text)
		if err != nil || n.MTU < 68 || n.MTU > 65535 {
			return fmt.Errorf("invalid MTU %q", text)
		}
	}
	return err
}

func bridgeOptions(n *network.Network) error {
	n.Interface, n.MTU = "br-"+n.ID[:12], link.MTU()
	for key, value := range n.Options {
		switch key {
		case network.OptionBridge:
			if !interfaceName(value) {
				return fmt.Errorf("invalid name for a bridge: %q", value)
			}
			n.Interface = value
		case network.OptionMasquerade, network.OptionICC:
			is, err := strconv.ParseBool(value)
			if err != nil {
				return fmt.Errorf("invalid value %q for %s: true or false", value, key)
			}
			n.Options[key] = strconv.FormatBool(is)
		case network.OptionHostIP:
			if a, err := netip.ParseAddr(value); err != nil || !a.Is4() {
				return fmt.Errorf("invalid value %q for %s: an IPv4 address of the host", value, key)
			}
		case network.OptionMTU:
		default:
			return unknownOption(n, key)
		}
	}
	return nil
}

func unknownOption(n *network.Network, key string) error {
	return fmt.Errorf("driver %s: unknown option %s", n.Driver, key)
}

func interfaceName(s string) bool {
	return s != "" && len(s) < 16 && s != "." && s != ".." && !strings.ContainsAny(s, "/: \t\n")
}

// subOptions are macvlan's and ipvlan's.
func subOptions(n *network.Network) error {
	for key, value := range n.Options {
		switch key {
		case "parent":
			n.Interface = value
		case n.Driver + "_mode", "ipvlan_flag", network.OptionMTU:
		default:
			return unknownOption(n, key)
		}
	}
	if err := link.CheckMode(n); err != nil {
		return err
	}
	if n.Internal || n.Interface == "" { // docker's: it leads nowhere, whatever parent is named
		n.Interface, n.Internal = link.Isolated(n), true
	}
	if err := link.CheckParent(n); err != nil {
		return fmt.Errorf("driver %s: %w", n.Driver, err)
	}
	return nil
}

// parentIsFree: a bridge or a parent belongs to one network.
func parentIsFree(h *connect.Host, n *network.Network) error {
	list, err := h.Networks.List()
	if err != nil {
		return err
	}
	for _, o := range list {
		if o.Interface != n.Interface || o.Interface == "" {
			continue
		}
		if n.Driver == "bridge" || o.Driver == "bridge" {
			return fmt.Errorf("network %s is already using the bridge %s", o.Name, n.Interface)
		}
		return fmt.Errorf("network %s is already using parent interface %s", o.Name, n.Interface)
	}
	if n.Driver == "bridge" && link.Exists(n.Interface) {
		return fmt.Errorf("cannot create network %s: the host has an interface %s already", n.Name, n.Interface)
	}
	return nil
}
