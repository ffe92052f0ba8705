package resolver

import (
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

// The times of a query that goes to upstreams. glibc and musl ask again after 2.5 to 5 s
// and give up after 5 to 10: all of them get an answer before.
const (
	// patience is how long one upstream is waited for before the next one is asked, too.
	upstreamPatience = 800 * time.Millisecond
	// rounds is how often all of them are asked.
	rounds = 2
	// lifetime ends a query with SERVFAIL.
	lifetime = 4500 * time.Millisecond
	// maxPending bounds the queries that wait. When there are more, the oldest is given up.
	maxPending = 128
	// quiet is how long, in milliseconds, nothing is asked until memory is given back.
	quiet = 2000
)

// pending is a query that upstreams were asked.
type pending struct {
	query
	from    unix.Sockaddr
	client  client
	asked   []asked
	next    []Upstream // still to be asked, in turn
	due     time.Time  // when to ask the next one
	end     time.Time
	failure []byte // what the last one that failed had to say
}

// asked is one upstream's turn: a socket, and so a port, and an id of its own.
type asked struct {
	fd int
	id uint16
	by Upstream
}

func (p *pending) close() {
	for _, a := range p.asked {
		unix.Close(a.fd)
	}
	p.asked = nil
}

func (p *pending) polls(list []unix.PollFd) []unix.PollFd {
	for _, a := range p.asked {
		list = append(list, pollIn(a.fd))
	}
	return list
}

// forward asks the upstreams. A client that repeats itself is not asked for twice.
func (s *Server) forward(q *query, from unix.Sockaddr) {
	c := clientOf(from, q)
	if slices.ContainsFunc(s.pending, func(p *pending) bool { return p.client == c && p.name == q.name && p.kind == q.kind }) {
		return
	}
	if len(s.pending) >= maxPending {
		s.give(0)
	}
	now := time.Now()
	p := &pending{query: *q, from: from, client: c, due: now, end: now.Add(lifetime)}
	p.raw = slices.Clone(q.raw)
	servers := s.upstreams()
	for range rounds {
		p.next = append(p.next, servers...)
	}
	s.pending = append(s.pending, p)
	if !p.ask(now) {
		s.give(len(s.pending) - 1)
	}
}

// upstreams are those to be asked, in turn: the preferred one first.
func (s *Server) upstreams() []Upstream {
	list := s.config.Upstreams()
	list = list[:min(len(list), maxUpstreams)]
	if i := slices.Index(list, s.prefer); i > 0 && time.Now().Before(s.until) {
		list = slices.Concat(list[i:i+1], list[:i], list[i+1:])
	}
	return list
}

// preferFor is how long an upstream that is silent isn't asked first.
const preferFor = 10 * time.Second

// ask turns to the next upstream that can be asked; false if nobody is left who may answer.
func (p *pending) ask(now time.Time) bool {
	for len(p.next) > 0 {
		u := p.next[0]
		p.next = p.next[1:]
		fd, err := dial(u, unix.SOCK_DGRAM)
		if err != nil {
			continue
		}
		id := uint16(rand.Uint32())
		b := slices.Clone(p.raw)
		binary.BigEndian.PutUint16(b, id)
		if _, err := unix.Write(fd, b); err != nil {
			unix.Close(fd)
			continue
		}
		p.asked = append(p.asked, asked{fd, id, u})
		p.due = now.Add(upstreamPatience)
		return true
	}
	p.due = p.end
	return len(p.asked) > 0
}

// give ends a query that nobody answers.
func (s *Server) give(i int) {
	p := s.pending[i]
	b := p.failure
	if b == nil {
		b = p.refuse(servFail)
	}
	s.answer(i, b)
}

func (s *Server) answer(i int, b []byte) {
	p := s.pending[i]
	s.send(b, p.from)
	p.close()
	s.pending = slices.Delete(s.pending, i, i+1)
}

// hear reads what upstreams have sent; polled are their sockets in the order of polls.
func (s *Server) hear(polled []unix.PollFd) {
	ready := map[int]bool(nil)
	for _, p := range polled {
		if p.Revents != 0 {
			if ready == nil {
				ready = map[int]bool{}
			}
			ready[int(p.Fd)] = true
		}
	}
	if ready == nil {
		return
	}
	for i := len(s.pending) - 1; i >= 0; i-- {
		p := s.pending[i]
		for j := len(p.asked) - 1; j >= 0; j-- {
			if ready[p.asked[j].fd] && s.read(i, j) {
				break
			}
		}
	}
}

// read reads from an upstream; true if the query is answered.
func (s *Server) read(i, j int) bool {
	p := s.pending[i]
	a := p.asked[j]
	n, err := unix.Read(a.fd, s.buf[:])
	switch {
	case err == unix.EAGAIN || err == unix.EINTR:
		return false
	case err == nil && !p.answers(s.buf[:n], a.id):
		return false // not to this query: somebody guesses
	case err == nil && decides(s.buf[3]&15):
		if len(p.asked) > 1 && a.by != s.prefer || time.Now().After(s.until) {
			s.prefer, s.until = a.by, time.Now().Add(preferFor)
		}
		s.answer(i, p.passOn(s.buf[:n], p.size))
		return true
	case err == nil:
		p.failure = slices.Clone(p.passOn(s.buf[:n], p.size))
	}
	// It is not there or won't answer: the next one, at once.
	unix.Close(a.fd)
	p.asked = slices.Delete(p.asked, j, j+1)
	if !p.ask(time.Now()) {
		s.give(i)
		return true
	}
	return false
}

// decides says whether a code is an answer: others are troubles of the server that gave it.
func decides(code byte) bool { return code == noError || code == 3 }

// advance asks further upstreams for those whose time has come.
func (s *Server) advance(now time.Time) {
	for i := len(s.pending) - 1; i >= 0; i-- {
		p := s.pending[i]
		switch {
		case !now.Before(p.end):
			s.give(i)
		case !now.Before(p.due) && !p.ask(now):
			s.give(i)
		}
	}
}

// patience is the time in milliseconds until advance has something to do; -1 is never.
func (s *Server) patience() int {
	if len(s.pending) == 0 {
		if s.busy {
			return quiet
		}
		return -1
	}
	first := s.pending[0].end
	for _, p := range s.pending {
		if p.due.Before(first) {
			first = p.due
		}
	}
	return max(int(time.Until(first).Milliseconds())+1, 0)
}
