package trace

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"strconv"

	"golang.org/x/sys/unix"
)

// Call is a system call that is an event: what it is about and which of its arguments, from
// 0, are the path or address and the flags (-1: none).
type Call struct {
	Number      int
	Kind        Kind
	Text, Flags int
	Address     bool
	Implied     uint64 // flags of open(2) that it has without saying so
}

// CallOf is the call of that number, nil where it is no event.
func CallOf(number int) *Call {
	for i := range Calls {
		if Calls[i].Number == number {
			return &Calls[i]
		}
	}
	return nil
}

// AddressSize is how many bytes of an address [Address] wants: struct sockaddr_un's.
const AddressSize = 110

// Address writes a struct sockaddr of AddressSize bytes; empty for what leads nowhere.
func Address(b []byte) string {
	port := strconv.Itoa(int(binary.BigEndian.Uint16(b[2:])))
	switch family := binary.NativeEndian.Uint16(b); family {
	case unix.AF_UNSPEC:
		return ""
	case unix.AF_INET:
		return netip.AddrFrom4([4]byte(b[4:8])).String() + ":" + port
	case unix.AF_INET6:
		return "[" + netip.AddrFrom16([16]byte(b[8:24])).String() + "]:" + port
	case unix.AF_UNIX:
		if b[2] == 0 {
			return "unix:@" + string(UntilNul(b[3:AddressSize]))
		}
		return "unix:" + string(UntilNul(b[2:AddressSize]))
	case unix.AF_NETLINK:
		return "netlink"
	default:
		return "family " + strconv.Itoa(int(family))
	}
}

// UntilNul is what stands before the first zero byte.
func UntilNul(b []byte) []byte {
	if i := bytes.IndexByte(b, 0); i >= 0 {
		return b[:i]
	}
	return b
}
