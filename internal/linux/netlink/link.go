package netlink

import (
	"encoding/binary"

	"golang.org/x/sys/unix"
)

// Link is the fixed part of a message about an interface, struct ifinfomsg.
func Link(index int, flags, change uint32) []byte {
	b := make([]byte, 4, unix.SizeofIfInfomsg)
	for _, n := range [...]uint32{uint32(index), flags, change} {
		b = binary.NativeEndian.AppendUint32(b, n)
	}
	return b
}

// Index finds an interface by its name; unix.ENODEV where there is none.
func (c *Conn) Index(name string) (int, error) {
	r := NewRequest(unix.RTM_GETLINK, 0, Link(0, 0, 0))
	r.AddString(unix.IFLA_IFNAME, name)
	m, err := c.Get(r)
	return int(m.Uint32(4)), err
}
