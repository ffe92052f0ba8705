package ip

import (
	"math/bits"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"bantam/internal/linux/netlink"
	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/socket"
)

// keyword returns the word of the list that s is, or the only one that begins with
// it, else "".
func keyword(list, s string) string {
	found := ""
	if s == "" {
		return ""
	}
	for list != "" {
		var word string
		word, list, _ = strings.Cut(list, " ")
		if word == s {
			return word
		}
		if strings.HasPrefix(word, s) {
			if found != "" {
				found = "?"
				continue
			}
			found = word
		}
	}
	if found == "?" {
		return ""
	}
	return found
}

// fail tells the first failure and ends the reading of words.
//
//go:noinline
func (x *command) fail(text string) {
	if x.failed == 0 {
		x.failed = x.status
		x.Complain(text)
	}
	x.words = nil
}

//go:noinline
func (x *command) invalid(word, what string) {
	x.fail("invalid argument '" + word + "' to '" + what + "'")
}

//go:noinline
func (x *command) duplicate(key, word string) {
	x.fail(`either "` + key + `" is duplicate, or "` + word + `" is garbage`)
}

// done says that no words are left, or that something failed.
//
//go:noinline
func (x *command) done() bool { return len(x.words) == 0 || x.failed != 0 }

// take takes a word that is there.
//
//go:noinline
func (x *command) take() string {
	word := x.words[0]
	x.words = x.words[1:]
	return word
}

// next takes the next word, which has to be there.
func (x *command) next() string {
	if len(x.words) == 0 {
		x.fail(`command line is not complete, try "help"`)
		return ""
	}
	return x.take()
}

// number takes a number of at most so many bits, in C's notation.
func (x *command) number(what string, size int) uint32 {
	word := x.next()
	if x.failed != 0 {
		return 0
	}
	n, err := parseNumber(word, size)
	if err != nil {
		x.invalid(word, what)
	}
	return n
}

// parseNumber reads 10, 0xa or 012.
func parseNumber(s string, size int) (uint32, error) {
	base := 10
	switch {
	case strings.HasPrefix(s, "0x") || strings.HasPrefix(s, "0X"):
		base, s = 16, s[2:]
	case len(s) > 1 && s[0] == '0':
		base, s = 8, s[1:]
	}
	n, err := strconv.ParseUint(s, base, size)
	if err == nil && s[0] == '+' {
		err = syscall.EINVAL
	}
	return uint32(n), err
}

// onOff takes "on" or "off".
func (x *command) onOff(what string) bool {
	word := x.next()
	if x.failed == 0 && word != "on" && word != "off" {
		x.fail(`argument of "` + what + `" must be "on" or "off"`)
	}
	return word == "on"
}

// prefix is an address and how many of its bits count. The wildcard "default" has no
// address.
type prefix struct {
	ip     socket.IP
	bits   int
	family int
}

func isAny(s string) bool { return s == "default" || s == "all" || s == "any" }

// parseAddress reads an address of the family, 0 for either. IPv4 ones may be
// short: "10.1" is 10.1.0.0.
func parseAddress(s string, family int) (ip socket.IP, ok bool) {
	switch {
	case strings.IndexByte(s, ':') >= 0:
		ip, ok = socket.Parse6(s)
	default:
		ip, ok = short4(s)
	}
	return ip, ok && (family == 0 || ip.Family() == family)
}

func short4(s string) (socket.IP, bool) {
	var value uint32
	parts := strings.Split(s, ".")
	if len(parts) > 4 {
		return socket.IP{}, false
	}
	for i, part := range parts {
		n, err := strconv.ParseUint(part, 10, 8)
		if err != nil || part[0] == '+' {
			return socket.IP{}, false
		}
		value |= uint32(n) << (24 - 8*i)
	}
	return socket.V4(value), true
}

// addressOf reads an address, or fails.
func (x *command) addressOf(word string, family int) socket.IP {
	if x.failed != 0 {
		return socket.IP{}
	}
	if family == syscall.AF_PACKET {
		x.fail(`"` + word + `" may be inet address, but it is not allowed in this context`)
		return socket.IP{}
	}
	if isAny(word) {
		if family == syscall.AF_INET6 {
			return socket.From(make([]byte, 16))
		}
		return socket.V4(0)
	}
	ip, ok := parseAddress(word, family)
	if !ok {
		x.fail(`an inet address is expected rather than "` + word + `"`)
	}
	return ip
}

// prefixOf reads ADDR, ADDR/BITS or ADDR/MASK, or fails.
func (x *command) prefixOf(word string, family int) (p prefix) {
	switch {
	case x.failed != 0:
		return p
	case family == syscall.AF_PACKET:
		x.fail(`"` + word + `" may be inet prefix, but it is not allowed in this context`)
		return p
	case isAny(word):
		p.family = family
		return p
	}
	text, mask, masked := strings.Cut(word, "/")
	ip, ok := parseAddress(text, family)
	p = prefix{ip, ip.Bits(), ip.Family()}
	if ok && masked {
		p.bits, ok = maskBits(mask, ip)
	}
	if !ok {
		x.fail(`an inet prefix is expected rather than "` + word + `"`)
	}
	return p
}

// maskBits reads what follows the slash.
func maskBits(mask string, ip socket.IP) (int, bool) {
	if n, err := parseNumber(mask, 8); err == nil {
		return int(n), int(n) <= ip.Bits()
	}
	m, ok := socket.Parse4(mask)
	if !ok || !ip.Is4() {
		return 0, false
	}
	n := m.Uint32()
	return bits.OnesCount32(n), ^n&(^n+1) == 0
}

// matches says whether an address lies in the prefix, which may be none.
//
//go:noinline
func (p prefix) matches(ip socket.IP) bool { return p.ip.IsNone() || p.ip.Has(ip, p.bits) }

// link is an interface that the kernel listed.
type link struct {
	index int
	flags uint32
	name  string
	body  netlink.Message
}

// list lists, and tells what goes wrong.
func (x *command) list(kind uint16, fixed []byte, f func(netlink.Message) error) {
	if err := x.Conn.List(kind, fixed, f); err != nil && x.failed == 0 {
		if _, ok := err.(syscall.Errno); ok {
			x.Complain("RTNETLINK answers: " + applet.Reason(err))
		}
		x.fail("dump terminated")
	}
}

// do makes a change.
func (x *command) do(r *netlink.Request) {
	if x.failed != 0 {
		return
	}
	if err := x.Conn.Do(r); err != nil {
		x.Complain("RTNETLINK answers: " + applet.Reason(err))
		x.failed = 2
	}
}

// loadLinks learns the names of the interfaces.
func (x *command) loadLinks() {
	if x.links != nil {
		return
	}
	x.list(unix.RTM_GETLINK, make([]byte, unix.SizeofIfInfomsg), func(m netlink.Message) error {
		m.Body = append([]byte(nil), m.Body...)
		x.links = append(x.links, link{
			int(m.Uint32(4)), m.Uint32(8), m.Attributes(unix.SizeofIfInfomsg).String(unix.IFLA_IFNAME), m,
		})
		return nil
	})
}

// linkOf finds an interface that was learnt.
func (x *command) linkOf(index int) *link {
	for i := range x.links {
		if x.links[i].index == index {
			return &x.links[i]
		}
	}
	return nil
}

func (x *command) nameOf(index uint32) string {
	if index == 0 {
		return "*"
	}
	if l := x.linkOf(int(index)); l != nil {
		return l.name
	}
	return "if" + strconv.Itoa(int(index))
}

// device returns the index of an interface, or fails.
func (x *command) device(name string) uint32 {
	if x.failed != 0 {
		return 0
	}
	index, err := socket.Index(name)
	if err != nil {
		x.fail("can't find device '" + name + "'")
	}
	return uint32(index)
}

// newline is what ends a line within a record.
func (x *command) newline() string {
	if x.oneline {
		return "\\"
	}
	return "\n"
}

//go:noinline
func num(n uint32) string { return strconv.FormatUint(uint64(n), 10) }

// hardware writes a hardware address, which is an IP address for tunnels.
func hardware(p []byte, kind uint16) string {
	if len(p) == 4 && (kind == unix.ARPHRD_TUNNEL || kind == unix.ARPHRD_SIT || kind == unix.ARPHRD_IPGRE) {
		ip := socket.From(p)
		return ip.String()
	}
	const digits = "0123456789abcdef"
	var b []byte
	for i, n := range p {
		if i > 0 {
			b = append(b, ':')
		}
		b = append(b, digits[n>>4], digits[n&15])
	}
	return string(b)
}

// hardwareOf reads a hardware address.
func (x *command) hardwareOf(word string) (address []byte) {
	if x.failed != 0 {
		return nil
	}
	if strings.IndexByte(word, '.') >= 0 {
		ip, ok := short4(word)
		if ok {
			return append(address, ip.Bytes()...)
		}
	}
	for part := range strings.SplitSeq(word, ":") {
		n, err := strconv.ParseUint(part, 16, 8)
		if err != nil || len(address) == 32 {
			x.fail(`"` + word + `" is invalid lladdr`)
			return nil
		}
		address = append(address, byte(n))
	}
	return address
}
