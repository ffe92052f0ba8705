// Package route is the applet route.
package route

import (
	"math/bits"
	"strconv"
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/dns"
	"bantam/internal/userland/applet/number"
	"bantam/internal/userland/applet/routes"
	"bantam/internal/userland/applet/socket"
)

// Applet is route.
var Applet = applet.Applet{
	Names: "route",
	Usage: "[-ne] [-A inet[6]] [{add|del} [-net|-host] TARGET [netmask MASK]\n" +
		"route [gw GATEWAY] [metric N] [mss BYTES] [window BYTES] [reject] [IFACE]]",
	About: "Show or edit kernel routing tables.",
	Options: `
-n	Don't resolve names
-e	Display other/more information
-A FAMILY	inet or inet6: select address family
`,
	Form: applet.Plain,
	Dir:  "/sbin",
	Run:  run,
}

func run(c *applet.Call) int {
	// -net and -host are no options.
	args := append([]string(nil), c.Args...)
	for i, a := range args {
		if a == "-net" || a == "-host" {
			args[i] = "#" + a[1:]
		}
	}
	if !c.Reparse(args) {
		return 1
	}
	family, given := c.Given("A")
	if given && family != "inet" && family != "inet6" {
		return c.UsageError("")
	}
	six := family == "inet6"
	if len(c.Args) == 0 {
		if six {
			return routes.Show6(c)
		}
		return routes.Show4(c, &routes.Resolver{Numeric: c.Has("n")}, c.Has("e"))
	}
	change := &change{Call: c, words: c.Args[1:]}
	switch c.Args[0] {
	case "add":
		change.request = unix.SIOCADDRT
	case "del", "delete":
		change.request = unix.SIOCDELRT
	default:
		return c.UsageError("")
	}
	if len(change.words) == 0 {
		return c.UsageError("")
	}
	if six {
		return change.set6()
	}
	return change.set4()
}

// change is a route to add or to delete.
type change struct {
	*applet.Call
	request uint
	words   []string
	device  string
	failed  bool
}

func (c *change) fail(text string) {
	if !c.failed {
		c.failed = true
		c.Complain(text)
	}
}

func (c *change) usage() {
	if !c.failed {
		c.failed = true
		c.UsageError("")
	}
}

// keyword takes a word and the value that follows some of them.
func (c *change) keyword() (word, value string) {
	word, c.words = c.words[0], c.words[1:]
	switch word {
	case "metric", "netmask", "gw", "gateway", "mss", "window", "irtt", "dev", "device":
		if len(c.words) == 0 {
			c.usage()
			return "", ""
		}
		value, c.words = c.words[0], c.words[1:]
	case "reject", "mod", "dyn", "reinstate":
	default:
		// A lone last word is the device.
		if len(c.words) > 0 {
			c.usage()
			return "", ""
		}
		return "dev", word
	}
	return word, value
}

func (c *change) number(text string, low, high int64) uint64 {
	n, wrong := number.Signed(text, low, high)
	if wrong != "" {
		c.fail(wrong)
	}
	return uint64(n)
}

// entry is struct rtentry of linux/route.h.
type entry struct {
	_                 uint64
	to, gateway, mask unix.RawSockaddrInet4
	flags             uint16
	_                 int16
	_                 uint64
	_                 *byte
	metric            int16
	device            *byte
	mss, window       uint64
	irtt              uint16
}

// resolve reads a target: a network's or a host's address, or a host's name. isNet
// says whether it looks like a network.
func (c *change) resolve(name string, host bool) (n uint32, isNet bool) {
	if name == "default" {
		return 0, true
	}
	ips, err := dns.Load().Lookup(name, syscall.AF_INET)
	if err != nil {
		c.fail("resolving " + name)
		return 0, false
	}
	n = ips[0].Uint32()
	return n, !host && n&0xff == 0 && strings.Trim(name, "0123456789.") == ""
}

func (c *change) put(sa *unix.RawSockaddrInet4, n uint32) {
	sa.Family = syscall.AF_INET
	sa.Addr = [4]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}
}

const (
	rtfUp        = 1
	rtfGateway   = 2
	rtfHost      = 4
	rtfReinstate = 8
	rtfDynamic   = 16
	rtfModified  = 32
	rtfMSS       = 64
	rtfWindow    = 128
	rtfIRTT      = 256
	rtfReject    = 512
)

func (c *change) set4() int {
	var e entry
	kind := ""
	if w := c.words[0]; w == "#net" || w == "#host" {
		kind, c.words = w, c.words[1:]
		if len(c.words) == 0 {
			return c.UsageError("")
		}
	}
	target, length, masked := strings.Cut(c.words[0], "/")
	c.words = c.words[1:]
	var mask uint32
	maskText := "default"
	if masked {
		if n := c.number(length, 0, 32); n > 0 {
			mask = ^uint32(0) << (32 - n)
		}
	}
	to, isNet := c.resolve(target, kind == "#host")
	if kind != "" {
		isNet = kind == "#net"
	} else if masked {
		isNet = isNet || length != "32"
	}
	if e.flags = rtfUp; !isNet {
		e.flags |= rtfHost
	}
	for len(c.words) > 0 && !c.failed {
		word, value := c.keyword()
		if word == "netmask" {
			if mask != 0 {
				c.usage()
			}
			maskText = value
			mask, _ = c.resolve(value, false)
			continue
		}
		c.word4(&e, word, value)
	}
	c.check(&e, to, mask, maskText)
	if c.request == unix.SIOCADDRT && e.flags&rtfHost != 0 {
		mask = ^uint32(0)
	}
	c.put(&e.to, to)
	c.put(&e.mask, mask)
	if c.device == "" && e.flags&rtfReject != 0 {
		c.device = "lo"
	}
	if c.device != "" {
		e.device, _ = syscall.BytePtrFromString(c.device)
	}
	return c.send(syscall.AF_INET, unsafe.Pointer(&e))
}

func (c *change) word4(e *entry, word, value string) {
	switch word {
	case "metric":
		e.metric = int16(c.number(value, 0, 1<<15-2) + 1)
	case "gw", "gateway":
		if e.flags&rtfGateway != 0 {
			c.usage()
			return
		}
		n, isNet := c.resolve(value, true)
		if isNet {
			c.fail("gateway " + value + " is a NETWORK")
		}
		e.flags |= rtfGateway
		c.put(&e.gateway, n)
	case "mss":
		e.flags |= rtfMSS
		e.mss = c.number(value, 64, 32768)
	case "window":
		e.flags |= rtfWindow
		e.window = c.number(value, 128, 1<<31-1)
	case "irtt":
		e.flags |= rtfIRTT
		e.irtt = uint16(c.number(value, 0, 1<<16-1))
	case "reject":
		e.flags |= rtfReject
	case "mod":
		e.flags |= rtfModified
	case "dyn":
		e.flags |= rtfDynamic
	case "reinstate":
		e.flags |= rtfReinstate
	case "dev", "device":
		if c.device != "" {
			c.usage()
		}
		c.device = value
	}
}

// check looks for what contradicts itself.
func (c *change) check(e *entry, to, mask uint32, maskText string) {
	if mask == 0 {
		return
	}
	inverse := ^mask
	switch {
	case e.flags&rtfHost != 0 && inverse != 0:
		c.fail("netmask " + hex8(inverse) + " and host route conflict")
	case bits.LeadingZeros32(inverse)+bits.OnesCount32(inverse) != 32:
		c.fail("bogus netmask " + maskText)
	case to&inverse != 0:
		c.fail("netmask and route address conflict")
	}
}

func hex8(n uint32) string {
	s := strconv.FormatUint(uint64(n), 16)
	return "00000000"[len(s):] + s
}

func (c *change) send(family int, p unsafe.Pointer) int {
	if c.failed {
		return 1
	}
	fd, err := syscall.Socket(family, syscall.SOCK_DGRAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return c.Warn("socket", err)
	}
	defer syscall.Close(fd)
	name := "SIOCADDRT"
	if c.request == unix.SIOCDELRT {
		name = "SIOCDELRT"
	}
	if _, _, e := syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), uintptr(c.request), uintptr(p)); e != 0 {
		return c.Warn(name, e)
	}
	return 0
}

// message6 is struct in6_rtmsg of linux/ipv6_route.h.
type message6 struct {
	to, source, gateway  [16]byte
	kind                 uint32
	length, sourceLength uint16
	metric               uint32
	info                 uint64
	flags                uint32
	index                int32
}

func (c *change) resolve6(name string) (b [16]byte) {
	ips, err := dns.Load().Lookup(name, syscall.AF_INET6)
	if err != nil {
		c.fail("resolving " + name)
		return b
	}
	return [16]byte(ips[0].Bytes())
}

func (c *change) set6() int {
	var m message6
	target := c.words[0]
	c.words = c.words[1:]
	m.metric, m.flags = 1, rtfUp
	if target != "default" {
		name, length, masked := strings.Cut(target, "/")
		m.length = 128
		if masked {
			m.length = uint16(c.number(length, 0, 128))
		}
		m.to = c.resolve6(name)
	}
	if m.length == 128 {
		m.flags |= rtfHost
	}
	for len(c.words) > 0 && !c.failed {
		word, value := c.keyword()
		switch word {
		case "mod":
			m.flags |= rtfModified
		case "dyn":
			m.flags |= rtfDynamic
		case "metric":
			m.metric = uint32(c.number(value, 0, 1<<32-1))
		case "gw", "gateway":
			if m.flags&rtfGateway != 0 {
				c.usage()
			}
			m.gateway = c.resolve6(value)
			m.flags |= rtfGateway
		case "dev", "device":
			c.device = value
		default:
			c.usage()
		}
	}
	if c.device != "" && !c.failed {
		index, err := socket.Index(c.device)
		if err != nil {
			return c.Warn("SIOCGIFINDEX", err)
		}
		m.index = int32(index)
	}
	return c.send(syscall.AF_INET6, unsafe.Pointer(&m))
}
