package socket

import (
	"strconv"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

func itoa(n int) string { return strconv.Itoa(n) }

// RawIoctl is ioctl(2) with a pointer to p, of which the kernel reads and writes as
// much as the request wants.
func RawIoctl(fd int, request uint, p []byte) error {
	_, _, e := syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), uintptr(request), uintptr(unsafe.Pointer(&p[0])))
	if e != 0 {
		return e
	}
	return nil
}

// PointerIoctl is an ioctl(2) on an interface whose ifr_data is p.
func PointerIoctl(fd int, request uint, name string, p unsafe.Pointer) error {
	var r struct {
		name [unix.IFNAMSIZ]byte
		data unsafe.Pointer
		rest [16]byte
	}
	if len(name) >= unix.IFNAMSIZ {
		return syscall.ENODEV
	}
	copy(r.name[:], name)
	r.data = p
	_, _, e := syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), uintptr(request), uintptr(unsafe.Pointer(&r)))
	if e != 0 {
		return e
	}
	return nil
}

// nameOf asks for the name of the interface with this index.
func nameOf(fd, index int) (string, bool) {
	var r [40]byte
	*(*int32)(unsafe.Pointer(&r[16])) = int32(index)
	if RawIoctl(fd, unix.SIOCGIFNAME, r[:]) != nil {
		return "", false
	}
	return unix.ByteSliceToString(r[:16]), true
}

// Checksum is the internet checksum (RFC 1071) of p, whose odd last byte counts as
// the upper half of a word.
func Checksum(p []byte) uint16 { return ^Sum(0, p) }

// Sum adds p to a checksum that isn't complemented yet.
func Sum(start uint16, p []byte) uint16 {
	sum := uint32(start)
	for ; len(p) >= 2; p = p[2:] {
		sum += uint32(p[0])<<8 | uint32(p[1])
		sum = sum&0xffff + sum>>16
	}
	if len(p) == 1 {
		sum += uint32(p[0]) << 8
		sum = sum&0xffff + sum>>16
	}
	return uint16(sum)
}

// Packet makes the address of a packet socket: an interface, a protocol (in the
// host's order) and a hardware address.
func Packet(index int, protocol uint16, hardware []byte) *syscall.SockaddrLinklayer {
	sa := &syscall.SockaddrLinklayer{Protocol: protocol<<8 | protocol>>8, Ifindex: index, Halen: uint8(len(hardware))}
	copy(sa.Addr[:], hardware)
	return sa
}

// Random fills p with random bytes of the kernel's. Package crypto/rand would add
// packages fmt and math/big to box.
func Random(p []byte) {
	for len(p) > 0 {
		n, err := unix.Getrandom(p, 0)
		if err != nil && err != syscall.EINTR {
			panic(err) // never: Linux has it since 3.17
		}
		p = p[max(n, 0):]
	}
}
