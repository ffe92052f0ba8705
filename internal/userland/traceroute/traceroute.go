// Package traceroute is the applets traceroute and traceroute6.
package traceroute

import (
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/dns"
	"bantam/internal/userland/applet/number"
	"bantam/internal/userland/applet/pad"
	"bantam/internal/userland/applet/socket"
)

const common = `
-I	Use ICMP ECHO instead of UDP datagrams
-n	Print numeric addresses
-r	Bypass routing tables, send directly to HOST
-v	Verbose
-f N	First number of hops (default 1)
-m N	Max number of hops
-q N	Number of probes per hop (default 3)
-p N	Base UDP port number used in probes
	(default 33434)
-s IP	Source address
-i IFACE	Source interface
-t N	Type-of-service in probe packets (default 0)
-w SEC	Wait for a response (default 5)
-z MSEC	Wait before each send
-F	Set don't fragment bit
-l	Display TTL value of the returned packet
-4	Force IP name resolution
-6	Force IPv6 name resolution
`

const usage = "[-46IFlnrv] [-f 1ST_TTL] [-m MAXTTL] [-q PROBES] [-p PORT]\n" +
	"traceroute [-t TOS] [-w WAIT_SEC] [-s SRC_IP] [-i IFACE] [-z PAUSE_MSEC] HOST [BYTES]"

// Applet is traceroute.
var Applet = applet.Applet{
	Names: "traceroute", Usage: usage, About: "Trace the route to HOST.",
	Options: common, AtLeast: 1, AtMost: 2, Dir: "/usr/bin",
	Run: func(c *applet.Call) int { return run(c, 0) },
}

// Applet6 is traceroute6.
var Applet6 = applet.Applet{
	Names: "traceroute6", Usage: usage, About: "Trace the route to HOST.",
	Options: common, AtLeast: 1, AtMost: 2, Dir: "/usr/bin",
	Run: func(c *applet.Call) int { return run(c, syscall.AF_INET6) },
}

// trace is one use of the applets.
type trace struct {
	*applet.Call
	to          socket.Addr
	echo        bool // -I
	port        int
	first, most int
	probes      int
	wait, pause time.Duration
	size        int // of a whole packet
	send, recv  int
	id          uint16 // of echo requests, or the source port
	config      *dns.Config

	last        socket.IP
	there       bool
	unreachable int
}

func run(c *applet.Call, family int) int {
	x := &trace{Call: c, echo: c.Has("I"), config: dns.Load(), id: uint16(syscall.Getpid())}
	if c.Has("4") {
		family = syscall.AF_INET
	}
	if c.Has("6") {
		family = syscall.AF_INET6
	}
	if !x.numbers() {
		return 1
	}
	ip, ok := dns.Host(c, c.Args[0], family)
	if !ok {
		return 1
	}
	x.to = socket.Addr{IP: ip, Port: x.port}
	if x.echo {
		x.to.Port = 0
	}
	if !x.packetSize() || !x.open() {
		return 1
	}
	c.Out.Print("traceroute to ", c.Args[0], " (", ip.String(), ")")
	if from, given := c.Given("s"); given {
		c.Out.Print(" from ", from)
	}
	c.Out.Print(", ", strconv.Itoa(x.most), " hops max, ", strconv.Itoa(x.size), " byte packets\n")
	seq := 0
	for ttl := x.first; ttl <= x.most; ttl++ {
		c.Out.Print(pad.Int(int64(ttl), 2))
		x.last, x.unreachable = socket.IP{}, 0
		for i := range x.probes {
			c.Out.Flush()
			if i > 0 {
				time.Sleep(x.pause)
			}
			seq++
			if !x.probe(seq, ttl) {
				return 1
			}
		}
		c.Out.Print("\n")
		if x.there || x.unreachable > 0 && x.unreachable >= x.probes-1 {
			break
		}
	}
	return 0
}

// numbers reads the options with numbers.
func (x *trace) numbers() bool {
	x.most, x.port, x.probes = 30, 33434, 3
	wait, pause, first := 5, 0, 1
	for _, o := range [...]struct {
		key       string
		value     *int
		low, most int64
	}{
		{"m", &x.most, 1, 255}, {"p", &x.port, 0, 65535}, {"q", &x.probes, 1, 1<<31 - 1}, {"w", &wait, 1, 86400},
		{"z", &pause, 0, 3600000}, {"f", &first, 1, 255},
	} {
		if text, given := x.Given(o.key); given {
			if o.key == "f" {
				o.most = int64(x.most)
			}
			n, wrong := number.Signed(text, o.low, o.most)
			if wrong != "" {
				x.Complain(wrong)
				return false
			}
			*o.value = int(n)
		}
	}
	x.wait, x.pause, x.first = time.Duration(wait)*time.Second, time.Duration(pause)*time.Millisecond, first
	return true
}

// packetSize finds the size of the packets out: headers and a few bytes at least.
func (x *trace) packetSize() bool {
	x.size = 20 + 8 + payload4
	if x.to.IP.Is6() {
		x.size = 40 + 8 + payload6
	}
	if len(x.Args) > 1 {
		n, wrong := number.Signed(x.Args[1], int64(x.size), 32*1024)
		if wrong != "" {
			x.Complain(wrong)
			return false
		}
		x.size = int(n)
	}
	return true
}

// The bytes of a packet after its headers, at least.
const (
	payload4 = 18
	payload6 = 24
)

// open opens the sockets: one to send, one for ICMP's answers.
func (x *trace) open() bool {
	protocol := syscall.IPPROTO_ICMP
	if x.to.IP.Is6() {
		protocol = syscall.IPPROTO_ICMPV6
	}
	var err error
	if x.recv, err = socket.Open(x.to, syscall.SOCK_RAW, protocol); err != nil {
		x.Warn("socket", err)
		return false
	}
	if x.echo {
		x.send, err = socket.Open(x.to, syscall.SOCK_RAW, protocol)
	} else {
		x.send, err = socket.Open(x.to, syscall.SOCK_DGRAM, 0)
	}
	if err != nil {
		x.Warn("socket", err)
		return false
	}
	if !x.set() {
		return false
	}
	if text, given := x.Given("s"); given {
		ip, ok := dns.Host(x.Call, text, x.to.IP.Family())
		if !ok {
			return false
		}
		if err := syscall.Bind(x.send, socket.Addr{IP: ip}.Sockaddr()); err != nil {
			x.Warn("bind", err)
			return false
		}
		if !x.echo {
			x.id = uint16(socket.Local(x.send).Port)
		}
		return true
	}
	// The kernel chooses the source: answers to others don't matter.
	if err := syscall.Connect(x.send, x.to.Sockaddr()); err != nil {
		what := "can't connect to remote host"
		if x.to.IP.Is4() {
			what += " (" + x.to.IP.String() + ")"
		}
		x.Warn(what, err)
		return false
	}
	local := socket.Local(x.send)
	if !x.echo {
		x.id = uint16(local.Port)
	}
	local.Port = 0
	if err := syscall.Bind(x.recv, local.Sockaddr()); err != nil {
		x.Warn("bind", err)
		return false
	}
	return true
}

// set sets the options of the socket for sending.
func (x *trace) set() bool {
	if text, given := x.Given("t"); given {
		n, wrong := number.Signed(text, 0, 255)
		if wrong != "" {
			x.Complain(wrong)
			return false
		}
		level, option := syscall.IPPROTO_IP, syscall.IP_TOS
		if x.to.IP.Is6() {
			level, option = syscall.IPPROTO_IPV6, syscall.IPV6_TCLASS
		}
		syscall.SetsockoptInt(x.send, level, option, int(n))
	}
	if x.Has("F") && x.to.IP.Is4() {
		syscall.SetsockoptInt(x.send, syscall.IPPROTO_IP, syscall.IP_MTU_DISCOVER, syscall.IP_PMTUDISC_DO)
	}
	if x.Has("r") {
		syscall.SetsockoptInt(x.send, syscall.SOL_SOCKET, syscall.SO_DONTROUTE, 1)
	}
	if device, given := x.Given("i"); given {
		if err := syscall.SetsockoptString(x.send, syscall.SOL_SOCKET, syscall.SO_BINDTODEVICE, device); err != nil {
			x.Warn("can't bind to interface "+device, err)
			return false
		}
	}
	return true
}

// probe sends a packet and prints the answer to it.
func (x *trace) probe(seq, ttl int) bool {
	if err := x.sendProbe(seq, ttl); err != nil {
		x.Warn("sendto", err)
		return false
	}
	start := time.Now()
	buf := make([]byte, 1024)
	for {
		if err := socket.Wait(x.recv, unix.POLLIN, max(0, x.wait-time.Since(start))); err != nil {
			x.Out.Print("  *")
			return true
		}
		n, sa, err := syscall.Recvfrom(x.recv, buf, syscall.MSG_DONTWAIT)
		if err == syscall.EINTR || err == syscall.EAGAIN {
			continue
		}
		if err != nil {
			x.Warn("recv", err)
			return false
		}
		took := time.Since(start)
		if a, ok := x.examine(buf[:n], seq); ok {
			x.print(socket.Of(sa).IP, a, took, n)
			return true
		}
	}
}

// sendProbe sends a packet with a number.
func (x *trace) sendProbe(seq, ttl int) error {
	header, level, option := 28, syscall.IPPROTO_IP, syscall.IP_TTL
	if x.to.IP.Is6() {
		header, level, option = 48, syscall.IPPROTO_IPV6, syscall.IPV6_UNICAST_HOPS
	}
	if err := syscall.SetsockoptInt(x.send, level, option, ttl); err != nil {
		return err
	}
	p := make([]byte, x.size-header)
	p[0], p[1] = byte(seq), byte(ttl)
	to := x.to
	if x.echo {
		p = append([]byte{8, 0, 0, 0, byte(x.id >> 8), byte(x.id), byte(seq >> 8), byte(seq)}, p...)
		if x.to.IP.Is6() {
			p[0] = 128
		} else {
			sum := socket.Checksum(p)
			p[2], p[3] = byte(sum>>8), byte(sum)
		}
	} else {
		to.Port = (x.port + seq) & 0xffff
	}
	err := syscall.Sendto(x.send, p, 0, to.Sockaddr())
	if err == syscall.EHOSTUNREACH || err == syscall.ENETUNREACH || err == syscall.ECONNREFUSED || err == syscall.EMSGSIZE {
		// The answer to an earlier packet: ICMP's own socket tells of it, too.
		err = syscall.Sendto(x.send, p, 0, to.Sockaddr())
	}
	return err
}
