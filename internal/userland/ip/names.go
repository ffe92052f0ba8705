package ip

import (
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"bantam/internal/userland/applet"
)

// The names that the kernel's numbers have, as "NUMBER NAME" separated by spaces. The files
// below /etc/iproute2 add to them.
const (
	tableNames    = "0 unspec 255 local 254 main 253 default"
	scopeNames    = "0 global 255 nowhere 254 host 253 link 200 site"
	protocolNames = "0 none 1 redirect 2 kernel 3 boot 4 static 8 gated 9 ra 10 mrt 11 zebra 12 bird"
	realmNames    = "0 unknown"
	fieldNames    = "0 0"
)

// names walks a table of names and the file that adds to it, in which the later
// entry counts.
func names(builtin, file string, yield func(number, name string)) {
	for words := strings.Fields(builtin); len(words) > 1; words = words[2:] {
		yield(words[0], words[1])
	}
	in, err := applet.Open("/etc/iproute2/rt_" + file)
	if err != nil {
		return
	}
	defer in.Close()
	for {
		line, ok := in.Line()
		if !ok {
			return
		}
		text, _, _ := strings.Cut(string(line), "#")
		if words := strings.Fields(text); len(words) >= 2 {
			yield(words[0], words[1])
		}
	}
}

// nameFor returns the name of a number, or the number.
func nameFor(builtin, file string, number uint32) string {
	result := num(number)
	names(builtin, file, func(n, name string) {
		if id, err := parseNumber(n, 32); err == nil && id == number {
			result = name
		}
	})
	return result
}

// numberFor returns the number of a name, or of a number in the base (0: C's).
func numberFor(builtin, file, word string, base int) (number uint32, ok bool) {
	names(builtin, file, func(n, name string) {
		if id, err := parseNumber(n, 32); err == nil && name == word && !ok {
			number, ok = id, true
		}
	})
	if ok {
		return number, true
	}
	if base == 16 {
		n, err := strconv.ParseUint(strings.TrimPrefix(word, "0x"), 16, 32)
		return uint32(n), err == nil && n <= 255
	}
	number, err := parseNumber(word, 32)
	return number, err == nil
}

//go:noinline
func scopeName(n byte) string { return nameFor(scopeNames, "scopes", uint32(n)) }

//go:noinline
func tableName(n uint32) string { return nameFor(tableNames, "tables", n) }
func realmName(n uint32) string { return nameFor(realmNames, "realms", n) }
func fieldName(n byte) string   { return nameFor(fieldNames, "dsfield", uint32(n)) }

// scope, table and so on take the next word for what they are called, or fail.
func (x *command) scope() byte { return byte(x.named(scopeNames, "scopes", "scope", 0)) }

func (x *command) table(what string) uint32 { return x.named(tableNames, "tables", what, 0) }

func (x *command) protocol() byte { return byte(x.named(protocolNames, "protos", "protocol", 0)) }

func (x *command) field(what string) byte { return byte(x.named(fieldNames, "dsfield", what, 16)) }

func (x *command) named(builtin, file, what string, base int) uint32 {
	word := x.next()
	if x.failed != 0 {
		return 0
	}
	n, ok := numberFor(builtin, file, word, base)
	if !ok {
		x.invalid(word, what)
	}
	return n
}

// realms reads [SOURCE/]DESTINATION.
func (x *command) realms() (n uint32) {
	word := x.next()
	for part := range strings.SplitSeq(word, "/") {
		id, ok := numberFor(realmNames, "realms", part, 0)
		if !ok || n > 0xffff {
			x.invalid(word, "realms")
			return 0
		}
		n = n<<16 | id
	}
	return n
}

const typeNames = "local nat broadcast brd anycast multicast prohibit unreachable blackhole xresolve unicast throw"

// routeTypes are the types of routes by number.
const routeTypes = "none unicast local broadcast anycast multicast blackhole unreachable prohibit throw nat xresolve"

func typeName(n byte) string {
	if words := strings.Fields(routeTypes); int(n) < len(words) {
		return words[n]
	}
	return num(uint32(n))
}

// typeNumber reads a type's name, which may be shortened, or its number.
func typeNumber(word string) (byte, bool) {
	name := keyword(typeNames, word)
	if name == "brd" {
		name = "broadcast"
	}
	if name != "" {
		for i, w := range strings.Fields(routeTypes) {
			if w == name {
				return byte(i), true
			}
		}
	}
	n, err := parseNumber(word, 8)
	return byte(n), err == nil
}

// kindName names the hardware type of an interface.
func kindName(kind uint16) string {
	switch kind {
	case unix.ARPHRD_NETROM:
		return "generic"
	case unix.ARPHRD_LOOPBACK:
		return "loopback"
	case unix.ARPHRD_ETHER:
		return "ether"
	case unix.ARPHRD_INFINIBAND:
		return "infiniband"
	case unix.ARPHRD_IEEE802:
		return "ieee802"
	case unix.ARPHRD_IEEE802_TR:
		return "tr"
	case unix.ARPHRD_IEEE80211:
		return "ieee802.11"
	case unix.ARPHRD_IEEE1394:
		return "ieee1394"
	case unix.ARPHRD_SLIP:
		return "slip"
	case unix.ARPHRD_PPP:
		return "ppp"
	case unix.ARPHRD_TUNNEL:
		return "ipip"
	case unix.ARPHRD_TUNNEL6:
		return "tunnel6"
	case unix.ARPHRD_SIT:
		return "sit"
	case unix.ARPHRD_IPGRE:
		return "gre"
	case unix.ARPHRD_VOID:
		return "void"
	}
	return "[" + strconv.Itoa(int(kind)) + "]"
}
