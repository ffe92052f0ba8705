// Package ifconfig is the applet ifconfig.
package ifconfig

import (
	"strconv"
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/dns"
	"bantam/internal/userland/applet/number"
	"bantam/internal/userland/applet/socket"
)

// Applet is ifconfig.
var Applet = applet.Applet{
	Names: "ifconfig",
	Usage: "[-a] [IFACE] [ADDRESS]",
	About: "Show or configure network interfaces.",
	Notes: `
	[add ADDRESS[/PREFIXLEN]] [del ADDRESS[/PREFIXLEN]]
	[[-]broadcast [ADDRESS]] [[-]pointopoint [ADDRESS]]
	[netmask ADDRESS] [dstaddr ADDRESS]
	[mem_start NN] [io_addr NN] [irq NN]
	[hw ether|infiniband ADDRESS] [metric NN] [mtu NN]
	[[-]trailers] [[-]arp] [[-]allmulti]
	[[-]multicast] [[-]promisc] [txqueuelen NN] [[-]dynamic]
	[up|down]`,
	Form: applet.Plain,
	Dir:  "/sbin",
	Run:  run,
}

func run(c *applet.Call) int {
	args, all := c.Args, false
	if len(args) > 0 && args[0] == "-a" {
		args, all = args[1:], true
	}
	fd, err := socket.Control()
	if err != nil {
		return c.Warn("socket", err)
	}
	defer syscall.Close(fd)
	x := &change{Call: c, fd: fd}
	switch len(args) {
	case 0:
		return x.showAll(all)
	case 1:
		return x.show(args[0])
	}
	x.name, x.words = args[0], args[1:]
	for len(x.words) > 0 && !x.failed {
		x.word()
	}
	if x.failed {
		return 1
	}
	return 0
}

// change is what is to be done to an interface.
type change struct {
	*applet.Call
	fd      int
	name    string
	words   []string
	failed  bool
	host    uint32
	mask    uint32
	hasHost bool
	hasMask bool
}

//go:noinline
func (x *change) fail(text string, err error) {
	if !x.failed {
		x.failed = true
		x.Warn(text, err)
	}
}

func (x *change) usage() {
	if !x.failed {
		x.failed = true
		x.UsageError("")
	}
}

// request is struct ifreq.
type request [40]byte

//go:noinline
func newRequest(name string) *request {
	var r request
	copy(r[:unix.IFNAMSIZ-1], name)
	return &r
}

func (r *request) put32(n uint32) { *(*uint32)(unsafe.Pointer(&r[16])) = n }
func (r *request) get32() uint32  { return *(*uint32)(unsafe.Pointer(&r[16])) }
func (r *request) get16() uint16  { return *(*uint16)(unsafe.Pointer(&r[16])) }

func (x *change) ioctl(request uint, name string, r *request) {
	if !x.failed {
		if err := socket.RawIoctl(x.fd, request, r[:]); err != nil {
			x.fail("SIOC"+name, err)
		}
	}
}

// flags are the words that set or clear a flag. An "!" clears it without "-".
const flagWords = "!arp 128 !trailers 32 promisc 256 multicast 4096 allmulti 512 dynamic 32768"

// flag sets or clears flags.
func (x *change) flag(bits uint16, on bool) {
	r := newRequest(x.name)
	x.ioctl(unix.SIOCGIFFLAGS, "GIFFLAGS", r)
	flags := r.get16() &^ bits
	if on {
		flags |= bits
	}
	r.put32(uint32(flags))
	x.ioctl(unix.SIOCSIFFLAGS, "SIFFLAGS", r)
}

func (x *change) take() (word string, ok bool) {
	if len(x.words) == 0 {
		return "", false
	}
	word, x.words = x.words[0], x.words[1:]
	return word, true
}

// word does what the next word says.
func (x *change) word() {
	word, _ := x.take()
	bare, minus := strings.CutPrefix(word, "-")
	for f := strings.Fields(flagWords); len(f) > 1; f = f[2:] {
		name, clears := strings.CutPrefix(f[0], "!")
		if name == bare {
			bit, _ := strconv.Atoi(f[1])
			x.flag(uint16(bit), minus == clears)
			return
		}
	}
	switch {
	case bare == "broadcast":
		x.withFlag(minus, unix.IFF_BROADCAST, unix.SIOCSIFBRDADDR, "SIFBRDADDR")
	case bare == "pointopoint":
		x.withFlag(minus, unix.IFF_POINTOPOINT, unix.SIOCSIFDSTADDR, "SIFDSTADDR")
	case minus && isWord(bare):
		x.fail("bad: '"+word+"'", nil)
	case word == "up":
		x.flag(unix.IFF_UP|unix.IFF_RUNNING, true)
	case word == "down":
		x.flag(unix.IFF_UP, false)
	case word == "inet":
	case isWord(word):
		x.value(word)
	default:
		x.address(word, unix.SIOCSIFADDR, "SIFADDR")
	}
}

func isWord(word string) bool {
	return strings.Contains(" metric mtu txqueuelen dstaddr netmask hw mem_start io_addr irq add del up down ", " "+word+" ")
}

// withFlag does broadcast and pointopoint: the address may be left out at the end.
func (x *change) withFlag(minus bool, flag uint16, ioctl uint, name string) {
	if minus {
		x.flag(flag, false)
		return
	}
	if word, ok := x.take(); ok {
		x.setAddress(word, ioctl, name)
	}
	x.flag(flag, true)
}

// value does the words that are followed by a value.
func (x *change) value(word string) {
	value, ok := x.take()
	if !ok {
		x.usage()
		return
	}
	switch word {
	case "metric":
		x.number(value, unix.SIOCSIFMETRIC, "SIFMETRIC")
	case "mtu":
		x.number(value, unix.SIOCSIFMTU, "SIFMTU")
	case "txqueuelen":
		x.number(value, unix.SIOCSIFTXQLEN, "SIFTXQLEN")
	case "dstaddr":
		x.setAddress(value, unix.SIOCSIFDSTADDR, "SIFDSTADDR")
	case "netmask":
		if x.hasMask {
			x.usage()
			return
		}
		x.mask, x.hasMask = x.setAddress(value, unix.SIOCSIFNETMASK, "SIFNETMASK"), true
	case "hw":
		x.hardware(value)
	case "add":
		x.address(value, unix.SIOCSIFADDR, "SIFADDR")
	case "del":
		x.address(value, unix.SIOCDIFADDR, "DIFADDR")
	default:
		x.setMap(word, value)
	}
}

func (x *change) parse(value string) uint64 {
	n, err := strconv.ParseUint(value, 0, 63)
	if err != nil {
		x.fail("invalid number '"+value+"'", nil)
	}
	return n
}

func (x *change) number(value string, ioctl uint, name string) {
	r := newRequest(x.name)
	r.put32(uint32(x.parse(value)))
	x.ioctl(ioctl, name, r)
}

// setMap changes a part of struct ifmap: mem_start, mem_end, base_addr, irq, dma, port.
func (x *change) setMap(word, value string) {
	r := newRequest(x.name)
	x.ioctl(unix.SIOCGIFMAP, "GIFMAP", r)
	n := x.parse(value)
	switch word {
	case "mem_start":
		*(*uint64)(unsafe.Pointer(&r[16])) = n
	case "io_addr":
		*(*uint16)(unsafe.Pointer(&r[32])) = uint16(n)
	case "irq":
		r[34] = byte(n)
	}
	x.ioctl(unix.SIOCSIFMAP, "SIFMAP", r)
}

// setAddress sets an IPv4 address that is not the interface's own.
func (x *change) setAddress(word string, ioctl uint, name string) (n uint32) {
	switch {
	case word == "default":
	case word == "+" && ioctl == unix.SIOCSIFBRDADDR && x.hasHost && x.hasMask:
		n = ^x.mask | x.host&x.mask
	default:
		ip, ok := dns.Host(x.Call, word, syscall.AF_INET)
		if !ok {
			x.failed = true
			return 0
		}
		n = ip.Uint32()
	}
	x.ioctl(ioctl, name, x.with4(n))
	return n
}

func (x *change) with4(n uint32) *request {
	r := newRequest(x.name)
	r[16] = syscall.AF_INET
	r[20], r[21], r[22], r[23] = byte(n>>24), byte(n>>16), byte(n>>8), byte(n)
	return r
}

// address sets or deletes an address of the interface. That brings it up.
func (x *change) address(word string, ioctl uint, name string) {
	text, length, masked := strings.Cut(word, "/")
	bits := int64(0)
	if masked {
		wrong := ""
		if bits, wrong = number.Signed(length, 0, 128); wrong != "" {
			x.fail(wrong, nil)
			return
		}
	}
	ip := socket.V4(0)
	if text != "default" {
		var ok bool
		if ip, ok = dns.Host(x.Call, text, 0); !ok {
			x.failed = true
			return
		}
	}
	if ip.Is6() {
		x.address6(ip, uint32(bits), ioctl, name)
		return
	}
	if bits > 32 {
		x.fail("number "+length+" is not in 0..32 range", nil)
		return
	}
	x.host, x.hasHost = ip.Uint32(), true
	x.ioctl(ioctl, name, x.with4(x.host))
	if masked && ioctl == unix.SIOCSIFADDR {
		x.mask, x.hasMask = uint32(uint64(0xffffffff)<<(32-bits)), true
		x.ioctl(unix.SIOCSIFNETMASK, "SIFNETMASK", x.with4(x.mask))
	}
	// An alias that was deleted has no flags any more.
	if !strings.HasSuffix(x.name, "-") {
		x.flag(unix.IFF_UP|unix.IFF_RUNNING, true)
	}
}

func (x *change) address6(ip socket.IP, bits uint32, ioctl uint, name string) {
	// struct in6_ifreq: address, length, index.
	var r [24]byte
	copy(r[:], ip.Bytes())
	*(*uint32)(unsafe.Pointer(&r[16])) = bits
	index, err := socket.Index(x.name)
	if err != nil {
		x.fail("SIOCGIFINDEX", err)
		return
	}
	*(*uint32)(unsafe.Pointer(&r[20])) = uint32(index)
	fd, err := syscall.Socket(syscall.AF_INET6, syscall.SOCK_DGRAM|syscall.SOCK_CLOEXEC, 0)
	if err == nil {
		err = socket.RawIoctl(fd, ioctl, r[:])
		syscall.Close(fd)
	}
	if err != nil {
		x.fail("SIOC"+name, err)
	}
}

// hardware sets the hardware address: "ether 02:..." or "infiniband HEX".
func (x *change) hardware(class string) {
	value, ok := x.take()
	size, kind := 6, uint32(unix.ARPHRD_ETHER)
	if class != "" && strings.HasPrefix("infiniband", class) {
		size, kind = 20, unix.ARPHRD_INFINIBAND
	} else if class == "" || !strings.HasPrefix("ether", class) {
		ok = false
	}
	if !ok {
		x.usage()
		return
	}
	r := newRequest(x.name)
	r.put32(kind)
	digits := strings.ReplaceAll(value, ":", "")
	if len(digits) != 2*size {
		x.fail("invalid hw-addr "+value, nil)
		return
	}
	for i := range min(size, len(r)-18) {
		n, err := strconv.ParseUint(digits[2*i:2*i+2], 16, 8)
		if err != nil {
			x.fail("invalid hw-addr "+value, nil)
			return
		}
		r[18+i] = byte(n)
	}
	x.ioctl(unix.SIOCSIFHWADDR, "SIFHWADDR", r)
}

// ifconf is SIOCGIFCONF: the interfaces with IPv4 addresses, each as a struct ifreq.
func ifconf(fd int, buf []byte) (int, error) {
	conf := struct {
		length int32
		buf    *byte
	}{int32(len(buf)), &buf[0]}
	_, _, e := syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), unix.SIOCGIFCONF, uintptr(unsafe.Pointer(&conf)))
	if e != 0 {
		return 0, e
	}
	return int(conf.length), nil
}
