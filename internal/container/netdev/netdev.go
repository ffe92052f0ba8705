// Package netdev moves network devices of the host into a container's network
// namespace (config-linux.md, "Network Devices"), by netlink (rtnetlink(7)).
//
// A device that changes its namespace goes down and loses its addresses; those that were set by
// hand (permanent, of global scope) come back, and it is set up again.
package netdev

import (
	"encoding/binary"
	"errors"
	"os"
	"sort"
	"strconv"

	"bantam/internal/linux/netlink"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// Move moves the devices, named by the host's names, to the network namespace of the process.
func Move(pid int, devices map[string]specs.LinuxNetDevice) error {
	path := "/proc/" + strconv.Itoa(pid) + "/ns/net"
	ns, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return &os.PathError{Op: "open", Path: path, Err: err}
	}
	defer unix.Close(ns)
	here, err := netlink.Open()
	if err != nil {
		return err
	}
	defer here.Close()
	there, err := netlink.OpenIn(ns)
	if err != nil {
		return err
	}
	defer there.Close()
	names := make([]string, 0, len(devices))
	for name := range devices {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		to := devices[name].Name
		if to == "" {
			to = name
		}
		if err := move(here, there, ns, name, to); err != nil {
			return errors.New("move network device " + name + ": " + err.Error())
		}
	}
	return nil
}

func move(here, there *netlink.Conn, ns int, from, to string) error {
	index, err := here.Index(from)
	if err != nil {
		return err
	}
	addresses, err := addresses(here, index)
	if err != nil {
		return err
	}
	r := netlink.NewRequest(unix.RTM_NEWLINK, 0, netlink.Link(index, 0, 0))
	r.Add32(unix.IFLA_NET_NS_FD, uint32(ns))
	r.AddString(unix.IFLA_IFNAME, to)
	if err := here.Do(r); err != nil {
		return err
	}
	if index, err = there.Index(to); err != nil {
		return err
	}
	for _, a := range addresses {
		binary.NativeEndian.PutUint32(a[4:], uint32(index))
		if err := there.Do(netlink.NewRequest(unix.RTM_NEWADDR, unix.NLM_F_CREATE|unix.NLM_F_REPLACE, a)); err != nil {
			return errors.New("set its address again: " + err.Error())
		}
	}
	return there.Do(netlink.NewRequest(unix.RTM_NEWLINK, 0, netlink.Link(index, unix.IFF_UP, unix.IFF_UP)))
}

// addresses returns the bodies of messages that set the device's permanent addresses of global scope.
func addresses(c *netlink.Conn, index int) (list [][]byte, err error) {
	err = c.List(unix.RTM_GETADDR, make([]byte, unix.SizeofIfAddrmsg), func(m netlink.Message) error {
		if m.Type != unix.RTM_NEWADDR || len(m.Body) < unix.SizeofIfAddrmsg || int(m.Uint32(4)) != index {
			return nil
		}
		if m.Byte(2)&unix.IFA_F_PERMANENT != 0 && m.Byte(3) == unix.RT_SCOPE_UNIVERSE {
			list = append(list, settable(m))
		}
		return nil
	})
	return list, err
}

// settable leaves out what the kernel tells of an address and takes from nobody.
func settable(m netlink.Message) []byte {
	r := netlink.NewRequest(0, 0, m.Body[:unix.SizeofIfAddrmsg])
	for a := m.Attributes(unix.SizeofIfAddrmsg); ; {
		kind, value, ok := a.Next()
		if !ok {
			return r.Fixed()
		}
		switch kind {
		case unix.IFA_ADDRESS, unix.IFA_LOCAL, unix.IFA_BROADCAST:
			r.Add(kind, value)
		}
	}
}
