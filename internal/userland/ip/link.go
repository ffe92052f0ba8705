package ip

import (
	"strconv"
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"bantam/internal/linux/netlink"
	"bantam/internal/userland/applet/glob"
	"bantam/internal/userland/applet/socket"
)

func hex2(n uint32) string {
	s := strconv.FormatUint(uint64(n), 16)
	if len(s) < 2 {
		s = "0" + s
	}
	return s
}

// link is ip link.
func (x *command) link() {
	x.status = 2
	verb := "show"
	if !x.done() {
		word := x.take()
		if verb = keyword("add delete set show lst list", word); verb == "" {
			x.invalid(word, x.Name)
			return
		}
	}
	switch verb {
	case "add":
		x.addLink()
	case "delete":
		x.deleteLink()
	case "set":
		x.setLink()
	default:
		x.family = syscall.AF_PACKET
		x.showAddresses(false)
	}
}

// linkFlags are the flags that have names, in the order in which they are printed.
const linkFlags = "8 LOOPBACK 2 BROADCAST 16 POINTOPOINT 4096 MULTICAST 128 NOARP 1 UP 65536 LOWER_UP"

// printLink prints an interface, if the filter lets it through.
func (x *command) printLink(f *filter, l *link) bool {
	a, out := l.body.Attributes(unix.SizeofIfInfomsg), x.Out
	showsLink := x.family == 0 || x.family == syscall.AF_PACKET
	info := netlink.Attributes(a.Get(unix.IFLA_LINKINFO))
	switch {
	case f.index != 0 && f.index != uint32(l.index), f.up && l.flags&unix.IFF_UP == 0,
		f.label != "" && showsLink && !glob.Match(f.label, l.name, 0),
		f.kind != "" && info.String(unix.IFLA_INFO_KIND) != f.kind,
		f.masterIndex != 0 && a.Uint32(unix.IFLA_MASTER) != f.masterIndex:
		return false
	}
	out.Print(num(uint32(l.index)), ": ", l.name)
	down := false
	if a.Has(unix.IFLA_LINK) {
		under := a.Uint32(unix.IFLA_LINK)
		switch {
		case under == 0:
			out.Print("@NONE")
		case a.Has(unix.IFLA_LINK_NETNSID):
			// The number is another namespace's.
			out.Print("@if", num(under))
			down = true
		default:
			out.Print("@", x.nameOf(under))
			lower := x.linkOf(int(under))
			down = lower == nil || lower.flags&unix.IFF_UP == 0
		}
	}
	out.Print(": ")
	x.printFlags(l.flags, down)
	x.printQueue(l, a)
	if showsLink {
		kind := uint16(l.body.Byte(2)) | uint16(l.body.Byte(3))<<8
		out.Print(x.newline(), "    link/", kindName(kind), " ")
		if p := a.Get(unix.IFLA_ADDRESS); p != nil {
			out.Print(hardware(p, kind))
		}
		if p := a.Get(unix.IFLA_BROADCAST); p != nil {
			before := " brd "
			if l.flags&unix.IFF_POINTOPOINT != 0 {
				before = " peer "
			}
			out.Print(before, hardware(p, kind))
		}
	}
	out.Print("\n")
	return true
}

// printQueue prints what stands on the first line after the flags.
func (x *command) printQueue(l *link, a netlink.Attributes) {
	out := x.Out
	if a.Has(unix.IFLA_MTU) {
		out.Print("mtu ", num(a.Uint32(unix.IFLA_MTU)), " ")
	}
	if a.Has(unix.IFLA_QDISC) {
		out.Print("qdisc ", a.String(unix.IFLA_QDISC), " ")
	}
	if a.Has(unix.IFLA_MASTER) {
		out.Print("master ", x.nameOf(a.Uint32(unix.IFLA_MASTER)), " ")
	}
	if p := a.Get(unix.IFLA_OPERSTATE); len(p) > 0 {
		states := strings.Fields("UNKNOWN NOTPRESENT DOWN LOWERLAYERDOWN TESTING DORMANT UP")
		state := ""
		if int(p[0]) < len(states) {
			state = states[p[0]]
		}
		out.Print("state ", state, " ")
	}
	if length := a.Uint32(unix.IFLA_TXQLEN); length != 0 {
		out.Print("qlen ", num(length))
	}
}

func (x *command) printFlags(flags uint32, down bool) {
	out := x.Out
	out.Print("<")
	if flags&unix.IFF_UP != 0 && flags&unix.IFF_RUNNING == 0 {
		out.Print("NO-CARRIER,")
	}
	flags &^= unix.IFF_RUNNING
	words, comma := strings.Fields(linkFlags), ""
	for i := 0; i < len(words); i += 2 {
		bit, _ := strconv.Atoi(words[i])
		if flags&uint32(bit) != 0 {
			out.Print(comma, words[i+1])
			comma = ","
		}
		flags &^= uint32(bit)
	}
	if flags != 0 {
		out.Print(strconv.FormatUint(uint64(flags), 16))
	}
	if down {
		out.Print(",M-DOWN")
	}
	out.Print("> ")
}

// setLink is ip link set. Everything goes to the kernel in one message, all or nothing.
func (x *command) setLink() {
	device, typed := "", false
	var flags, mask uint32
	r := netlink.NewRequest(unix.RTM_NEWLINK, 0, make([]byte, unix.SizeofIfInfomsg))
	flag := func(bit uint32, on bool) {
		mask |= bit
		flags &^= bit
		if on {
			flags |= bit
		}
	}
	for !x.done() && !typed {
		word := x.take()
		switch keyword("up down name mtu qlen txqueuelen multicast arp promisc allmulticast address broadcast brd netns alias master nomaster type dev", word) {
		case "up":
			flag(unix.IFF_UP, true)
		case "down":
			flag(unix.IFF_UP, false)
		case "multicast":
			flag(unix.IFF_MULTICAST, x.onOff("multicast"))
		case "allmulticast":
			flag(unix.IFF_ALLMULTI, x.onOff("allmulticast"))
		case "arp":
			flag(unix.IFF_NOARP, !x.onOff("arp"))
		case "promisc":
			flag(unix.IFF_PROMISC, x.onOff("promisc"))
		case "name":
			r.AddString(unix.IFLA_IFNAME, x.interfaceName())
		case "broadcast", "brd":
			r.Add(unix.IFLA_BROADCAST, x.hardwareOf(x.next()))
		case "alias":
			r.AddString(unix.IFLA_IFALIAS, x.next())
		case "nomaster":
			r.Add32(unix.IFLA_MASTER, 0)
		case "type":
			typed = true
			x.linkType(r, x.next())
		case "dev":
			word = x.next()
			fallthrough
		default:
			if x.common(r, word) {
				continue
			}
			if device != "" {
				x.duplicate("dev", word)
			}
			device = word
		}
	}
	if device == "" {
		x.fail(`"dev" requires an argument`)
	}
	index := x.device(device)
	fixed := r.Fixed()
	*(*uint32)(unsafe.Pointer(&fixed[4])) = index
	*(*uint32)(unsafe.Pointer(&fixed[8])) = flags
	*(*uint32)(unsafe.Pointer(&fixed[12])) = mask
	x.do(r)
}

// interfaceName takes a name that an interface may have.
func (x *command) interfaceName() string {
	name := x.next()
	if x.failed == 0 && (name == "" || len(name) >= unix.IFNAMSIZ) {
		x.invalid(name, "name")
	}
	return name
}

// common reads the attributes that add, set and a veth's peer share.
func (x *command) common(r *netlink.Request, word string) bool {
	switch keyword("mtu qlen txqueuelen txqlen address master netns", word) {
	case "mtu":
		r.Add32(unix.IFLA_MTU, x.number("mtu", 32))
	case "qlen", "txqueuelen", "txqlen":
		r.Add32(unix.IFLA_TXQLEN, x.number("qlen", 32))
	case "address":
		r.Add(unix.IFLA_ADDRESS, x.hardwareOf(x.next()))
	case "master":
		r.Add32(unix.IFLA_MASTER, x.device(x.next()))
	case "netns":
		x.linkNamespace(r, x.next())
	default:
		return false
	}
	return true
}

// linkNamespace moves an interface into the namespace of a process or a name.
func (x *command) linkNamespace(r *netlink.Request, word string) {
	if x.failed != 0 {
		return
	}
	if pid, err := parseNumber(word, 32); err == nil {
		r.Add32(unix.IFLA_NET_NS_PID, pid)
		return
	}
	// The descriptor has to last until the request is sent; the process ends soon.
	fd, err := openNamespace(word)
	if err != nil {
		x.invalid(word, "netns")
		return
	}
	r.Add32(unix.IFLA_NET_NS_FD, uint32(fd))
}

// addLink is ip link add.
func (x *command) addLink() {
	name, kind := "", ""
	r := netlink.NewRequest(unix.RTM_NEWLINK, unix.NLM_F_CREATE|unix.NLM_F_EXCL, make([]byte, unix.SizeofIfInfomsg))
	for !x.done() && kind == "" {
		word := x.take()
		switch keyword("link name type dev address up index", word) {
		case "link":
			r.Add32(unix.IFLA_LINK, x.device(x.next()))
		case "address":
			r.Add(unix.IFLA_ADDRESS, x.hardwareOf(x.next()))
		case "up":
			r.Fixed()[8], r.Fixed()[12] = unix.IFF_UP, unix.IFF_UP
		case "index":
			*(*uint32)(unsafe.Pointer(&r.Fixed()[4])) = x.number("index", 31)
		case "type":
			kind = x.next()
		case "name", "dev":
			word = x.next()
			fallthrough
		default:
			if x.common(r, word) {
				continue
			}
			if name != "" && name != word {
				x.duplicate("dev", word)
			}
			name = word
		}
	}
	if x.failed == 0 && name != "" {
		if len(name) >= unix.IFNAMSIZ {
			x.invalid(name, "name")
			return
		}
		r.AddString(unix.IFLA_IFNAME, name)
	}
	if kind != "" {
		x.linkType(r, kind)
	}
	x.do(r)
}

// deleteLink is ip link delete. The type and its arguments don't matter.
func (x *command) deleteLink() {
	name := ""
	for !x.done() {
		word := x.take()
		switch keyword("name dev type", word) {
		case "type":
			x.words = nil
		case "name", "dev":
			word = x.next()
			fallthrough
		default:
			if name != "" {
				x.duplicate("dev", word)
			}
			name = word
		}
	}
	if name == "" {
		x.failed = max(x.failed, 1)
		return
	}
	fixed := make([]byte, unix.SizeofIfInfomsg)
	*(*uint32)(unsafe.Pointer(&fixed[4])) = x.device(name)
	x.do(netlink.NewRequest(unix.RTM_DELLINK, 0, fixed))
}

// addressBytes takes an address for an attribute.
func (x *command) addressBytes() socket.IP { return x.addressOf(x.next(), 0) }
