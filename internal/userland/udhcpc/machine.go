package udhcpc

import (
	"strconv"
	"syscall"
	"time"

	"bantam/internal/userland/applet/socket"
)

// state is one of RFC 2131's figure 5.
type state int

const (
	selecting state = iota
	requesting
	bound
	renewing
	rebinding
	released
)

// ended is loop's end with an exit status.
type ended struct {
	yes    bool
	status int
}

// loop is the client's life.
func (x *client) loop() int {
	if x.state == selecting && x.wake.IsZero() {
		x.wake = time.Now()
	}
	for {
		if !x.wake.IsZero() && !time.Now().Before(x.wake) {
			if end := x.act(); end.yes {
				return x.quit(end.status)
			}
			continue
		}
		m, signal := x.wait()
		switch signal {
		case syscall.SIGUSR1:
			x.renewNow()
		case syscall.SIGUSR2:
			x.release()
		case syscall.SIGTERM, syscall.SIGINT:
			if signal == syscall.SIGINT {
				x.info("received SIGINT")
			} else {
				x.info("received SIGTERM")
			}
			return x.quit(0)
		}
		if m != nil && m.isFor(x.xid, x.hardware) {
			if end := x.take(m); end.yes {
				return x.quit(end.status)
			}
		}
	}
}

func (x *client) quit(status int) int {
	if status == detached {
		return 0
	}
	if status == 0 && x.Has("R") {
		x.release()
	}
	x.removePID()
	return status
}

// act does what it is time for.
func (x *client) act() ended {
	if !x.interfaceOf() {
		return ended{true, 0} // the interface is gone
	}
	switch x.state {
	case selecting:
		if x.retries == 0 || x.sent < x.retries {
			if x.sent == 0 {
				x.listen(packets)
				x.newXID()
			}
			x.sendDiscover()
			return ended{}
		}
		return x.leaseFailed()
	case requesting:
		if x.sent < 3 {
			x.sendSelect()
			return ended{}
		}
		x.state = selecting
		return x.leaseFailed()
	case bound:
		x.begin = time.Time{}
		x.listen(port)
		x.state = renewing
		x.actRenewing()
	case renewing:
		x.actRenewing()
	case rebinding:
		x.actRebinding()
	case released:
		x.wake = time.Time{}
	}
	return ended{}
}

// actRenewing asks the server once, and again when half of the rest is over.
func (x *client) actRenewing() {
	if x.sent == 0 && x.sendRenew(true) {
		return
	}
	x.debug("no response to renew")
	if time.Until(x.expires) > 30*time.Second {
		x.listen(nothing)
		x.enterBound()
		return
	}
	x.state, x.sent = rebinding, 0
	x.listen(packets)
	x.actRebinding()
}

// actRebinding asks every server.
func (x *client) actRebinding() {
	if time.Until(x.expires) > 0 && x.sent < 3 {
		x.sendRenew(false)
		return
	}
	x.listen(nothing)
	x.info("lease lost, entering init state")
	x.run("deconfig", nil)
	x.restart(0)
}

// restart begins again after a time.
func (x *client) restart(after time.Duration) {
	x.state, x.sent, x.begin = selecting, 0, time.Time{}
	x.wake = time.Now().Add(after)
}

// leaseFailed is what happens if no server answers.
func (x *client) leaseFailed() ended {
	x.listen(nothing)
	x.run("leasefail", nil)
	switch {
	case x.background:
		x.info("no lease, forking to background")
		x.detach()
		x.pidfile = "" // the other's now
		return ended{true, detached}
	case x.fail:
		x.info("no lease, failing")
		return ended{true, 1}
	}
	x.sent = 0
	x.wake = time.Now().Add(x.again)
	return ended{}
}

// detached is the status of a process that goes on as another one.
const detached = -1

// header makes a message with the options of every one.
func (x *client) header(kind byte) message {
	now := time.Now()
	if x.begin.IsZero() {
		x.begin = now
	}
	return newMessage(kind, x.xid, x.hardware, int(now.Sub(x.begin)/time.Second))
}

// addOptions adds what is told and asked.
func (x *client) addOptions(m *message) {
	m.add(optMaxSize, mostSize>>8, mostSize&255)
	if len(x.wanted) > 0 {
		m.add(optWanted, x.wanted...)
	}
	for _, o := range x.extra {
		m.add(o.code, o.value...)
	}
	if x.clientID {
		m.add(optClient, append([]byte{1}, x.hardware...)...)
	}
	if x.Has("B") && (*m)[atClient] == 0 {
		(*m)[atFlags] |= 0x80
	}
}

// sendAll broadcasts a message and sets the time for the next.
func (x *client) sendAll(m message) {
	m.finish()
	if x.fd < 0 {
		x.listen(packets)
	}
	if err := broadcast(x.fd, x.index, m); err != nil {
		x.Warn("sendto", err)
	}
	x.sent++
	x.wake = time.Now().Add(x.pause)
}

func (x *client) sendDiscover() {
	m := x.header(discover)
	if !x.requested.IsZero() {
		m.add(optRequested, x.requested.Bytes()...)
	}
	x.addOptions(&m)
	x.info("broadcasting discover")
	x.sendAll(m)
}

func (x *client) sendSelect() {
	m := x.header(request)
	m.add(optRequested, x.requested.Bytes()...)
	if !x.server.IsZero() {
		m.add(optServer, x.server.Bytes()...)
	}
	x.addOptions(&m)
	x.info("broadcasting select for " + x.requested.String() + ", server " + x.server.String())
	x.sendAll(m)
}

// sendRenew asks for more time: the server, or all.
func (x *client) sendRenew(one bool) bool {
	m := x.header(request)
	copy(m[atClient:], x.requested.Bytes())
	x.addOptions(&m)
	if !one {
		x.info("broadcasting renew")
		x.sendAll(m)
		return true
	}
	x.info("sending renew to server " + x.server.String())
	m.finish()
	if err := unicast(x.device, x.requested, x.server, m); err != nil {
		x.Warn("sendto", err)
		return false
	}
	x.sent++
	x.wake = time.Now().Add(x.pause)
	return true
}

// take handles a message for this client.
func (x *client) take(m message) ended {
	kind := m.option(optKind)
	if len(kind) != 1 {
		return ended{}
	}
	switch {
	case x.state == selecting && kind[0] == offer:
		x.server = socket.V4(0)
		if n, ok := m.number(optServer); ok {
			x.server = socket.V4(n)
		} else {
			x.info("no server ID, using 0.0.0.0")
		}
		x.requested = m.address(atYours)
		x.debug("received offer of " + x.requested.String())
		x.state, x.sent, x.wake = requesting, 0, time.Now()
	case x.state == requesting || x.state == renewing || x.state == rebinding:
		switch kind[0] {
		case ack:
			return x.accept(m)
		case nak:
			x.refused(m)
		}
	}
	return ended{}
}

// accept uses the lease that a server acknowledges.
func (x *client) accept(m message) ended {
	x.listen(nothing)
	seconds, given := m.number(optLease)
	note := ""
	if !given {
		seconds, note = 3600, " (default)"
	}
	x.info("lease of " + m.address(atYours).String() + " obtained from " + x.server.String() +
		", lease time " + strconv.FormatUint(uint64(seconds), 10) + note)
	// Neither so short that it is always renewed, nor endless.
	seconds = max(30, min(seconds, 1<<31-1))
	x.requested = m.address(atYours)
	if x.probe > 0 && inUse(x.index, x.hardware, x.requested, x.probe) {
		x.declineIt()
		return ended{}
	}
	x.expires = time.Now().Add(time.Duration(seconds) * time.Second)
	event := "renew"
	if x.state == requesting {
		event = "bound"
	}
	x.run(event, m)
	if x.once {
		x.state = bound
		return ended{true, 0}
	}
	x.fail, x.background = false, false
	x.enterBound()
	if !x.foreground {
		x.detach()
		x.pidfile = ""
		return ended{true, detached}
	}
	return ended{}
}

// enterBound sleeps for half of the time that is left.
func (x *client) enterBound() {
	x.state, x.sent = bound, 0
	x.wake = time.Now().Add(max(0, time.Until(x.expires)) / 2)
}

// declineIt tells the server that somebody has the address.
func (x *client) declineIt() {
	x.info("offered address is in use (got ARP reply), declining")
	x.newXID()
	m := x.header(decline)
	m.add(optRequested, x.requested.Bytes()...)
	m.add(optServer, x.server.Bytes()...)
	x.info("broadcasting decline")
	x.sendAll(m)
	x.listen(nothing)
	if x.state != requesting {
		x.run("deconfig", nil)
	}
	x.requested = socket.V4(0)
	x.restart(x.again)
}

// refused begins again: the server doesn't give this address any more. Another
// server's word doesn't count.
func (x *client) refused(m message) {
	n, _ := m.number(optServer)
	if socket.V4(n) != x.server {
		return
	}
	x.listen(nothing)
	x.info("received DHCP NAK")
	x.run("nak", m)
	if x.state != requesting {
		x.run("deconfig", nil)
	}
	x.requested = socket.V4(0)
	x.restart(3 * time.Second)
}

// renewNow is what SIGUSR1 asks for.
func (x *client) renewNow() {
	x.info("performing DHCP renew")
	switch x.state {
	case bound, renewing, rebinding:
		x.listen(port)
		x.state, x.sent, x.wake = renewing, 0, time.Now()
	case released:
		x.run("deconfig", nil)
		x.restart(0)
	case selecting, requesting:
		x.sent, x.wake = 0, time.Now()
		x.state = selecting
	}
}

// release gives the address back.
func (x *client) release() {
	x.listen(nothing)
	if x.state == bound || x.state == renewing || x.state == rebinding {
		x.info("unicasting a release of " + x.requested.String() + " to " + x.server.String())
		x.newXID()
		m := x.header(release)
		copy(m[atClient:], x.requested.Bytes())
		m.add(optServer, x.server.Bytes()...)
		if x.clientID {
			m.add(optClient, append([]byte{1}, x.hardware...)...)
		}
		m.finish()
		if err := unicast(x.device, x.requested, x.server, m); err != nil {
			x.Warn("sendto", err)
		}
	}
	x.info("entering released state")
	x.run("deconfig", nil)
	x.state, x.wake = released, time.Time{}
}
