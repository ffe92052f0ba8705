package connect

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"

	"bantam/internal/container/folder"
	"bantam/internal/network"
	"bantam/internal/network/link"
	"bantam/internal/network/ports"
	"bantam/internal/network/rules"
	"bantam/internal/statefile"

	"golang.org/x/sys/unix"
)

// Container is a running container's connections, in its monitor.
type Container struct {
	host    *Host
	record  *folder.Record
	ns      int
	joints  []*joint
	sockets []*ports.Socket
}

// joint is one connection: what was asked for and what is.
type joint struct {
	link.Joint
	asked network.Attachment
}

// Start connects a container, whose lock the caller holds, to the networks of its record. Its network
// namespace is that of the process. On an error nothing is left.
func (h *Host) Start(r *folder.Record, pid int) (*Container, error) {
	c := &Container{host: h, record: r, ns: -1}
	if len(r.Networks) == 0 {
		return c, nil
	}
	err := c.open(pid)
	for i := 0; i < len(r.Networks) && err == nil; i++ {
		err = c.lease(r.Networks[i])
	}
	if err == nil {
		err = c.publish()
	}
	if err == nil {
		c.lead()
		err = c.join(c.joints...)
	}
	if err != nil {
		_ = c.Stop() // the first error says what is wrong
		return nil, err
	}
	return c, nil
}

// open takes hold of the process's network namespace.
func (c *Container) open(pid int) (err error) {
	path := "/proc/" + strconv.Itoa(pid) + "/ns/net"
	c.ns, err = unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	switch err {
	case nil:
		return nil
	case unix.ENOENT, unix.ESRCH:
		return ErrDied
	}
	return &os.PathError{Op: "open", Path: path, Err: err}
}

// ErrDied says that the process has ended, and its network namespace with it.
var ErrDied = errors.New("the process has ended")

// lease plans an endpoint and takes its addresses.
func (c *Container) lease(a network.Attachment) error {
	f := c.host.Networks.Folder(a.Network)
	n, err := f.Read()
	if errors.Is(err, os.ErrNotExist) {
		return &network.NotFound{Name: cmp.Or(a.NetworkName, a.Network)}
	}
	if err != nil {
		return err
	}
	want := network.Wanted{}
	if n.Driver != driverCNI { // whose plugins give the addresses
		want.IPv4, _ = netip.ParseAddr(a.IPv4)
		want.IPv6, _ = netip.ParseAddr(a.IPv6)
	}
	v4, v6, err := f.Claim(n, c.record.ID, want, c.host.Reap)
	if err != nil {
		return err
	}
	e := &network.Endpoint{Network: n.ID, NetworkName: n.Name, Driver: n.Driver, ID: statefile.NewID()}
	e.IPv4, e.IPv6 = text(v4), text(v6)
	if n.Driver == "bridge" {
		e.Peer = link.Peer(e.ID)
	}
	if n.Driver != driverCNI {
		e.MAC = cmp.Or(a.MAC, network.MAC(v4.Addr()))
	}
	if g4, g6 := n.Gateways(); !n.Internal {
		e.Gateway, e.Gateway6 = text(g4.Addr()), text(g6.Addr())
	}
	j := &joint{link.Joint{Network: n, Endpoint: e}, a}
	for _, l := range a.LinkLocal {
		if ip, err := netip.ParseAddr(l); err == nil {
			j.LinkLocal = append(j.LinkLocal, ip)
		}
	}
	e.Interface = cmp.Or(a.DriverOpts["com.docker.network.endpoint.ifname"], c.freeName())
	c.joints = append(c.joints, j)
	return c.announce(j, v4.Addr(), v6.Addr())
}

// text is "" for an address that there isn't.
func text(a interface {
	IsValid() bool
	String() string
}) string {
	if !a.IsValid() {
		return ""
	}
	return a.String()
}

// freeName is the first of eth0, eth1, ... that the container hasn't.
func (c *Container) freeName() string {
	for i := 0; ; i++ {
		name := "eth" + strconv.Itoa(i)
		if !slices.ContainsFunc(c.joints, func(j *joint) bool { return j.Endpoint.Interface == name }) {
			return name
		}
	}
}

// announce makes the container known by its names; on the default bridge docker knows none, and on a network of CNI they are
// a plugin's matter.
func (c *Container) announce(j *joint, addrs ...netip.Addr) error {
	if j.Network.Name == network.DefaultName || j.Network.Driver == driverCNI {
		return nil
	}
	r := c.record
	for _, name := range append(append([]string{r.Name}, j.asked.Aliases...), r.ID[:12], r.Config.Hostname) {
		name = strings.ToLower(name)
		if network.CheckLabel(name) && !slices.Contains(j.Endpoint.Names, name) {
			j.Endpoint.Names = append(j.Endpoint.Names, name)
		}
	}
	return c.host.Networks.Folder(j.Network.ID).Announce(r.ID, j.Endpoint.Names, addrs...)
}

// join makes the interfaces. A bridge that isn't there is brought up: the machine has been started anew.
// CNI's plugins come first, for a default route of ours to replace theirs.
func (c *Container) join(list ...*joint) error {
	for _, j := range list {
		if j.Network.Driver == driverCNI {
			if err := c.plug(j); err != nil {
				return err
			}
		}
	}
	s, err := link.Enter(c.ns)
	if err != nil {
		return err
	}
	defer s.Close()
	for _, j := range list {
		if j.Network.Driver == driverCNI {
			continue
		}
		err := s.Connect(&j.Joint)
		if err == link.ErrDown {
			if err = c.host.Up(j.Network); err == nil {
				err = s.Connect(&j.Joint)
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Endpoints are what the container's state says of its connections.
func (c *Container) Endpoints() []network.Endpoint {
	list := make([]network.Endpoint, 0, len(c.joints))
	for _, j := range c.joints {
		list = append(list, *j.Endpoint)
	}
	return list
}

// Publish opens the packet filter for the container, whose state is on disk, and its ports.
func (c *Container) Publish() error {
	if c == nil {
		return nil
	}
	var list []rules.Live
	for _, j := range c.joints {
		if j.Network.Driver == "bridge" {
			list = append(list, j.live())
		}
	}
	if len(list) > 0 {
		if err := c.host.admit(list...); err != nil {
			return err
		}
	}
	c.serve()
	return nil
}

func (j *joint) live() rules.Live { return rules.Live{Network: j.Network, Endpoint: j.Endpoint} }

// Adopt is the connections of a container that runs, and whose monitor was killed. A port that somebody has taken
// since is an error; the rest goes on.
func (h *Host) Adopt(r *folder.Record, st *folder.State) (*Container, error) {
	c := &Container{host: h, record: r, ns: -1}
	if len(st.Networks) == 0 {
		return c, nil
	}
	err := c.open(st.Pid)
	for i := range st.Networks {
		e := st.Networks[i]
		n, err := h.Networks.Folder(e.Network).Read()
		if err != nil {
			continue
		}
		j := &joint{Joint: link.Joint{Network: n, Endpoint: &e}}
		if at := slices.IndexFunc(r.Networks, func(a network.Attachment) bool { return a.Network == n.ID }); at >= 0 {
			j.asked = r.Networks[at]
		}
		c.joints = append(c.joints, j)
	}
	c.lead()
	for _, j := range c.joints {
		for _, p := range j.Endpoint.Ports {
			at, _ := netip.ParseAddr(p.HostIP)
			s, taken := ports.Bind(p.Proto, at, p.Host)
			if taken != nil {
				err = cmp.Or(err, fmt.Errorf("port %d: %w", p.Host, taken))
				continue
			}
			s.Port.Container = p.Container
			c.sockets = append(c.sockets, s)
		}
	}
	c.serve()
	return c, err
}

// Stop takes everything back. An error is a plugin's, which a later command asks again.
func (c *Container) Stop() error {
	if c == nil {
		return nil
	}
	c.closeSockets()
	err := c.unplug(c.joints...)
	err = cmp.Or(err, c.host.Clear(c.record.ID, c.record.Networks, c.Endpoints()))
	c.joints = nil
	if c.ns >= 0 {
		unix.Close(c.ns)
		c.ns = -1
	}
	return err
}

func (c *Container) find(id string) (*joint, error) {
	for _, j := range c.joints {
		if j.Network.ID == id {
			return j, nil
		}
	}
	return nil, fmt.Errorf("container %s is not connected to the network %s", c.record.ID, id)
}
