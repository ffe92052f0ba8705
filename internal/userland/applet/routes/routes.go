// Package routes shows the kernel's tables of routes in the form of route(8), for
// route and netstat.
package routes

import (
	"strconv"
	"strings"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/dns"
	"bantam/internal/userland/applet/pad"
	"bantam/internal/userland/applet/socket"
)

// The flags of a route: linux/route.h and linux/ipv6_route.h.
const (
	up        = 0x1
	reject    = 0x200
	letters   = "UGHRDM"
	flags4    = 0x3f
	inDefault = 0x10000
	addrconf  = 0x40000
	cache     = 0x1000000
	noNextHop = 0x200000
)

// Resolver names addresses, and remembers the names.
type Resolver struct {
	// Numeric leaves addresses as they are.
	Numeric bool
	config  *dns.Config
	names   []string // address, name, address, name
}

// Name returns an address's name, or the address.
func (r *Resolver) Name(ip socket.IP) string {
	text := ip.String()
	if r.Numeric {
		return text
	}
	for i := 0; i < len(r.names); i += 2 {
		if r.names[i] == text {
			return r.names[i+1]
		}
	}
	if r.config == nil {
		r.config = dns.Load()
	}
	name := r.config.Name(ip)
	if name == "" {
		name = text
	}
	r.names = append(r.names, text, name)
	return name
}

func flags(n uint64) string {
	var b []byte
	for i := range len(letters) {
		if n&(1<<i) != 0 {
			b = append(b, letters[i])
		}
	}
	return string(b)
}

// address4 reads an address of /proc/net/route: a number in the machine's order.
func address4(s string) socket.IP {
	n, _ := strconv.ParseUint(s, 16, 32)
	return socket.From([]byte{byte(n), byte(n >> 8), byte(n >> 16), byte(n >> 24)})
}

func fit(s string, width int) string { return pad.Right(s[:min(len(s), width)], width) }

// Show4 prints the table of IPv4; wide is netstat's form with window and so on.
func Show4(c *applet.Call, r *Resolver, wide bool) int {
	in, err := applet.Open("/proc/net/route")
	if err != nil {
		return c.CantOpen("/proc/net/route", err)
	}
	defer in.Close()
	middle := "Metric Ref    Use"
	if wide {
		middle = "  MSS Window  irtt"
	}
	c.Out.Print("Kernel IP routing table\nDestination     Gateway         Genmask         Flags ", middle, " Iface\n")
	in.Line()
	for {
		line, ok := in.Line()
		if !ok {
			return 0
		}
		// Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT
		f := strings.Fields(string(line))
		if len(f) < 11 {
			return c.Complain("read error")
		}
		bits, _ := strconv.ParseUint(f[3], 16, 32)
		if bits&up == 0 {
			continue
		}
		text := flags(bits & flags4)
		if bits&reject != 0 {
			text = "!" + text[1:]
		}
		to, mask := address4(f[1]), address4(f[7])
		c.Out.Print(fit(r.target(to, mask), 15), " ", fit(r.gateway(address4(f[2])), 15), " ",
			pad.Right(mask.String(), 16), pad.Right(text, 6))
		if wide {
			c.Out.Print(pad.Left(f[8], 5), " ", pad.Right(f[9], 5), " ", pad.Left(f[10], 6), " ", f[0], "\n")
		} else {
			c.Out.Print(pad.Right(f[6], 6), " ", pad.Right(f[4], 2), " ", pad.Left(f[5], 7), " ", f[0], "\n")
		}
	}
}

// target names a destination: a host by its name, a net by its address.
func (r *Resolver) target(ip, mask socket.IP) string {
	switch {
	case r.Numeric:
		return ip.String()
	case ip.IsZero():
		return "default"
	case ip.Uint32()&^mask.Uint32() != 0 || mask.Uint32() == 1<<32-1:
		return r.Name(ip)
	}
	return ip.String()
}

func (r *Resolver) gateway(ip socket.IP) string {
	if !r.Numeric && ip.IsZero() {
		return "*"
	}
	return r.Name(ip)
}

// Show6 prints the table of IPv6.
func Show6(c *applet.Call) int {
	in, err := applet.Open("/proc/net/ipv6_route")
	if err != nil {
		return c.CantOpen("/proc/net/ipv6_route", err)
	}
	defer in.Close()
	c.Out.Print("Kernel IPv6 routing table\n", pad.Right("Destination", 44), pad.Right("Next Hop", 40),
		"Flags Metric Ref    Use Iface\n")
	for {
		line, ok := in.Line()
		if !ok {
			return 0
		}
		// destination length source length gateway metric references use flags interface
		f := strings.Fields(string(line))
		if len(f) < 10 {
			return c.Complain("read error")
		}
		var n [5]uint64 // length, metric, references, use, flags
		for i, at := range [5]int{1, 5, 6, 7, 8} {
			n[i], _ = strconv.ParseUint(f[at], 16, 32)
		}
		to, via := Hex6(f[0]), Hex6(f[4])
		c.Out.Print(pad.Right(to.String()+"/"+utoa(n[0]), 43), " ", pad.Right(via.String(), 39), " ",
			pad.Right(flags6(n[4]), 5), " ", pad.Right(strconv.Itoa(int(int32(n[1]))), 6), " ", pad.Right(utoa(n[2]), 2), " ",
			pad.Left(utoa(n[3]), 7), " ", pad.Right(f[9], 8), "\n")
	}
}

func flags6(n uint64) string {
	text := flags(n & 0x7)
	for _, f := range [...]struct {
		bit  uint64
		text string
	}{{inDefault, "D"}, {addrconf, "A"}, {cache, "C"}, {reject, "!"}, {noNextHop, "n"}} {
		if n&f.bit != 0 {
			text += f.text
		}
	}
	return text
}

// Hex6 reads an IPv6 address of 32 digits.
func Hex6(s string) socket.IP {
	var b [16]byte
	for i := range b {
		if len(s) < 2*i+2 {
			break
		}
		n, _ := strconv.ParseUint(s[2*i:2*i+2], 16, 8)
		b[i] = byte(n)
	}
	return socket.From(b[:])
}

func utoa(n uint64) string { return strconv.FormatUint(n, 10) }
