package ping

import (
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"bantam/internal/userland/applet/socket"
)

// The types of ICMP's messages.
const (
	echoReply    = 0
	echoRequest  = 8
	echoRequest6 = 128
	echoReply6   = 129
)

const headerSize = 8

// now is the time since the start in microseconds, as the packets carry it.
func (p *ping) now() uint32 { return uint32(time.Since(p.begin) / time.Microsecond) }

// packet makes the next request. The time stands at its beginning.
func (p *ping) packet() []byte {
	b := make([]byte, headerSize+p.size)
	for i := range b {
		b[i] = p.pattern
	}
	b[0], b[1], b[2], b[3] = echoRequest, 0, 0, 0
	if p.to.IP.Is6() {
		b[0] = echoRequest6
	}
	b[4], b[5], b[6], b[7] = byte(p.id>>8), byte(p.id), byte(p.sent>>8), byte(p.sent)
	if p.size >= 4 {
		t := p.now()
		b[8], b[9], b[10], b[11] = byte(t), byte(t>>8), byte(t>>16), byte(t>>24)
	}
	if p.to.IP.Is4() {
		sum := socket.Checksum(b)
		b[2], b[3] = byte(sum>>8), byte(sum)
	}
	return b
}

func (p *ping) send() bool {
	b := p.packet()
	seq := p.sent % seenSize
	p.seen[seq/8] &^= 1 << (seq % 8)
	p.sent++
	if err := syscall.Sendto(p.fd, b, 0, p.to.Sockaddr()); err != nil {
		p.Warn("sendto", err)
		return false
	}
	return true
}

// receive reads a packet and says whether it is a reply.
func (p *ping) receive(buf []byte) bool {
	control := make([]byte, 128)
	n, k, _, from, err := unix.Recvmsg(p.fd, buf, control, unix.MSG_DONTWAIT)
	if err != nil {
		if err != syscall.EINTR && err != syscall.EAGAIN {
			p.Warn("recvfrom", err)
		}
		return false
	}
	b, ttl := buf[:n], hopLimit(control[:k])
	if p.raw && p.to.IP.Is4() {
		header := 0
		if len(b) > 0 {
			header = int(b[0]&15) * 4
		}
		if header < 20 || len(b) < header {
			return false
		}
		b = b[header:]
	}
	if len(b) < headerSize+p.size && !p.raw || len(b) < headerSize {
		return false
	}
	return p.unpack(b, address(from), ttl)
}

func address(sa unix.Sockaddr) socket.IP {
	switch sa := sa.(type) {
	case *unix.SockaddrInet4:
		return socket.From(sa.Addr[:])
	case *unix.SockaddrInet6:
		return socket.From(sa.Addr[:])
	}
	return socket.IP{}
}

// hopLimit finds the packet's time to live among the control messages.
func hopLimit(control []byte) int {
	messages, _ := unix.ParseSocketControlMessage(control)
	for _, m := range messages {
		four := m.Header.Level == syscall.IPPROTO_IP && m.Header.Type == syscall.IP_TTL
		six := m.Header.Level == syscall.IPPROTO_IPV6 && m.Header.Type == syscall.IPV6_HOPLIMIT
		if (four || six) && len(m.Data) >= 4 {
			return int(m.Data[0])
		}
	}
	return 0
}

// unpack looks at an ICMP message and prints it if it is a reply to this ping.
func (p *ping) unpack(b []byte, from socket.IP, ttl int) bool {
	// A socket of the kernel's kind has an identifier of its own and gets only its replies.
	if p.raw && uint16(b[4])<<8|uint16(b[5]) != p.id {
		return false
	}
	reply, request := byte(echoReply), byte(echoRequest)
	if p.to.IP.Is6() {
		reply, request = echoReply6, echoRequest6
	}
	if b[0] != reply {
		if b[0] != request {
			p.Complain("warning: got ICMP " + strconv.Itoa(int(b[0])) + " (" + typeName(b[0], p.to.IP.Is6()) + ")")
		}
		return false
	}
	seq := int(b[6])<<8 | int(b[7])
	timed, took := len(b) >= headerSize+4, int64(0)
	if timed {
		then := uint32(b[8]) | uint32(b[9])<<8 | uint32(b[10])<<16 | uint32(b[11])<<24
		took = int64(p.now() - then)
		p.sum += took
		p.most = max(p.most, took)
		if p.least < 0 || took < p.least {
			p.least = took
		}
	}
	bit := byte(1) << (seq % 8)
	again := p.seen[seq%seenSize/8]&bit != 0
	p.seen[seq%seenSize/8] |= bit
	if again {
		p.repeats++
	} else {
		p.received++
	}
	if p.Has("q") {
		return true
	}
	p.Out.Print(strconv.Itoa(len(b)), " bytes from ", from.String(), ": seq=", strconv.Itoa(seq), " ttl=", strconv.Itoa(ttl))
	if timed {
		p.Out.Print(" time=", milli(took), " ms")
	}
	if again {
		p.Out.Print(" (DUP!)")
	}
	p.Out.Print("\n")
	p.Out.Flush()
	return true
}

const typeNames = `0 Echo Reply
3 Destination Unreachable
4 Source Quench
5 Redirect (change route)
8 Echo Request
11 Time Exceeded
12 Parameter Problem
13 Timestamp Request
14 Timestamp Reply
15 Information Request
16 Information Reply
17 Address Mask Request
18 Address Mask Reply
`

const typeNames6 = `1 Destination Unreachable
2 Packet too big
3 Time Exceeded
4 Parameter Problem
128 Echo Request
129 Echo Reply
130 Listener Query
131 Listener Report
132 Listener Reduction
`

func typeName(kind byte, six bool) string {
	names := typeNames
	if six {
		names = typeNames6
	}
	for line := range strings.Lines(names) {
		number, name, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		if number == strconv.Itoa(int(kind)) {
			return name
		}
	}
	return "unknown ICMP type"
}
