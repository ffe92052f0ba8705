package link

import (
	"errors"
	"fmt"
	"net/netip"

	"bantam/internal/linux/netlink"
	"bantam/internal/network"

	"golang.org/x/sys/unix"
)

// Joint is what is to be made of an endpoint.
type Joint struct {
	Network  *network.Network
	Endpoint *network.Endpoint
	// Default4 and Default6: the container's default route leads here.
	Default4, Default6 bool
	// LinkLocal are further addresses of the interface.
	LinkLocal []netip.Addr
}

// Sandbox is a container's network namespace. The host's side and its own have a socket each.
type Sandbox struct {
	ns          int
	here, there *netlink.Conn
}

// Enter opens the network namespace, a descriptor that stays the caller's.
func Enter(ns int) (*Sandbox, error) {
	here, err := netlink.Open()
	if err != nil {
		return nil, err
	}
	there, err := netlink.OpenIn(ns)
	if err != nil {
		here.Close()
		return nil, err
	}
	return &Sandbox{ns, here, there}, nil
}

// Close closes the sockets.
func (s *Sandbox) Close() {
	s.here.Close()
	s.there.Close()
}

// Connect makes the endpoint's interface in the container, with addresses and routes.
func (s *Sandbox) Connect(j *Joint) error {
	err := s.make(j)
	if err == nil {
		err = s.configure(j)
	}
	if err != nil && !errors.Is(err, ErrDown) {
		err = fmt.Errorf("connect to network %s: %w", j.Network.Name, err)
	}
	return err
}

func (s *Sandbox) make(j *Joint) error {
	switch j.Network.Driver {
	case "bridge":
		return s.veth(j)
	case "macvlan", "ipvlan":
		return s.sub(j)
	}
	return errors.New("driver " + j.Network.Driver + " makes no interfaces")
}

// Peer draws the name of the host's end of an endpoint.
func Peer(endpoint string) string { return "veth" + endpoint[:11] }

const vethPeer = 1 // VETH_INFO_PEER (linux/veth.h)

func (s *Sandbox) veth(j *Joint) error {
	bridge, err := s.here.Index(j.Network.Interface)
	if err == unix.ENODEV {
		return ErrDown
	}
	if err != nil {
		return err
	}
	r := netlink.NewRequest(unix.RTM_NEWLINK, unix.NLM_F_CREATE|unix.NLM_F_EXCL, netlink.Link(0, 0, 0))
	r.AddString(unix.IFLA_IFNAME, j.Endpoint.Peer)
	r.Add32(unix.IFLA_MASTER, uint32(bridge))
	s.mtu(r, j)
	at := r.Nest(unix.IFLA_LINKINFO)
	r.AddString(unix.IFLA_INFO_KIND, "veth")
	in := r.Nest(unix.IFLA_INFO_DATA)
	peer := r.Nest(vethPeer)
	r.Skip(netlink.Link(0, 0, 0))
	r.AddString(unix.IFLA_IFNAME, j.Endpoint.Interface)
	r.Add(unix.IFLA_ADDRESS, network.ParseMAC(j.Endpoint.MAC))
	r.Add32(unix.IFLA_NET_NS_FD, uint32(s.ns))
	s.mtu(r, j)
	r.End(peer)
	r.End(in)
	r.End(at)
	if err := s.here.Do(r); err != nil {
		return err
	}
	withoutIPv6(j.Endpoint.Peer)
	r = netlink.NewRequest(unix.RTM_NEWLINK, 0, netlink.Link(0, unix.IFF_UP, unix.IFF_UP))
	r.AddString(unix.IFLA_IFNAME, j.Endpoint.Peer)
	if err := s.here.Do(r); err != nil {
		return err
	}
	if j.Network.Options[network.OptionICC] == "false" {
		return s.isolate(j.Endpoint.Peer)
	}
	return nil
}

func (s *Sandbox) mtu(r *netlink.Request, j *Joint) {
	if j.Network.MTU > 0 {
		r.Add32(unix.IFLA_MTU, uint32(j.Network.MTU))
	}
}

// withoutIPv6 leaves a bridge's port without IPv6 of its own, which it needs for nothing that it passes on: all ports would have the same routes for link-local
// and multicast addresses, in lists that are walked through at each start and end. Where it cannot be set nothing is lost but time.
func withoutIPv6(name string) {
	fd, err := unix.Open("/proc/sys/net/ipv6/conf/"+name+"/disable_ipv6", unix.O_WRONLY|unix.O_CLOEXEC, 0)
	if err == nil {
		_, _ = unix.Write(fd, []byte("1"))
		unix.Close(fd)
	}
}

const portIsolated = 33 // IFLA_BRPORT_ISOLATED (linux/if_link.h)

// isolate keeps a bridge's port from talking to others that are isolated.
func (s *Sandbox) isolate(name string) error {
	index, err := s.here.Index(name)
	if err != nil {
		return err
	}
	fixed := netlink.Link(index, 0, 0)
	fixed[0] = unix.AF_BRIDGE
	r := netlink.NewRequest(unix.RTM_SETLINK, 0, fixed)
	at := r.Nest(unix.NLA_F_NESTED | unix.IFLA_PROTINFO)
	r.Add(portIsolated, []byte{1})
	r.End(at)
	return s.here.Do(r)
}

// configure sets the new interface up.
func (s *Sandbox) configure(j *Joint) error {
	index, err := s.there.Index(j.Endpoint.Interface)
	if err != nil {
		return err
	}
	v4, _ := netip.ParsePrefix(j.Endpoint.IPv4)
	v6, _ := netip.ParsePrefix(j.Endpoint.IPv6)
	list := []*netlink.Request{up(index, !v6.IsValid())}
	for _, a := range [...]netip.Prefix{v4, v6} {
		if a.IsValid() {
			list = append(list, address(index, a))
		}
	}
	for _, a := range j.LinkLocal {
		list = append(list, address(index, netip.PrefixFrom(a, linkLocalBits(a))))
	}
	list = append(list, defaults(j, index)...)
	failed, err := s.there.DoAll(list...)
	if err == unix.EAFNOSUPPORT && failed == 0 { // a kernel without IPv6
		list[0] = up(index, false)
		failed, err = s.there.DoAll(list...)
	}
	if err != unix.EADDRINUSE {
		return err
	}
	// Of ipvlan. What comes behind the address was done or was impossible without it.
	err = untilFree(func() error { return s.there.Do(list[failed]) })
	for _, r := range list[failed+1:] {
		if err == nil {
			if err = s.there.Do(r); err == unix.EEXIST {
				err = nil
			}
		}
	}
	return err
}

func linkLocalBits(a netip.Addr) int {
	if a.Is4() {
		return 16
	}
	return 64
}

func defaults(j *Joint, index int) (list []*netlink.Request) {
	for _, d := range [...]struct {
		on, v6  bool
		gateway string
	}{{j.Default4, false, j.Endpoint.Gateway}, {j.Default6, true, j.Endpoint.Gateway6}} {
		gw, err := netip.ParseAddr(d.gateway)
		if d.on && (err == nil || j.Network.Driver == "ipvlan") {
			list = append(list, route(index, d.v6, gw))
		}
	}
	return list
}

// Route makes the container's default routes lead to another endpoint than before; nil is none.
func (s *Sandbox) Route(v6 bool, j *Joint) error {
	if j == nil {
		// There may be none any more; IPv6 has a name of its own for that.
		if err := s.there.Do(noRoute(v6)); err != nil && err != unix.ESRCH && err != unix.ENOENT {
			return err
		}
		return nil
	}
	index, err := s.there.Index(j.Endpoint.Interface)
	if err != nil {
		return err
	}
	to := *j
	to.Default4, to.Default6 = !v6, v6
	_, err = s.there.DoAll(defaults(&to, index)...)
	return err
}

// Disconnect removes an endpoint's interface from a container that goes on.
func (s *Sandbox) Disconnect(e *network.Endpoint) error {
	r := netlink.NewRequest(unix.RTM_DELLINK, 0, netlink.Link(0, 0, 0))
	r.AddString(unix.IFLA_IFNAME, e.Interface)
	if err := s.there.Do(r); err != nil && err != unix.ENODEV {
		return fmt.Errorf("disconnect from network %s: %w", e.NetworkName, err)
	}
	return nil
}
