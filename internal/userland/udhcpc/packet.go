package udhcpc

import (
	"bytes"
	"strconv"
	"strings"

	"bantam/internal/userland/applet/socket"
)

// The kinds of messages of RFC 2131.
const (
	discover = 1
	offer    = 2
	request  = 3
	decline  = 4
	ack      = 5
	nak      = 6
	release  = 7
)

// Options that the client itself uses.
const (
	optSubnet    = 1
	optRequested = 50
	optLease     = 51
	optOverload  = 52
	optKind      = 53
	optServer    = 54
	optWanted    = 55
	optMaxSize   = 57
	optVendor    = 60
	optClient    = 61
	optName      = 81
	optEnd       = 255
)

// Places in a message.
const (
	atXID      = 4
	atSeconds  = 8
	atFlags    = 10
	atClient   = 12
	atYours    = 16
	atServer   = 20
	atGateway  = 24
	atHardware = 28
	atSname    = 44
	atFile     = 108
	atCookie   = 236
	atOptions  = 240
	mostSize   = 576 - 28
	leastSize  = 300
)

const cookie = "\x63\x82\x53\x63"

// message is a DHCP message, at least as long as its fixed part.
type message []byte

// newMessage makes a request from the client.
func newMessage(kind byte, xid uint32, hardware []byte, seconds int) message {
	m := make(message, atOptions, 400)
	m[0], m[1], m[2] = 1, 1, 6
	m[atXID], m[atXID+1], m[atXID+2], m[atXID+3] = byte(xid>>24), byte(xid>>16), byte(xid>>8), byte(xid)
	seconds = min(seconds, 0xffff)
	m[atSeconds], m[atSeconds+1] = byte(seconds>>8), byte(seconds)
	copy(m[atHardware:], hardware)
	copy(m[atCookie:], cookie)
	return append(m, optKind, 1, kind)
}

//go:noinline
func (m *message) add(code byte, value ...byte) {
	for first := true; first || len(value) > 0; first = false {
		n := min(len(value), 255)
		*m = append(append(*m, code, byte(n)), value[:n]...)
		value = value[n:]
	}
}

// finish ends the options.
func (m *message) finish() {
	*m = append(*m, optEnd)
	for len(*m) < leastSize {
		*m = append(*m, 0)
	}
}

func (m message) address(at int) socket.IP { return socket.From(m[at : at+4]) }

func (m message) xid() uint32 {
	return uint32(m[atXID])<<24 | uint32(m[atXID+1])<<16 | uint32(m[atXID+2])<<8 | uint32(m[atXID+3])
}

// isFor says whether the message answers what this client sent.
func (m message) isFor(xid uint32, hardware []byte) bool {
	return len(m) >= atOptions && m[0] == 2 && m[2] == 6 && string(m[atCookie:atOptions]) == cookie &&
		m.xid() == xid && bytes.Equal(m[atHardware:atHardware+6], hardware)
}

// found is an option of a message: all parts of one code, one after the other.
type found struct {
	code  byte
	value []byte
}

// options reads the options, also those that continue in the fields for names, and
// joins those that were split: RFC 3396. What is cut short ends them.
func (m message) options() (all []found, overload byte) {
	all = readOptions(nil, m[atOptions:])
	for _, o := range all {
		if o.code == optOverload && len(o.value) > 0 {
			overload = o.value[0]
		}
	}
	if overload&1 != 0 {
		all = readOptions(all, m[atFile:atCookie])
	}
	if overload&2 != 0 {
		all = readOptions(all, m[atSname:atFile])
	}
	return all, overload
}

func readOptions(all []found, p []byte) []found {
next:
	for len(p) > 0 && p[0] != optEnd {
		if p[0] == 0 {
			p = p[1:]
			continue
		}
		if len(p) < 2 || len(p) < 2+int(p[1]) {
			break
		}
		code, value := p[0], p[2:2+int(p[1])]
		p = p[2+len(value):]
		for i := range all {
			if all[i].code == code {
				all[i].value = append(append([]byte(nil), all[i].value...), value...)
				continue next
			}
		}
		all = append(all, found{code, value})
	}
	return all
}

// option returns an option's value.
func (m message) option(code byte) []byte {
	all, _ := m.options()
	for _, o := range all {
		if o.code == code {
			return o.value
		}
	}
	return nil
}

// number reads an option of four bytes.
func (m message) number(code byte) (n uint32, ok bool) {
	v := m.option(code)
	if len(v) != 4 {
		return 0, false
	}
	return uint32(v[0])<<24 | uint32(v[1])<<16 | uint32(v[2])<<8 | uint32(v[3]), true
}

// known are the options with names: code, name, kind, and "*" if they are asked for. The
// kinds are: i addresses, p pairs of them, s text, h a host's name, 1 2 4 numbers,
// -4 a signed one, d domain names, v SIP servers, r routes, 6 for 6rd.
const known = `1 subnet i *
2 timezone -4
3 router i *
6 dns i *
9 lprsrv i
12 hostname h *
13 bootsize 2
15 domain h *
16 swapsrv i
17 rootpath s
23 ipttl 1
26 mtu 2
28 broadcast i *
33 routes p
40 nisdomain h
41 nissrv i
42 ntpsrv i *
44 wins i
51 lease 4
54 serverid i
56 message s
60 vendor s
66 tftp h
67 bootfile s
100 tzstr s
101 tzdbstr s
119 search d
120 sipsrv v
121 staticroutes r
132 vlanid 2
133 vlanpriority 1
209 pxeconffile s
210 pxepathprefix s
211 reboottime 4
212 ip6rd 6
249 msstaticroutes r
252 wpad s
`

// lookup finds a known option by its code or its name.
func lookup(code int, name string) (found int, itsName, kind string) {
	for line := range strings.Lines(known) {
		f := strings.Fields(line)
		n, _ := strconv.Atoi(f[0])
		if n == code || name != "" && f[1] == name {
			return n, f[1], f[2]
		}
	}
	return -1, "", ""
}

// asked are the options that are asked for if nothing else is said.
func asked() (codes []byte) {
	for line := range strings.Lines(known) {
		f := strings.Fields(line)
		if len(f) > 3 {
			n, _ := strconv.Atoi(f[0])
			codes = append(codes, byte(n))
		}
	}
	return codes
}
