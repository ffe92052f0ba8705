// Package ping is the applets ping and ping6.
package ping

import (
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/dns"
	"bantam/internal/userland/applet/number"
	"bantam/internal/userland/applet/signals"
	"bantam/internal/userland/applet/socket"
)

const options = `
-4	Force IP name resolution
-6	Force IPv6 name resolution
-c CNT	Send only CNT pings
-s SIZE	Send SIZE data bytes in packets (default 56)
-i SECS	Interval
-A	Ping as soon as reply is received
-t TTL	Set TTL
-I IFACE/IP	Source interface or IP address
-W SEC	Seconds to wait for the first response (default 10)
	(after all -c CNT packets are sent)
-w SEC	Seconds until ping exits (default:infinite)
	(can exit earlier with -c CNT)
-q	Quiet, only display output at start/finish
-v	Tell of other messages than replies
-n	Nothing: names are never shown
-p HEXBYTE	Payload pattern
`

// Applet is ping.
var Applet = applet.Applet{
	Names: "ping", Usage: "[OPTIONS] HOST", About: "Send ICMP ECHO_REQUESTs to HOST.",
	Options: options, AtLeast: 1, AtMost: 1,
	Run: func(c *applet.Call) int { return run(c, 0) },
}

// Applet6 is ping6.
var Applet6 = applet.Applet{
	Names: "ping6", Usage: "[OPTIONS] HOST", About: "Send ICMP ECHO_REQUESTs to HOST.",
	Options: options, AtLeast: 1, AtMost: 1,
	Run: func(c *applet.Call) int { return run(c, syscall.AF_INET6) },
}

// seenSize is how many sequence numbers are remembered to find duplicates.
const seenSize = 1024

// ping is one use of the applet.
type ping struct {
	*applet.Call
	fd       int
	raw      bool // the socket gives IPv4 headers and every ICMP packet
	to       socket.Addr
	source   socket.IP
	device   string
	id       uint16
	size     int
	count    int // 0: no end
	ttl      int
	pattern  byte
	interval time.Duration
	wait     time.Duration
	begin    time.Time
	deadline time.Time
	signals  int

	sent, received, repeats int
	least, most, sum        int64 // microseconds
	seen                    [seenSize / 8]byte
}

func run(c *applet.Call, family int) int {
	p := &ping{Call: c, begin: time.Now(), least: -1}
	if c.Has("4") {
		family = syscall.AF_INET
	}
	if c.Has("6") {
		family = syscall.AF_INET6
	}
	if c.Has("q") && c.Has("v") {
		return c.UsageError("")
	}
	if !p.options() {
		return 1
	}
	host := c.Args[0]
	ip, ok := dns.Host(c, host, family)
	if !ok {
		return 1
	}
	p.to = socket.Addr{IP: ip}
	if p.source.Family() != ip.Family() {
		p.source = socket.IP{}
	}
	c.Out.Print("PING ", host, " (", ip.String(), ")")
	if !p.source.IsNone() {
		c.Out.Print(" from ", p.source.String())
	}
	c.Out.Print(": ", strconv.Itoa(p.size), " data bytes\n")
	if !p.open() {
		return 1
	}
	defer syscall.Close(p.fd)
	var err error
	if p.signals, err = signals.Pipe(syscall.SIGINT); err != nil {
		return c.Warn("pipe", err)
	}
	if !p.loop() {
		return 1
	}
	return p.statistics()
}

// options reads the numbers of the options.
func (p *ping) options() bool {
	var wait, deadline int
	p.size, wait = 56, 10
	for _, o := range [...]struct {
		key   string
		value *int
		most  int64
	}{{"c", &p.count, 1<<31 - 1}, {"s", &p.size, 0xffff}, {"t", &p.ttl, 1<<31 - 1}, {"w", &deadline, 1<<31 - 1}, {"W", &wait, 1<<31 - 1}} {
		if text, given := p.Given(o.key); given {
			n, wrong := number.Signed(text, 0, o.most)
			if wrong != "" {
				p.Complain(wrong)
				return false
			}
			*o.value = int(n)
		}
	}
	p.wait = time.Duration(wait) * time.Second
	if deadline > 0 {
		p.deadline = time.Now().Add(time.Duration(deadline) * time.Second)
	}
	if text, given := p.Given("p"); given {
		n, err := strconv.ParseUint(text, 16, 8)
		if err != nil {
			p.Complain("invalid number '" + text + "'")
			return false
		}
		p.pattern = byte(n)
	}
	p.interval = time.Second
	if text, given := p.Given("i"); given {
		d, wrong := number.Duration(text)
		if wrong != "" {
			p.Complain(wrong)
			return false
		}
		p.interval = max(d, time.Microsecond)
	}
	if from, given := p.Given("I"); given {
		if _, err := socket.Index(from); err == nil {
			p.device = from
		} else if ip, ok := socket.ParseIP(from); ok {
			p.source = ip
		} else {
			p.Complain("bad address '" + from + "'")
			return false
		}
	}
	return true
}

// open makes the socket: a raw one, or for those who may not the kernel's own kind for
// pings.
func (p *ping) open() bool {
	protocol := syscall.IPPROTO_ICMP
	if p.to.IP.Is6() {
		protocol = syscall.IPPROTO_ICMPV6
	}
	fd, err := socket.Open(p.to, syscall.SOCK_RAW, protocol)
	p.raw = err == nil
	if err == syscall.EPERM || err == syscall.EACCES {
		fd, err = socket.Open(p.to, syscall.SOCK_DGRAM, protocol)
	}
	if err != nil {
		p.Complain("permission denied (are you root?)")
		return false
	}
	p.fd, p.id = fd, uint16(syscall.Getpid())
	if p.device != "" {
		if err := syscall.SetsockoptString(fd, syscall.SOL_SOCKET, syscall.SO_BINDTODEVICE, p.device); err != nil {
			p.Warn("can't bind to interface "+p.device, err)
			return false
		}
		if index, _ := socket.Index(p.device); p.to.IP.IsLinkLocal() && p.to.IP.Zone == 0 {
			p.to.IP.Zone = uint32(index)
		}
	}
	if !p.source.IsNone() {
		if p.source.Is4() {
			syscall.SetsockoptInet4Addr(fd, syscall.IPPROTO_IP, syscall.IP_MULTICAST_IF, [4]byte(p.source.Bytes()))
		}
		if err := syscall.Bind(fd, socket.Addr{IP: p.source}.Sockaddr()); err != nil {
			p.Warn("bind", err)
			return false
		}
	}
	p.set()
	return true
}

// set sets the socket's options.
func (p *ping) set() {
	syscall.SetsockoptInt(p.fd, syscall.SOL_SOCKET, syscall.SO_BROADCAST, 1)
	syscall.SetsockoptInt(p.fd, syscall.SOL_SOCKET, syscall.SO_RCVBUF, p.size*2+7*1024)
	if p.to.IP.Is4() {
		syscall.SetsockoptInt(p.fd, syscall.IPPROTO_IP, syscall.IP_RECVTTL, 1)
		if p.ttl > 0 {
			syscall.SetsockoptInt(p.fd, syscall.IPPROTO_IP, syscall.IP_TTL, p.ttl)
			syscall.SetsockoptInt(p.fd, syscall.IPPROTO_IP, syscall.IP_MULTICAST_TTL, p.ttl)
		}
		return
	}
	syscall.SetsockoptInt(p.fd, syscall.IPPROTO_IPV6, syscall.IPV6_RECVHOPLIMIT, 1)
	if p.ttl > 0 {
		syscall.SetsockoptInt(p.fd, syscall.IPPROTO_IPV6, syscall.IPV6_UNICAST_HOPS, p.ttl)
		syscall.SetsockoptInt(p.fd, syscall.IPPROTO_IPV6, syscall.IPV6_MULTICAST_HOPS, p.ttl)
	}
	if p.raw && !p.Has("v") {
		var filter unix.ICMPv6Filter
		for i := range filter.Data {
			filter.Data[i] = 0xffffffff
		}
		filter.Data[echoReply6/32] &^= 1 << (echoReply6 % 32)
		unix.SetsockoptICMPv6Filter(p.fd, syscall.IPPROTO_ICMPV6, unix.ICMPV6_FILTER, &filter)
	}
}

// loop sends and receives until it is time for the statistics.
func (p *ping) loop() bool {
	next := time.Now()
	var end time.Time // of the wait for the last reply
	buf := make([]byte, p.size+512)
	for {
		now := time.Now()
		if end.IsZero() && !now.Before(next) {
			if !p.deadline.IsZero() && !now.Before(p.deadline) {
				return true
			}
			if !p.send() {
				return false
			}
			next = now.Add(p.interval)
			if p.count > 0 && p.sent >= p.count {
				end = now.Add(p.lastWait())
			}
		}
		until := next
		if !end.IsZero() {
			until = end
			if !now.Before(end) {
				return true
			}
		}
		fds := []unix.PollFd{{Fd: int32(p.fd), Events: unix.POLLIN}, {Fd: int32(p.signals), Events: unix.POLLIN}}
		n, err := socket.Poll(fds, max(0, time.Until(until)))
		if err != nil {
			p.Warn("poll", err)
			return false
		}
		if n == 0 {
			continue
		}
		if fds[1].Revents != 0 {
			return true
		}
		if p.receive(buf) && p.Has("A") {
			next = time.Now()
		}
		if p.count > 0 && p.received >= p.count {
			return true
		}
	}
}

// lastWait is how long to wait for the last reply: two round trips, or what -W says if
// there was none at all.
func (p *ping) lastWait() time.Duration {
	if p.received == 0 {
		return p.wait
	}
	return max(time.Second, time.Duration(p.most>>19)*time.Second)
}

// statistics prints the end and returns the exit status.
func (p *ping) statistics() int {
	loss := 0
	if p.sent > 0 {
		loss = (p.sent - p.received) * 100 / p.sent
	}
	out := p.Out
	out.Print("\n--- ", p.Args[0], " ping statistics ---\n", strconv.Itoa(p.sent), " packets transmitted, ",
		strconv.Itoa(p.received), " packets received, ")
	if p.repeats > 0 {
		out.Print(strconv.Itoa(p.repeats), " duplicates, ")
	}
	out.Print(strconv.Itoa(loss), "% packet loss\n")
	if p.least >= 0 {
		out.Print("round-trip min/avg/max = ", milli(p.least), "/", milli(p.sum/int64(p.received+p.repeats)), "/", milli(p.most), " ms\n")
	}
	if p.received == 0 || !p.deadline.IsZero() && p.received < p.count {
		return 1
	}
	return 0
}

// milli writes microseconds as milliseconds.
func milli(us int64) string {
	rest := strconv.FormatInt(us%1000+1000, 10)
	return strconv.FormatInt(us/1000, 10) + "." + rest[1:]
}
