// Package ipcalc is the applet ipcalc.
package ipcalc

import (
	"math/bits"
	"strconv"
	"strings"
	"syscall"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/dns"
	"bantam/internal/userland/applet/number"
	"bantam/internal/userland/applet/socket"
)

// Applet is ipcalc.
var Applet = applet.Applet{
	Names: "ipcalc",
	Usage: "[-bnmphs] ADDRESS[/PREFIX] [NETMASK]",
	About: "Calculate and display network settings from IP address.",
	Options: `
-b, --broadcast	Broadcast address
-n, --network	Network address
-m, --netmask	Default netmask for IP
-p, --prefix	Prefix for IP/NETMASK
-h, --hostname	Resolved host name
-s, --silent	No error messages
`,
	AtLeast: 1,
	AtMost:  2,
	Run:     run,
}

func run(c *applet.Call) int {
	if c.Last("b", "n", "p") == "" && (c.Last("m", "h") == "" || len(c.Args) > 1) {
		return c.UsageError("")
	}
	ip, mask, wrong := read(c.Args)
	if wrong != "" {
		return fail(c, wrong)
	}
	print := func(name string, n uint32) {
		a := socket.V4(n)
		c.Out.Print(name, "=", a.String(), "\n")
	}
	if c.Has("m") {
		print("NETMASK", mask)
	}
	if c.Has("b") {
		print("BROADCAST", ip&mask|^mask)
	}
	if c.Has("n") {
		print("NETWORK", ip&mask)
	}
	if c.Has("p") {
		c.Out.Print("PREFIX=", strconv.Itoa(bits.OnesCount32(mask)), "\n")
	}
	if c.Has("h") {
		name := dns.Load().Name(socket.V4(ip))
		if name == "" {
			return fail(c, "can't find hostname for "+c.Args[0]+": Unknown host")
		}
		c.Out.Print("HOSTNAME=", strings.ToLower(name), "\n")
	}
	return 0
}

func fail(c *applet.Call, text string) int {
	if c.Has("s") {
		return 1
	}
	return c.Complain(text)
}

// read reads the address and the mask; without one it is that of the address's class.
func read(args []string) (ip, mask uint32, wrong string) {
	text, prefix, found := strings.Cut(args[0], "/")
	masked := found && prefix != ""
	if masked {
		n, wrong := number.Signed(prefix, 0, 32)
		if wrong != "" {
			return 0, 0, wrong
		}
		mask = uint32(uint64(0xffffffff) << (32 - n))
	}
	ip, ok := address(text)
	if !ok {
		return 0, 0, "bad IP address: " + text
	}
	switch {
	case len(args) > 1 && masked:
		return 0, 0, "use prefix or netmask, not both"
	case len(args) > 1:
		if mask, ok = address(args[1]); !ok {
			return 0, 0, "bad netmask: " + args[1]
		}
	case masked:
	case ip >= 0xc0000000:
		mask = 0xffffff00
	case ip >= 0x80000000:
		mask = 0xffff0000
	default:
		mask = 0xff000000
	}
	return ip, mask, ""
}

// address reads an IPv4 address in any form that inet_aton(3) takes.
func address(s string) (uint32, bool) {
	if strings.Trim(s, "0123456789abcdefxABCDEFX.") != "" {
		return 0, false // a name, which nobody is to be asked about
	}
	c := dns.Config{}
	ips, err := c.Lookup(s, syscall.AF_INET)
	if err != nil {
		return 0, false
	}
	return ips[0].Uint32(), true
}
