// Package ip is the applet ip and its parts under their own names. It words and
// prints as BusyBox does, and also knows of iproute2 what people who use veth pairs,
// bridges and network namespaces need.
package ip

import (
	"strings"
	"syscall"

	"bantam/internal/linux/netlink"
	"bantam/internal/userland/applet"
)

const (
	addressUsage = "add|del IFADDR dev IFACE | show|flush [dev IFACE] [to PREFIX]"
	routeUsage   = "list|flush|add|del|change|append|replace|test ROUTE"
	linkUsage    = `set IFACE [up|down] [arp on|off] [multicast on|off]
	[promisc on|off] [mtu NUM] [name NAME] [qlen NUM] [address MAC]
	[master IFACE | nomaster] [netns PID|NAME]`
	tunnelUsage = `add|change|del|show [NAME]
	[mode ipip|gre|sit] [remote ADDR] [local ADDR] [ttl TTL]`
	neighbourUsage = "show|flush [to PREFIX] [dev DEV] [nud STATE] | add|del ADDR dev DEV [lladdr MAC]"
	ruleUsage      = "[list] | add|del SELECTOR ACTION"
	netnsUsage     = "[list] | add|del|pids NAME | attach NAME PID | identify [PID] | exec NAME COMMAND"
)

const addressHelp = `
	IFADDR := PREFIX | ADDR peer PREFIX [broadcast ADDR|+|-]
		[anycast ADDR] [label STRING] [scope SCOPE] [noprefixroute]
		[valid_lft SECONDS|forever] [preferred_lft SECONDS|forever]
	PREFIX := ADDR[/MASK]
	SCOPE := host|link|global|NUMBER
	show|flush also: [scope SCOPE] [up] [label PATTERN]`

const linkHelp = `
	add [link IFACE] IFACE [address MAC] [mtu NUM] [qlen NUM] [master IFACE]
		[netns PID|NAME] type TYPE [ARGS]
	delete IFACE
	show [IFACE] [up] [type TYPE] [master IFACE]
	TYPE ARGS := dummy | bridge [BRIDGEARGS] | veth [peer [name] IFACE [address MAC]
		[mtu NUM] [netns PID|NAME]] | vlan VLANARGS | vrf table NUM |
		macvlan [mode private|vepa|bridge|passthru|source] |
		ipvlan [mode l2|l3|l3s] | vxlan VXLANARGS | any other without ARGS
	VLANARGS := id VLANID [protocol 802.1q|802.1ad] [reorder_hdr on|off]
		[gvrp on|off] [mvrp on|off] [loose_binding on|off]
	BRIDGEARGS := [forward_delay N] [hello_time N] [max_age N] [ageing_time N]
		[stp_state 0|1] [priority N] [vlan_filtering 0|1] [mcast_snooping 0|1]
	VXLANARGS := id VNI [dev IFACE] [remote|group ADDR] [local ADDR] [ttl N]
		[dstport PORT] [nolearning]`

const routeHelp = `
	list|flush [root PREFIX] [match PREFIX] [exact PREFIX] [dev IFACE] [via ADDR]
		[table TABLE_ID|all|cache] [scope SCOPE] [proto RTPROTO]
	get ADDR [from ADDR iif IFACE] [oif IFACE]
	ROUTE := [TYPE] PREFIX [table TABLE_ID] [proto RTPROTO] [scope SCOPE]
		[metric METRIC] [via ADDR] [dev IFACE] [src ADDR] [onlink]
		[mtu [lock] NUM] [advmss [lock] NUM]`

const ruleHelp = `
	SELECTOR := [from PREFIX] [to PREFIX] [tos TOS] [fwmark FWMARK[/MASK]]
			[dev IFACE] [pref NUMBER]
	ACTION := [table TABLE_ID] [nat ADDR]
			[prohibit|reject|unreachable]
			[realms [SRCREALM/]DSTREALM]
			[suppress_prefixlength NUM] [suppress_ifgroup NUM]
	TABLE_ID := [local|main|default|NUMBER]`

const tunnelHelp = `
	[[i|o]seq] [[i|o]key KEY] [[i|o]csum]
	[ttl TTL] [tos TOS] [[no]pmtudisc] [dev PHYS_DEV]`

// Applet is ip.
var Applet = applet.Applet{
	Names: "ip",
	Usage: "[OPTIONS] address|route|link|tunnel|neigh|rule|netns [ARGS]",
	About: "Show and change interfaces, addresses, routes, rules and neighbours.",
	Notes: `
OPTIONS := -f[amily] inet|inet6|link | -4 | -6 | -0 | -o[neline] | -n[etns] NAME
ip addr ` + addressUsage + addressHelp + `
ip route ` + routeUsage + routeHelp + `
ip link ` + linkUsage + linkHelp + `
ip tunnel ` + tunnelUsage + tunnelHelp + `
ip neigh ` + neighbourUsage + `
ip rule ` + ruleUsage + ruleHelp + `
ip netns ` + netnsUsage,
	Form: applet.Plain,
	Min:  true,
	Dir:  "/sbin",
	Run:  func(c *applet.Call) int { return start(c, "") },
}

// Address is ipaddr.
var Address = applet.Applet{
	Names: "ipaddr", Usage: addressUsage, About: "Show and change addresses.", Notes: addressHelp,
	Form: applet.Plain, Dir: "/sbin",
	Run: func(c *applet.Call) int { return start(c, "address") },
}

// Link is iplink.
var Link = applet.Applet{
	Names: "iplink", Usage: linkUsage, About: "Show and change interfaces.", Notes: linkHelp,
	Form: applet.Plain, Dir: "/sbin",
	Run: func(c *applet.Call) int { return start(c, "link") },
}

// Route is iproute.
var Route = applet.Applet{
	Names: "iproute", Usage: routeUsage, About: "Show and change routes.", Notes: routeHelp,
	Form: applet.Plain, Dir: "/sbin",
	Run: func(c *applet.Call) int { return start(c, "route") },
}

// Rule is iprule.
var Rule = applet.Applet{
	Names: "iprule", Usage: ruleUsage, About: "Show and change the rules that choose a table of routes.", Notes: ruleHelp,
	Form: applet.Plain, Dir: "/sbin",
	Run: func(c *applet.Call) int { return start(c, "rule") },
}

// Neighbour is ipneigh.
var Neighbour = applet.Applet{
	Names: "ipneigh", Usage: neighbourUsage, About: "Show and change the table of neighbours (ARP, NDP).",
	Form: applet.Plain, Dir: "/sbin",
	Run: func(c *applet.Call) int { return start(c, "neigh") },
}

// Tunnel is iptunnel.
var Tunnel = applet.Applet{
	Names: "iptunnel", Usage: tunnelUsage, About: "Show and change tunnels.", Notes: tunnelHelp,
	Form: applet.Plain, Dir: "/sbin",
	Run: func(c *applet.Call) int { return start(c, "tunnel") },
}

// command is one use of ip: the words that are left, and what was found out.
type command struct {
	*applet.Call
	*netlink.Conn
	words   []string
	family  int
	oneline bool
	// failed is the exit status of the first failure, which was told; 0 for none.
	failed int
	// status is what a failure's exit status is: 2 for ip link, as in iproute2.
	status int
	links  []link
}

func start(c *applet.Call, object string) int {
	x := &command{Call: c, words: c.Args, status: 1}
	if !x.options() {
		return x.usage()
	}
	if object == "" && len(x.words) > 0 && !x.done() {
		object = keyword("address route r link tunnel tunl rule neighbour n ne netns", x.next())
	}
	if x.failed != 0 {
		return x.failed
	}
	if object == "netns" {
		x.netns()
		return x.failed
	}
	var run func()
	switch object {
	case "address":
		run = x.address
	case "route", "r":
		run = x.route
	case "link":
		run = x.link
	case "tunnel", "tunl":
		run = x.tunnel
	case "rule":
		run = x.rule
	case "neigh", "neighbour", "n", "ne":
		run = x.neighbour
	default:
		return x.usage()
	}
	if len(x.words) > 0 && x.words[0] == "help" {
		return x.usage()
	}
	var err error
	if x.Conn, err = netlink.Open(); err != nil {
		return x.Warn("can't open netlink socket", err)
	}
	defer x.Conn.Close()
	run()
	return x.failed
}

func (x *command) usage() int { return x.UsageError("") }

// options reads what stands before the object. An option may be shortened.
func (x *command) options() bool {
	for len(x.words) > 0 && strings.HasPrefix(x.words[0], "-") {
		word := strings.TrimPrefix(x.words[0][1:], "-")
		x.words = x.words[1:]
		switch keyword("oneline family 4 6 0 netns n", word) {
		case "oneline":
			x.oneline = true
		case "4":
			x.family = syscall.AF_INET
		case "6":
			x.family = syscall.AF_INET6
		case "0":
			x.family = syscall.AF_PACKET
		case "family":
			if len(x.words) == 0 || !x.setFamily(x.take()) {
				return len(x.words) > 0 || x.failed != 0
			}
		case "netns", "n":
			if len(x.words) == 0 {
				return false
			}
			x.enter(x.take())
		default:
			return word == "" // "--"
		}
	}
	return true
}

func (x *command) setFamily(name string) bool {
	switch name {
	case "inet":
		x.family = syscall.AF_INET
	case "inet6":
		x.family = syscall.AF_INET6
	case "link":
		x.family = syscall.AF_PACKET
	default:
		x.invalid(name, "family")
	}
	return x.failed == 0
}
