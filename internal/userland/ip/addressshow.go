package ip

import (
	"syscall"

	"golang.org/x/sys/unix"

	"bantam/internal/linux/netlink"
	"bantam/internal/userland/applet/glob"
	"bantam/internal/userland/applet/socket"
)

// filter chooses interfaces and addresses.
type filter struct {
	to            prefix
	scope         byte
	scoped, up    bool
	label, device string
	index         uint32
	kind, master  string
	masterIndex   uint32
}

func (x *command) readFilter() (f filter) {
	for !x.done() {
		word := x.take()
		switch keyword("to scope up label dev type master", word) {
		case "to":
			f.to = x.prefixOf(x.next(), x.family)
			if x.family == 0 {
				x.family = f.to.family
			}
		case "scope":
			f.scoped = true
			if len(x.words) > 0 && x.words[0] == "all" {
				x.take()
				f.scoped = false
			} else {
				f.scope = x.scope()
			}
		case "up":
			f.up = true
		case "label":
			f.label = x.next()
		case "type":
			f.kind = x.next()
		case "master":
			f.master = x.next()
		case "dev":
			word = x.next()
			fallthrough
		default:
			if f.device != "" {
				x.duplicate("dev", word)
			}
			f.device = word
		}
	}
	if f.device != "" {
		f.index = x.device(f.device)
	}
	if f.master != "" {
		f.masterIndex = x.device(f.master)
	}
	return f
}

// showAddresses lists interfaces with their addresses, or flushes these.
func (x *command) showAddresses(flush bool) {
	if flush && x.done() {
		x.fail("flush requires an argument")
		return
	}
	if flush && x.family == syscall.AF_PACKET {
		x.fail("can't flush link addresses")
		return
	}
	f := x.readFilter()
	x.loadLinks()
	if x.failed != 0 {
		return
	}
	var addresses []netlink.Message
	collect := func(m netlink.Message) error {
		if m.Type == unix.RTM_NEWADDR && x.wantsAddress(&f, m) {
			m.Body = append([]byte(nil), m.Body...)
			addresses = append(addresses, m)
		}
		return nil
	}
	fixed := make([]byte, unix.SizeofIfAddrmsg)
	fixed[0] = byte(x.family)
	if flush {
		x.flush(func() int {
			addresses = nil
			x.list(unix.RTM_GETADDR, fixed, collect)
			x.deleteAll(unix.RTM_DELADDR, addresses)
			return len(addresses)
		})
		return
	}
	if x.family != syscall.AF_PACKET {
		x.list(unix.RTM_GETADDR, fixed, collect)
	}
	for i := range x.links {
		x.showOne(&f, &x.links[i], addresses)
	}
}

// flush repeats what deletes until it finds nothing more: deleting an address may
// make another one primary. The bound is iproute2's.
func (x *command) flush(round func() int) {
	for range 10 {
		if round() == 0 || x.failed != 0 {
			return
		}
	}
}

// deleteAll sends what was listed back as what to delete. What another one deletes
// meanwhile, or what went with the one before, is no failure.
func (x *command) deleteAll(kind uint16, all []netlink.Message) {
	for _, m := range all {
		err := x.Conn.Do(netlink.NewRequest(kind, 0, m.Body))
		if err != nil && err != syscall.EADDRNOTAVAIL && err != syscall.ESRCH && err != syscall.ENOENT {
			x.failed = x.Warn("can't send flush request", err)
			return
		}
	}
}

// wantsAddress says whether the filter lets an address through.
func (x *command) wantsAddress(f *filter, m netlink.Message) bool {
	a := m.Attributes(unix.SizeofIfAddrmsg)
	index := m.Uint32(4)
	if f.index != 0 && f.index != index || f.scoped && f.scope != m.Byte(3) ||
		x.family != 0 && int(m.Byte(0)) != x.family {
		return false
	}
	if f.label != "" {
		label := a.String(unix.IFA_LABEL)
		if label == "" {
			label = x.nameOf(index)
		}
		if !glob.Match(f.label, label, 0) {
			return false
		}
	}
	local := a.Get(unix.IFA_LOCAL)
	if local == nil {
		local = a.Get(unix.IFA_ADDRESS)
	}
	return local == nil || f.to.matches(socket.From(local))
}

// showOne shows an interface and its addresses. With a family, interfaces without
// an address of it are left out.
func (x *command) showOne(f *filter, l *link, addresses []netlink.Message) {
	has := false
	for _, m := range addresses {
		has = has || m.Uint32(4) == uint32(l.index)
	}
	if (x.family == syscall.AF_INET || x.family == syscall.AF_INET6) && !has {
		return
	}
	if !x.oneline || x.family == syscall.AF_PACKET {
		if !x.printLink(f, l) {
			return
		}
	}
	for _, m := range addresses {
		if m.Uint32(4) == uint32(l.index) {
			x.printAddress(l, m)
		}
	}
}

// printAddress prints an address.
func (x *command) printAddress(l *link, m netlink.Message) {
	a, out := m.Attributes(unix.SizeofIfAddrmsg), x.Out
	if x.oneline {
		out.Print(num(uint32(l.index)), ": ", l.name)
	}
	switch m.Byte(0) {
	case syscall.AF_INET:
		out.Print("    inet ")
	case syscall.AF_INET6:
		out.Print("    inet6 ")
	default:
		out.Print("    family ", num(uint32(m.Byte(0))), " ")
	}
	local, other := a.Get(unix.IFA_LOCAL), a.Get(unix.IFA_ADDRESS)
	if local == nil {
		local = other
	}
	if local != nil {
		out.Print(socket.From(local).String())
		if other != nil && string(other) != string(local) {
			out.Print(" peer ", socket.From(other).String())
		}
		out.Print("/", num(uint32(m.Byte(1))), " ")
	}
	if p := a.Get(unix.IFA_BROADCAST); p != nil {
		out.Print("brd ", socket.From(p).String(), " ")
	}
	if p := a.Get(unix.IFA_ANYCAST); p != nil {
		out.Print("any ", socket.From(p).String(), " ")
	}
	out.Print("scope ", scopeName(m.Byte(3)), " ")
	x.printAddressFlags(a, m.Byte(2))
	out.Print(a.String(unix.IFA_LABEL))
	if p := a.Get(unix.IFA_CACHEINFO); len(p) >= 8 {
		info := netlink.Message{Body: p}
		out.Print(x.newline(), "       valid_lft ", seconds(info.Uint32(4)), " preferred_lft ", seconds(info.Uint32(0)))
	}
	out.Print("\n")
}

func seconds(n uint32) string {
	if n == forever {
		return "forever"
	}
	return num(n) + "sec"
}

func (x *command) printAddressFlags(a netlink.Attributes, short byte) {
	flags := uint32(short)
	if a.Has(unix.IFA_FLAGS) {
		flags = a.Uint32(unix.IFA_FLAGS)
	}
	for _, f := range [...]struct {
		bit  uint32
		name string
	}{
		{unix.IFA_F_SECONDARY, "secondary "}, {unix.IFA_F_TENTATIVE, "tentative "},
		{unix.IFA_F_DADFAILED, "dadfailed "}, {unix.IFA_F_DEPRECATED, "deprecated "},
		{unix.IFA_F_PERMANENT, ""}, {unix.IFA_F_NOPREFIXROUTE, "noprefixroute "},
	} {
		if f.bit == unix.IFA_F_PERMANENT && flags&f.bit == 0 {
			x.Out.Print("dynamic ")
		}
		if flags&f.bit != 0 {
			x.Out.Print(f.name)
		}
		flags &^= f.bit
	}
	if flags != 0 {
		x.Out.Print("flags ", hex2(flags), " ")
	}
}
