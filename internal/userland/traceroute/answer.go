package traceroute

import (
	"strconv"
	"strings"
	"syscall"
	"time"

	"bantam/internal/userland/applet/socket"
)

// answer is what came for a packet.
type answer struct {
	hop  bool // on the way: the packet's time was over
	code int  // of ICMP's "unreachable"; port unreachable is the end of the way
	ttl  int  // of the answer
	mtu  int
}

// The messages of ICMP that matter, and those of ICMPv6.
const (
	echoReply    = 0
	unreachable  = 3
	timeExceeded = 11
	echoReply6   = 129
	unreachable6 = 1
	exceeded6    = 3
	portCode     = 3
	portCode6    = 4
)

// examine looks whether a packet answers the one with the number.
func (x *trace) examine(p []byte, seq int) (a answer, ok bool) {
	if x.to.IP.Is6() {
		return x.examine6(p, seq)
	}
	if len(p) < 20 {
		return a, false
	}
	header := int(p[0]&15) * 4
	a.ttl = int(p[8])
	if header < 20 || len(p) < header+8 {
		return a, false
	}
	p = p[header:]
	kind, code := p[0], int(p[1])
	if x.echo && kind == echoReply && x.isEcho(p, seq) {
		a.code = portCode
		return a, true
	}
	if (kind != timeExceeded || code != 0) && kind != unreachable {
		return a, false
	}
	a.hop, a.code, a.mtu = kind == timeExceeded, code, int(p[6])<<8|int(p[7])
	inner := p[8:]
	if len(inner) < 20 {
		return a, false
	}
	size := int(inner[0]&15) * 4
	if size < 20 || len(inner) < size+8 {
		return a, false
	}
	return a, x.isOurs(inner[9], inner[size:], syscall.IPPROTO_ICMP, seq)
}

func (x *trace) examine6(p []byte, seq int) (a answer, ok bool) {
	if len(p) < 8 {
		return a, false
	}
	kind, code := p[0], int(p[1])
	if x.echo && kind == echoReply6 && x.isEcho(p, seq) {
		a.code = portCode
		return a, true
	}
	if (kind != exceeded6 || code != 0) && kind != unreachable6 || len(p) < 8+40+8 {
		return a, false
	}
	a.hop, a.code = kind == exceeded6, code6(code)
	inner, next := p[8+40:], p[8+6]
	const fragment = 44
	if next == fragment && len(inner) >= 16 {
		next, inner = inner[0], inner[8:]
	}
	return a, x.isOurs(next, inner, syscall.IPPROTO_ICMPV6, seq)
}

// code6 is the code of IPv4 with the same meaning.
func code6(code int) int {
	switch code {
	case 0: // no route
		return 0
	case 1: // prohibited
		return 5
	case 3: // address unreachable
		return 1
	case portCode6:
		return portCode
	}
	return code << 8
}

func (x *trace) isEcho(p []byte, seq int) bool {
	return uint16(p[4])<<8|uint16(p[5]) == x.id && int(p[6])<<8|int(p[7]) == seq&0xffff
}

// isOurs says whether the start of a packet that an answer quotes is of this one.
func (x *trace) isOurs(protocol byte, p []byte, icmp byte, seq int) bool {
	if len(p) < 8 {
		return false
	}
	if x.echo {
		return protocol == icmp && x.isEcho(p, seq)
	}
	from, to := uint16(p[0])<<8|uint16(p[1]), int(p[2])<<8|int(p[3])
	return protocol == syscall.IPPROTO_UDP && from == x.id && to == (x.port+seq)&0xffff
}

// codes are the letters for unreachable things, by the code of ICMP.
const codes = "N H P . F S U U I A C T T A V C"

// print prints an answer, and whom it is from if that changed.
func (x *trace) print(from socket.IP, a answer, took time.Duration, size int) {
	if from != x.last {
		x.last = from
		x.Out.Print("  ")
		if !x.Has("n") {
			name := x.config.Name(from)
			if name == "" {
				name = from.String()
			}
			x.Out.Print(name, " (", from.String(), ")")
		} else {
			x.Out.Print(from.String())
		}
		if x.Has("v") {
			if from.Is4() {
				size -= 20
			}
			local := socket.Local(x.recv).IP
			x.Out.Print(" ", strconv.Itoa(size), " bytes to ", local.String())
		}
	}
	us := int64(took / time.Microsecond)
	x.Out.Print("  ", strconv.FormatInt(us/1000, 10), ".", strconv.FormatInt(1000+us%1000, 10)[1:], " ms")
	if x.Has("l") && from.Is4() {
		x.Out.Print(" (", strconv.Itoa(a.ttl), ")")
	}
	switch words := strings.Fields(codes); {
	case a.hop:
	case a.code == portCode:
		if from.Is4() && a.ttl <= 1 {
			x.Out.Print(" !")
		}
		x.there = true
	case a.code == 2: // protocol
		x.Out.Print(" !P")
		x.there = true
	case a.code == 4:
		x.Out.Print(" !F-", strconv.Itoa(a.mtu))
		x.unreachable++
	case a.code < len(words):
		x.Out.Print(" !", words[a.code])
		x.unreachable++
	default:
		x.Out.Print(" !<", strconv.Itoa(a.code), ">")
		x.unreachable++
	}
}
