package resolver

import (
	"encoding/binary"
	"errors"
	"io"
	"time"

	"bantam/internal/linux/namespace"

	"golang.org/x/sys/unix"
)

const (
	// maxConns bounds the clients that speak TCP at the same time; others wait.
	maxConns = 16
	// idle ends a connection on which nothing is asked.
	idle = 10 * time.Second
)

// accept takes a client that speaks TCP. Its thread is in the container's network namespace,
// to ask upstreams from there.
func (s *Server) accept() {
	fd, _, err := unix.Accept4(s.sockets.TCP, unix.SOCK_CLOEXEC)
	if err != nil {
		return
	}
	netns, err := unix.FcntlInt(uintptr(s.netns), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		unix.Close(fd)
		return
	}
	networks, upstreams := s.config.Networks, s.upstreams()
	s.conns.Add(1)
	s.threads.Add(1)
	go func() {
		defer s.threads.Done()
		defer s.rouse()
		defer s.conns.Add(-1)
		defer unix.Close(netns)
		defer unix.Close(fd)
		_, _ = namespace.Thread(func() error { return enter(netns) }, func() (int, error) {
			c := &conn{fd: fd, networks: networks, upstreams: upstreams}
			for c.one() {
			}
			return 0, nil
		})
	}()
}

// conn is a client's connection.
type conn struct {
	fd        int
	networks  func() []Network
	upstreams []Upstream
}

// one answers one query; false ends the connection.
func (c *conn) one() bool {
	b, err := readMessage(c.fd, time.Now().Add(idle))
	if err != nil {
		return false
	}
	q, code, ok := parse(b)
	if !ok {
		return false
	}
	var out []byte
	if code != noError {
		out = q.refuse(code)
	} else {
		local := Server{config: Config{Networks: c.networks}}
		if out = local.local(&q, maxMessage); out == nil {
			out = c.forward(&q)
		}
	}
	return writeMessage(c.fd, out, time.Now().Add(idle)) == nil
}

// forward asks one upstream after the other.
func (c *conn) forward(q *query) []byte {
	failure := q.refuse(servFail)
	end := time.Now().Add(lifetime)
	for i, u := range c.upstreams {
		// Each gets its share of what is left.
		share := time.Until(end) / time.Duration(len(c.upstreams)-i)
		b, err := exchange(u, q, time.Now().Add(share))
		if err != nil {
			continue
		}
		if out := q.passOn(b, maxMessage); decides(b[3] & 15) {
			return out
		} else {
			failure = out
		}
	}
	return failure
}

// exchange asks an upstream over TCP.
func exchange(u Upstream, q *query, end time.Time) ([]byte, error) {
	fd, err := dial(u, unix.SOCK_STREAM)
	if err != nil {
		return nil, err
	}
	defer unix.Close(fd)
	if err := writeMessage(fd, q.raw, end); err != nil {
		return nil, err
	}
	b, err := readMessage(fd, end)
	if err == nil && !q.answers(b, binary.BigEndian.Uint16(q.raw)) {
		err = errors.New("an answer to something else")
	}
	return b, err
}

// readMessage reads what its first two bytes say the length of (RFC 1035, 4.2.2).
func readMessage(fd int, end time.Time) ([]byte, error) {
	var size [2]byte
	if err := readFull(fd, size[:], end); err != nil {
		return nil, err
	}
	b := make([]byte, binary.BigEndian.Uint16(size[:]))
	return b, readFull(fd, b, end)
}

func readFull(fd int, b []byte, end time.Time) error {
	for len(b) > 0 {
		if err := wait(fd, unix.POLLIN, end); err != nil {
			return err
		}
		n, err := unix.Read(fd, b)
		switch {
		case err == unix.EINTR || err == unix.EAGAIN:
		case err != nil:
			return err
		case n == 0:
			return io.ErrUnexpectedEOF
		default:
			b = b[n:]
		}
	}
	return nil
}

func writeMessage(fd int, b []byte, end time.Time) error {
	b = append(binary.BigEndian.AppendUint16(make([]byte, 0, len(b)+2), uint16(len(b))), b...)
	for len(b) > 0 {
		if err := wait(fd, unix.POLLOUT, end); err != nil {
			return err
		}
		n, err := unix.SendmsgN(fd, b, nil, nil, unix.MSG_NOSIGNAL|unix.MSG_DONTWAIT)
		switch {
		case err == unix.EINTR || err == unix.EAGAIN:
		case err != nil:
			return err
		default:
			b = b[n:]
		}
	}
	return nil
}

// wait waits until the socket is ready.
func wait(fd int, events int16, end time.Time) error {
	p := []unix.PollFd{{Fd: int32(fd), Events: events}}
	for {
		left := time.Until(end)
		if left <= 0 {
			return unix.ETIMEDOUT
		}
		n, err := unix.Poll(p, int(left.Milliseconds())+1)
		if err == nil && n > 0 {
			return nil
		}
		if err != nil && err != unix.EINTR {
			return err
		}
	}
}
