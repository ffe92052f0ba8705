// Package hostname has the applets about the host's name and number.
package hostname

import (
	"strings"
	"syscall"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/dns"
	"bantam/internal/userland/applet/hosts"

	"golang.org/x/sys/unix"
)

// Hostname is hostname.
var Hostname = applet.Applet{
	Names: "hostname",
	Usage: "[-sidf] [HOSTNAME | -F FILE]",
	About: "Show or set hostname or DNS domain name.",
	Options: `
-s	the short name, up to the first dot
-i	the addresses of the name
-d, --domain	the DNS domain name
-f, --fqdn	the fully qualified domain name
-F, --file FILE	set the name to what stands in FILE
-v	ignored
`,
	Min: true,
	Run: hostname,
}

// Domain is dnsdomainname.
var Domain = applet.Applet{
	Names:   "dnsdomainname",
	About:   "Show the DNS domain name.",
	Options: "-v\tignored",
	Run:     func(c *applet.Call) int { return resolved(c, "d") },
}

// ID is hostid.
var ID = applet.Applet{
	Names:  "hostid",
	About:  "Print a 32-bit number for this machine in hexadecimal.",
	AtMost: applet.None,
	Dir:    "/usr/bin",
	Quick:  true,
	Run:    hostid,
}

func hostname(c *applet.Call) int {
	for _, kind := range []string{"f", "d", "i"} {
		if c.Has(kind) {
			if c.Has("s") && kind != "f" {
				kind = "s"
			}
			return resolved(c, kind)
		}
	}
	file, fromFile := c.Given("F")
	switch {
	case c.Has("s"):
		short, _, _ := strings.Cut(nodename(), ".")
		c.Out.Print(short, "\n")
	case fromFile:
		return fromLines(c, file)
	case len(c.Args) > 0:
		return set(c, c.Args[0])
	default:
		c.Out.Print(nodename(), "\n")
	}
	return 0
}

func nodename() string {
	var u unix.Utsname
	unix.Uname(&u)
	name, _, _ := strings.Cut(string(u.Nodename[:]), "\x00")
	return name
}

func set(c *applet.Call, name string) int {
	if err := syscall.Sethostname([]byte(name)); err != nil {
		return c.Warn("sethostname", err)
	}
	return 0
}

// fromLines sets the name to the first word of every line that has one; the last stays.
func fromLines(c *applet.Call, file string) int {
	in, err := applet.Open(file)
	if err != nil {
		return c.CantOpen(file, err)
	}
	defer in.Close()
	for {
		line, ok := in.Line()
		if !ok {
			return 0
		}
		text, _, _ := strings.Cut(string(line), "#")
		if words := strings.Fields(text); len(words) > 0 {
			if status := set(c, words[0]); status != 0 {
				return status
			}
		}
	}
}

// resolved prints what /etc/hosts, or else DNS, has for the host's name.
func resolved(c *applet.Call, kind string) int {
	name := nodename()
	official, addresses := hosts.Lookup(name)
	if official == "" {
		ips, err := dns.Load().Lookup(name, syscall.AF_INET)
		if err != nil || len(ips) == 0 {
			return c.Complain(name + ": Unknown host")
		}
		official = name
		for _, ip := range ips {
			addresses = append(addresses, ip.String())
		}
	}
	short, domain, _ := strings.Cut(official, ".")
	switch kind {
	case "f":
		c.Out.Print(official, "\n")
	case "s":
		c.Out.Print(short, "\n")
	case "d":
		if domain != "" {
			c.Out.Print(domain, "\n")
		}
	case "i":
		four := addresses[:0]
		for _, a := range addresses {
			if strings.IndexByte(a, ':') < 0 {
				four = append(four, a)
			}
		}
		c.Out.Print(strings.Join(four, " "), "\n")
	}
	return 0
}

// hostid is the content of /etc/hostid, or else made of the host's IPv4 address as
// gethostid(3) does.
func hostid(c *applet.Call) int {
	var id uint32
	if data, err := applet.ReadFile("/etc/hostid"); err == nil && len(data) >= 4 {
		id = uint32(data[0]) | uint32(data[1])<<8 | uint32(data[2])<<16 | uint32(data[3])<<24
	} else if _, addresses := hosts.Lookup(nodename()); len(addresses) > 0 {
		id = number(addresses[0])
	}
	const digits = "0123456789abcdef"
	for shift := 28; shift >= 0; shift -= 4 {
		c.Out.WriteByte(digits[id>>shift&15])
	}
	c.Out.WriteByte('\n')
	return 0
}

// number is the address as a little-endian word with its halves exchanged.
func number(address string) uint32 {
	var word uint32
	for i := range 4 {
		var part string
		part, address, _ = strings.Cut(address, ".")
		n := uint32(0)
		for j := 0; j < len(part); j++ {
			n = n*10 + uint32(part[j]-'0')
		}
		word |= n & 255 << (8 * i)
	}
	return word<<16 | word>>16
}
