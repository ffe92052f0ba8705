package ip

import (
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"

	"bantam/internal/linux/netlink"
)

// linkType adds the attributes of a type and its arguments, which are the rest of
// the words.
func (x *command) linkType(r *netlink.Request, kind string) {
	if x.failed != 0 {
		return
	}
	info := r.Nest(unix.IFLA_LINKINFO)
	r.Add(unix.IFLA_INFO_KIND, []byte(kind))
	if !x.done() {
		data := r.Nest(unix.IFLA_INFO_DATA)
		x.typeArguments(r, kind)
		r.End(data)
	}
	r.End(info)
}

func (x *command) typeArguments(r *netlink.Request, kind string) {
	switch kind {
	case "veth":
		x.veth(r)
	case "vlan":
		x.vlan(r)
	case "can":
		x.can(r)
	case "vxlan":
		x.vxlan(r)
	case "macvlan", "macvtap":
		x.mode(r, kind, unix.IFLA_MACVLAN_MODE, 4, "1 private 2 vepa 4 bridge 8 passthru 16 source")
	case "ipvlan", "ipvtap":
		x.mode(r, kind, unix.IFLA_IPVLAN_MODE, 2, "0 l2 1 l3 2 l3s")
	case "vrf":
		x.expect("table", kind)
		r.Add32(unix.IFLA_VRF_TABLE, x.table("table"))
	case "bridge":
		x.bridge(r)
	default:
		x.invalid(x.take(), "type "+kind)
	}
	if !x.done() {
		x.invalid(x.take(), "type "+kind)
	}
}

func (x *command) expect(word, kind string) {
	if got := x.next(); x.failed == 0 && got != word {
		x.invalid(got, "type "+kind)
	}
}

// mode reads "mode NAME" with the numbers of the names.
func (x *command) mode(r *netlink.Request, kind string, attribute uint16, size int, modes string) {
	x.expect("mode", kind)
	word := x.next()
	words := strings.Fields(modes)
	for i := 1; i < len(words); i += 2 {
		if words[i] == word {
			n, _ := parseNumber(words[i-1], 32)
			r.Add(attribute, []byte{byte(n), 0, 0, 0}[:size])
			return
		}
	}
	x.invalid(word, "mode")
}

const vethPeer = 1 // VETH_INFO_PEER of linux/veth.h

// veth reads the peer of a pair.
func (x *command) veth(r *netlink.Request) {
	x.expect("peer", "veth")
	peer := r.Nest(vethPeer)
	r.Skip(make([]byte, unix.SizeofIfInfomsg))
	for !x.done() {
		word := x.take()
		if keyword("name dev", word) != "" {
			r.AddString(unix.IFLA_IFNAME, x.interfaceName())
		} else if !x.common(r, word) {
			r.AddString(unix.IFLA_IFNAME, word)
		}
	}
	r.End(peer)
}

func (x *command) vlan(r *netlink.Request) {
	var flags, mask uint32
	flag := func(bit uint32, what string) {
		mask |= bit
		if x.onOff(what) {
			flags |= bit
		}
	}
	for !x.done() {
		word := x.take()
		switch key := keyword("id protocol reorder_hdr gvrp mvrp loose_binding", word); key {
		case "id":
			r.Add16(unix.IFLA_VLAN_ID, uint16(x.number("id", 16)))
		case "protocol":
			word = x.next()
			switch keyword("802.1q 802.1ad", strings.ToLower(word)) {
			case "802.1q":
				r.Add(unix.IFLA_VLAN_PROTOCOL, []byte{0x81, 0x00})
			case "802.1ad":
				r.Add(unix.IFLA_VLAN_PROTOCOL, []byte{0x88, 0xa8})
			default:
				x.fail("unknown VLAN encapsulation protocol '" + word + "'")
			}
		case "reorder_hdr":
			flag(1, key)
		case "gvrp":
			flag(2, key)
		case "loose_binding":
			flag(4, key)
		case "mvrp":
			flag(8, key)
		default:
			x.invalid(word, "type vlan")
		}
	}
	if mask != 0 {
		var p [8]byte
		p[0], p[4] = byte(flags), byte(mask)
		r.Add(unix.IFLA_VLAN_FLAGS, p[:])
	}
}

func (x *command) bridge(r *netlink.Request) {
	for !x.done() {
		word := x.take()
		switch word {
		case "forward_delay":
			r.Add32(unix.IFLA_BR_FORWARD_DELAY, x.number(word, 32))
		case "hello_time":
			r.Add32(unix.IFLA_BR_HELLO_TIME, x.number(word, 32))
		case "max_age":
			r.Add32(unix.IFLA_BR_MAX_AGE, x.number(word, 32))
		case "ageing_time":
			r.Add32(unix.IFLA_BR_AGEING_TIME, x.number(word, 32))
		case "stp_state":
			r.Add32(unix.IFLA_BR_STP_STATE, x.number(word, 32))
		case "priority":
			r.Add16(unix.IFLA_BR_PRIORITY, uint16(x.number(word, 16)))
		case "vlan_filtering":
			r.Add(unix.IFLA_BR_VLAN_FILTERING, []byte{byte(x.number(word, 8))})
		case "mcast_snooping":
			r.Add(unix.IFLA_BR_MCAST_SNOOPING, []byte{byte(x.number(word, 8))})
		default:
			x.invalid(word, "type bridge")
		}
	}
}

func (x *command) vxlan(r *netlink.Request) {
	for !x.done() {
		word := x.take()
		switch word {
		case "id", "vni":
			r.Add32(unix.IFLA_VXLAN_ID, x.number(word, 24))
		case "dev":
			r.Add32(unix.IFLA_VXLAN_LINK, x.device(x.next()))
		case "remote", "group":
			ip := x.addressBytes()
			kind := uint16(unix.IFLA_VXLAN_GROUP)
			if ip.Is6() {
				kind = unix.IFLA_VXLAN_GROUP6
			}
			r.Add(kind, ip.Bytes())
		case "local":
			ip := x.addressBytes()
			kind := uint16(unix.IFLA_VXLAN_LOCAL)
			if ip.Is6() {
				kind = unix.IFLA_VXLAN_LOCAL6
			}
			r.Add(kind, ip.Bytes())
		case "ttl":
			r.Add(unix.IFLA_VXLAN_TTL, []byte{byte(x.number(word, 8))})
		case "dstport":
			n := x.number(word, 16)
			r.Add(unix.IFLA_VXLAN_PORT, []byte{byte(n >> 8), byte(n)})
		case "learning", "nolearning":
			on := byte(1)
			if word == "nolearning" {
				on = 0
			}
			r.Add(unix.IFLA_VXLAN_LEARNING, []byte{on})
		default:
			x.invalid(word, "type vxlan")
		}
	}
}

// canModes are the switches of a CAN interface and their bits of
// linux/can/netlink.h.
const canModes = "loopback listen-only triple-sampling one-shot berr-reporting fd presume-ack fd-non-iso cc-len8-dlc"

// canTimings are the numbers of a CAN interface's timing and their places in struct
// can_bittiming; with a "d" before them those of the data phase.
const canTimings = "bitrate sample-point tq prop-seg phase-seg1 phase-seg2 sjw"

// can reads what "ip link set NAME type can" takes.
func (x *command) can(r *netlink.Request) {
	var timing, data [8]uint32
	var mode [2]uint32 // mask, flags
	place := func(list, word string) int {
		for i, w := range strings.Fields(list) {
			if w == word {
				return i
			}
		}
		return -1
	}
	for !x.done() {
		word := x.take()
		bit := place(canModes, word)
		switch {
		case bit >= 0:
			mode[0] |= 1 << bit
			if x.onOff(word) {
				mode[1] |= 1 << bit
			}
		case place(canTimings, word) >= 0:
			timing[place(canTimings, word)] = x.timing(word)
		case word[0] == 'd' && place(canTimings, word[1:]) >= 0:
			data[place(canTimings, word[1:])] = x.timing(word[1:])
		case word == "restart":
			r.Add32(unix.IFLA_CAN_RESTART, 1)
		case word == "restart-ms":
			r.Add32(unix.IFLA_CAN_RESTART_MS, x.number(word, 32))
		case word == "termination":
			r.Add16(unix.IFLA_CAN_TERMINATION, uint16(x.number(word, 16)))
		default:
			x.invalid(word, "type can")
		}
	}
	add := func(kind uint16, p *[8]uint32) {
		if p[0] != 0 || p[2] != 0 {
			r.Add(kind, unsafe.Slice((*byte)(unsafe.Pointer(p)), unsafe.Sizeof(*p)))
		}
	}
	add(unix.IFLA_CAN_BITTIMING, &timing)
	add(unix.IFLA_CAN_DATA_BITTIMING, &data)
	if mode[0] != 0 {
		r.Add(unix.IFLA_CAN_CTRLMODE, unsafe.Slice((*byte)(unsafe.Pointer(&mode)), unsafe.Sizeof(mode)))
	}
}

// timing reads a number; a sample point is a fraction of which thousandths count.
func (x *command) timing(word string) uint32 {
	if word != "sample-point" {
		return x.number(word, 32)
	}
	text := x.next()
	whole, fraction, _ := strings.Cut(text, ".")
	n, err := parseNumber(strings.TrimLeft((fraction + "000")[:3], "0"), 32)
	if strings.Trim(fraction+"000", "0") == "" {
		n, err = 0, nil
	}
	if err != nil || strings.Trim(whole, "0") != "" || strings.Trim(fraction, "0123456789") != "" {
		x.invalid(text, word)
	}
	return n
}
