package ip

import (
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"bantam/internal/linux/netlink"
	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/socket"
)

// flushCache empties the cache of routes: of IPv4, which kernels before 3.6 had.
func (x *command) flushCache() {
	const path = "/proc/sys/net/ipv4/route/flush"
	if x.family == syscall.AF_INET6 {
		return
	}
	fd, err := applet.OpenFile(path, syscall.O_WRONLY, 0)
	if err == nil {
		err = applet.WriteFd(fd, []byte("-1"))
		syscall.Close(fd)
	}
	if err != nil {
		x.failed = x.Warn("can't flush routing cache", err)
	}
}

// printPrefix prints an address with its length if that isn't the whole.
func (x *command) printPrefix(p []byte, bits byte) {
	ip := socket.From(p)
	x.Out.Print(ip.String())
	if int(bits) != ip.Bits() {
		x.Out.Print("/", num(uint32(bits)))
	}
}

// printRoute prints a route.
func (x *command) printRoute(f *routeFilter, m netlink.Message) {
	a, out := m.Attributes(routeSize), x.Out
	if m.Type == unix.RTM_DELROUTE {
		out.Print("Deleted ")
	}
	if kind := m.Byte(routeType); kind != unix.RTN_UNICAST {
		out.Print(typeName(kind), " ")
	}
	switch p, bits := a.Get(unix.RTA_DST), m.Byte(routeDstLen); {
	case p != nil:
		x.printPrefix(p, bits)
		out.Print(" ")
	case bits != 0:
		out.Print("0/", num(uint32(bits)), " ")
	default:
		out.Print("default ")
	}
	switch p, bits := a.Get(unix.RTA_SRC), m.Byte(routeSrcLen); {
	case p != nil:
		out.Print("from ")
		x.printPrefix(p, bits)
		out.Print(" ")
	case bits != 0:
		out.Print("from 0/", num(uint32(bits)), " ")
	}
	x.printHops(f, a)
	x.printTable(f, m, a)
	if p := a.Get(unix.RTA_PREFSRC); p != nil {
		out.Print(" src ", socket.From(p).String(), " ")
	}
	if a.Has(unix.RTA_PRIORITY) {
		out.Print(" metric ", itoa(int(int32(a.Uint32(unix.RTA_PRIORITY)))), " ")
	}
	flags := m.Uint32(routeFlags)
	for i, name := range [...]string{"dead ", "pervasive ", "onlink "} {
		if flags&(1<<i) != 0 {
			out.Print(name)
		}
	}
	if flags&unix.RTM_F_NOTIFY != 0 {
		out.Print("notify ")
	}
	if m.Byte(routeFamily) == syscall.AF_INET6 {
		x.printCache(flags, a)
	}
	if a.Has(unix.RTA_IIF) && f.in == 0 {
		out.Print(" iif ", x.nameOf(a.Uint32(unix.RTA_IIF)))
	}
	out.Print("\n")
}

// printHops prints where a route leads to: BusyBox leaves out the hops of a route
// with several, which are printed here as iproute2 does.
func (x *command) printHops(f *routeFilter, a netlink.Attributes) {
	out := x.Out
	if p := a.Get(unix.RTA_GATEWAY); p != nil && f.via.bits != 8*len(p) {
		out.Print("via ", socket.From(p).String(), " ")
	}
	if p := a.Get(unix.RTA_VIA); len(p) > 2 {
		family := "inet "
		if len(p) > 6 {
			family = "inet6 "
		}
		out.Print("via ", family, socket.From(p[2:]).String(), " ")
	}
	if a.Has(unix.RTA_OIF) {
		out.Print("dev ", x.nameOf(a.Uint32(unix.RTA_OIF)), " ")
	}
	// struct rtnexthop: length, flags, hops, index; then attributes.
	for hops := a.Get(unix.RTA_MULTIPATH); len(hops) >= 8; {
		hop := netlink.Message{Body: hops}
		size := int(hop.Byte(0)) | int(hop.Byte(1))<<8
		if size < 8 || size > len(hops) {
			break
		}
		hop.Body = hops[:size]
		out.Print("nexthop ")
		if p := hop.Attributes(8).Get(unix.RTA_GATEWAY); p != nil {
			out.Print("via ", socket.From(p).String(), " ")
		}
		out.Print("dev ", x.nameOf(hop.Uint32(4)), " weight ", num(uint32(hop.Byte(3))+1), " ")
		hops = hops[min(len(hops), (size+3)&^3):]
	}
}

func (x *command) printTable(f *routeFilter, m netlink.Message, a netlink.Attributes) {
	table := a.Uint32(unix.RTA_TABLE)
	if table == 0 {
		table = uint32(m.Byte(routeTable))
	}
	if table != 0 && table != unix.RT_TABLE_MAIN && f.table == 0 {
		x.Out.Print("table ", tableName(table), " ")
	}
	if m.Uint32(routeFlags)&unix.RTM_F_CLONED == 0 && m.Byte(routeScope) != 0 && !f.scoped {
		x.Out.Print("scope ", scopeName(m.Byte(routeScope)), " ")
	}
}

// printCache prints how long an IPv6 route lasts and what error it stands for.
func (x *command) printCache(flags uint32, a netlink.Attributes) {
	info := netlink.Message{Body: a.Get(unix.RTA_CACHEINFO)}
	expires, code := info.Uint32(8), int32(info.Uint32(12))
	if flags&unix.RTM_F_CLONED != 0 {
		x.Out.Print(x.newline(), "    cache ")
	}
	if expires != 0 {
		x.Out.Print(" expires ", num(expires/ticks()), "sec")
	}
	if code != 0 {
		x.Out.Print(" error ", itoa(int(code)))
	}
}

// ticks is how many of the kernel's clock ticks a second has, as it tells tc(8).
func ticks() uint32 {
	words := strings.Fields(applet.ReadString("/proc/net/psched"))
	if len(words) >= 4 {
		unit, _ := strconv.ParseUint(words[2], 16, 32)
		n, err := strconv.ParseUint(words[3], 16, 32)
		if err == nil && n > 0 && unit == 1000000 {
			return uint32(n)
		}
	}
	return 100
}
