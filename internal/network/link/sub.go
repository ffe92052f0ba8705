package link

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"bantam/internal/linux/netlink"
	"bantam/internal/network"

	"golang.org/x/sys/unix"
)

// sub makes an interface of macvlan or ipvlan, which is born in the container.
func (s *Sandbox) sub(j *Joint) error {
	n := j.Network
	parent, err := s.here.Index(n.Interface)
	if err == unix.ENODEV {
		return ErrDown
	}
	if err != nil {
		return fmt.Errorf("parent %s: %w", n.Interface, err)
	}
	r := netlink.NewRequest(unix.RTM_NEWLINK, unix.NLM_F_CREATE|unix.NLM_F_EXCL, netlink.Link(0, 0, 0))
	r.AddString(unix.IFLA_IFNAME, j.Endpoint.Interface)
	r.Add32(unix.IFLA_LINK, uint32(parent))
	r.Add32(unix.IFLA_NET_NS_FD, uint32(s.ns))
	s.mtu(r, j)
	if n.Driver == "macvlan" {
		r.Add(unix.IFLA_ADDRESS, network.ParseMAC(j.Endpoint.MAC))
	}
	at := r.Nest(unix.IFLA_LINKINFO)
	r.AddString(unix.IFLA_INFO_KIND, n.Driver)
	in := r.Nest(unix.IFLA_INFO_DATA)
	if err := mode(r, n); err != nil {
		return err
	}
	r.End(in)
	r.End(at)
	err = untilFree(func() error { return s.here.Do(r) })
	if err == unix.EOPNOTSUPP {
		return errors.New("this kernel has no " + n.Driver)
	}
	return err
}

// untilFree does what needs an address that a container may have had which has just ended: the kernel removes the interfaces
// of its network namespace some time after its last process.
func untilFree(do func() error) error {
	for end := time.Now().Add(2 * time.Second); ; time.Sleep(2 * time.Millisecond) {
		if err := do(); err != unix.EADDRINUSE || time.Now().After(end) {
			return err
		}
	}
}

// CheckMode checks the options that say how a network of macvlan or ipvlan works.
func CheckMode(n *network.Network) error { return mode(netlink.NewRequest(0, 0, nil), n) }

// mode writes the attributes of linux/if_link.h's IFLA_MACVLAN_* and IFLA_IPVLAN_*.
func mode(r *netlink.Request, n *network.Network) error {
	modes := map[string]map[string]uint32{
		"macvlan": {"": 4, "bridge": 4, "private": 1, "vepa": 2, "passthru": 8},
		"ipvlan":  {"": 0, "l2": 0, "l3": 1, "l3s": 2},
	}
	value, ok := modes[n.Driver][n.Options[n.Driver+"_mode"]]
	if !ok {
		return fmt.Errorf("unknown %s mode %q", n.Driver, n.Options[n.Driver+"_mode"])
	}
	if n.Driver == "macvlan" {
		r.Add32(1, value)
		return nil
	}
	flags, ok := map[string]uint16{"": 0, "bridge": 0, "private": 1, "vepa": 2}[n.Options["ipvlan_flag"]]
	if !ok {
		return fmt.Errorf("unknown ipvlan flag %q", n.Options["ipvlan_flag"])
	}
	r.Add(1, binary.NativeEndian.AppendUint16(nil, uint16(value)))
	r.Add(2, binary.NativeEndian.AppendUint16(nil, flags))
	return nil
}
