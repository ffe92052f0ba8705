package ip

import (
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"bantam/internal/linux/netlink"
	"bantam/internal/userland/applet/socket"
)

// rule is ip rule.
func (x *command) rule() {
	verb := "list"
	if !x.done() {
		word := x.take()
		if verb = keyword("add delete list show", word); verb == "" {
			x.invalid(word, x.Name)
			return
		}
	}
	switch verb {
	case "add":
		x.changeRule(unix.RTM_NEWRULE, unix.NLM_F_CREATE|unix.NLM_F_EXCL)
	case "delete":
		x.changeRule(unix.RTM_DELRULE, 0)
	default:
		if !x.done() {
			x.Complain("ignoring all arguments after '" + x.words[0] + "'")
			x.failed = 255
			return
		}
		fixed := make([]byte, routeSize)
		if fixed[0] = byte(x.family); x.family == 0 {
			fixed[0] = syscall.AF_INET
		}
		x.list(unix.RTM_GETRULE, fixed, func(m netlink.Message) error {
			if m.Type == unix.RTM_NEWRULE {
				x.printRule(m)
			}
			return nil
		})
	}
}

func (x *command) changeRule(kind uint16, flags int) {
	var n newRoute // of which only the fixed part counts
	r := netlink.NewRequest(kind, flags, n.fixed[:])
	n.fixed[routeProtocol] = unix.RTPROT_BOOT
	if kind == unix.RTM_NEWRULE {
		n.fixed[routeType] = unix.RTN_UNICAST
	}
	for !x.done() {
		x.ruleWord(r, &n, x.take())
	}
	if !n.scoped && kind == unix.RTM_NEWRULE {
		n.fixed[routeTable] = unix.RT_TABLE_MAIN
	}
	if n.fixed[routeFamily] = byte(x.family); x.family == 0 {
		n.fixed[routeFamily] = syscall.AF_INET
	}
	copy(r.Fixed(), n.fixed[:])
	x.do(r)
}

// ruleWord reads one part of a rule. n.scoped says that a table was named.
func (x *command) ruleWord(r *netlink.Request, n *newRoute, word string) {
	key := keyword("from to preference order priority tos fwmark realms table lookup suppress_prefixlength suppress_ifgroup dev iif nat map-to type", word)
	switch key {
	case "from":
		p := x.prefixIn(x.next())
		n.fixed[routeSrcLen] = byte(p.bits)
		if !p.ip.IsNone() {
			r.Add(unix.FRA_SRC, p.ip.Bytes())
		}
	case "to":
		p := x.prefixIn(x.next())
		n.fixed[routeDstLen] = byte(p.bits)
		if !p.ip.IsNone() {
			r.Add(unix.FRA_DST, p.ip.Bytes())
		}
	case "preference", "order", "priority":
		r.Add32(unix.FRA_PRIORITY, x.number("preference", 32))
	case "tos":
		n.fixed[routeTos] = x.field("TOS")
	case "fwmark":
		mark, mask, masked := strings.Cut(x.next(), "/")
		x.words = append([]string{mark}, x.words...)
		r.Add32(unix.FRA_FWMARK, x.number("fwmark", 32))
		if masked {
			x.words = append([]string{mask}, x.words...)
			r.Add32(unix.FRA_FWMASK, x.number("fwmask", 32))
		}
	case "realms":
		r.Add32(unix.FRA_FLOW, x.realms())
	case "table", "lookup":
		n.fixed[routeTable], n.scoped = x.addTable(r, "table ID"), true
	case "suppress_prefixlength":
		r.Add32(unix.FRA_SUPPRESS_PREFIXLEN, x.number(key, 32))
	case "suppress_ifgroup":
		r.Add32(unix.FRA_SUPPRESS_IFGROUP, x.number(key, 32))
	case "dev", "iif":
		r.AddString(unix.FRA_IIFNAME, x.next())
	case "nat", "map-to":
		ip := x.addressOf(x.next(), syscall.AF_INET)
		r.Add(unix.RTA_GATEWAY, ip.Bytes())
		n.fixed[routeType] = unix.RTN_NAT
	case "type":
		x.ruleType(n, x.next())
	default:
		x.ruleType(n, word)
	}
}

func (x *command) ruleType(n *newRoute, word string) {
	kind, ok := typeNumber(word)
	if keyword("reject", word) != "" {
		kind, ok = unix.RTN_UNREACHABLE, true
	}
	if !ok {
		x.invalid(word, x.Name)
	}
	n.fixed[routeType] = kind
}

func hexNumber(n uint32) string {
	if n == 0 {
		return "0" // as C's %#x
	}
	return "0x" + strconv.FormatUint(uint64(n), 16)
}

func (x *command) printRule(m netlink.Message) {
	a, out := m.Attributes(routeSize), x.Out
	out.Print(num(a.Uint32(unix.FRA_PRIORITY)), ":\tfrom ")
	switch p, bits := a.Get(unix.FRA_SRC), m.Byte(routeSrcLen); {
	case p != nil:
		x.printPrefix(p, bits)
	case bits != 0:
		out.Print("0/", num(uint32(bits)))
	default:
		out.Print("all")
	}
	out.Print(" ")
	switch p, bits := a.Get(unix.FRA_DST), m.Byte(routeDstLen); {
	case p != nil:
		out.Print("to ")
		x.printPrefix(p, bits)
		out.Print(" ")
	case bits != 0:
		out.Print("to 0/", num(uint32(bits)), " ")
	}
	if tos := m.Byte(routeTos); tos != 0 {
		out.Print("tos ", fieldName(tos), " ")
	}
	if a.Has(unix.FRA_FWMARK) || a.Has(unix.FRA_FWMASK) {
		out.Print("fwmark ", hexNumber(a.Uint32(unix.FRA_FWMARK)))
		if a.Has(unix.FRA_FWMASK) && a.Uint32(unix.FRA_FWMASK) != forever {
			out.Print("/", hexNumber(a.Uint32(unix.FRA_FWMASK)))
		}
		out.Print(" ")
	}
	if a.Has(unix.FRA_IIFNAME) {
		out.Print("iif ", a.String(unix.FRA_IIFNAME), " ")
	}
	x.printAction(m, a)
	out.Print("\n")
}

// printAction prints what a rule does.
func (x *command) printAction(m netlink.Message, a netlink.Attributes) {
	out := x.Out
	switch {
	case a.Has(unix.FRA_TABLE):
		out.Print("lookup ", tableName(a.Uint32(unix.FRA_TABLE)), " ")
	case m.Byte(routeTable) != 0:
		out.Print("lookup ", tableName(uint32(m.Byte(routeTable))), " ")
	}
	if n := a.Uint32(unix.FRA_SUPPRESS_PREFIXLEN); a.Has(unix.FRA_SUPPRESS_PREFIXLEN) && n != forever {
		out.Print("suppress_prefixlength ", num(n), " ")
	}
	if n := a.Uint32(unix.FRA_SUPPRESS_IFGROUP); a.Has(unix.FRA_SUPPRESS_IFGROUP) && n != forever {
		out.Print("suppress_ifgroup ", num(n), " ")
	}
	if a.Has(unix.FRA_FLOW) {
		n := a.Uint32(unix.FRA_FLOW)
		if n>>16 != 0 {
			out.Print("realms ", realmName(n>>16), "/")
		}
		out.Print(realmName(n&0xffff), " ")
	}
	switch kind := m.Byte(routeType); kind {
	case unix.RTN_UNICAST:
	case unix.RTN_NAT:
		if p := a.Get(unix.RTA_GATEWAY); p != nil {
			out.Print("map-to ", socket.From(p).String(), " ")
		} else {
			out.Print("masquerade")
		}
	default:
		out.Print(typeName(kind))
	}
}
