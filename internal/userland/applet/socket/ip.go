// Package socket has internet addresses, and sockets with time limits, as system
// calls: package net would add 0.9 MB to box.
package socket

import (
	"strconv"
	"strings"
	"syscall"
)

// IP is an address of either family; the zero IP is none. It is comparable.
type IP struct {
	bytes [16]byte
	size  uint8
	// Zone is the index of the interface that a link-local address belongs to.
	Zone uint32
}

// From makes an address of its 4 or 16 bytes.
//
//go:noinline
func From(p []byte) (ip IP) {
	if len(p) == 4 || len(p) == 16 {
		ip.size = uint8(copy(ip.bytes[:], p))
	}
	return ip
}

// V4 makes an IPv4 address of its number.
//
//go:noinline
func V4(n uint32) IP {
	return IP{bytes: [16]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}, size: 4}
}

// Bytes returns the address's 4 or 16 bytes.
func (ip *IP) Bytes() []byte { return ip.bytes[:ip.size] }

// Is4, Is6 and IsNone say what the address is.
func (ip IP) Is4() bool    { return ip.size == 4 }
func (ip IP) Is6() bool    { return ip.size == 16 }
func (ip IP) IsNone() bool { return ip.size == 0 }

// Uint32 is the number of an IPv4 address.
//
//go:noinline
func (ip IP) Uint32() uint32 {
	b := &ip.bytes
	return uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
}

// Family is AF_INET or AF_INET6, AF_UNSPEC for none.
func (ip IP) Family() int {
	switch ip.size {
	case 4:
		return syscall.AF_INET
	case 16:
		return syscall.AF_INET6
	}
	return syscall.AF_UNSPEC
}

// Bits is the length of the address: 32 or 128.
func (ip IP) Bits() int { return int(ip.size) * 8 }

// IsZero says whether all bytes of the address are 0: the wildcard.
func (ip IP) IsZero() bool { return ip.bytes == [16]byte{} }

// IsLinkLocal says whether the address is one of fe80::/10, which wants a zone.
func (ip IP) IsLinkLocal() bool {
	return ip.size == 16 && ip.bytes[0] == 0xfe && ip.bytes[1]&0xc0 == 0x80
}

// IsMulticast says whether the address names a group.
func (ip IP) IsMulticast() bool {
	return ip.size == 4 && ip.bytes[0]&0xf0 == 0xe0 || ip.size == 16 && ip.bytes[0] == 0xff
}

// Unmap turns an IPv4 address written as ::ffff:1.2.3.4 into itself.
func (ip IP) Unmap() IP {
	if ip.size == 16 && ip.bytes[10] == 0xff && ip.bytes[11] == 0xff && From(ip.bytes[:12]).IsZero() &&
		[10]byte(ip.bytes[:10]) == [10]byte{} {
		return From(ip.bytes[12:])
	}
	return ip
}

// Has says whether other begins with the first bits of ip.
//
//go:noinline
func (ip IP) Has(other IP, bits int) bool {
	if ip.size != other.size {
		return false
	}
	for i := 0; bits > 0 && i < int(ip.size); i, bits = i+1, bits-8 {
		mask := byte(0xff)
		if bits < 8 {
			mask <<= 8 - bits
		}
		if (ip.bytes[i]^other.bytes[i])&mask != 0 {
			return false
		}
	}
	return true
}

// ParseIP reads an address of either family. An IPv6 address may have a zone:
// fe80::1%eth0.
func ParseIP(s string) (ip IP, ok bool) {
	if strings.IndexByte(s, ':') < 0 {
		return Parse4(s)
	}
	return Parse6(s)
}

// Parse4 reads 1.2.3.4, as inet_pton(3) does.
func Parse4(s string) (ip IP, ok bool) {
	for i := range 4 {
		part, rest, more := strings.Cut(s, ".")
		n, err := strconv.ParseUint(part, 10, 8)
		if err != nil || part[0] == '+' || len(part) > 3 || len(part) > 1 && part[0] == '0' || more != (i < 3) {
			return IP{}, false
		}
		ip.bytes[i] = byte(n)
		s = rest
	}
	ip.size = 4
	return ip, true
}

// Parse6 reads an IPv6 address, as inet_pton(3) does, and a zone.
func Parse6(s string) (ip IP, ok bool) {
	s, zone, zoned := strings.Cut(s, "%")
	if zoned {
		if ip.Zone = zoneIndex(zone); ip.Zone == 0 {
			return IP{}, false
		}
	}
	n, gap := 0, -1
	if rest, found := strings.CutPrefix(s, "::"); found {
		gap, s = 0, rest
	}
	for s != "" {
		if n == 16 {
			return IP{}, false
		}
		part, rest, more := strings.Cut(s, ":")
		if !more && n <= 12 && strings.IndexByte(part, '.') >= 0 {
			four, ok := Parse4(part)
			if !ok {
				return IP{}, false
			}
			n += copy(ip.bytes[n:], four.Bytes())
			break
		}
		v, err := strconv.ParseUint(part, 16, 16)
		if err != nil || len(part) > 4 || part[0] == '+' || more && rest == "" {
			return IP{}, false
		}
		ip.bytes[n], ip.bytes[n+1] = byte(v>>8), byte(v)
		n += 2
		if after, double := strings.CutPrefix(rest, ":"); double {
			if gap >= 0 {
				return IP{}, false
			}
			gap, rest = n, after
		}
		s = rest
	}
	if gap < 0 && n < 16 || gap >= 0 && n == 16 {
		return IP{}, false
	}
	if gap >= 0 {
		tail := append([]byte(nil), ip.bytes[gap:n]...)
		clear(ip.bytes[gap:])
		copy(ip.bytes[16-len(tail):], tail)
	}
	ip.size = 16
	return ip, true
}

// zoneIndex is the index of an interface that is named or numbered.
func zoneIndex(zone string) uint32 {
	if index, err := Index(zone); err == nil {
		return uint32(index)
	}
	n, err := strconv.ParseUint(zone, 10, 31)
	if err != nil {
		return 0
	}
	return uint32(n)
}

// String writes an address as inet_ntop(3) does, and its zone.
func (ip IP) String() string {
	var buf [48]byte
	p := buf[:0]
	switch ip.size {
	case 4:
		p = append4(p, ip.bytes[:])
	case 16:
		p = append6(p, &ip.bytes)
		if ip.Zone != 0 {
			p = append(p, '%')
			p = append(p, Name(int(ip.Zone))...)
		}
	}
	return string(p)
}

func append4(p, b []byte) []byte {
	for i, n := range b[:4] {
		if i > 0 {
			p = append(p, '.')
		}
		p = strconv.AppendUint(p, uint64(n), 10)
	}
	return p
}

// append6 shortens the first of the longest runs of at least two zero words: RFC 5952.
func append6(p []byte, b *[16]byte) []byte {
	start, length := 16, 2
	for i := 0; i < 16; i += 2 {
		j := i
		for j < 16 && b[j] == 0 && b[j+1] == 0 {
			j += 2
		}
		if j-i > length {
			start, length = i, j-i
		}
	}
	for i := 0; i < 16; i += 2 {
		switch {
		case i == start:
			p = append(p, "::"...)
			i += length - 2
			continue
		case i == 12 && start == 0 && (length == 12 || length == 10 && b[10] == 0xff && b[11] == 0xff):
			if p[len(p)-1] != ':' {
				p = append(p, ':')
			}
			return append4(p, b[12:])
		case i > 0 && p[len(p)-1] != ':':
			p = append(p, ':')
		}
		p = strconv.AppendUint(p, uint64(b[i])<<8|uint64(b[i+1]), 16)
	}
	return p
}
