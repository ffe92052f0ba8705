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
	"runtime"
	"sort"
	"strconv"

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
	here, err := dial(-1)
	if err != nil {
		return err
	}
	defer here.close()
	there, err := dial(ns)
	if err != nil {
		return err
	}
	defer there.close()
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

func move(here, there *conn, ns int, from, to string) error {
	index, err := here.index(from)
	if err != nil {
		return err
	}
	addresses, err := here.addresses(index)
	if err != nil {
		return err
	}
	m := newMessage(unix.RTM_NEWLINK, unix.NLM_F_ACK)
	m.link(index, 0, 0)
	m.uint32(unix.IFLA_NET_NS_FD, uint32(ns))
	m.text(unix.IFLA_IFNAME, to)
	if err := here.do(m, nil); err != nil {
		return err
	}
	if index, err = there.index(to); err != nil {
		return err
	}
	for _, a := range addresses {
		m := newMessage(unix.RTM_NEWADDR, unix.NLM_F_ACK|unix.NLM_F_CREATE|unix.NLM_F_REPLACE)
		m.b = append(m.b, a...)
		binary.NativeEndian.PutUint32(m.b[headerSize+4:], uint32(index))
		if err := there.do(m, nil); err != nil {
			return errors.New("set its address again: " + err.Error())
		}
	}
	m = newMessage(unix.RTM_NEWLINK, unix.NLM_F_ACK)
	m.link(index, unix.IFF_UP, unix.IFF_UP)
	return there.do(m, nil)
}

// conn is a netlink socket in one network namespace.
type conn struct{ fd int }

// dial opens a socket in the namespace ns, or here where that is -1. A socket stays in the
// namespace in which it was made, so a thread goes there for that alone.
func dial(ns int) (*conn, error) {
	if ns >= 0 {
		leave, err := enter(ns)
		if err != nil {
			return nil, err
		}
		defer leave()
	}
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_ROUTE)
	if err != nil {
		return nil, os.NewSyscallError("netlink socket", err)
	}
	return &conn{fd}, nil
}

func enter(ns int) (leave func(), err error) {
	own, err := unix.Open("/proc/thread-self/ns/net", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: "/proc/thread-self/ns/net", Err: err}
	}
	runtime.LockOSThread()
	if err := unix.Setns(ns, unix.CLONE_NEWNET); err != nil {
		runtime.UnlockOSThread()
		unix.Close(own)
		return nil, os.NewSyscallError("join the network namespace", err)
	}
	return func() {
		// Where the way back fails the thread stays locked and ends with its goroutine.
		if unix.Setns(own, unix.CLONE_NEWNET) == nil {
			runtime.UnlockOSThread()
		}
		unix.Close(own)
	}, nil
}

func (c *conn) close() { unix.Close(c.fd) }

// index finds a device by its name.
func (c *conn) index(name string) (int, error) {
	m := newMessage(unix.RTM_GETLINK, 0)
	m.link(0, 0, 0)
	m.text(unix.IFLA_IFNAME, name)
	index := 0
	err := c.do(m, func(kind uint16, body []byte) {
		if kind == unix.RTM_NEWLINK && len(body) >= 8 {
			index = int(binary.NativeEndian.Uint32(body[4:]))
		}
	})
	return index, err
}

// addresses returns the messages that set the device's permanent addresses of global scope.
func (c *conn) addresses(index int) (list [][]byte, err error) {
	m := newMessage(unix.RTM_GETADDR, unix.NLM_F_DUMP)
	m.b = append(m.b, make([]byte, unix.SizeofIfAddrmsg)...)
	err = c.do(m, func(kind uint16, body []byte) {
		if kind != unix.RTM_NEWADDR || len(body) < unix.SizeofIfAddrmsg || int(binary.NativeEndian.Uint32(body[4:])) != index {
			return
		}
		if body[2]&unix.IFA_F_PERMANENT != 0 && body[3] == unix.RT_SCOPE_UNIVERSE {
			list = append(list, settable(body))
		}
	})
	return list, err
}

// settable leaves out what the kernel tells of an address and takes from nobody.
func settable(body []byte) []byte {
	out := append([]byte{}, body[:unix.SizeofIfAddrmsg]...)
	for b := body[unix.SizeofIfAddrmsg:]; len(b) >= 4; {
		n := int(binary.NativeEndian.Uint16(b))
		if n < 4 || n > len(b) {
			break
		}
		switch binary.NativeEndian.Uint16(b[2:]) {
		case unix.IFA_ADDRESS, unix.IFA_LOCAL, unix.IFA_BROADCAST:
			out = append(out, b[:min(align(n), len(b))]...)
		}
		b = b[min(align(n), len(b)):]
	}
	return out
}
