package ip

import (
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/socket"
)

// The ioctls of linux/if_tunnel.h.
const (
	getTunnel    = 0x89f0
	addTunnel    = 0x89f1
	deleteTunnel = 0x89f2
	changeTunnel = 0x89f3
)

// The flags of a tunnel, in network order: GRE_CSUM, GRE_KEY, GRE_SEQ.
const (
	greChecksum = 0x0080
	greKey      = 0x0020
	greSequence = 0x0010
)

const dontFragment = 0x0040 // IP_DF in network order

// tunnelParm is struct ip_tunnel_parm. Keys and addresses are in network order.
type tunnelParm struct {
	name           [unix.IFNAMSIZ]byte
	link           int32
	inFlags        uint16
	outFlags       uint16
	inKey, outKey  [4]byte
	version, tos   uint8
	length, id     uint16
	fragment       uint16
	ttl, protocol  uint8
	check          uint16
	source, remote [4]byte
}

func (p *tunnelParm) nameString() string { return unix.ByteSliceToString(p.name[:]) }

// tunnel is ip tunnel.
func (x *command) tunnel() {
	verb := "show"
	if !x.done() {
		word := x.take()
		if verb = keyword("add change delete show list lst", word); verb == "" {
			x.invalid(word, x.Name)
			return
		}
	}
	p := tunnelParm{version: 0x45, fragment: dontFragment}
	x.readTunnel(&p, verb == "change")
	if x.failed != 0 {
		return
	}
	base := p.nameString()
	switch p.protocol {
	case syscall.IPPROTO_IPIP:
		base = "tunl0"
	case syscall.IPPROTO_GRE:
		base = "gre0"
	case syscall.IPPROTO_IPV6:
		base = "sit0"
	}
	switch verb {
	case "add", "change":
		x.makeTunnel(&p, base, verb == "change")
	case "delete":
		if p.name[0] != 0 {
			base = p.nameString()
		}
		x.tunnelIoctl(deleteTunnel, "SIOCDELTUNNEL", base, &p)
	default:
		x.showTunnels(&p, base)
	}
}

func (x *command) makeTunnel(p *tunnelParm, base string, change bool) {
	switch {
	case p.ttl != 0 && p.fragment == 0:
		x.fail("ttl != 0 and noptmudisc are incompatible")
	case p.protocol == 0:
		x.fail("can't determine tunnel mode (ipip, gre or sit)")
	case change && p.name[0] != 0:
		x.tunnelIoctl(changeTunnel, "SIOCCHGTUNNEL", p.nameString(), p)
	case change:
		x.tunnelIoctl(changeTunnel, "SIOCCHGTUNNEL", base, p)
	default:
		x.tunnelIoctl(addTunnel, "SIOCADDTUNNEL", base, p)
	}
}

func (x *command) tunnelIoctl(request uint, what, name string, p *tunnelParm) bool {
	fd, err := socket.Control()
	if err == nil {
		err = socket.PointerIoctl(fd, request, name, unsafe.Pointer(p))
		syscall.Close(fd)
	}
	if err != nil && x.failed == 0 {
		x.failed = x.Warn(what, err)
	}
	return err == nil
}

func (x *command) readTunnel(p *tunnelParm, change bool) {
	device, first := "", true
	for ; !x.done(); first = false {
		word := x.take()
		switch word {
		case "mode":
			x.tunnelMode(p, x.next())
		case "key", "ikey", "okey":
			x.tunnelKey(p, word)
		case "seq", "iseq", "oseq":
			p.flag(word, greSequence)
		case "csum", "icsum", "ocsum":
			p.flag(word, greChecksum)
		case "nopmtudisc":
			p.fragment = 0
		case "pmtudisc":
			p.fragment = dontFragment
		case "remote":
			p.remote = x.tunnelEnd()
		case "local":
			p.source = x.tunnelEnd()
		case "dev":
			device = x.next()
		case "ttl":
			if x.inherits() {
				continue
			}
			p.ttl = byte(x.number("TTL", 8))
		case "tos", "dsfield":
			if x.inherits() {
				p.tos = 1
				continue
			}
			p.tos = x.field("TOS")
		case "name":
			word = x.next()
			fallthrough
		default:
			if p.name[0] != 0 {
				x.duplicate("name", word)
			}
			copy(p.name[:unix.IFNAMSIZ-1], word)
			if change && first {
				x.tunnelIoctl(getTunnel, "SIOCGETTUNNEL", word, p)
			}
		}
	}
	x.completeTunnel(p, device)
}

// flag sets a flag for the direction that the word's first letter says, or both.
func (p *tunnelParm) flag(word string, bit uint16) {
	if word[0] != 'o' {
		p.inFlags |= bit
	}
	if word[0] != 'i' {
		p.outFlags |= bit
	}
}

func (x *command) inherits() bool {
	if len(x.words) > 0 && x.words[0] == "inherit" {
		x.take()
		return true
	}
	return false
}

func (x *command) tunnelEnd() (b [4]byte) {
	word := x.next()
	if word == "any" {
		return b
	}
	ip := x.addressOf(word, syscall.AF_INET)
	copy(b[:], ip.Bytes())
	return b
}

func (x *command) tunnelMode(p *tunnelParm, word string) {
	protocol := uint8(0)
	switch word {
	case "ipip", "ip/ip":
		protocol = syscall.IPPROTO_IPIP
	case "gre", "gre/ip":
		protocol = syscall.IPPROTO_GRE
	case "sit", "ipv6/ip":
		protocol = syscall.IPPROTO_IPV6
	default:
		x.fail("can't guess tunnel mode")
	}
	if p.protocol != 0 && p.protocol != protocol {
		x.fail("you managed to ask for more than one tunnel mode")
	}
	p.protocol = protocol
}

func (x *command) tunnelKey(p *tunnelParm, word string) {
	var key [4]byte
	if len(x.words) > 0 && strings.Contains(x.words[0], ".") {
		key = x.tunnelEnd()
	} else {
		n := x.number(word, 32)
		key = [4]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}
	}
	p.flag(word, greKey)
	if word[0] != 'o' {
		p.inKey = key
	}
	if word[0] != 'i' {
		p.outKey = key
	}
}

// completeTunnel fills in what follows from the rest.
func (x *command) completeTunnel(p *tunnelParm, device string) {
	name := p.nameString()
	switch {
	case p.protocol != 0:
	case strings.HasPrefix(name, "gre"):
		p.protocol = syscall.IPPROTO_GRE
	case strings.HasPrefix(name, "ipip"):
		p.protocol = syscall.IPPROTO_IPIP
	case strings.HasPrefix(name, "sit"):
		p.protocol = syscall.IPPROTO_IPV6
	}
	if (p.protocol == syscall.IPPROTO_IPIP || p.protocol == syscall.IPPROTO_IPV6) && (p.inFlags|p.outFlags)&greKey != 0 {
		x.fail("keys are not allowed with ipip and sit")
	}
	if device != "" {
		p.link = int32(x.device(device))
	}
	if p.remote[0]&0xf0 != 0xe0 { // no multicast
		return
	}
	if p.inKey == [4]byte{} {
		p.inKey, p.inFlags = p.remote, p.inFlags|greKey
	}
	if p.outKey == [4]byte{} {
		p.outKey, p.outFlags = p.remote, p.outFlags|greKey
	}
	if p.source == [4]byte{} {
		x.fail("broadcast tunnel requires a source address")
	}
}

// showTunnels shows the one that was asked for, or all that fit.
func (x *command) showTunnels(p *tunnelParm, base string) {
	if p.protocol != 0 {
		if p.name[0] != 0 {
			base = p.nameString()
		}
		if x.tunnelIoctl(getTunnel, "SIOCGETTUNNEL", base, p) {
			x.printTunnel(p)
		} else {
			x.failed = 255
		}
		return
	}
	for line := range strings.Lines(applet.ReadString("/proc/net/dev")) {
		name, _, found := strings.Cut(strings.TrimLeft(line, " "), ":")
		if !found || p.name[0] != 0 && p.nameString() != name {
			continue
		}
		kind, _, err := socket.Hardware(name)
		if err != nil || kind != unix.ARPHRD_TUNNEL && kind != unix.ARPHRD_IPGRE && kind != unix.ARPHRD_SIT {
			continue
		}
		var q tunnelParm
		none := [4]byte{}
		if !x.tunnelIoctl(getTunnel, "SIOCGETTUNNEL", name, &q) || p.link != 0 && p.link != q.link ||
			p.remote != none && p.remote != q.remote || p.source != none && p.source != q.source ||
			p.inKey != none && p.inKey != q.inKey {
			continue
		}
		x.printTunnel(&q)
	}
}

func address4(b [4]byte) string {
	if b == [4]byte{} {
		return "any"
	}
	return socket.From(b[:]).String()
}

func (x *command) printTunnel(p *tunnelParm) {
	out, mode := x.Out, "unknown"
	switch p.protocol {
	case syscall.IPPROTO_IPIP:
		mode = "ip"
	case syscall.IPPROTO_GRE:
		mode = "gre"
	case syscall.IPPROTO_IPV6:
		mode = "ipv6"
	}
	out.Print(p.nameString(), ": ", mode, "/ip  remote ", address4(p.remote), "  local ", address4(p.source), " ")
	if p.link != 0 {
		out.Print(" dev ", socket.Name(int(p.link)), " ")
	}
	if p.ttl != 0 {
		out.Print(" ttl ", num(uint32(p.ttl)), " ")
	} else {
		out.Print(" ttl inherit ")
	}
	if p.tos != 0 {
		out.Print(" tos")
		between := " "
		if p.tos&1 != 0 {
			out.Print(" inherit")
			between = "/"
		}
		if rest := p.tos &^ 1; rest != 0 {
			out.Print(between, fieldName(rest), " ")
		}
	}
	if p.fragment&dontFragment == 0 {
		out.Print(" nopmtudisc")
	}
	in, o := socket.From(p.inKey[:]).String(), socket.From(p.outKey[:]).String()
	both := p.inFlags & p.outFlags & greKey
	switch {
	case both != 0 && in == o:
		out.Print(" key ", in)
	default:
		if p.inFlags&greKey != 0 {
			out.Print(" ikey ", in, " ")
		}
		if p.outFlags&greKey != 0 {
			out.Print(" okey ", o, " ")
		}
	}
	x.printTunnelFlags(p)
	out.Print("\n")
}

func (x *command) printTunnelFlags(p *tunnelParm) {
	sl := x.newline()
	if p.inFlags&greSequence != 0 {
		x.Out.Print(sl, "  Drop packets out of sequence.\n")
	}
	if p.inFlags&greChecksum != 0 {
		x.Out.Print(sl, "  Checksum in received packet is required.")
	}
	if p.outFlags&greSequence != 0 {
		x.Out.Print(sl, "  Sequence packets on output.")
	}
	if p.outFlags&greChecksum != 0 {
		x.Out.Print(sl, "  Checksum output packets.")
	}
}
