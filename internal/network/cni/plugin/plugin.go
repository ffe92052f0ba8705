// Package plugin runs CNI's plugins through libcni: what bantamd does for package cni.
package plugin

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"

	"bantam/internal/network"
	"bantam/internal/network/cni"

	"github.com/containernetworking/cni/libcni"
	types "github.com/containernetworking/cni/pkg/types/100"
)

// Do does what is asked for.
func Do(r *cni.Request) (*cni.Result, error) {
	c := libcni.NewCNIConfigWithCacheDir(strings.Split(r.Path, ":"), r.Dir, nil)
	rt := runtime(r)
	switch r.Op {
	case cni.OpFind:
		_, err := load(r)
		return new(cni.Result), err
	case cni.OpAdd:
		return add(c, r, rt)
	case cni.OpDel:
		return new(cni.Result), del(c, r, rt)
	}
	return nil, fmt.Errorf("unknown operation %q", r.Op)
}

func load(r *cni.Request) (*libcni.NetworkConfigList, error) {
	list, err := libcni.LoadNetworkConf(r.Conf, r.Name)
	var none libcni.NotFoundError
	var empty libcni.NoConfigsFoundError
	if errors.As(err, &none) || errors.As(err, &empty) || errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("no configuration of the name %s in %s", r.Name, r.Conf)
	}
	return list, err
}

// runtime is what libcni passes on. The address stands in the arguments for host-local as it is since ever, and among the
// capabilities; a plugin that knows neither says nothing.
func runtime(r *cni.Request) *libcni.RuntimeConf {
	rt := &libcni.RuntimeConf{ContainerID: r.Container, NetNS: r.NetNS, IfName: r.Interface, Args: [][2]string{{"IgnoreUnknown", "1"}}, CapabilityArgs: map[string]any{}}
	if len(r.IPs) > 0 {
		rt.CapabilityArgs["ips"] = r.IPs
		rt.Args = append(rt.Args, [2]string{"IP", r.IPs[0]})
	}
	if r.MAC != "" {
		rt.CapabilityArgs["mac"] = r.MAC
		rt.Args = append(rt.Args, [2]string{"MAC", r.MAC})
	}
	if len(r.Ports) > 0 {
		rt.CapabilityArgs["portMappings"] = portMappings(r.Ports)
	}
	if len(r.Aliases) > 0 {
		rt.CapabilityArgs["aliases"] = map[string][]string{r.Name: r.Aliases}
	}
	if len(r.Servers)+len(r.Searches)+len(r.DNSOptions) > 0 {
		rt.CapabilityArgs["dns"] = map[string][]string{"servers": r.Servers, "searches": r.Searches, "options": r.DNSOptions}
	}
	return rt
}

// portMapping is an element of the portMappings capability (CNI's CONVENTIONS.md).
type portMapping struct {
	HostPort      int    `json:"hostPort"`
	ContainerPort int    `json:"containerPort"`
	Protocol      string `json:"protocol"`
	HostIP        string `json:"hostIP,omitempty"`
}

// portMappings names a port that is published at all addresses of both families once.
func portMappings(list []network.Port) (out []portMapping) {
	seen := map[portMapping]bool{}
	for _, p := range list {
		m := portMapping{p.Host, p.Container, p.Proto, p.HostIP}
		if ip, err := netip.ParseAddr(p.HostIP); err == nil && ip.IsUnspecified() {
			m.HostIP = ""
		}
		if !seen[m] {
			seen[m] = true
			out = append(out, m)
		}
	}
	return out
}

func add(c *libcni.CNIConfig, r *cni.Request, rt *libcni.RuntimeConf) (*cni.Result, error) {
	list, err := load(r)
	if err != nil {
		return nil, err
	}
	said, err := c.AddNetworkList(context.Background(), list, rt)
	if err != nil {
		return nil, err
	}
	result, err := types.NewResultFromResult(said)
	if err != nil {
		return nil, fmt.Errorf("result of network %s: %w", r.Name, err)
	}
	return read(result, rt.IfName), nil
}

// del takes an attachment back as it was made: by the configuration of then, if there is one. What was neither made to its
// end nor is configured any more can't be taken back by anybody.
func del(c *libcni.CNIConfig, r *cni.Request, rt *libcni.RuntimeConf) error {
	list, err := load(r)
	named := &libcni.NetworkConfigList{Name: r.Name}
	if was, as, cached := c.GetNetworkListCachedConfig(named, rt); cached == nil && was != nil {
		if list, err = libcni.NetworkConfFromBytes(was); err != nil {
			return fmt.Errorf("cached configuration of network %s: %w", r.Name, err)
		}
		rt.Args, rt.CapabilityArgs = as.Args, as.CapabilityArgs
	} else if err != nil {
		return nil
	}
	return c.DelNetworkList(context.Background(), list, rt)
}

// read finds the container's interface and what it has got.
func read(said *types.Result, name string) *cni.Result {
	r := &cni.Result{DNS: network.DNS{Servers: said.DNS.Nameservers, Search: said.DNS.Search, Options: said.DNS.Options}}
	if d := said.DNS.Domain; d != "" && len(r.DNS.Search) == 0 {
		r.DNS.Search = []string{d}
	}
	own := -1
	for i, x := range said.Interfaces {
		if x != nil && x.Sandbox != "" && (own < 0 || x.Name == name) {
			own, r.MAC = i, x.Mac
		}
	}
	for _, ip := range said.IPs {
		if ip == nil || ip.Interface != nil && *ip.Interface != own {
			continue
		}
		address, gateway := &r.IPv4, &r.Gateway
		if ip.Address.IP.To4() == nil {
			address, gateway = &r.IPv6, &r.Gateway6
		}
		if *address == "" {
			*address, *gateway = ip.Address.String(), leadsOut(said, ip)
		}
	}
	return r
}

// leadsOut is the gateway of the default route that the plugins have made, if they have.
func leadsOut(said *types.Result, ip *types.IPConfig) string {
	four := ip.Address.IP.To4() != nil
	for _, r := range said.Routes {
		if r == nil {
			continue
		}
		if ones, _ := r.Dst.Mask.Size(); ones > 0 || (r.Dst.IP.To4() != nil) != four {
			continue
		}
		return cmp.Or(text(r.GW), text(ip.Gateway))
	}
	return ""
}

func text(ip net.IP) string {
	if ip == nil {
		return ""
	}
	return ip.String()
}
