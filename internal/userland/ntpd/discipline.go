package ntpd

import (
	"math/bits"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// clock is the clock that is set: a test has one of its own.
type clock interface {
	now() time.Time
	// step sets it forward or back at once.
	step(offset time.Duration) error
	// slew lets it run a little faster or slower. once: no loop of the kernel's that
	// learns the drift. It returns the drift in parts per million.
	slew(offset time.Duration, poll int, once bool) (drift int64, err error)
}

// system is the host's clock.
type system struct{}

func (system) now() time.Time { return time.Now().Round(0) }

func (system) step(offset time.Duration) error {
	t := syscall.NsecToTimeval(time.Now().Add(offset).UnixNano())
	return syscall.Settimeofday(&t)
}

func (system) slew(offset time.Duration, poll int, once bool) (drift int64, err error) {
	const (
		adjOffset, adjMaxError, adjEstError, adjStatus, adjConstant, adjNano = 1, 4, 8, 16, 32, 0x2000
		singleShot                                                           = 0x8001
		statusPLL                                                            = 1
	)
	t := unix.Timex{Modes: adjOffset | adjMaxError | adjEstError | adjStatus | adjConstant | adjNano, Status: statusPLL}
	t.Offset = int64(max(-time.Second/2, min(offset, time.Second/2)))
	t.Constant = int64(max(0, poll))
	t.Maxerror, t.Esterror = 500000, 500000
	if once {
		t = unix.Timex{Modes: singleShot, Offset: int64(offset / time.Microsecond)}
	}
	_, err = unix.Adjtimex(&t)
	return t.Freq >> 16, err
}

// edge is an end of a peer's interval of times that may be true.
type edge struct {
	at    time.Duration
	delta int // 1 where it begins, -1 where it ends
}

// before sorts edges; of those at one time the beginnings come first.
func (e edge) before(other edge) bool {
	return e.at < other.at || e.at == other.at && e.delta > other.delta
}

// selected finds the peer to follow: of those whose intervals most others agree with, the
// one that is nearest to the truth. Peers that agree with no majority are no help.
func selected(peers []*peer) *peer {
	var fit []*peer
	for _, p := range peers {
		if bits.OnesCount8(p.reach) >= 2 && p.distance() < maxDistance*16 {
			fit = append(fit, p)
		}
	}
	if len(fit) == 0 {
		return nil
	}
	var edges []edge
	for _, p := range fit {
		edges = append(edges, edge{p.best.offset - p.distance(), 1}, edge{p.best.offset + p.distance(), -1})
	}
	for i := range edges { // few: each is put where it belongs among those before
		for j := i; j > 0 && edges[j].before(edges[j-1]); j-- {
			edges[j], edges[j-1] = edges[j-1], edges[j]
		}
	}
	depth, most := 0, 0
	var low, high time.Duration
	for i, e := range edges {
		if depth += e.delta; depth > most {
			most, low, high = depth, e.at, edges[i+1].at
		}
	}
	if most*2 <= len(fit) {
		return nil
	}
	var best *peer
	metric := func(p *peer) time.Duration { return time.Duration(p.stratum)*maxDistance + p.distance() }
	for _, p := range fit {
		agrees := p.best.offset-p.distance() <= low && p.best.offset+p.distance() >= high
		if agrees && (best == nil || metric(p) < metric(best)) {
			best = p
		}
	}
	return best
}

// choose chooses the peer to follow and follows it. It says whether the clock was set.
func (d *daemon) choose() bool {
	p := selected(d.peers)
	if p == nil || p.count < initialSamples || !p.best.when.After(p.used) {
		return false
	}
	p.used = p.best.when
	offset := p.best.offset
	d.offset = offset
	stratum := min(p.stratum+1, maxStratum)
	d.reference = p.referenceFor()
	d.rootDelay, d.rootDisp = p.rootDelay+p.best.delay, p.rootDisp+p.jitter()+offset.Abs()
	if offset.Abs() > stepThreshold {
		if !d.Has("w") && !d.step(offset) {
			return false
		}
		d.poll = minPoll
		if !d.Has("w") {
			d.script("step", offset)
		}
	} else {
		d.adjustPoll(offset, p.jitter())
		if !d.Has("w") {
			drift, err := d.clock.slew(offset, d.poll, d.Has("q"))
			if err != nil {
				d.Warn("adjtimex", err)
				return false
			}
			d.drift = drift
		}
	}
	d.updated = d.clock.now()
	d.log(2, "update from:", p.address.String(), " offset:", seconds(offset), " delay:", seconds(p.best.delay)[1:],
		" jitter:", seconds(p.jitter())[1:], " tc:", strconv.Itoa(d.poll))
	if stratum != d.stratum {
		d.stratum = stratum
		d.script("stratum", offset)
	}
	return true
}

// referenceFor names the peer in this host's own answers: its address, or for IPv6 the
// start of it.
func (p *peer) referenceFor() (r [4]byte) {
	copy(r[:], p.address.IP.Bytes())
	return r
}

// step sets the clock at once. What was measured before is moved with it.
func (d *daemon) step(offset time.Duration) bool {
	if err := d.clock.step(offset); err != nil {
		d.Warn("settimeofday", err)
		return false
	}
	d.log(0, "setting time to ", d.clock.now().UTC().Format("2006-01-02 15:04:05.000000"), " (offset ", seconds(offset), "s)")
	for _, p := range d.peers {
		p.count, p.used = 0, time.Time{}
		if p.fd >= 0 {
			// The answer would be compared with the old time.
			syscall.Close(p.fd)
			p.fd = -1
			p.next = time.Now().Add(time.Second)
		}
	}
	return true
}

// adjustPoll asks less often while the offset stays small, and more often if it grows.
func (d *daemon) adjustPoll(offset, jitter time.Duration) {
	const limit = 40
	d.poll = max(d.poll, minPoll)
	if offset.Abs() < 4*jitter {
		if d.steady += d.poll; d.steady > limit {
			d.steady, d.poll = 0, min(d.poll+1, maxPoll)
		}
		return
	}
	if d.steady -= 2 * d.poll; d.steady < -limit {
		d.steady, d.poll = 0, max(d.poll-1, minPoll)
	}
}
