// Package arping is the applet arping.
package arping

import (
	"bytes"
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

// Applet is arping.
var Applet = applet.Applet{
	Names: "arping",
	Usage: "[-fqbDUA] [-c CNT] [-w TIMEOUT] [-I IFACE] [-s SRC_IP] DST_IP",
	About: "Send ARP requests/replies.",
	Options: `
-f	Quit on first ARP reply
-q	Quiet
-b	Keep broadcasting, don't go unicast
-D	Exit with 1 if DST_IP replies
-U	Unsolicited ARP mode, update your neighbors
-A	ARP answer mode, update your neighbors
-c N	Stop after sending N ARP requests
-w TIMEOUT	Seconds to wait for ARP reply
-I IFACE	Interface to use (default eth0)
-s SRC_IP	Sender IP address
`,
	AtLeast: 1,
	AtMost:  1,
	Dir:     "/usr/sbin",
	Run:     run,
}

// arping is one use of the applet.
type arping struct {
	*applet.Call
	fd               int
	device           string
	index            int
	source, target   socket.IP
	own, other       []byte // hardware addresses
	probe, announces bool   // -D; -U or -A
	unicast          bool
	last             time.Time // sent
	sent, broadcasts int
	received         int
	requests         int
	broadcastReplies int
}

func run(c *applet.Call) int {
	x := &arping{Call: c, device: "eth0", probe: c.Has("D"), announces: c.Has("U") || c.Has("A")}
	count, timeout := int64(-1), int64(0)
	for _, o := range [...]struct {
		key   string
		value *int64
		most  int64
	}{{"c", &count, 1<<31 - 1}, {"w", &timeout, 1073}} {
		if text, given := c.Given(o.key); given {
			n, wrong := number.Signed(text, 0, o.most)
			if wrong != "" {
				return c.Complain(wrong)
			}
			*o.value = n
		}
	}
	if d, given := c.Given("I"); given {
		x.device = d
	}
	fd, err := syscall.Socket(syscall.AF_PACKET, syscall.SOCK_DGRAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return c.Warn("socket", err)
	}
	defer syscall.Close(fd)
	x.fd = fd
	if status := x.open(); status >= 0 {
		return status
	}
	if !c.Has("q") {
		c.Out.Print("ARPING ", x.target.String(), " from ", x.source.String(), " ", x.device, "\n")
		c.Out.Flush()
	}
	stop, err := signals.Pipe(syscall.SIGINT)
	if err != nil {
		return c.Warn("pipe", err)
	}
	x.loop(int(count), timeout, stop)
	return x.finish()
}

// open finds the interface and the addresses. It returns the exit status if that
// is the end, else -1.
func (x *arping) open() int {
	what := "interface " + x.device + " "
	index, err := socket.Index(x.device)
	if err != nil {
		x.Warn(what+"not found", err)
		return 2
	}
	x.index = index
	r, _ := unix.NewIfreq(x.device)
	if err := socket.Ioctl(unix.SIOCGIFFLAGS, r); err != nil {
		x.Warn("SIOCGIFFLAGS", err)
		return 2
	}
	flags := r.Uint16()
	if flags&unix.IFF_UP == 0 {
		x.Complain(what + "is down")
		return 2
	}
	kind, own, err := socket.Hardware(x.device)
	if flags&(unix.IFF_NOARP|unix.IFF_LOOPBACK) != 0 || err != nil || kind != unix.ARPHRD_ETHER {
		x.Complain(what + "is not ARPable")
		if x.probe {
			return 0
		}
		return 2
	}
	x.own, x.other = own[:], []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}
	ok := false
	if x.target, ok = dns.Host(x.Call, x.Args[0], syscall.AF_INET); !ok {
		return 2
	}
	x.source = socket.V4(0)
	if text, given := x.Given("s"); given {
		if x.source, ok = socket.Parse4(text); !ok {
			x.Complain("invalid source address " + text)
			return 2
		}
	}
	if !x.probe && x.announces && x.source.IsZero() {
		x.source = x.target
	}
	if !x.probe || !x.source.IsZero() {
		if !x.findSource() {
			return 2
		}
	}
	if err := syscall.Bind(x.fd, socket.Packet(x.index, unix.ETH_P_ARP, nil)); err != nil {
		x.Warn("bind", err)
		return 2
	}
	return -1
}

// findSource checks that the source address is this host's, or finds the one that
// would be used.
func (x *arping) findSource() bool {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_DGRAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		x.Warn("socket", err)
		return false
	}
	defer syscall.Close(fd)
	if err := syscall.SetsockoptString(fd, syscall.SOL_SOCKET, syscall.SO_BINDTODEVICE, x.device); err != nil {
		x.Warn("can't bind to interface "+x.device, err)
	}
	if !x.source.IsZero() {
		if err := syscall.Bind(fd, socket.Addr{IP: x.source}.Sockaddr()); err != nil {
			x.Warn("bind", err)
			return false
		}
		return true
	}
	syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_DONTROUTE, 1)
	if err := syscall.Connect(fd, socket.Addr{IP: x.target, Port: 1025}.Sockaddr()); err != nil {
		x.Warn("connect", err)
		return false
	}
	x.source = socket.Local(fd).IP
	return true
}

// loop sends once a second, and receives until the end.
func (x *arping) loop(count int, timeout int64, stop int) {
	begin, next := time.Now(), time.Now()
	for {
		now := time.Now()
		if !now.Before(next) {
			if count == 0 || timeout > 0 && now.Sub(begin) > time.Duration(timeout)*time.Second+time.Second/2 {
				return
			}
			if count > 0 {
				count--
			}
			x.send()
			if count == 0 && x.announces {
				return
			}
			next = now.Add(time.Second)
		}
		fds := []unix.PollFd{{Fd: int32(x.fd), Events: unix.POLLIN}, {Fd: int32(stop), Events: unix.POLLIN}}
		n, err := socket.Poll(fds, max(0, time.Until(next)))
		if err != nil || fds[1].Revents != 0 {
			return
		}
		if n == 0 {
			continue
		}
		buf := make([]byte, 256)
		n, from, err := syscall.Recvfrom(x.fd, buf, 0)
		if err != nil {
			x.Warn("recvfrom", err)
			next = now.Add(time.Second) // the interface may be down for a while
			continue
		}
		if sa, ok := from.(*syscall.SockaddrLinklayer); ok && x.receive(buf[:n], sa) && (x.Has("f") || x.probe) {
			return
		}
	}
}

// The kinds of ARP packets.
const (
	arpRequest = 1
	arpReply   = 2
	arpSize    = 28
)

func (x *arping) packet() []byte {
	p := []byte{0, 1, 8, 0, 6, 4, 0, arpRequest}
	p = append(append(p, x.own...), x.source.Bytes()...)
	if x.Has("A") {
		p[7] = arpReply
		p = append(p, x.own...)
	} else {
		p = append(p, x.other...)
	}
	return append(p, x.target.Bytes()...)
}

func (x *arping) send() {
	err := syscall.Sendto(x.fd, x.packet(), 0, socket.Packet(x.index, unix.ETH_P_ARP, x.other))
	if err != nil {
		return
	}
	x.last = time.Now()
	x.sent++
	if !x.unicast {
		x.broadcasts++
	}
}

// answers says whether a packet answers this probe.
func (x *arping) answers(p []byte) bool {
	if len(p) < arpSize || !bytes.Equal(p[:6], []byte{0, 1, 8, 0, 6, 4}) || p[6] != 0 || p[7] != arpRequest && p[7] != arpReply {
		return false
	}
	from, to := socket.From(p[14:18]), socket.From(p[24:28])
	if from != x.target {
		return false
	}
	if x.probe {
		// Someone else has the address; his own probe for it counts as well.
		return !bytes.Equal(p[8:14], x.own) && (x.source.IsZero() || x.source == to)
	}
	return to == x.source && bytes.Equal(p[18:24], x.own)
}

// receive reads a packet and says whether it is an answer.
func (x *arping) receive(p []byte, from *syscall.SockaddrLinklayer) bool {
	if from.Pkttype != unix.PACKET_HOST && from.Pkttype != unix.PACKET_BROADCAST && from.Pkttype != unix.PACKET_MULTICAST || !x.answers(p) {
		return false
	}
	if !x.Has("q") {
		x.print(p, from.Pkttype == unix.PACKET_HOST)
	}
	x.received++
	if from.Pkttype != unix.PACKET_HOST {
		x.broadcastReplies++
	}
	if p[7] == arpRequest {
		x.requests++
	}
	if !x.Has("b") {
		x.other = append([]byte(nil), p[8:14]...)
		x.unicast = true
	}
	return true
}

func hardware(p []byte) string {
	const digits = "0123456789abcdef"
	b := []byte{'['}
	for i, n := range p {
		if i > 0 {
			b = append(b, ':')
		}
		b = append(b, digits[n>>4], digits[n&15])
	}
	return string(append(b, ']'))
}

func (x *arping) print(p []byte, unicast bool) {
	text := "Broadcast re"
	if unicast {
		text = "Unicast re"
	}
	kind := "quest"
	if p[7] == arpReply {
		kind = "ply"
	}
	x.Out.Print(text, kind, " from ", socket.From(p[14:18]).String(), " ", hardware(p[8:14]))
	shown := false
	if to := socket.From(p[24:28]); to != x.source {
		x.Out.Print("for ", to.String())
		shown = true
	}
	if !bytes.Equal(p[18:24], x.own) {
		if !shown {
			x.Out.Print(" for")
		}
		x.Out.Print(" ", hardware(p[18:24]))
	}
	if x.last.IsZero() {
		x.Out.Print(" UNSOLICITED?\n")
	} else {
		us := int64(time.Since(x.last) / time.Microsecond)
		x.Out.Print(" ", strconv.FormatInt(us/1000, 10), ".", strconv.FormatInt(1000+us%1000, 10)[1:], "ms\n")
	}
	x.Out.Flush()
}

// finish prints the counts and returns the exit status.
func (x *arping) finish() int {
	if !x.Has("q") {
		n := strconv.Itoa
		x.Out.Print("Sent ", n(x.sent), " probe(s) (", n(x.broadcasts), " broadcast(s))\nReceived ", n(x.received), " response(s)",
			" (", n(x.requests), " request(s), ", n(x.broadcastReplies), " broadcast(s))\n")
	}
	switch {
	case x.probe:
		return min(x.received, 1)
	case x.announces, x.received > 0:
		return 0
	}
	return 1
}
