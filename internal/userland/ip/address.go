package ip

import (
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"bantam/internal/linux/netlink"
	"bantam/internal/userland/applet/socket"
)

const forever = 0xffffffff

// address is ip address.
func (x *command) address() {
	verb := "list"
	if !x.done() {
		word := x.take()
		if verb = keyword("add change chg replace delete list show lst flush", word); verb == "" {
			x.invalid(word, x.Name)
			return
		}
	}
	switch verb {
	case "add":
		x.changeAddress(unix.RTM_NEWADDR, unix.NLM_F_CREATE|unix.NLM_F_EXCL)
	case "change", "chg":
		x.changeAddress(unix.RTM_NEWADDR, unix.NLM_F_REPLACE)
	case "replace":
		x.changeAddress(unix.RTM_NEWADDR, unix.NLM_F_CREATE|unix.NLM_F_REPLACE)
	case "delete":
		x.changeAddress(unix.RTM_DELADDR, 0)
	default:
		x.showAddresses(verb == "flush")
	}
}

// newAddress is what the words of an address to add or delete say.
type newAddress struct {
	local, peer         prefix
	hasLocal, hasPeer   bool
	broadcast, anycast  string
	label, device       string
	scope               byte
	scoped, noRoute     bool
	valid, preferred    uint32
	hasValid, hasPrefer bool
}

func (x *command) readAddress() newAddress {
	a := newAddress{valid: forever, preferred: forever}
	for !x.done() {
		word := x.take()
		switch keyword("peer remote broadcast brd anycast valid_lft preferred_lft scope dev label noprefixroute local", word) {
		case "peer", "remote":
			word = x.next()
			if a.hasPeer {
				x.fail(`duplicate "peer": "` + word + `" is the second value`)
			}
			a.peer, a.hasPeer = x.prefixIn(word), true
		case "broadcast", "brd":
			a.broadcast = x.once("broadcast", a.broadcast)
		case "anycast":
			a.anycast = x.once("anycast", a.anycast)
		case "valid_lft":
			a.valid, a.hasValid = x.lifetime("valid_lft"), true
		case "preferred_lft":
			a.preferred, a.hasPrefer = x.lifetime("preferred_lft"), true
		case "scope":
			a.scope, a.scoped = x.scope(), true
		case "dev":
			a.device = x.next()
		case "label":
			a.label = x.next()
		case "noprefixroute":
			a.noRoute = true
		case "local":
			word = x.next()
			fallthrough
		default:
			if a.hasLocal {
				x.duplicate("local", word)
			}
			a.local, a.hasLocal = x.prefixIn(word), true
		}
	}
	return a
}

// once takes a value that may be given once.
func (x *command) once(key, before string) string {
	word := x.next()
	if before != "" {
		x.fail(`duplicate "` + key + `": "` + word + `" is the second value`)
	}
	return word
}

// prefixIn reads a prefix of the family so far, which it decides if it wasn't.
func (x *command) prefixIn(word string) prefix {
	p := x.prefixOf(word, x.family)
	if x.family == 0 {
		x.family = p.family
	}
	return p
}

// addressIn is prefixIn for an address.
func (x *command) addressIn(word string) socket.IP {
	ip := x.addressOf(word, x.family)
	if x.family == 0 {
		x.family = ip.Family()
	}
	return ip
}

func (x *command) lifetime(what string) uint32 {
	if len(x.words) > 0 && x.words[0] == "forever" {
		x.take()
		return forever
	}
	return x.number(what, 32)
}

// changeAddress adds, changes or deletes an address.
func (x *command) changeAddress(kind uint16, flags int) {
	a := x.readAddress()
	switch {
	case x.failed != 0:
		return
	case a.device == "":
		x.fail(`need "dev IFACE"`)
		return
	case !strings.HasPrefix(a.label, a.device) && a.label != "":
		x.fail(`"dev" (` + a.device + `) must match "label" (` + a.label + `)`)
		return
	}
	size := a.local.bits
	if a.hasPeer {
		size = a.peer.bits
	}
	r := netlink.NewRequest(kind, flags, []byte{byte(x.family), byte(size), 0, a.scope, 0, 0, 0, 0})
	add := kind != unix.RTM_DELADDR
	if a.hasLocal && !a.local.ip.IsNone() {
		r.Add(unix.IFA_LOCAL, a.local.ip.Bytes())
	}
	switch {
	case a.hasPeer && !a.peer.ip.IsNone():
		r.Add(unix.IFA_ADDRESS, a.peer.ip.Bytes())
	case a.hasLocal && add:
		a.peer = a.local
		r.Add(unix.IFA_ADDRESS, a.local.ip.Bytes())
	}
	x.addBroadcast(r, &a, add)
	if a.label != "" {
		r.AddString(unix.IFA_LABEL, a.label)
	}
	if a.noRoute {
		r.Add32(unix.IFA_FLAGS, unix.IFA_F_NOPREFIXROUTE)
	}
	if !a.scoped && add && a.local.ip.Is4() && a.local.ip.Bytes()[0] == 127 {
		r.Fixed()[3] = unix.RT_SCOPE_HOST
	}
	index := x.device(a.device)
	copy(r.Fixed()[4:], []byte{byte(index), byte(index >> 8), byte(index >> 16), byte(index >> 24)})
	x.addLifetimes(r, &a)
	x.do(r)
}

// addBroadcast adds the broadcast address, "+" and "-" being those of the prefix with
// all host bits set or clear, and the anycast address.
func (x *command) addBroadcast(r *netlink.Request, a *newAddress, add bool) {
	if a.anycast != "" {
		ip := x.addressIn(a.anycast)
		r.Add(unix.IFA_ANYCAST, ip.Bytes())
	}
	if a.broadcast == "" {
		return
	}
	if a.broadcast != "+" && a.broadcast != "-" {
		ip := x.addressIn(a.broadcast)
		r.Add(unix.IFA_BROADCAST, ip.Bytes())
		return
	}
	if !add {
		return
	}
	if x.family != syscall.AF_INET {
		x.fail("broadcast can be set only for IPv4 addresses")
		return
	}
	if a.peer.bits <= 30 {
		n, host := a.peer.ip.Uint32(), uint32(forever)>>a.peer.bits
		if a.broadcast == "+" {
			n |= host
		} else {
			n &^= host
		}
		ip := socket.V4(n)
		r.Add(unix.IFA_BROADCAST, ip.Bytes())
	}
}

func (x *command) addLifetimes(r *netlink.Request, a *newAddress) {
	if !a.hasValid && !a.hasPrefer {
		return
	}
	text := ""
	switch {
	case a.valid == 0:
		text = "valid_lft is zero\n"
	case a.valid < a.preferred:
		text = "preferred_lft is greater than valid_lft\n"
	}
	if text != "" && x.failed == 0 {
		x.Err.Print(text)
		x.failed = 1
	}
	var info [16]byte
	for i := range 4 {
		info[i], info[4+i] = byte(a.preferred>>(8*i)), byte(a.valid>>(8*i))
	}
	r.Add(unix.IFA_CACHEINFO, info[:])
}
