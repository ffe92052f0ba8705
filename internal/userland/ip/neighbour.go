package ip

import (
	"strings"

	"golang.org/x/sys/unix"

	"bantam/internal/linux/netlink"
	"bantam/internal/userland/applet/socket"
)

// neighbourStates are the states' names and bits.
const neighbourStates = "permanent reachable noarp none stale incomplete delay probe failed"

// stateBit is the bit of a state, with 0x100 for none.
func stateBit(name string) int {
	switch name {
	case "permanent":
		return unix.NUD_PERMANENT
	case "reachable":
		return unix.NUD_REACHABLE
	case "noarp":
		return unix.NUD_NOARP
	case "none":
		return 0x100
	case "stale":
		return unix.NUD_STALE
	case "incomplete":
		return unix.NUD_INCOMPLETE
	case "delay":
		return unix.NUD_DELAY
	case "probe":
		return unix.NUD_PROBE
	}
	return unix.NUD_FAILED
}

// neighbour is ip neigh. BusyBox only lists and flushes; the rest is iproute2's.
func (x *command) neighbour() {
	verb := "show"
	if !x.done() {
		word := x.take()
		if verb = keyword("show flush list lst add change chg replace delete", word); verb == "" {
			x.invalid(word, x.Name)
			return
		}
	}
	switch verb {
	case "add":
		x.changeNeighbour(unix.RTM_NEWNEIGH, unix.NLM_F_CREATE|unix.NLM_F_EXCL)
	case "change", "chg":
		x.changeNeighbour(unix.RTM_NEWNEIGH, unix.NLM_F_REPLACE)
	case "replace":
		x.changeNeighbour(unix.RTM_NEWNEIGH, unix.NLM_F_CREATE|unix.NLM_F_REPLACE)
	case "delete":
		x.changeNeighbour(unix.RTM_DELNEIGH, 0)
	default:
		x.showNeighbours(verb == "flush")
	}
}

// changeNeighbour adds, changes or deletes an entry: ADDR lladdr MAC dev DEV nud STATE.
func (x *command) changeNeighbour(kind uint16, flags int) {
	var fixed [12]byte // struct ndmsg: family, index, state, flags, type
	device, state := "", unix.NUD_PERMANENT
	r := netlink.NewRequest(kind, flags, fixed[:])
	for !x.done() {
		word := x.take()
		switch keyword("lladdr nud dev proxy router to", word) {
		case "lladdr":
			r.Add(unix.NDA_LLADDR, x.hardwareOf(x.next()))
		case "nud":
			state = x.state(false)
		case "dev":
			device = x.next()
		case "proxy":
			fixed[10] |= unix.NTF_PROXY
			word = x.next()
			ip := x.addressIn(word)
			r.Add(unix.NDA_DST, ip.Bytes())
		case "router":
			fixed[10] |= unix.NTF_ROUTER
		case "to":
			word = x.next()
			fallthrough
		default:
			ip := x.addressIn(word)
			r.Add(unix.NDA_DST, ip.Bytes())
		}
	}
	if device == "" && x.failed == 0 {
		x.fail("Device and destination are required arguments.")
	}
	index := x.device(device)
	fixed[0], fixed[8], fixed[9] = byte(x.family), byte(state), byte(state>>8)&^1
	fixed[4], fixed[5], fixed[6], fixed[7] = byte(index), byte(index>>8), byte(index>>16), byte(index>>24)
	copy(r.Fixed(), fixed[:])
	x.do(r)
}

// state takes a state, or "all".
func (x *command) state(flush bool) int {
	word := x.next()
	if word == "all" {
		if flush {
			return 0x1ff &^ unix.NUD_NOARP
		}
		return 0x1ff
	}
	name := keyword(neighbourStates, word)
	if name == "" {
		x.invalid(word, "nud state")
		return 0
	}
	return stateBit(name)
}

// neighbourFilter chooses entries.
type neighbourFilter struct {
	state, family int
	index         uint32
	to            prefix
}

func (f *neighbourFilter) wants(m netlink.Message) bool {
	state := int(m.Byte(8)) | int(m.Byte(9))<<8
	switch {
	case f.family != 0 && int(m.Byte(0)) != f.family, f.index != 0 && m.Uint32(4) != f.index:
		return false
	case f.state&state == 0 && m.Byte(10)&unix.NTF_PROXY == 0 && (state != 0 || f.state&0x100 == 0):
		return false
	}
	p := m.Attributes(12).Get(unix.NDA_DST)
	return p == nil || f.to.matches(socket.From(p))
}

func (x *command) showNeighbours(flush bool) {
	if flush && x.done() {
		x.fail(`"ip neigh flush" requires an argument`)
		return
	}
	f := neighbourFilter{state: 0xff &^ unix.NUD_NOARP, family: x.family}
	if flush {
		f.state = 0x1ff &^ (unix.NUD_PERMANENT | unix.NUD_NOARP)
	}
	device, stated := "", false
	for !x.done() {
		word := x.take()
		switch keyword("to dev nud", word) {
		case "dev":
			device = x.next()
		case "nud":
			if !stated {
				f.state, stated = 0, true
			}
			f.state |= x.state(flush)
		case "to":
			word = x.next()
			fallthrough
		default:
			if f.to = x.prefixOf(word, f.family); f.family == 0 {
				f.family = f.to.family
			}
		}
	}
	x.loadLinks()
	if device != "" {
		f.index = x.device(device)
	}
	if x.failed != 0 {
		return
	}
	if flush {
		x.flushNeighbours(&f)
		return
	}
	x.eachNeighbour(&f, func(m netlink.Message) { x.printNeighbour(&f, m) })
}

func (x *command) eachNeighbour(f *neighbourFilter, do func(netlink.Message)) {
	fixed := make([]byte, 12)
	fixed[0] = byte(f.family)
	x.list(unix.RTM_GETNEIGH, fixed, func(m netlink.Message) error {
		if m.Type == unix.RTM_NEWNEIGH && f.wants(m) {
			do(m)
		}
		return nil
	})
}

// flushNeighbours deletes entries in rounds, and tells about them as BusyBox does.
func (x *command) flushNeighbours(f *neighbourFilter) {
	f.state &^= unix.NUD_FAILED
	for round := 0; round < 10; round++ {
		var found []netlink.Message
		x.eachNeighbour(f, func(m netlink.Message) {
			x.printNeighbour(f, m)
			m.Body = append([]byte(nil), m.Body...)
			found = append(found, m)
		})
		switch {
		case x.failed != 0:
			return
		case len(found) == 0 && round == 0:
			x.Out.Print("Nothing to flush\n")
			return
		case len(found) == 0:
			x.Out.Print("*** Flush is complete after ", itoa(round), " round(s) ***\n")
			return
		}
		x.deleteAll(unix.RTM_DELNEIGH, found)
		x.Out.Print("\n*** Round ", itoa(round+1), ", deleting ", itoa(len(found)), " entries ***\n")
	}
	x.fail("*** Flush not complete bailing out after 10 rounds")
}

func (x *command) printNeighbour(f *neighbourFilter, m netlink.Message) {
	a, out := m.Attributes(12), x.Out
	if p := a.Get(unix.NDA_DST); p != nil {
		out.Print(socket.From(p).String(), " ")
	}
	if index := m.Uint32(4); f.index == 0 && index != 0 {
		out.Print("dev ", x.nameOf(index), " ")
	}
	if p := a.Get(unix.NDA_LLADDR); p != nil {
		out.Print("lladdr ", hardware(p, unix.ARPHRD_ETHER))
	}
	if m.Byte(10)&unix.NTF_ROUTER != 0 {
		out.Print(" router")
	}
	if m.Byte(10)&unix.NTF_PROXY != 0 {
		out.Print(" proxy")
	}
	if p := a.Get(unix.NDA_CACHEINFO); len(p) >= 16 {
		// struct nda_cacheinfo: confirmed, used, updated, refcnt.
		info, hz := netlink.Message{Body: p}, ticks()
		if n := info.Uint32(12); n != 0 {
			out.Print(" ref ", num(n))
		}
		out.Print(" used ", num(info.Uint32(4)/hz), "/", num(info.Uint32(0)/hz), "/", num(info.Uint32(8)/hz))
	}
	if a.Has(unix.NDA_PROBES) {
		out.Print(" probes ", num(a.Uint32(unix.NDA_PROBES)))
	}
	before := " "
	for _, name := range strings.Fields("incomplete reachable stale delay probe failed noarp permanent") {
		if stateBit(name)&int(m.Byte(8)) != 0 {
			out.Print(before, strings.ToUpper(name))
			before = ","
		}
	}
	out.Print("\n")
}
