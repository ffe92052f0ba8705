// Package resolver answers a container's DNS queries at 127.0.0.11: names of its networks
// itself, others through the host's name servers or those that the user gave.
//
// It is part of the container's monitor, so it is one loop over poll(2) on one thread in the container's
// network namespace: what waits for an upstream is an entry in a short list, not a goroutine. Queries
// over TCP, which are few, have a thread each.
//
// It listens on a port of its own, to which the kernel leads what is sent to port 53 (divert).
//
// What it promises to the C libraries: a name of the networks is known for every type of record, so its
// A and AAAA never contradict each other ("no data" is not "no such name"); an answer repeats the question
// letter by letter; every query is answered, with SERVFAIL at the latest when the client
// would give up.
package resolver

import (
	"net/netip"
	"os"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// Config is what a resolver answers from.
type Config struct {
	// Networks are those that the container is on now. Several threads call it.
	Networks func() []Network
	// Upstreams are asked for all other names; none is SERVFAIL.
	Upstreams func() []Upstream
}

// Server is a resolver at work.
type Server struct {
	config  Config
	sockets Sockets
	netns   int
	wake    int // eventfd: a connection has ended, or the server is to
	ending  atomic.Bool
	waiting int // epoll: there is a first query
	runs    bool
	busy    bool // there were queries since memory was given back
	conns   atomic.Int32
	threads sync.WaitGroup // of connections
	pending []*pending
	prefer  Upstream  // answers, while one before it doesn't
	until   time.Time // of that
	buf     [maxSize]byte
	closed  chan struct{}
}

// New prepares a resolver that answers on the sockets; it has nothing to do until Run. The server owns
// the sockets and the descriptor of the network namespace.
func New(c Config, s Sockets, netns int) (*Server, error) {
	wake, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		return nil, err
	}
	server := &Server{config: c, sockets: s, netns: netns, wake: wake, waiting: -1, closed: make(chan struct{})}
	return server, server.wait()
}

// wait makes the descriptor of Waiting.
func (s *Server) wait() (err error) {
	if s.waiting, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return os.NewSyscallError("epoll_create1", err)
	}
	for _, fd := range [...]int{s.sockets.UDP, s.sockets.TCP} {
		if err := unix.EpollCtl(s.waiting, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(fd)}); err != nil {
			return os.NewSyscallError("epoll_ctl", err)
		}
	}
	return nil
}

// Waiting is readable when there is a query for a server that doesn't run yet; -1 for one that does.
func (s *Server) Waiting() int { return s.waiting }

func (s *Server) stopWaiting() {
	if s.waiting >= 0 {
		unix.Close(s.waiting)
		s.waiting = -1
	}
}

// Run answers until Close, on a thread that it takes into the container's network namespace.
func (s *Server) Run() {
	s.stopWaiting()
	s.runs = true
	go func() {
		defer close(s.closed)
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
		if unix.Gettid() == unix.Getpid() {
			// The main thread can't end and must stay where it is.
			next := make(chan struct{})
			go func() { defer close(next); runtime.LockOSThread(); s.serve() }()
			<-next
			runtime.UnlockOSThread()
			return
		}
		s.serve()
	}()
}

// Close ends a server.
func (s *Server) Close() {
	s.stopWaiting()
	if s.runs {
		s.ending.Store(true)
		s.rouse()
		<-s.closed
	}
	unix.Close(s.netns)
	s.sockets.Close()
	go func() { // its clients may have to wait for their upstreams
		s.threads.Wait()
		unix.Close(s.wake)
	}()
}

func (s *Server) serve() {
	if enter(s.netns) != nil {
		return
	}
	var polls []unix.PollFd
	for {
		polls = append(polls[:0], pollIn(s.wake), pollIn(s.sockets.UDP), pollIn(s.sockets.TCP))
		if s.conns.Load() >= maxConns {
			polls[2].Events = 0
		}
		for _, p := range s.pending {
			polls = p.polls(polls)
		}
		n, err := unix.Poll(polls, s.patience())
		if err != nil && err != unix.EINTR {
			return
		}
		if n == 0 && len(s.pending) == 0 && s.busy {
			s.busy = false
			debug.FreeOSMemory() // what the queries took: the next one may be far away
			continue
		}
		s.busy = true
		if polls[0].Revents != 0 {
			_, _ = unix.Read(s.wake, s.buf[:8])
			if s.ending.Load() {
				break
			}
		}
		s.hear(polls[3:])
		s.advance(time.Now())
		if polls[1].Revents != 0 {
			s.receive()
		}
		if polls[2].Revents&unix.POLLIN != 0 {
			s.accept()
		}
	}
	for _, p := range s.pending {
		p.close()
	}
}

// rouse makes the loop look around.
func (s *Server) rouse() { _, _ = unix.Write(s.wake, []byte{1, 0, 0, 0, 0, 0, 0, 0}) }

func pollIn(fd int) unix.PollFd { return unix.PollFd{Fd: int32(fd), Events: unix.POLLIN} }

// batch bounds how many queries are read before the upstreams have their turn.
const batch = 64

// receive answers what has come over UDP.
func (s *Server) receive() {
	for range batch {
		n, from, err := unix.Recvfrom(s.sockets.UDP, s.buf[:], 0)
		if err != nil {
			return
		}
		q, code, ok := parse(s.buf[:n])
		switch {
		case !ok:
		case code != noError:
			s.send(q.refuse(code), from)
		default:
			if b := s.local(&q, q.size); b != nil {
				s.send(b, from)
			} else {
				s.forward(&q, from)
			}
		}
	}
}

func (s *Server) send(b []byte, to unix.Sockaddr) { _ = unix.Sendto(s.sockets.UDP, b, 0, to) }

// local answers from the networks; nil for what is none of their names.
func (s *Server) local(q *query, limit int) []byte {
	networks := s.config.Networks()
	if list, known := lookup(networks, q.name); known {
		return q.addresses(list, limit)
	}
	if q.kind == typePTR {
		if name, known := reverse(networks, q.name); known {
			return q.pointer(name)
		}
	}
	return nil
}

// client is who waits for an answer.
type client struct {
	addr netip.AddrPort
	id   [2]byte
}

func clientOf(from unix.Sockaddr, q *query) client {
	c := client{id: [2]byte(q.raw[:2])}
	if a, ok := from.(*unix.SockaddrInet4); ok {
		c.addr = netip.AddrPortFrom(netip.AddrFrom4(a.Addr), uint16(a.Port))
	}
	return c
}
