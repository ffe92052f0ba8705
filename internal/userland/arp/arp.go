// Package arp is the applet arp.
package arp

import (
	"strconv"
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/dns"
	"bantam/internal/userland/applet/socket"
)

// Applet is arp.
var Applet = applet.Applet{
	Names: "arp",
	Usage: `[-vn] [-H HWTYPE] [-i IF] -a [HOSTNAME]
arp [-v] [-i IF] -d HOSTNAME [pub]
arp [-v] [-H HWTYPE] [-i IF] -s HOSTNAME HWADDR [temp]
arp [-v] [-H HWTYPE] [-i IF] -s HOSTNAME HWADDR [netmask MASK] pub
arp [-v] [-H HWTYPE] [-i IF] -Ds HOSTNAME IFACE [netmask MASK] pub`,
	About: "Manipulate ARP cache.",
	Options: `
-a	Display (all) hosts
-d	Delete ARP entry
-s	Set new entry
-v	Verbose
-n	Don't resolve names
-i IF	Network interface
-D	Read HWADDR from IFACE
-A,-p AF	Protocol family
-H,-t HWTYPE	Hardware address type
`,
	Dir: "/sbin",
	Run: run,
}

// request is struct arpreq of net/if_arp.h.
type request struct {
	address  unix.RawSockaddrInet4
	hardware [16]byte
	flags    int32
	mask     unix.RawSockaddrInet4
	device   [unix.IFNAMSIZ]byte
}

const (
	atfComplete  = 0x02
	atfPermanent = 0x04
	atfPublic    = 0x08
	atfTrailers  = 0x10
	atfMask      = 0x20
	atfDontPub   = 0x40
)

// arp is one use of the applet.
type arp struct {
	*applet.Call
	device string
	words  []string
	failed bool
	priv   bool
	public bool
	r      request
}

func run(c *applet.Call) int {
	x := &arp{Call: c, device: c.Value("i"), words: c.Args}
	if f, given := c.Given("A"); given && f != "inet" {
		if f == "inet6" || f == "unix" || f == "unspec" {
			return c.Complain(f + ": kernel only supports 'inet'")
		}
		return c.Complain(f + ": unknown address family")
	}
	switch h, given := c.Given("H"); {
	case !given || h == "ether" || h == "infiniband":
	case h == "loop" || h == "ppp" || h == "sit" || h == "unspec":
		return c.Complain(h + ": hardware type without ARP support")
	default:
		return c.Complain(h + ": unknown hardware type")
	}
	switch {
	case (c.Has("d") || c.Has("s")) && len(x.words) == 0:
		return c.Complain("need host name")
	case c.Has("s"):
		return x.set()
	case c.Has("d"):
		return x.delete()
	}
	return x.show()
}

func (x *arp) fail(text string) {
	if !x.failed {
		x.failed = true
		x.Complain(text)
	}
}

// host takes a host's name.
func (x *arp) host(sa *unix.RawSockaddrInet4, name string) {
	ips, err := dns.Load().Lookup(name, syscall.AF_INET)
	if err != nil {
		x.fail(name + ": Unknown host")
		return
	}
	sa.Family = syscall.AF_INET
	copy(sa.Addr[:], ips[0].Bytes())
}

// modifiers reads the words after the addresses.
func (x *arp) modifiers() {
	next := func() (word string) {
		if len(x.words) == 0 {
			if !x.failed {
				x.failed = true
				x.UsageError("")
			}
			return ""
		}
		word, x.words = x.words[0], x.words[1:]
		return word
	}
	for len(x.words) > 0 && !x.failed {
		switch next() {
		case "pub":
			x.public = true
		case "priv":
			x.priv = true
		case "temp":
			x.r.flags &^= atfPermanent
		case "trail":
			x.r.flags |= atfTrailers
		case "dontpub":
			x.r.flags |= atfDontPub
		case "auto":
			x.Complain("feature ATF_MAGIC is not supported")
		case "dev":
			x.device = next()
		case "netmask":
			if mask := next(); mask != "255.255.255.255" {
				x.host(&x.r.mask, mask)
				x.r.flags |= atfMask
			}
		default:
			x.words = nil
			next()
		}
	}
	copy(x.r.device[:unix.IFNAMSIZ-1], x.device)
}

func (x *arp) ioctl(what uint) error {
	fd, err := socket.Control()
	if err != nil {
		return err
	}
	defer syscall.Close(fd)
	_, _, e := syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), uintptr(what), uintptr(unsafe.Pointer(&x.r)))
	if e != 0 {
		return e
	}
	return nil
}

// set adds an entry.
func (x *arp) set() int {
	x.host(&x.r.address, x.words[0])
	if len(x.words) < 2 {
		x.fail("need hardware address")
		return 1
	}
	if x.failed {
		return 1
	}
	if name := x.words[1]; x.Has("D") {
		kind, address, err := socket.Hardware(name)
		if err != nil {
			return x.Warn("can't get HW-Address for '"+name+"'", err)
		}
		x.r.hardware[0], x.r.hardware[1] = byte(kind), byte(kind>>8)
		copy(x.r.hardware[2:], address[:])
	} else if !x.hardware(name) {
		return x.Complain("invalid hardware address")
	}
	x.words = x.words[2:]
	x.r.flags = atfPermanent | atfComplete
	x.modifiers()
	if x.public && !x.priv {
		x.r.flags |= atfPublic
	}
	if x.failed {
		return 1
	}
	if err := x.ioctl(unix.SIOCSARP); err != nil {
		return x.Warn("SIOCSARP", err)
	}
	return 0
}

// hardware reads an Ethernet address.
func (x *arp) hardware(s string) bool {
	parts := strings.Split(s, ":")
	if len(parts) != 6 {
		return false
	}
	x.r.hardware[0] = unix.ARPHRD_ETHER
	for i, part := range parts {
		n, err := strconv.ParseUint(part, 16, 8)
		if err != nil {
			return false
		}
		x.r.hardware[2+i] = byte(n)
	}
	return true
}

// delete removes an entry: the private one, or else the public one.
func (x *arp) delete() int {
	name := x.words[0]
	x.host(&x.r.address, name)
	x.words = x.words[1:]
	x.r.flags = atfPermanent
	x.modifiers()
	if x.failed {
		return 1
	}
	if !x.priv && !x.public {
		x.priv, x.public = true, true
	}
	for _, kind := range [2]string{"priv", "pub"} {
		if kind == "priv" && !x.priv || kind == "pub" && !x.public {
			continue
		}
		if kind == "pub" {
			x.r.flags |= atfPublic
		}
		err := x.ioctl(unix.SIOCDARP)
		if err == nil {
			return 0
		}
		if err != syscall.ENXIO {
			return x.Warn("SIOCDARP("+kind+")", err)
		}
	}
	x.Out.Print("No ARP entry for ", name, "\n")
	return 255
}

// show prints the kernel's table.
func (x *arp) show() int {
	want := ""
	if len(x.words) > 0 {
		var sa unix.RawSockaddrInet4
		if x.host(&sa, x.words[0]); x.failed {
			return 1
		}
		want = socket.From(sa.Addr[:]).String()
	}
	in, err := applet.Open("/proc/net/arp")
	if err != nil {
		return x.CantOpen("/proc/net/arp", err)
	}
	defer in.Close()
	config := dns.Load()
	in.Line()
	entries, shown := 0, 0
	for {
		line, ok := in.Line()
		if !ok {
			break
		}
		// address type flags hardware mask device
		f := strings.Fields(string(line))
		if len(f) < 6 {
			continue
		}
		entries++
		if want != "" && f[0] != want || x.device != "" && f[5] != x.device || !x.wantsKind(f[1]) {
			continue
		}
		shown++
		name := ""
		if ip, ok := socket.ParseIP(f[0]); ok && !x.Has("n") {
			name = config.Name(ip)
		}
		x.print(name, f)
	}
	if x.Has("v") {
		x.Out.Print("Entries: ", strconv.Itoa(entries), "\tSkipped: ", strconv.Itoa(entries-shown), "\tFound: ", strconv.Itoa(shown), "\n")
	}
	if shown == 0 && (want != "" || x.device != "" || x.Has("H")) {
		x.Out.Print("No match found in ", strconv.Itoa(entries), " entries\n")
	}
	return 0
}

// wantsKind says whether a hardware type, as /proc/net/arp writes it, is that of -H.
func (x *arp) wantsKind(kind string) bool {
	switch x.Value("H") {
	case "ether":
		return kind == "0x1"
	case "infiniband":
		return kind == "0x20"
	}
	return true
}

func (x *arp) print(name string, f []string) {
	if name == "" || name == f[0] {
		name = "?"
	}
	flags, _ := strconv.ParseUint(f[2], 0, 16)
	x.Out.Print(name, " (", f[0], ") at ")
	kind := "ether"
	if f[1] == "0x20" {
		kind = "infiniband"
	}
	switch {
	case flags&atfComplete != 0:
		x.Out.Print(f[3], " [", kind, "] ")
	case flags&atfPublic != 0:
		x.Out.Print("* ")
	default:
		x.Out.Print("<incomplete> ")
	}
	if flags&atfMask != 0 {
		x.Out.Print("netmask ", f[4], " ")
	}
	between := ""
	for _, l := range [...]struct {
		bit  uint64
		name string
	}{{atfPermanent, "PERM"}, {atfPublic, "PUP"}, {atfDontPub, "DONTPUB"}, {atfTrailers, "TRAIL"}} {
		if flags&l.bit != 0 {
			x.Out.Print(between, l.name)
			between = " "
		}
	}
	x.Out.Print(" on ", f[5], "\n")
}
