package engine

import (
	"encoding/csv"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"bantam/internal/container/folder"
	"bantam/internal/network"
)

// NetworkOptions are docker run's options about networks.
type NetworkOptions struct {
	// Network is docker's network mode: none, host, container:NAME or the first network; "" is bridge.
	Network string
	// Endpoints are the networks to connect to, if more is to be said than the mode says.
	Endpoints []EndpointOptions

	// Networks, Aliases, IP, IP6, LinkLocal and MAC are the values of the command line's options; they
	// become Network and Endpoints.
	Networks  []string
	Aliases   []string
	IP, IP6   string
	LinkLocal []string
	MAC       string

	Links      []string // CONTAINER[:ALIAS]
	Publish    []string // as PublishSpec reads them
	PublishAll bool
	Expose     []string
	// Bindings are published ports in the form of the record.
	Bindings []folder.PortBinding
}

// EndpointOptions say how a container is to be connected to one network.
type EndpointOptions struct {
	Network    string // name or ID
	Aliases    []string
	Links      []string
	IPv4, IPv6 string
	LinkLocal  []string
	MAC        string
	DriverOpts map[string]string
	GwPriority int
}

// ParseEndpoint reads a value of --network: a name, or pairs KEY=VALUE of which one is the name's.
func ParseEndpoint(text string) (e EndpointOptions, err error) {
	if !strings.Contains(text, "=") {
		return EndpointOptions{Network: text}, nil
	}
	fields, err := csv.NewReader(strings.NewReader(text)).Read()
	if err != nil {
		return e, err
	}
	for _, f := range fields {
		key, value, ok := strings.Cut(f, "=")
		if !ok || value == "" {
			return e, fmt.Errorf("invalid field %s", f)
		}
		if err := e.set(strings.ToLower(strings.TrimSpace(key)), strings.TrimSpace(value)); err != nil {
			return e, err
		}
	}
	if e.Network == "" {
		return e, errors.New("network name/id is not specified")
	}
	return e, nil
}

func (e *EndpointOptions) set(key, value string) (err error) {
	switch key {
	case "name":
		e.Network = value
	case "alias":
		e.Aliases = append(e.Aliases, value)
	case "ip":
		e.IPv4, err = ip(value, true)
	case "ip6":
		e.IPv6, err = ip(value, false)
	case "link-local-ip":
		e.LinkLocal = append(e.LinkLocal, value)
	case "mac-address":
		e.MAC = value
	case "driver-opt":
		k, v, ok := strings.Cut(value, "=")
		if !ok {
			return errors.New("invalid key value pair format in driver options")
		}
		if e.DriverOpts == nil {
			e.DriverOpts = map[string]string{}
		}
		e.DriverOpts[strings.ToLower(k)] = v
	case "gw-priority":
		if e.GwPriority, err = strconv.Atoi(value); err != nil {
			err = fmt.Errorf("invalid gw-priority (%s): %w", value, err)
		}
	default:
		err = fmt.Errorf("invalid field key %s", key)
	}
	return err
}

func ip(text string, four bool) (string, error) {
	a, err := netip.ParseAddr(text)
	if err != nil || a.Is4() != four {
		family := "IPv6"
		if four {
			family = "IPv4"
		}
		return "", fmt.Errorf("invalid %s address: %s", family, text)
	}
	return a.String(), nil
}

// endpoints makes the command line's options the mode and its endpoints.
func (o *NetworkOptions) endpoints() error {
	for _, text := range o.Networks {
		e, err := ParseEndpoint(text)
		if err != nil {
			return fmt.Errorf("invalid argument %q for \"--network\" flag: %w", text, err)
		}
		if len(o.Endpoints) > 0 && (special(e.Network) || special(o.Endpoints[0].Network)) {
			return errors.New("conflicting options: cannot attach both user-defined and non-user-defined network-modes")
		}
		if slices.ContainsFunc(o.Endpoints, func(other EndpointOptions) bool { return other.Network == e.Network }) {
			return fmt.Errorf("network %q is specified multiple times", e.Network)
		}
		o.Endpoints = append(o.Endpoints, e)
	}
	o.Networks = nil
	if o.Network == "" && len(o.Endpoints) > 0 {
		o.Network = o.Endpoints[0].Network
	}
	if o.Network == "" || o.Network == "default" {
		o.Network = network.DefaultName
	}
	if len(o.Endpoints) == 0 {
		o.Endpoints = []EndpointOptions{{Network: o.Network}}
	}
	return o.mergeFirst(&o.Endpoints[0])
}

// special are the modes that are no networks of their own kind.
func special(mode string) bool {
	return mode == network.NoneName || mode == network.HostName || strings.HasPrefix(mode, sharing)
}

// mergeFirst gives the first network what options beside --network say.
func (o *NetworkOptions) mergeFirst(e *EndpointOptions) error {
	for _, x := range [...]struct {
		own  bool
		also bool
		what string
	}{
		{len(o.Aliases) > 0, len(e.Aliases) > 0, "--network-alias and per-network alias"},
		{o.IP != "", e.IPv4 != "", "--ip and per-network IPv4 address"},
		{o.IP6 != "", e.IPv6 != "", "--ip6 and per-network IPv6 address"},
		{len(o.LinkLocal) > 0, len(e.LinkLocal) > 0, "--link-local-ip and per-network link-local IP addresses"},
		{o.MAC != "", e.MAC != "", "--mac-address and per-network MAC address"},
	} {
		if x.own && x.also {
			return errors.New("conflicting options: cannot specify both " + x.what)
		}
	}
	e.Aliases, e.LinkLocal, e.Links = append(e.Aliases, o.Aliases...), append(e.LinkLocal, o.LinkLocal...), append(e.Links, o.Links...)
	inherit(&e.MAC, o.MAC)
	inherit(&e.IPv4, o.IP)
	inherit(&e.IPv6, o.IP6)
	o.Aliases, o.LinkLocal, o.MAC, o.IP, o.IP6 = nil, nil, "", "", ""
	return nil
}

// check refuses what makes no sense for a network, whichever it is.
func (e *EndpointOptions) check() error {
	for _, x := range [...]struct {
		text string
		four bool
	}{{e.IPv4, true}, {e.IPv6, false}} {
		if x.text == "" {
			continue
		}
		if _, err := ip(x.text, x.four); err != nil {
			return fmt.Errorf("invalid endpoint settings:\n%w", err)
		}
	}
	for _, text := range e.LinkLocal {
		if _, err := netip.ParseAddr(text); err != nil {
			return fmt.Errorf("invalid endpoint settings:\ninvalid link-local IP address: %s", text)
		}
	}
	if e.MAC != "" && network.ParseMAC(e.MAC) == nil {
		return fmt.Errorf("%s is not a valid mac address", e.MAC)
	}
	for _, a := range e.Aliases {
		if !network.CheckLabel(a) {
			return fmt.Errorf("invalid network alias: %q", a)
		}
	}
	return checkDriverOpts(e.DriverOpts)
}

func checkDriverOpts(opts map[string]string) error {
	for k, v := range opts {
		if k != optionIfname {
			return fmt.Errorf("unknown driver option %s: bantam knows %s", k, optionIfname)
		}
		if v == "" || len(v) > 15 || strings.ContainsAny(v, "/: \t\n") || v == "lo" || v == "." || v == ".." {
			return fmt.Errorf("invalid name for an interface: %q", v)
		}
	}
	return nil
}

const optionIfname = "com.docker.network.endpoint.ifname"

// attachment is how the record has it.
func (e *EndpointOptions) attachment(n *network.Network) (network.Attachment, error) {
	a := network.Attachment{Network: n.ID, NetworkName: n.Name, Aliases: e.Aliases, Links: e.Links, IPv4: e.IPv4, IPv6: e.IPv6,
		LinkLocal: e.LinkLocal, DriverOpts: e.DriverOpts, GwPriority: e.GwPriority}
	if mac := network.ParseMAC(e.MAC); mac != nil {
		a.MAC = network.FormatMAC(mac)
	}
	wrong := ""
	switch {
	case n.Name == network.DefaultName && len(e.Aliases) > 0:
		wrong = "network-scoped aliases are only supported for user-defined networks"
	case n.Name == network.DefaultName && (e.IPv4 != "" || e.IPv6 != ""):
		wrong = "user-specified IP address is supported on user-defined networks only"
	case n.Driver != "cni" && (e.IPv4 != "" || e.IPv6 != "") && !slices.ContainsFunc(n.IPAM.Pools, func(p network.Pool) bool { return p.Given }):
		wrong = "user specified IP address is supported only when connecting to networks with user configured subnets"
	}
	if wrong != "" {
		return a, fmt.Errorf("invalid config for network %s: invalid endpoint settings:\n%s", n.Name, wrong)
	}
	return a, nil
}
