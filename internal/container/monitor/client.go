package monitor

import (
	"fmt"
	"slices"

	"bantam/internal/container/monitor/wire"

	"golang.org/x/sys/unix"
)

// client is a command that listens to the container: the one that started it, or one
// that came through the door.
type client struct {
	conn  wire.Conn
	wake  int // eventfd: it is gone
	sinks [2]*sink
}

// newClient takes the outputs that came with a message.
func newClient(conn wire.Conn, stdout, stderr bool, next func() int) (*client, error) {
	c := &client{conn: conn}
	var err error
	if c.wake, err = unix.Eventfd(0, unix.EFD_CLOEXEC); err != nil {
		return nil, fmt.Errorf("eventfd: %w", err)
	}
	for i, on := range [...]bool{stdout, stderr} {
		if on {
			c.sinks[i] = newSink(next(), c.wake)
		}
	}
	return c, nil
}

// openDoor makes the socket pair through which later commands come. Its far end is
// only kept open, for them to copy.
func (m *monitor) openDoor() error {
	if m.door.FD >= 0 {
		return nil
	}
	near, far, err := wire.Pair()
	if err != nil {
		return err
	}
	m.door = near
	m.state.Door = far.FD
	m.state.Monitor = unix.Getpid()
	return nil
}

// listen waits until there is something to do, or the time in milliseconds has passed (-1 is no limit), and serves
// the commands that say something. It returns whether fd is readable.
func (m *monitor) listen(fd, patience int) bool {
	p := make([]unix.PollFd, 0, 10)
	p = append(p, unix.PollFd{Fd: int32(fd), Events: unix.POLLIN}, unix.PollFd{Fd: int32(m.door.FD), Events: unix.POLLIN},
		unix.PollFd{Fd: int32(m.health.pulse()), Events: unix.POLLIN}, unix.PollFd{Fd: int32(m.names.Waiting()), Events: unix.POLLIN},
		unix.PollFd{Fd: int32(m.oom.FD()), Events: unix.POLLIN})
	for _, c := range m.clients {
		p = append(p, unix.PollFd{Fd: int32(c.conn.FD), Events: unix.POLLIN})
	}
	prints := len(p)
	p = m.output.polled(p)
	if _, err := unix.Poll(p, patience); err != nil {
		return err != unix.EINTR
	}
	if len(p) > prints {
		m.output.serve(p[prints:])
	}
	m.hear(p[5:prints])
	if p[1].Revents != 0 {
		m.stir()
		m.answer()
	}
	if p[3].Revents != 0 {
		m.names.Serve()
	}
	if p[4].Revents != 0 {
		m.hearMemory()
	}
	return p[0].Revents != 0
}

// hear acts on what the polled clients said.
func (m *monitor) hear(polled []unix.PollFd) {
	clients := append([]*client(nil), m.clients...)
	for i := range polled {
		if polled[i].Revents == 0 {
			continue
		}
		m.stir()
		c := clients[i]
		msg, err := c.conn.Receive()
		if err != nil {
			m.detach(c)
			continue
		}
		switch {
		case msg.Kind == wire.KindSignal && len(msg.Body) == 1:
			m.signal(msg.Body[0])
		case msg.Kind == wire.KindAttach && len(msg.Body) == 1:
			m.attachClient(c, msg)
		case msg.Kind == wire.KindNetwork:
			m.tellNetwork(c, m.changeNetwork(msg.Body))
		case msg.Kind == wire.KindExec:
			m.forget(c)
			m.execs.Add(1)
			go m.execClient(c, msg)
		}
	}
}

// answer opens the door to one command.
func (m *monitor) answer() { m.caller(m.door) }

// caller takes a command's call as a client; none where it is none.
func (m *monitor) caller(from wire.Conn) *client {
	msg, err := m.word(from)
	if err != nil || msg.Kind != wire.KindCall || len(msg.FDs) != 1 {
		return nil
	}
	c, err := newClient(wire.Conn{FD: msg.FDs[0]}, false, false, nil)
	if err != nil {
		unix.Close(msg.FDs[0])
		return nil
	}
	m.clients = append(m.clients, c)
	return c
}

// admit takes a command that attaches from the start on. It has sent its outputs before
// its call was handed over.
func (m *monitor) admit(from wire.Conn) {
	c := m.caller(from)
	if c == nil {
		return
	}
	if msg, err := c.conn.Receive(); err == nil && msg.Kind == wire.KindAttach && len(msg.Body) == 1 {
		c.take(msg)
	} else {
		m.detach(c)
	}
}

// attachClient gives a command the container's output from now on.
func (m *monitor) attachClient(c *client, msg wire.Message) {
	c.take(msg)
	if m.pidfd < 0 { // it rests between two starts; with the next one all are greeted
		return
	}
	m.output.connect(c.sinks)
	m.greet(c)
}

// take takes the outputs that came with a message.
func (c *client) take(msg wire.Message) {
	fds := msg.FDs
	for i := range c.sinks {
		if msg.Body[0]&(1<<i) != 0 && len(fds) > 0 && c.sinks[i] == nil {
			c.sinks[i] = newSink(fds[0], c.wake)
			fds = fds[1:]
		}
	}
	for _, fd := range fds {
		unix.Close(fd)
	}
}

// greet tells a command that the container runs, with what it may need.
func (m *monitor) greet(c *client) {
	tell := func(kept ...int) {
		fds := append([]int{m.pidfd}, kept...)
		if m.input >= 0 {
			fds = append(fds, m.input)
		}
		m.tell(c, wire.KindStarted, nil, fds...)
	}
	if m.record.Config.Tty || c.sinks[0] == nil {
		tell()
	} else {
		m.output.lend(tell)
	}
}

// detach lets the container go on without this command, or ends it if it is tied to it.
func (m *monitor) detach(c *client) {
	if m.job.Tied && m.pidfd >= 0 && len(m.clients) > 0 && m.clients[0] == c {
		unix.PidfdSendSignal(m.pidfd, unix.SIGKILL, nil, 0)
	}
	if m.forget(c) {
		unix.Write(c.wake, []byte{1, 0, 0, 0, 0, 0, 0, 0}) // its sinks have copies of it
		for _, s := range c.sinks {
			s.close()
		}
		c.close()
	}
}

// forget takes a client off the list.
func (m *monitor) forget(c *client) bool {
	i := slices.Index(m.clients, c)
	if i < 0 {
		return false
	}
	m.clients = slices.Delete(m.clients, i, i+1)
	return true
}

// close gives a client's own descriptors back.
func (c *client) close() {
	c.conn.Close()
	unix.Close(c.wake)
}

// say tells every command that listens.
func (m *monitor) say(kind wire.Kind, body []byte) {
	for _, c := range append([]*client(nil), m.clients...) {
		m.tell(c, kind, body)
	}
}

// tell says something to one command, if it still is there.
func (m *monitor) tell(c *client, kind wire.Kind, body []byte, fds ...int) {
	if c.conn.Send(kind, body, fds...) != nil {
		m.detach(c)
	}
}

// closeInput gives the container's input back.
func (m *monitor) closeInput() {
	if m.input >= 0 {
		unix.Close(m.input)
		m.input = -1
	}
}
