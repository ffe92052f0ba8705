package ifconfig

import (
	"slices"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/pad"
	"bantam/internal/userland/applet/routes"
	"bantam/internal/userland/applet/socket"
)

// counters are the lines of /proc/net/dev by interface: 16 numbers each.
type counters struct {
	name   string
	values []string
}

// read reads /proc/net/dev, and the aliases that only SIOCGIFCONF knows aren't there.
func (x *change) read() (all []counters, ok bool) {
	in, err := applet.Open("/proc/net/dev")
	if err != nil {
		x.CantOpen("/proc/net/dev", err)
		return nil, false
	}
	defer in.Close()
	for n := 0; ; n++ {
		line, more := in.Line()
		if !more {
			break
		}
		name, rest, found := strings.Cut(string(line), ":")
		if n >= 2 && found {
			all = append(all, counters{strings.TrimSpace(name), strings.Fields(rest)})
		}
	}
	return all, true
}

// showAll shows all interfaces that are up, or also the others.
func (x *change) showAll(down bool) int {
	all, ok := x.read()
	if !ok {
		return 1
	}
	names := x.aliases()
	for _, i := range all {
		names = append(names, i.name)
	}
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		if !x.showOne(find(all, name), down) {
			return 1
		}
	}
	return 0
}

// find returns what is counted of an interface, nothing for an alias.
func find(all []counters, name string) counters {
	for _, i := range all {
		if i.name == name {
			return i
		}
	}
	return counters{name: name}
}

// aliases are the names that have IPv4 addresses.
func (x *change) aliases() (names []string) {
	for size := 64 * 40; ; size *= 2 {
		buf := make([]byte, size)
		n, err := ifconf(x.fd, buf)
		if err != nil {
			return nil
		}
		if n == size {
			continue
		}
		for p := buf[:n]; len(p) >= 40; p = p[40:] {
			names = append(names, unix.ByteSliceToString(p[:16]))
		}
		return names
	}
}

// show shows one interface.
func (x *change) show(name string) int {
	all, ok := x.read()
	if !ok {
		return 1
	}
	if !x.showOne(find(all, name), true) {
		return 1
	}
	return 0
}

// ask is an ioctl that may fail.
func (x *change) ask(name string, ioctl uint) (*request, bool) {
	r := newRequest(name)
	if ioctl == unix.SIOCGIFADDR {
		r[16] = syscall.AF_INET
	}
	return r, socket.RawIoctl(x.fd, ioctl, r[:]) == nil
}

const flagNames = "UP BROADCAST DEBUG LOOPBACK POINTOPOINT NOTRAILERS RUNNING NOARP PROMISC ALLMULTI MASTER SLAVE MULTICAST PORTSEL AUTOMEDIA DYNAMIC"

// flagOrder is the order in which they are printed: SLAVE before MASTER.
const flagOrder = "\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0b\x0a\x0c\x0f"

func (x *change) showOne(i counters, down bool) bool {
	r := newRequest(i.name)
	if err := socket.RawIoctl(x.fd, unix.SIOCGIFFLAGS, r[:]); err != nil {
		reason := applet.Reason(err)
		if err == syscall.ENODEV {
			reason = "Device not found"
		}
		x.Complain(i.name + ": error fetching interface information: " + reason)
		return false
	}
	flags := r.get16()
	if flags&unix.IFF_UP == 0 && !down {
		return true
	}
	x.hardwareLine(i.name)
	x.addresses(i.name, flags)
	out := x.Out
	out.Print("          ")
	if flags == 0 {
		out.Print("[NO FLAGS] ")
	}
	names := strings.Fields(flagNames)
	for _, bit := range []byte(flagOrder) {
		if flags&(1<<bit) != 0 {
			out.Print(names[bit], " ")
		}
	}
	mtu, _ := x.ask(i.name, unix.SIOCGIFMTU)
	metric, _ := x.ask(i.name, unix.SIOCGIFMETRIC)
	out.Print(" MTU:", utoa(mtu.get32()), "  Metric:", utoa(max(1, metric.get32())), "\n")
	x.statistics(i)
	x.printMap(i.name)
	out.Print("\n")
	return true
}

func utoa(n uint32) string { return strconv.FormatUint(uint64(n), 10) }

func (x *change) hardwareLine(name string) {
	r, _ := x.ask(name, unix.SIOCGIFHWADDR)
	title, address := "UNSPEC", ""
	const digits = "0123456789ABCDEF"
	join := func(p []byte, between string) string {
		var b []byte
		for i, n := range p {
			if i > 0 {
				b = append(b, between...)
			}
			b = append(b, digits[n>>4], digits[n&15])
		}
		return string(b)
	}
	null := string(r[18:26]) == "\x00\x00\x00\x00\x00\x00\x00\x00"
	switch r.get16() {
	case unix.ARPHRD_LOOPBACK:
		title = "Local Loopback"
	case unix.ARPHRD_ETHER:
		title, address = "Ethernet", join(r[18:24], ":")
	case unix.ARPHRD_PPP:
		title = "Point-to-Point Protocol"
	case unix.ARPHRD_SIT:
		if title = "IPv6-in-IPv4"; !null {
			address = join(r[18:32], "-") + "-00-00"
		}
	case unix.ARPHRD_INFINIBAND:
		title = "InfiniBand"
		address = join(r[18:32], "-") + "-00-00"
	default:
		address = join(r[18:32], "-") + "-00-00"
	}
	x.Out.Print(pad.Right(name, 9), " Link encap:", title, "  ")
	if address != "" {
		x.Out.Print("HWaddr ", address, "  ")
	}
	x.Out.Print("\n")
}

func (x *change) addresses(name string, flags uint16) {
	out := x.Out
	if r, ok := x.ask(name, unix.SIOCGIFADDR); ok {
		text := func(r *request) string { return socket.From(r[20:24]).String() }
		out.Print("          inet addr:", text(r), " ")
		if flags&unix.IFF_POINTOPOINT != 0 {
			r, _ = x.ask(name, unix.SIOCGIFDSTADDR)
			out.Print(" P-t-P:", text(r), " ")
		}
		if flags&unix.IFF_BROADCAST != 0 {
			r, _ = x.ask(name, unix.SIOCGIFBRDADDR)
			out.Print(" Bcast:", text(r), " ")
		}
		r, _ = x.ask(name, unix.SIOCGIFNETMASK)
		out.Print(" Mask:", text(r), "\n")
	}
	in, err := applet.Open("/proc/net/if_inet6")
	if err != nil {
		return
	}
	defer in.Close()
	for {
		line, ok := in.Line()
		if !ok {
			return
		}
		// address index length scope flags name
		f := strings.Fields(string(line))
		if len(f) < 6 || f[5] != name {
			continue
		}
		length, _ := strconv.ParseUint(f[2], 16, 8)
		scope, _ := strconv.ParseUint(f[3], 16, 8)
		ip := routes.Hex6(f[0])
		out.Print("          inet6 addr: ", ip.String(), "/", utoa(uint32(length)), " Scope:", scopeName(scope&0xf0), "\n")
	}
}

func scopeName(scope uint64) string {
	switch scope {
	case 0:
		return "Global"
	case 0x10:
		return "Host"
	case 0x20:
		return "Link"
	case 0x40:
		return "Site"
	case 0x80:
		return "Compat"
	}
	return "Unknown"
}

// statistics prints what /proc/net/dev counts. Its columns are: bytes packets errs
// drop fifo frame compressed multicast, and bytes packets errs drop fifo colls carrier
// compressed.
func (x *change) statistics(i counters) {
	v, out := i.values, x.Out
	if len(v) < 16 {
		return
	}
	out.Print("          RX packets:", v[1], " errors:", v[2], " dropped:", v[3], " overruns:", v[4], " frame:", v[5], "\n",
		"          TX packets:", v[9], " errors:", v[10], " dropped:", v[11], " overruns:", v[12], " carrier:", v[14], "\n",
		"          collisions:", v[13], " ")
	if r, ok := x.ask(i.name, unix.SIOCGIFTXQLEN); ok {
		out.Print("txqueuelen:", utoa(r.get32()), " ")
	}
	out.Print("\n          RX bytes:", v[0], " (", scaled(v[0]), ")  TX bytes:", v[8], " (", scaled(v[8]), ")\n")
}

// scaled writes a number of bytes as "1.5 MiB".
func scaled(text string) string {
	n, _ := strconv.ParseUint(text, 10, 64)
	unit, tenth := 0, uint64(0)
	for n >= 1024 && unit < 4 {
		tenth = n % 1024 * 10 / 1024
		n /= 1024
		unit++
	}
	prefix := ""
	if unit > 0 {
		prefix = "KMGT"[unit-1:unit] + "i"
	}
	return strconv.FormatUint(n, 10) + "." + strconv.FormatUint(tenth, 10) + " " + prefix + "B"
}

// printMap prints where a card is, for cards that tell.
func (x *change) printMap(name string) {
	r, ok := x.ask(name, unix.SIOCGIFMAP)
	if !ok {
		return
	}
	number := func(at, size int) uint64 {
		n := uint64(0)
		for i := size - 1; i >= 0; i-- {
			n = n<<8 | uint64(r[at+i])
		}
		return n
	}
	start, end, base, irq, dma := number(16, 8), number(24, 8), number(32, 2), number(34, 1), number(35, 1)
	if start|base|irq|dma == 0 {
		return
	}
	hex := func(n uint64) string { return strconv.FormatUint(n, 16) }
	x.Out.Print("          ")
	if irq != 0 {
		x.Out.Print("Interrupt:", strconv.FormatUint(irq, 10), " ")
	}
	if base >= 0x100 {
		x.Out.Print("Base address:0x", hex(base), " ")
	}
	if start != 0 {
		x.Out.Print("Memory:", hex(start), "-", hex(end), " ")
	}
	if dma != 0 {
		x.Out.Print("DMA chan:", hex(dma), " ")
	}
	x.Out.Print("\n")
}
