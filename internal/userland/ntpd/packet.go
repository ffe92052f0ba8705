package ntpd

import (
	"bytes"
	"crypto/md5"
	"crypto/sha1"
	"crypto/subtle"
	"strconv"
	"strings"
	"syscall"
	"time"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/socket"
)

// Places in a packet.
const (
	atStratum   = 1
	atPoll      = 2
	atPrecision = 3
	atRootDelay = 4
	atRootDisp  = 8
	atReference = 12
	atRefTime   = 16
	atOrigin    = 24
	atReceived  = 32
	atSent      = 40
	packetSize  = 48
)

// The first byte: leap warning, version, mode.
const (
	modeMask    = 7
	modeClient  = 3
	modeServer  = 4
	modePassive = 2
	modeActive  = 1
	version     = 4 << 3
	versionMask = 7 << 3
	alarm       = 3 << 6
)

// stamp reads a time. Those before 1968 are of the era that begins in 2036.
func stamp(p []byte) time.Time {
	s := int64(get32(p))
	if s&0x80000000 == 0 {
		s += 1 << 32
	}
	return time.Unix(s-2208988800, int64(uint64(get32(p[4:]))*1e9>>32))
}

func putStamp(p []byte, t time.Time) {
	put32(p, uint32(t.Unix()+2208988800))
	put32(p[4:], uint32(uint64(t.Nanosecond())<<32/1e9))
}

// short reads a number of seconds with 16 bits after the point.
func short(p []byte) time.Duration {
	return time.Duration(uint64(get32(p)) * 1e9 >> 16)
}

func putShort(p []byte, d time.Duration) {
	put32(p, uint32(uint64(max(0, min(d, 65535*time.Second)))<<16/1e9))
}

func get32(p []byte) uint32 {
	return uint32(p[0])<<24 | uint32(p[1])<<16 | uint32(p[2])<<8 | uint32(p[3])
}

func put32(p []byte, n uint32) {
	p[0], p[1], p[2], p[3] = byte(n>>24), byte(n>>16), byte(n>>8), byte(n)
}

// sample is what one answer told.
type sample struct {
	offset, delay time.Duration
	when          time.Time
}

// peer is a server that is asked.
type peer struct {
	name      string
	address   socket.Addr
	key       *key
	fd        int // of a question that has no answer yet
	cookie    [8]byte
	asked     time.Time // by this host's clock
	next      time.Time
	dnsErrors int
	reach     uint8 // a bit for each of the last 8 questions
	count     int   // of samples
	samples   [8]sample
	best      sample // of the samples
	used      time.Time

	stratum             int
	rootDelay, rootDisp time.Duration
	reference           [4]byte
}

// ask sends a question.
func (d *daemon) ask(p *peer) {
	fd, err := socket.Dial(p.address, syscall.SOCK_DGRAM, responseInterval)
	if err != nil {
		d.Warn("send failed", err)
		p.next = time.Now().Add(retryInterval)
		return
	}
	// The time of sending is nobody's business: a random number comes back as well.
	socket.Random(p.cookie[:])
	q := make([]byte, packetSize, packetSize+24)
	q[0] = version | modeClient
	copy(q[atSent:], p.cookie[:])
	q = p.key.sign(q)
	d.log(1, "sending query to ", p.address.String())
	p.asked = d.clock.now()
	if _, err := syscall.Write(fd, q); err != nil {
		d.Warn("send failed", err)
		syscall.Close(fd)
		p.next = time.Now().Add(retryInterval)
		return
	}
	p.fd = fd
	p.next = time.Now().Add(responseInterval)
}

// receive reads an answer, and says whether the clock was set by it.
func (d *daemon) receive(p *peer) bool {
	buf := make([]byte, 256)
	n, err := syscall.Read(p.fd, buf)
	now := d.clock.now()
	if err == syscall.EINTR || err == syscall.EAGAIN {
		return false
	}
	if err != nil {
		d.Warn("recv("+p.address.String()+") error", err)
		syscall.Close(p.fd)
		p.fd = -1
		p.next = time.Now().Add(min(d.interval()*4, retryInterval))
		return false
	}
	s, wrong := p.read(buf[:n], now)
	if wrong == "?" {
		return false // not the answer to this question: that may still come
	}
	syscall.Close(p.fd)
	p.fd = -1
	p.next = time.Now().Add(d.interval())
	if wrong != "" {
		d.log(0, wrong)
		return false
	}
	p.reach = p.reach<<1 | 1
	p.add(s)
	if !d.deadline.IsZero() && p.count == 1 {
		d.deadline = time.Now().Add(50 * time.Second)
	}
	d.log(1, "reply from ", p.address.String(), ": offset:", seconds(s.offset), " delay:", strings.TrimPrefix(seconds(s.delay), "+"),
		" status:0x", hex2(buf[0]), " strat:", strconv.Itoa(p.stratum), " reach:0x", hex2(p.reach))
	p.next = time.Now().Add(d.interval())
	return d.choose()
}

// read reads an answer that came at a time. wrong says what is wrong with it, "?"
// that it answers nothing.
func (p *peer) read(b []byte, now time.Time) (s sample, wrong string) {
	who := p.address.String()
	if len(b) != packetSize && len(b) != packetSize+20 && len(b) != packetSize+24 {
		return s, "malformed packet received from " + who + ": size " + strconv.Itoa(len(b))
	}
	if !bytes.Equal(b[atOrigin:atReceived], p.cookie[:]) || b[0]&modeMask != modeServer && b[0]&modeMask != modePassive {
		return s, "?"
	}
	if p.key != nil && !p.key.fits(b) {
		return s, "invalid cryptographic hash received from " + who
	}
	if b[0]&alarm == alarm || b[atStratum] == 0 || b[atStratum] > 15 {
		return s, "reply from " + who + ": peer is unsynced"
	}
	received, sent := stamp(b[atReceived:]), stamp(b[atSent:])
	there, back := received.Sub(p.asked), sent.Sub(now)
	s.offset = there/2 + back/2
	s.delay = max(there-back, precision)
	s.when = now
	if s.delay > maxDistance*16 {
		return s, "reply from " + who + ": delay " + strings.TrimPrefix(seconds(s.delay), "+") + " is too high, ignoring"
	}
	p.stratum = int(b[atStratum])
	p.rootDelay, p.rootDisp = short(b[atRootDelay:]), short(b[atRootDisp:])
	copy(p.reference[:], b[atReference:atRefTime])
	return s, ""
}

// add keeps a sample, and finds the one with the shortest delay among the last 8: what
// took longer was kept waiting somewhere.
func (p *peer) add(s sample) {
	copy(p.samples[1:], p.samples[:7])
	p.samples[0] = s
	p.count++
	p.best = s
	for _, o := range p.samples[:min(p.count, 8)] {
		if o.delay < p.best.delay {
			p.best = o
		}
	}
}

// jitter is how much the samples differ from the best.
func (p *peer) jitter() time.Duration {
	n := min(p.count, 8)
	sum := time.Duration(0)
	for _, s := range p.samples[:n] {
		sum += (s.offset - p.best.offset).Abs()
	}
	return max(sum/time.Duration(max(n-1, 1)), precision)
}

// distance is how far the peer's time may be from the truth.
func (p *peer) distance() time.Duration {
	return (p.best.delay+p.rootDelay)/2 + p.rootDisp + p.jitter()
}

// serve answers a question of somebody else.
func (d *daemon) serve() {
	buf := make([]byte, 256)
	n, from, err := syscall.Recvfrom(d.listener, buf, syscall.MSG_DONTWAIT)
	received := d.clock.now()
	if err != nil {
		return
	}
	if n != packetSize && n != packetSize+20 && n != packetSize+24 {
		d.log(1, "malformed packet received from ", socket.Of(from).String(), ": size ", strconv.Itoa(n))
		return
	}
	reply := d.reply(buf[:n], received)
	if reply != nil && syscall.Sendto(d.listener, reply, 0, from) == nil {
		d.log(3, "responded to query from ", socket.Of(from).String())
	}
}

// reply makes the answer to a question, nil if it is none.
func (d *daemon) reply(q []byte, received time.Time) []byte {
	mode := q[0] & modeMask
	if mode != modeClient && mode != modeActive {
		return nil
	}
	r := make([]byte, packetSize)
	r[0] = q[0]&versionMask | modeServer
	if mode == modeActive {
		r[0] = q[0]&versionMask | modePassive
	}
	if d.stratum >= maxStratum {
		r[0] |= alarm
	} else {
		r[atStratum] = byte(d.stratum)
	}
	r[atPoll], r[atPrecision] = q[atPoll], 0xf7 // 2^-9 s
	putShort(r[atRootDelay:], d.rootDelay)
	putShort(r[atRootDisp:], d.rootDisp+precision)
	copy(r[atReference:], d.reference[:])
	if !d.updated.IsZero() {
		putStamp(r[atRefTime:], d.updated)
	}
	copy(r[atOrigin:], q[atSent:packetSize])
	putStamp(r[atReceived:], received)
	putStamp(r[atSent:], d.clock.now())
	return r
}

// key authenticates packets: the hash of it and the packet follows this.
type key struct {
	id    uint32
	sha   bool
	value []byte
}

func (k *key) hash(p []byte) []byte {
	text := append(append([]byte(nil), k.value...), p...)
	if k.sha {
		sum := sha1.Sum(text)
		return sum[:]
	}
	sum := md5.Sum(text)
	return sum[:]
}

// sign adds the key's number and the hash. Without a key it adds nothing.
func (k *key) sign(p []byte) []byte {
	if k == nil {
		return p
	}
	sum := k.hash(p)
	p = append(p, 0, 0, 0, 0)
	put32(p[packetSize:], k.id)
	return append(p, sum...)
}

func (k *key) fits(p []byte) bool {
	return len(p) > packetSize+4 && get32(p[packetSize:]) == k.id &&
		subtle.ConstantTimeCompare(p[packetSize+4:], k.hash(p[:packetSize])) == 1
}

// readKeys reads a file with lines "NUMBER TYPE VALUE".
func (d *daemon) readKeys(path string) bool {
	in, err := applet.Open(path)
	if err != nil {
		d.CantOpen(path, err)
		return false
	}
	defer in.Close()
	for n := 1; ; n++ {
		line, ok := in.Line()
		if !ok {
			return true
		}
		text, _, _ := strings.Cut(string(line), "#")
		f := strings.Fields(text)
		if len(f) == 0 {
			continue
		}
		id, err := uint64(0), error(syscall.EINVAL)
		if len(f) >= 3 {
			id, err = strconv.ParseUint(f[0], 10, 16)
		}
		if err != nil || id == 0 {
			d.Complain("malformed key at line " + strconv.Itoa(n))
			return false
		}
		k := key{id: uint32(id), value: []byte(f[2])}
		switch f[1] {
		case "M", "MD5":
		case "SHA", "SHA1":
			k.sha = true
		default:
			d.Complain("only MD5 and SHA1 keys supported")
			return false
		}
		if len(f[2]) > 20 { // hexadecimal
			k.value = nil
			for i := 0; i+1 < len(f[2]); i += 2 {
				b, err := strconv.ParseUint(f[2][i:i+2], 16, 8)
				if err != nil {
					d.Complain("malformed key at line " + strconv.Itoa(n))
					return false
				}
				k.value = append(k.value, byte(b))
			}
		}
		d.keys = append(d.keys, k)
	}
}

func (d *daemon) findKey(number string) *key {
	id, err := strconv.ParseUint(number, 10, 16)
	for i := range d.keys {
		if err == nil && d.keys[i].id == uint32(id) {
			return &d.keys[i]
		}
	}
	return nil
}
