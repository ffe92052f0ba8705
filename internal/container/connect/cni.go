package connect

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"bantam/internal/network"
	"bantam/internal/network/cni"
)

const driverCNI = "cni"

// plug has CNI's plugins connect the container. Whatever dead containers have left there is collected before.
func (c *Container) plug(j *joint) error {
	f := c.host.Networks.Folder(j.Network.ID)
	_ = c.host.Collect(j.Network) // the next one tries again
	r := cni.Of(cni.OpAdd, f, j.Network)
	r.Container, r.Interface, r.NetNS = c.record.ID, j.Endpoint.Interface, c.path()
	for _, ip := range [...]string{j.asked.IPv4, j.asked.IPv6} {
		if ip != "" {
			r.IPs = append(r.IPs, ip)
		}
	}
	r.MAC, r.Ports = j.asked.MAC, j.Endpoint.Ports
	r.Aliases = append([]string{c.record.Name, c.record.ID[:12]}, j.asked.Aliases...)
	h := &c.record.Host
	r.Servers, r.Searches, r.DNSOptions = h.DNS, h.DNSSearch, h.DNSOptions
	result, err := cni.Add(f, r)
	if err != nil {
		return fmt.Errorf("connect to network %s: %w", j.Network.Name, err)
	}
	e := j.Endpoint
	e.MAC, e.IPv4, e.IPv6, e.Gateway, e.Gateway6, e.DNS = result.MAC, result.IPv4, result.IPv6, result.Gateway, result.Gateway6, result.DNS
	return nil
}

// path is that of the container's network namespace, which this process holds: its own may have ended.
func (c *Container) path() string {
	if c.ns < 0 {
		return ""
	}
	return "/proc/" + strconv.Itoa(os.Getpid()) + "/fd/" + strconv.Itoa(c.ns)
}

// unplug takes back what plugins have made, while the network namespace is there.
func (c *Container) unplug(list ...*joint) (err error) {
	for _, j := range list {
		if j.Network.Driver != driverCNI {
			continue
		}
		if del := cni.Del(c.host.Networks.Folder(j.Network.ID), j.Network, c.record.ID, c.path()); del != nil && err == nil {
			err = del
		}
	}
	return err
}

// Collect has the plugins of a network of CNI take back what dead containers have left.
func (h *Host) Collect(n *network.Network) (err error) {
	f := h.Networks.Folder(n.ID)
	for _, id := range cni.Containers(f) {
		if strings.HasPrefix(id, ".") {
			continue
		}
		free, dead := h.Reap(id)
		if !dead {
			continue
		}
		if del := cni.Del(f, n, id, ""); del != nil && err == nil {
			err = del
		}
		free()
	}
	return err
}
