package network

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"net/netip"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// reserved is the text of a lease that no container holds: a gateway, an auxiliary address.
const reserved = "-"

// Reaper says that a container is dead, and keeps it so until free is called: nobody starts it meanwhile.
type Reaper func(container string) (free func(), dead bool)

// Wanted are the addresses that the user asked for; the zero value is any.
type Wanted struct{ IPv4, IPv6 netip.Addr }

func (f Folder) lease(a netip.Addr) string { return f.Dir + "/leases/" + a.String() }

func (f Folder) endpoint(container string) string { return f.Dir + "/endpoints/" + container }

// Reserve keeps the addresses of gateways and auxiliary hosts from being given away.
func (f Folder) Reserve(addrs ...netip.Addr) error {
	for _, a := range addrs {
		if err := unix.Symlink(reserved, f.lease(a)); err != nil && err != unix.EEXIST {
			return &os.PathError{Op: "reserve", Path: f.lease(a), Err: err}
		}
	}
	return nil
}

// claim is a container on its way to its addresses.
type claim struct {
	f         Folder
	n         *Network
	container string
	reap      Reaper
	swept     bool
	written   bool
	addrs     [2]netip.Addr // of each family
}

// Claim gives a container, whose lock the caller holds, an address of each family that the
// network has. What it still had of an earlier life goes back before.
func (f Folder) Claim(n *Network, container string, want Wanted, reap Reaper) (v4, v6 netip.Prefix, err error) {
	f.Release(container)
	c := &claim{f: f, n: n, container: container, reap: reap}
	var got [2]netip.Prefix
	for i, fixed := range [...]netip.Addr{want.IPv4, want.IPv6} {
		if got[i], err = c.family(i, fixed); err != nil {
			f.Release(container)
			return v4, v6, err
		}
	}
	if !c.written { // without addresses it is connected nevertheless
		err = c.intend()
	}
	return got[0], got[1], err
}

// family claims an address of IPv4 (0) or IPv6 (1); none where the network has no such pool.
func (c *claim) family(i int, fixed netip.Addr) (netip.Prefix, error) {
	pool, ok := c.n.pool(i, fixed)
	if !ok && fixed.IsValid() {
		return netip.Prefix{}, fmt.Errorf("invalid config for network %s: invalid endpoint settings:\nno configured subnet or ip-range contain the IP address %s", c.n.Name, fixed)
	}
	if !ok {
		return netip.Prefix{}, nil
	}
	if fixed.IsValid() && !pool.usable(fixed) {
		return netip.Prefix{}, fmt.Errorf("Address already in use: %s stands for the subnet %s as a whole", fixed, pool.subnet)
	}
	for {
		a := fixed
		if !a.IsValid() {
			var err error
			if a, err = c.free(pool); err != nil {
				return netip.Prefix{}, err
			}
		}
		err := c.take(i, a)
		switch {
		case err == nil:
			return netip.PrefixFrom(a, pool.subnet.Bits()), nil
		case !errors.Is(err, unix.EEXIST):
			return netip.Prefix{}, err
		case fixed.IsValid() && !c.evict(a):
			return netip.Prefix{}, errors.New("Address already in use")
		}
	}
}

// take writes down what is about to be taken, then takes it.
func (c *claim) take(i int, a netip.Addr) error {
	c.addrs[i] = a
	if err := c.intend(); err != nil {
		return err
	}
	return unix.Symlink(c.container, c.f.lease(a))
}

func (c *claim) intend() error {
	to := c.f.endpoint(c.container)
	text := join(c.addrs[:])
	if text == "" {
		text = reserved
	}
	var err error
	if !c.written {
		err = unix.Symlink(text, to)
	} else {
		tmp := c.f.endpoint("." + c.container)
		unix.Unlink(tmp)
		if err = unix.Symlink(text, tmp); err == nil {
			err = unix.Rename(tmp, to)
		}
	}
	if err == unix.ENOENT {
		return &NotFound{c.n.Name}
	}
	c.written = err == nil
	return err
}

// free finds the lowest address that nobody has.
func (c *claim) free(p *pool) (netip.Addr, error) {
	for {
		list, err := names(c.f.Dir + "/leases")
		if err != nil {
			return netip.Addr{}, err
		}
		if a, ok := p.lowest(list); ok {
			return a, nil
		}
		if c.swept {
			return netip.Addr{}, fmt.Errorf("no available IPv%d addresses on this network's address pools: %s (%s)", p.version(), c.n.Name, c.n.ID)
		}
		c.swept = true
		c.f.Sweep(c.reap)
	}
}

// lowest is the lowest address of the pool that is not in the list of leases. So many leases can't take more than the first so many addresses.
func (p *pool) lowest(leases []string) (netip.Addr, bool) {
	taken, first := make([]bool, len(leases)), p.first()
	for _, text := range leases {
		if a, err := netip.ParseAddr(text); err == nil && a.Is4() == first.Is4() {
			if n := distance(first, a); n < uint64(len(taken)) {
				taken[n] = true
			}
		}
	}
	a := first
	for i := 0; i < len(taken) && taken[i]; i++ {
		a = a.Next()
	}
	return a, a.IsValid() && p.has(a)
}

// distance is how many addresses b is behind a; very many where it is before.
func distance(a, b netip.Addr) uint64 {
	x, y := a.As16(), b.As16()
	if [8]byte(x[:8]) != [8]byte(y[:8]) {
		return math.MaxUint64
	}
	return binary.BigEndian.Uint64(y[8:]) - binary.BigEndian.Uint64(x[8:])
}

// taken lists the leases.
func (f Folder) taken() (map[netip.Addr]bool, error) {
	list, err := names(f.Dir + "/leases")
	if err != nil {
		return nil, err
	}
	taken := make(map[netip.Addr]bool, len(list))
	for _, text := range list {
		if a, err := netip.ParseAddr(text); err == nil {
			taken[a] = true
		}
	}
	return taken, nil
}

// evict takes an address away from a dead container.
func (c *claim) evict(a netip.Addr) bool {
	holder, ok := c.f.Holder(a)
	return ok && holder != c.container && c.f.evict(holder, c.reap)
}

func (f Folder) evict(container string, reap Reaper) bool {
	free, dead := reap(container)
	if !dead {
		return false
	}
	defer free()
	f.Release(container)
	return true
}

// Sweep takes back what dead containers hold, and returns how many are left.
func (f Folder) Sweep(reap Reaper) (left int) {
	list, _ := names(f.Dir + "/endpoints")
	for _, container := range list {
		if strings.HasPrefix(container, ".") {
			unix.Unlink(f.endpoint(container))
		} else if !f.evict(container, reap) {
			left++
		}
	}
	return left
}

// Release gives back all that a container, whose lock the caller holds, has on the network.
func (f Folder) Release(container string) {
	text, err := os.Readlink(f.endpoint(container))
	if err != nil {
		return
	}
	for _, word := range strings.Fields(text) {
		a, err := netip.ParseAddr(word)
		if err != nil {
			continue
		}
		if holder, _ := f.Holder(a); holder == container {
			unix.Unlink(f.lease(a))
		}
	}
	unix.Unlink(f.endpoint(container))
}

// Containers lists the IDs of those that are connected.
func (f Folder) Containers() ([]string, error) {
	list, err := names(f.Dir + "/endpoints")
	kept := list[:0]
	for _, c := range list {
		if !strings.HasPrefix(c, ".") {
			kept = append(kept, c)
		}
	}
	return kept, err
}

// Close lets no one connect from now on; false if somebody is connected.
func (f Folder) Close() bool {
	err := unix.Rmdir(f.Dir + "/endpoints")
	return err == nil || err == unix.ENOENT
}
