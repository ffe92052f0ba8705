package ip

import (
	"syscall"

	"golang.org/x/sys/unix"

	"bantam/internal/linux/netlink"
)

// route is ip route.
func (x *command) route() {
	verb := "list"
	if !x.done() {
		word := x.take()
		if verb = keyword("a add append change chg delete get list show prepend replace test flush", word); verb == "" {
			x.invalid(word, x.Name)
			return
		}
	}
	flags := 0
	switch verb {
	case "get":
		x.getRoute()
		return
	case "list", "show", "flush":
		x.showRoutes(verb == "flush")
		return
	case "a", "add":
		flags = unix.NLM_F_CREATE | unix.NLM_F_EXCL
	case "append":
		flags = unix.NLM_F_CREATE | unix.NLM_F_APPEND
	case "change", "chg":
		flags = unix.NLM_F_REPLACE
	case "prepend":
		flags = unix.NLM_F_CREATE
	case "replace":
		flags = unix.NLM_F_CREATE | unix.NLM_F_REPLACE
	case "test":
		flags = unix.NLM_F_EXCL
	case "delete":
		x.changeRoute(unix.RTM_DELROUTE, 0)
		return
	}
	x.changeRoute(unix.RTM_NEWROUTE, flags)
}

// Places in struct rtmsg.
const (
	routeFamily = iota
	routeDstLen
	routeSrcLen
	routeTos
	routeTable
	routeProtocol
	routeScope
	routeType
	routeFlags
	routeSize = 12
)

// newRoute is what the words of a route to add or delete say besides the request.
type newRoute struct {
	fixed            [routeSize]byte
	device           string
	gateway, scoped  bool
	destination      bool
	mtu, mss, locked uint32
}

func (x *command) changeRoute(kind uint16, flags int) {
	var n newRoute
	r := netlink.NewRequest(kind, flags, n.fixed[:])
	n.fixed[routeTable], n.fixed[routeScope] = unix.RT_TABLE_MAIN, unix.RT_SCOPE_NOWHERE
	if kind == unix.RTM_NEWROUTE {
		n.fixed[routeScope], n.fixed[routeProtocol], n.fixed[routeType] = 0, unix.RTPROT_BOOT, unix.RTN_UNICAST
	}
	for !x.done() {
		x.routeWord(r, &n, x.take())
	}
	if n.device != "" {
		r.Add32(unix.RTA_OIF, x.device(n.device))
	}
	if n.mtu != 0 || n.mss != 0 {
		at := r.Nest(unix.RTA_METRICS)
		if n.mtu != 0 {
			r.Add32(unix.RTAX_MTU, n.mtu)
		}
		if n.mss != 0 {
			r.Add32(unix.RTAX_ADVMSS, n.mss)
		}
		if n.locked != 0 {
			r.Add32(unix.RTAX_LOCK, n.locked)
		}
		r.End(at)
	}
	if !n.scoped {
		n.defaultScope(kind)
	}
	if n.fixed[routeFamily] = byte(x.family); x.family == 0 {
		n.fixed[routeFamily] = syscall.AF_INET
	}
	copy(r.Fixed(), n.fixed[:])
	x.do(r)
}

func (n *newRoute) defaultScope(kind uint16) {
	switch n.fixed[routeType] {
	case unix.RTN_LOCAL, unix.RTN_NAT:
		n.fixed[routeScope] = unix.RT_SCOPE_HOST
	case unix.RTN_BROADCAST, unix.RTN_MULTICAST, unix.RTN_ANYCAST:
		n.fixed[routeScope] = unix.RT_SCOPE_LINK
	case unix.RTN_UNICAST, unix.RTN_UNSPEC:
		if kind == unix.RTM_DELROUTE {
			n.fixed[routeScope] = unix.RT_SCOPE_NOWHERE
		} else if !n.gateway {
			n.fixed[routeScope] = unix.RT_SCOPE_LINK
		}
	}
}

// routeWord reads one part of a route.
func (x *command) routeWord(r *netlink.Request, n *newRoute, word string) {
	switch keyword("src via mtu advmss scope protocol table dev oif to metric onlink", word) {
	case "src":
		ip := x.addressIn(x.next())
		r.Add(unix.RTA_PREFSRC, ip.Bytes())
	case "via":
		n.gateway = true
		x.via(r)
	case "mtu":
		n.mtu = x.lockable(n, "mtu", unix.RTAX_MTU)
	case "advmss":
		n.mss = x.lockable(n, "advmss", unix.RTAX_ADVMSS)
	case "scope":
		n.fixed[routeScope], n.scoped = x.scope(), true
	case "protocol":
		n.fixed[routeProtocol] = x.protocol()
	case "table":
		n.fixed[routeTable] = x.addTable(r, "table")
	case "dev", "oif":
		n.device = x.next()
	case "metric":
		r.Add32(unix.RTA_PRIORITY, x.number("metric", 32))
	case "onlink":
		n.fixed[routeFlags] |= unix.RTNH_F_ONLINK
	case "to":
		word = x.next()
		fallthrough
	default:
		if x.failed == 0 && (word == "" || word[0] < '0' || word[0] > '9') {
			if kind, ok := typeNumber(word); ok && word != "default" {
				n.fixed[routeType] = kind
				word = x.next()
			}
		}
		if n.destination {
			x.duplicate("to", word)
		}
		p := x.prefixIn(word)
		n.destination, n.fixed[routeDstLen] = true, byte(p.bits)
		if !p.ip.IsNone() {
			r.Add(unix.RTA_DST, p.ip.Bytes())
		}
	}
}

// via reads a gateway, which may be of the other family: RFC 5549.
func (x *command) via(r *netlink.Request) {
	word := x.next()
	family := 0
	switch word {
	case "inet":
		family, word = syscall.AF_INET, x.next()
	case "inet6":
		family, word = syscall.AF_INET6, x.next()
	}
	if family == 0 || family == x.family {
		ip := x.addressIn(word)
		r.Add(unix.RTA_GATEWAY, ip.Bytes())
		return
	}
	ip := x.addressOf(word, family)
	r.Add(unix.RTA_VIA, append([]byte{byte(family), 0}, ip.Bytes()...))
}

// lockable reads a metric, which "lock" fixes.
func (x *command) lockable(n *newRoute, what string, bit int) uint32 {
	if len(x.words) > 0 && x.words[0] == "lock" {
		x.take()
		n.locked |= 1 << bit
	}
	return x.number(what, 32)
}

// addTable takes a table: it goes into a byte of the request, or into an attribute.
func (x *command) addTable(r *netlink.Request, what string) byte {
	table := x.table(what)
	if table > 255 {
		r.Add32(unix.RTA_TABLE, table)
		return unix.RT_TABLE_UNSPEC
	}
	return byte(table)
}

// getRoute asks which route a packet would take.
func (x *command) getRoute() {
	fixed := make([]byte, routeSize)
	r := netlink.NewRequest(unix.RTM_GETROUTE, 0, fixed)
	device, from, connected := [2]string{}, false, false
	flags := uint32(0)
	for !x.done() {
		word := x.take()
		switch word {
		case "from":
			from = true
			p := x.prefixIn(x.next())
			fixed[routeSrcLen] = byte(p.bits)
			if !p.ip.IsNone() {
				r.Add(unix.RTA_SRC, p.ip.Bytes())
			}
		case "iif":
			device[0] = x.next()
		case "oif", "dev":
			device[1] = x.next()
		case "notify":
			flags |= unix.RTM_F_NOTIFY
		case "connected":
			connected = true
		case "tos", "dsfield":
			fixed[routeTos] = x.field("TOS")
		case "to":
			word = x.next()
			fallthrough
		default:
			p := x.prefixIn(word)
			if fixed[routeDstLen] = byte(p.bits); !p.ip.IsNone() {
				r.Add(unix.RTA_DST, p.ip.Bytes())
			}
		}
	}
	if fixed[routeDstLen] == 0 {
		x.fail("need at least destination address")
	}
	for i, kind := range [2]uint16{unix.RTA_IIF, unix.RTA_OIF} {
		if device[i] != "" {
			r.Add32(kind, x.device(device[i]))
		}
	}
	if fixed[routeFamily] = byte(x.family); x.family == 0 {
		fixed[routeFamily] = syscall.AF_INET
	}
	fixed[routeFlags], fixed[routeFlags+1] = byte(flags), byte(flags>>8)
	copy(r.Fixed(), fixed)
	x.loadLinks()
	m := x.ask(r)
	if connected && !from && x.failed == 0 {
		m = x.connect(m, device)
	}
	if x.failed == 0 {
		x.printRoute(&routeFilter{}, m)
	}
}

// ask asks the kernel a question.
func (x *command) ask(r *netlink.Request) (m netlink.Message) {
	if x.failed != 0 {
		return m
	}
	m, err := x.Conn.Get(r)
	if err != nil {
		x.Warn("RTNETLINK answers", err)
		x.failed = 2
	}
	return m
}

// connect prints the route and asks again with the source address that it has.
func (x *command) connect(m netlink.Message, device [2]string) netlink.Message {
	x.printRoute(&routeFilter{}, m)
	a := m.Attributes(routeSize)
	fixed := append([]byte(nil), m.Body[:routeSize]...)
	source := a.Get(unix.RTA_PREFSRC)
	if source == nil && a.Get(unix.RTA_SRC) == nil {
		x.fail("can't connect the route")
		return m
	}
	r := netlink.NewRequest(unix.RTM_GETROUTE, 0, fixed)
	for {
		kind, value, ok := a.Next()
		if !ok {
			break
		}
		switch {
		case kind == unix.RTA_PREFSRC:
			r.Add(unix.RTA_SRC, value)
			r.Fixed()[routeSrcLen] = byte(8 * len(value))
		case kind == unix.RTA_OIF && device[1] == "", kind == unix.RTA_GATEWAY, kind == unix.RTA_IIF && device[0] == "":
		case kind == unix.RTA_DST || kind == unix.RTA_OIF || kind == unix.RTA_IIF || kind == unix.RTA_SRC:
			r.Add(kind, value)
		}
	}
	return x.ask(r)
}
