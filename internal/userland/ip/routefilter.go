package ip

import (
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"

	"bantam/internal/linux/netlink"
	"bantam/internal/userland/applet/socket"
)

// routeFilter chooses routes.
type routeFilter struct {
	// table is -1 for the cache and 0 for all.
	table          int
	in, out        uint32
	scope          byte
	scoped         bool
	via            prefix
	protocol       byte
	hasProtocol    bool
	rootTo, withTo prefix
	rootFrom, from prefix
	// needTo and so on: the prefix was given, even as "default".
	needRootTo, needTo, needRootFrom, needFrom bool
}

// within reads [root|match|exact] PREFIX.
func (x *command) within(root, match *prefix, needRoot, needMatch *bool) {
	word := x.next()
	how := keyword("root match exact", word)
	if how != "" {
		word = x.next()
	}
	p := x.prefixOf(word, x.family)
	if how != "match" {
		*root, *needRoot = p, true
	}
	if how != "root" {
		*match, *needMatch = p, true
	}
}

func (x *command) readRouteFilter() (f routeFilter) {
	f.table = unix.RT_TABLE_MAIN
	in, out := "", ""
	for !x.done() {
		word := x.take()
		switch keyword("protocol dev oif iif via table cache from to scope all root match exact main", word) {
		case "protocol":
			if len(x.words) > 0 && x.words[0] == "all" {
				x.take()
			} else {
				f.protocol, f.hasProtocol = x.protocol(), true
			}
		case "dev", "oif":
			out = x.next()
		case "iif":
			in = x.next()
		case "via":
			f.via = x.prefixOf(x.next(), x.family)
		case "cache":
			f.table = -1
		case "table":
			x.filterTable(&f)
		case "scope":
			if f.scoped = len(x.words) == 0 || x.words[0] != "all"; f.scoped {
				f.scope = x.scope()
			} else {
				x.take()
			}
		case "from":
			x.within(&f.rootFrom, &f.from, &f.needRootFrom, &f.needFrom)
		case "to":
			x.within(&f.rootTo, &f.withTo, &f.needRootTo, &f.needTo)
		default:
			x.words = append([]string{word}, x.words...)
			x.within(&f.rootTo, &f.withTo, &f.needRootTo, &f.needTo)
		}
	}
	if in != "" {
		f.in = x.device(in)
	}
	if out != "" {
		f.out = x.device(out)
	}
	return f
}

func (x *command) filterTable(f *routeFilter) {
	if len(x.words) > 0 {
		switch keyword("cache all main", x.words[0]) {
		case "cache":
			f.table = -1
			x.take()
			return
		case "all":
			f.table = 0
			x.take()
			return
		}
	}
	f.table = int(x.table("table"))
}

func attributePrefix(p []byte, bits byte, family byte) prefix {
	ip := socket.From(p)
	if ip.IsNone() && family == syscall.AF_INET6 {
		ip = socket.From(make([]byte, 16))
	} else if ip.IsNone() {
		ip = socket.V4(0)
	}
	return prefix{ip, int(bits), int(family)}
}

// wants says whether the filter lets a route through.
func (f *routeFilter) wants(m netlink.Message) bool {
	a := m.Attributes(routeSize)
	table := int(a.Uint32(unix.RTA_TABLE))
	if table == 0 {
		table = int(m.Byte(routeTable))
	}
	cloned := m.Uint32(routeFlags)&unix.RTM_F_CLONED != 0
	family := m.Byte(routeFamily)
	if f.table < 0 != cloned && f.table != 0 && family == syscall.AF_INET6 || f.table > 0 && f.table != table {
		return false
	}
	to := attributePrefix(a.Get(unix.RTA_DST), m.Byte(routeDstLen), family)
	from := attributePrefix(a.Get(unix.RTA_SRC), m.Byte(routeSrcLen), family)
	inside := func(need bool, p, route prefix, bits int) bool {
		return !need || p.ip.IsNone() || p.ip.Family() == int(family) && p.ip.Has(route.ip, bits)
	}
	switch {
	case f.scoped && f.scope != m.Byte(routeScope),
		f.hasProtocol && f.protocol != m.Byte(routeProtocol),
		f.needRootTo && f.rootTo.bits > to.bits, f.needTo && f.withTo.bits < to.bits,
		f.needRootFrom && f.rootFrom.bits > from.bits, f.needFrom && f.from.bits < from.bits,
		!inside(f.needRootTo, f.rootTo, to, f.rootTo.bits), !inside(f.needTo, f.withTo, to, to.bits),
		!inside(f.needRootFrom, f.rootFrom, from, f.rootFrom.bits), !inside(f.needFrom, f.from, from, from.bits),
		f.out != 0 && f.out != a.Uint32(unix.RTA_OIF):
		return false
	}
	if !f.via.ip.IsNone() {
		gateway := socket.From(a.Get(unix.RTA_GATEWAY))
		return f.via.ip.Has(gateway, f.via.bits)
	}
	return true
}

// showRoutes lists or flushes routes.
func (x *command) showRoutes(flush bool) {
	if flush && x.done() {
		x.fail(`"ip route flush" requires an argument`)
		return
	}
	f := x.readRouteFilter()
	if x.failed != 0 {
		return
	}
	x.loadLinks()
	fixed := make([]byte, routeSize)
	if fixed[routeFamily] = byte(x.family); x.family == 0 && f.table != 0 {
		fixed[routeFamily] = syscall.AF_INET
	}
	if f.table == -1 {
		if flush {
			x.flushCache()
			return
		}
		fixed[routeFlags+1] = unix.RTM_F_CLONED >> 8
	}
	if !flush {
		x.list(unix.RTM_GETROUTE, fixed, func(m netlink.Message) error {
			if m.Type == unix.RTM_NEWROUTE && f.wants(m) {
				x.printRoute(&f, m)
			}
			return nil
		})
		return
	}
	x.flush(func() int {
		var found []netlink.Message
		x.list(unix.RTM_GETROUTE, fixed, func(m netlink.Message) error {
			// The kernel's own unreachable default can't be deleted.
			a := m.Attributes(routeSize)
			fixture := m.Byte(routeFamily) == syscall.AF_INET6 && m.Byte(routeDstLen) == 0 &&
				m.Byte(routeType) == unix.RTN_UNREACHABLE && a.Uint32(unix.RTA_PRIORITY) == forever
			if m.Type == unix.RTM_NEWROUTE && f.wants(m) && !fixture {
				m.Body = append([]byte(nil), m.Body...)
				found = append(found, m)
			}
			return nil
		})
		x.deleteAll(unix.RTM_DELROUTE, found)
		return len(found)
	})
}

func itoa(n int) string { return strconv.Itoa(n) }
