// Package link makes the interfaces of networks: bridges and parents on the host, and what connects a
// container's network namespace to them.
//
// A pair of veth is made by one message, its far end born in the container's namespace: made here and
// moved, it would cost tens of milliseconds of waiting for RCU. It is never deleted: it dies with the
// namespace.
package link

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"bantam/internal/linux/netlink"
	"bantam/internal/network"

	"golang.org/x/sys/unix"
)

// ErrDown says that the network's interface on the host is not there: it has to be brought up ([Up]).
var ErrDown = errors.New("the network's interface on the host is not there")

// Up makes the network's interface on the host unless it is there: a bridge, or a parent. The caller holds the lock of the store.
func Up(f network.Folder, n *network.Network) error {
	switch n.Driver {
	case "bridge":
		return bridgeUp(f, n)
	case "macvlan", "ipvlan":
		return parentUp(f, n)
	}
	return nil
}

// bridgeUp makes the network's bridge, with its addresses.
func bridgeUp(f network.Folder, n *network.Network) error {
	c, err := netlink.Open()
	if err != nil {
		return err
	}
	defer c.Close()
	index, err := c.Index(n.Interface)
	if err == unix.ENODEV {
		err = c.Do(newBridge(n))
		if err == nil {
			index, err = c.Index(n.Interface)
		}
	}
	if err != nil {
		return refused(n, err)
	}
	return configure(c, f, n, index)
}

// aliasPrefix is how the alias of our bridges begins; the network's folder follows.
const aliasPrefix = "bantam "

// Sweep removes bridges and parents whose network is no more because its folder was deleted by hand. One that has ports is
// left alone: the folder may be where this process can't see it. It returns the roots whose networks are all gone so.
func Sweep() (roots []string) {
	c, err := netlink.Open()
	if err != nil {
		return nil
	}
	defer c.Close()
	gone, busy := map[int]string{}, map[int]bool{}
	_ = c.List(unix.RTM_GETLINK, netlink.Link(0, 0, 0), func(m netlink.Message) error {
		a := m.Attributes(unix.SizeofIfInfomsg)
		busy[int(a.Uint32(unix.IFLA_MASTER))] = true
		if dir, ours := strings.CutPrefix(a.String(unix.IFLA_IFALIAS), aliasPrefix); ours && unix.Access(dir, unix.F_OK) == unix.ENOENT {
			gone[int(m.Uint32(4))] = dir
		}
		return nil
	})
	for index, dir := range gone {
		if busy[index] || c.Do(netlink.NewRequest(unix.RTM_DELLINK, 0, netlink.Link(index, 0, 0))) != nil {
			continue
		}
		networks := filepath.Dir(dir)
		if root := filepath.Dir(networks); unix.Access(networks, unix.F_OK) == unix.ENOENT && !slices.Contains(roots, root) {
			roots = append(roots, root)
		}
	}
	return roots
}

// refused says what a machine lacks on which there is no bridge to be had.
func refused(n *network.Network, err error) error {
	switch {
	case errors.Is(err, unix.EPERM), errors.Is(err, unix.EACCES):
		return fmt.Errorf("make bridge %s of network %s: %w: it takes the capability NET_ADMIN; without it there are --network none, host and container:NAME", n.Interface, n.Name, err)
	case errors.Is(err, unix.EOPNOTSUPP):
		return fmt.Errorf("make bridge %s of network %s: %w: this kernel has no bridges; there are --network none, host and container:NAME", n.Interface, n.Name, err)
	}
	return fmt.Errorf("make bridge %s of network %s: %w", n.Interface, n.Name, err)
}

func newBridge(n *network.Network) *netlink.Request {
	r := netlink.NewRequest(unix.RTM_NEWLINK, unix.NLM_F_CREATE|unix.NLM_F_EXCL, netlink.Link(0, 0, 0))
	r.AddString(unix.IFLA_IFNAME, n.Interface)
	// A bridge without an address of its own changes it with its ports.
	sum := sha256.Sum256([]byte(n.ID))
	r.Add(unix.IFLA_ADDRESS, append([]byte{0x02, 0x42}, sum[:4]...))
	if n.MTU > 0 {
		r.Add32(unix.IFLA_MTU, uint32(n.MTU))
	}
	at := r.Nest(unix.IFLA_LINKINFO)
	r.AddString(unix.IFLA_INFO_KIND, "bridge")
	r.End(at)
	return r
}

// configure gives a bridge its addresses and sets it up; what it has already stays.
func configure(c *netlink.Conn, f network.Folder, n *network.Network, index int) error {
	v4, v6 := n.Gateways()
	// A container must not become the host's router (CVE-2020-13401).
	if err := setting("net/ipv6/conf/"+n.Interface+"/accept_ra", "0"); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	r := up(index, !v6.IsValid())
	r.AddString(unix.IFLA_IFALIAS, aliasPrefix+f.Dir)
	err := c.Do(r)
	if err == unix.EAFNOSUPPORT { // a kernel without IPv6
		err = c.Do(up(index, false))
	}
	for _, a := range [...]netip.Prefix{v4, v6} {
		if err == nil && a.IsValid() {
			if err = c.Do(address(index, a)); err == unix.EEXIST {
				err = nil
			}
		}
	}
	if err != nil {
		return fmt.Errorf("set up bridge %s: %w", n.Interface, err)
	}
	if err := setting("net/ipv4/ip_forward", "1"); err != nil || !v6.IsValid() {
		return err
	}
	return setting("net/ipv6/conf/all/forwarding", "1")
}

// setting writes a file below /proc/sys unless it says so already: where it may not be written that is all it takes.
func setting(name, value string) error {
	path := "/proc/sys/" + name
	if b, err := os.ReadFile(path); err == nil && string(b) == value+"\n" {
		return nil
	}
	fd, err := unix.Open(path, unix.O_WRONLY|unix.O_CLOEXEC, 0)
	if err == nil {
		_, err = unix.Write(fd, []byte(value))
		unix.Close(fd)
	}
	if err != nil {
		return &os.PathError{Op: "set", Path: path, Err: err}
	}
	return nil
}

// Down removes what Up has made.
func Down(f network.Folder, n *network.Network) error {
	c, err := netlink.Open()
	if err != nil {
		return err
	}
	defer c.Close()
	if n.Interface == "" || !made(c, f, n) {
		return nil
	}
	r := netlink.NewRequest(unix.RTM_DELLINK, 0, netlink.Link(0, 0, 0))
	r.AddString(unix.IFLA_IFNAME, n.Interface)
	if err := c.Do(r); err != nil && err != unix.ENODEV {
		return fmt.Errorf("remove interface %s: %w", n.Interface, err)
	}
	return nil
}

// Exists says whether the host has an interface of that name.
func Exists(name string) bool {
	return unix.Access("/proc/sys/net/ipv4/conf/"+name, unix.F_OK) == nil
}
