package link

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"bantam/internal/linux/netlink"
	"bantam/internal/network"

	"golang.org/x/sys/unix"
)

// The parent of macvlan and ipvlan is an interface of the host. As with docker, one that isn't there is made and goes with the
// network, known by its alias like a bridge: a VLAN of another interface (eth0.10: IEEE 802.1Q), or a dummy
// for a network that leads nowhere.

// Isolated is the name of the parent of a network that leads nowhere.
func Isolated(n *network.Network) string {
	if n.Driver == "ipvlan" {
		return "di-" + n.ID[:12]
	}
	return "dm-" + n.ID[:12]
}

// CheckParent says whether the network's parent is there or can be made.
func CheckParent(n *network.Network) error {
	if Exists(n.Interface) || n.Interface == Isolated(n) {
		return nil
	}
	_, _, err := vlan(n.Interface)
	return err
}

// vlan reads the name of a VLAN: its interface and number.
func vlan(name string) (of string, id uint16, err error) {
	at := strings.LastIndexByte(name, '.')
	if at <= 0 || len(name) >= unix.IFNAMSIZ {
		return "", 0, fmt.Errorf("parent %s: the host has no such interface", name)
	}
	n, err := strconv.ParseUint(name[at+1:], 10, 16)
	switch of = name[:at]; {
	case err != nil:
		return "", 0, fmt.Errorf("parent %s: the host has no such interface, and as a VLAN it would be called like eth0.10", name)
	case n < 1 || n > 4094:
		return "", 0, fmt.Errorf("parent %s: vlan id must be between 1-4094, received: %d", name, n)
	case !Exists(of):
		return "", 0, fmt.Errorf("parent %s: unable to find master interface %s", name, of)
	}
	return of, uint16(n), nil
}

// parentUp makes the network's parent, unless it is there.
func parentUp(f network.Folder, n *network.Network) error {
	c, err := netlink.Open()
	if err != nil {
		return err
	}
	defer c.Close()
	if _, err := c.Index(n.Interface); err != unix.ENODEV {
		return err
	}
	r, err := newParent(c, n)
	if err == nil {
		err = c.Do(r)
	}
	if err == unix.EOPNOTSUPP {
		err = errors.New("this kernel has none of its kind")
	}
	index := 0
	if err == nil {
		index, err = c.Index(n.Interface)
	}
	if err == nil {
		r := up(index, true)
		r.AddString(unix.IFLA_IFALIAS, aliasPrefix+f.Dir)
		err = c.Do(r)
	}
	if err != nil {
		return fmt.Errorf("make parent %s of network %s: %w", n.Interface, n.Name, err)
	}
	return nil
}

func newParent(c *netlink.Conn, n *network.Network) (*netlink.Request, error) {
	r := netlink.NewRequest(unix.RTM_NEWLINK, unix.NLM_F_CREATE|unix.NLM_F_EXCL, netlink.Link(0, 0, 0))
	r.AddString(unix.IFLA_IFNAME, n.Interface)
	if n.Interface == Isolated(n) {
		at := r.Nest(unix.IFLA_LINKINFO)
		r.AddString(unix.IFLA_INFO_KIND, "dummy")
		r.End(at)
		return r, nil
	}
	name, id, err := vlan(n.Interface)
	if err != nil {
		return nil, err
	}
	of, err := c.Index(name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	r.Add32(unix.IFLA_LINK, uint32(of))
	at := r.Nest(unix.IFLA_LINKINFO)
	r.AddString(unix.IFLA_INFO_KIND, "vlan")
	in := r.Nest(unix.IFLA_INFO_DATA)
	r.Add(unix.IFLA_VLAN_ID, binary.NativeEndian.AppendUint16(nil, id))
	r.End(in)
	r.End(at)
	return r, nil
}

// made says whether the network's interface was made for it.
func made(c *netlink.Conn, f network.Folder, n *network.Network) bool {
	if n.Driver == "bridge" {
		return true
	}
	r := netlink.NewRequest(unix.RTM_GETLINK, 0, netlink.Link(0, 0, 0))
	r.AddString(unix.IFLA_IFNAME, n.Interface)
	m, err := c.Get(r)
	return err == nil && m.Attributes(unix.SizeofIfInfomsg).String(unix.IFLA_IFALIAS) == aliasPrefix+f.Dir
}
