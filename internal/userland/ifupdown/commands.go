package ifupdown

import (
	"math/bits"
	"strconv"
	"strings"

	"bantam/internal/userland/applet/socket"
)

// pause stands for a short wait among the commands.
const pause = "\x00"

const down = "ip link set %iface% down"

// methodCommands are the commands of a method, in which %NAME% is an option's value and
// what stands in [[ ]] is left out if one in it isn't given.
func methodCommands(d *definition, up bool) []string {
	exists := false
	if !up {
		_, err := socket.Index(d.name)
		exists = err == nil
	}
	if d.family == "inet6" {
		return methodCommands6(d.method, up, exists)
	}
	switch d.family + " " + d.method {
	case "inet loopback":
		if up {
			return []string{"ip addr add 127.0.0.1/8 dev %iface%", "ip link set %iface% up"}
		}
		return []string{"ip addr flush dev %iface%", down}
	case "inet static", "inet bootp":
		switch {
		case up && d.method == "bootp":
			return []string{"bootpc[[ --bootfile %bootfile%]] --dev %iface%[[ --server %server%]]" +
				"[[ --hwaddr %hwaddr%]] --returniffail --serverbcast"}
		case up:
			return []string{
				"ip addr add %address%/%bnmask%[[ broadcast %broadcast%]] dev %iface%[[ peer %pointopoint%]][[ label %label%]]",
				"ip link set[[ mtu %mtu%]][[ addr %hwaddress%]] %iface% up",
				"[[ip route add default via %gateway% dev %iface%[[ metric %metric%]]]]",
			}
		case exists:
			return []string{"ip addr flush dev %iface%[[ label %label%]]", down}
		}
	case "inet dhcp":
		const pid = "/var/run/udhcpc.%iface%.pid"
		if up {
			return []string{
				"ip link set[[ addr %hwaddress%]] %iface% up",
				"udhcpc -R -n -p " + pid + " -i %iface%[[ -x hostname:%hostname%]][[ -c %client%]][[ -s %script%]][[ %udhcpc_opts%]]",
			}
		}
		stop := []string{"test -f " + pid + " && kill `cat " + pid + "` 2>/dev/null", pause}
		if exists {
			stop = append(stop, "ip addr flush dev %iface%[[ label %label%]]", down)
		}
		return stop
	case "inet ppp":
		if up {
			return []string{"pon[[ %provider%]]"}
		}
		return []string{"poff[[ %provider%]]"}
	case "inet wvdial":
		if up {
			return []string{"start-stop-daemon --start -x wvdial -p /var/run/wvdial.%iface% -b -m --[[ %provider%]]"}
		}
		return []string{"start-stop-daemon --stop -x wvdial -p /var/run/wvdial.%iface% -s 2"}
	}
	return nil
}

// methodCommands6 are those of the methods of IPv6.
func methodCommands6(method string, up, exists bool) []string {
	switch method {
	case "loopback":
		if up {
			return []string{"ip addr add ::1 dev %iface%", "ip link set %iface% up"}
		}
		return []string{down}
	case "static":
		switch {
		case up:
			return []string{
				"ip addr add %address%/%netmask% dev %iface%[[ label %label%]]",
				"ip link set[[ mtu %mtu%]][[ addr %hwaddress%]] %iface% up",
				"[[ip route add ::/0 via %gateway% dev %iface%]][[ metric %metric%]]",
			}
		case exists:
			return []string{down}
		}
	case "v4tunnel":
		if !up {
			return []string{"ip tunnel del %iface%"}
		}
		return []string{
			"ip tunnel add %iface% mode sit remote %endpoint%[[ local %local%]][[ ttl %ttl%]]",
			"ip link set %iface% up", "ip addr add %address%/%netmask% dev %iface%",
			"[[ip route add ::/0 via %gateway% dev %iface%]]",
		}
	}
	return nil
}

// expand resolves a command. ok is false if a value outside of brackets isn't given.
func expand(command string, d *definition) (text string, ok bool) {
	text, rest, ok := expandTo(command, d, 0)
	return text, ok && rest == ""
}

// expandTo resolves to the end of the bracket that it is in, or of the command.
func expandTo(command string, d *definition, depth int) (text, rest string, ok bool) {
	ok = true
	for command != "" {
		switch {
		case strings.HasPrefix(command, "[["):
			inner, after, good := expandTo(command[2:], d, depth+1)
			if good {
				text += inner
			}
			command = after
		case depth > 0 && strings.HasPrefix(command, "]]"):
			return text, command[2:], ok
		case command[0] == '%':
			name, after, found := strings.Cut(command[1:], "%")
			if !found {
				return "", "", false
			}
			value, given := d.value(name)
			text += value
			ok = ok && given
			command = after
		default:
			text += command[:1]
			command = command[1:]
		}
	}
	return text, "", ok && depth == 0
}

// value is an option's value as the commands want it: an address without its length,
// a mask as a length, and a hardware address without the word "ether" before it.
func (d *definition) value(name string) (string, bool) {
	switch name {
	case "bnmask":
		mask, given := d.get("netmask")
		if !given {
			address, _ := d.get("address")
			_, length, found := strings.Cut(address, "/")
			return length, found
		}
		return maskLength(mask)
	case "netmask":
		mask, given := d.get("netmask")
		if !given {
			address, _ := d.get("address")
			_, mask, given = strings.Cut(address, "/")
		}
		return mask, given
	case "address":
		address, given := d.get("address")
		address, _, _ = strings.Cut(address, "/")
		return address, given
	case "hwaddress":
		text, given := d.get("hwaddress")
		if words := strings.Fields(text); len(words) > 1 {
			text = words[1]
		}
		return text, given
	}
	return d.get(name)
}

// maskLength reads 255.255.255.0 or 24.
func maskLength(mask string) (string, bool) {
	if n, err := strconv.ParseUint(mask, 10, 8); err == nil {
		return mask, n <= 32
	}
	ip, ok := socket.Parse4(mask)
	n := ^ip.Uint32()
	if !ok || n&(n+1) != 0 || n == 1<<32-1 {
		return "", false
	}
	return strconv.Itoa(32 - bits.OnesCount32(n)), true
}
