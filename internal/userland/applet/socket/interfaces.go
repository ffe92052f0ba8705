package socket

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// Control opens a socket for questions about interfaces.
func Control() (fd int, err error) {
	fd, err = syscall.Socket(syscall.AF_INET, syscall.SOCK_DGRAM|syscall.SOCK_CLOEXEC, 0)
	if err == syscall.EAFNOSUPPORT {
		return syscall.Socket(syscall.AF_INET6, syscall.SOCK_DGRAM|syscall.SOCK_CLOEXEC, 0)
	}
	return fd, err
}

// Ioctl asks or tells the kernel something about an interface; it may change r.
func Ioctl(request uint, r *unix.Ifreq) error {
	fd, err := Control()
	if err != nil {
		return err
	}
	defer syscall.Close(fd)
	return unix.IoctlIfreq(fd, request, r)
}

// Index returns an interface's index.
func Index(name string) (int, error) {
	r, err := unix.NewIfreq(name)
	if err == nil {
		err = Ioctl(unix.SIOCGIFINDEX, r)
	}
	if err != nil {
		return 0, err
	}
	return int(r.Uint32()), nil
}

// Name returns an interface's name, "if" and its index if there is none.
func Name(index int) string {
	fd, err := Control()
	if err == nil {
		defer syscall.Close(fd)
		if name, ok := nameOf(fd, index); ok {
			return name
		}
	}
	return "if" + itoa(index)
}

// Hardware returns an interface's hardware type and address.
func Hardware(name string) (kind uint16, address [6]byte, err error) {
	var r [40]byte
	if len(name) >= unix.IFNAMSIZ {
		return 0, address, syscall.ENODEV
	}
	copy(r[:], name)
	fd, err := Control()
	if err != nil {
		return 0, address, err
	}
	defer syscall.Close(fd)
	if err := RawIoctl(fd, unix.SIOCGIFHWADDR, r[:]); err != nil {
		return 0, address, err
	}
	copy(address[:], r[18:24])
	return uint16(r[16]) | uint16(r[17])<<8, address, nil
}

// First4 returns the first IPv4 address of an interface.
func First4(name string) (IP, error) {
	r, err := unix.NewIfreq(name)
	if err != nil {
		return IP{}, err
	}
	if err := Ioctl(unix.SIOCGIFADDR, r); err != nil {
		return IP{}, err
	}
	p, err := r.Inet4Addr()
	return From(p), err
}
