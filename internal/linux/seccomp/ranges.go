package seccomp

import (
	"errors"

	"golang.org/x/sys/unix"
)

// outcome is what becomes of a call: chain 0 returns ret; another chain is a
// list of rules with arguments to try, with ret the default action.
type outcome struct {
	ret   uint32
	chain uint16
	wide  bool // the chain compares 64 bits
}

// link is a chain's last rule and the chain before it (0: none). Chains are
// shared: calls with the same rules have the same chain.
type link struct {
	prev uint16
	rule uint16
}

// span is a range of call numbers that starts at from and ends at the next span.
type span struct {
	from uint32
	out  outcome
}

// sorter finds the outcome of every call of one architecture.
type sorter struct {
	*rules
	arch  *arch
	slots [2][segmentSize]outcome
	set   [2][segmentSize]bool // the slot has an unconditional rule
	last  [2]int               // highest number that the profile names, or -1
	links []link               // links[0] is unused
	extra []rule               // rules made for socketcall and ipc, numbered after list
	spans []span
}

func (s *sorter) sort(r *rules, a *arch) ([]span, error) {
	s.rules, s.arch = r, a
	s.last = [2]int{-1, -1}
	s.links = append(s.links[:0], link{})
	s.extra, s.spans = s.extra[:0], s.spans[:0]
	for seg := range a.segments() {
		s.set[seg] = [segmentSize]bool{}
		for nr := range s.slots[seg] {
			s.slots[seg][nr] = outcome{ret: r.fallback}
		}
	}
	for i := range r.list {
		if err := s.rule(i); err != nil {
			return nil, err
		}
	}
	s.split()
	return s.spans, nil
}

func (s *sorter) rule(i int) error {
	r := &s.list[i]
	for _, call := range r.calls {
		if s.arch.muxed && s.reachesMux(r) {
			if err := s.mux(callName(int(call)), r.action); err != nil {
				return err
			}
		}
		for seg := range s.arch.segments() {
			if nr, ok := s.arch.slot(int(call), seg); ok {
				if err := s.apply(seg, nr, r, i); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (s *sorter) apply(seg int, nr uint16, r *rule, number int) error {
	s.last[seg] = max(s.last[seg], int(nr))
	if r.same || s.set[seg][nr] {
		return nil
	}
	slot := &s.slots[seg][nr]
	if len(r.conds) == 0 {
		s.set[seg][nr] = true
		*slot = outcome{ret: r.action}
		return nil
	}
	chain, err := s.extend(slot.chain, number)
	slot.chain, slot.wide = chain, s.arch.wide(seg)
	return err
}

// extend returns the chain that tries rule after what prev tries.
func (s *sorter) extend(prev uint16, rule int) (uint16, error) {
	want := link{prev, uint16(rule)}
	for i := len(s.links) - 1; i > 0; i-- {
		if s.links[i] == want {
			return uint16(i), nil
		}
	}
	if len(s.links) >= maxFilter || rule >= 1<<16 {
		return 0, errors.New("seccomp: the profile has too many rules with arguments for the kernel's 4096 BPF instructions")
	}
	s.links = append(s.links, want)
	return uint16(len(s.links) - 1), nil
}

// reachesMux reports whether a rule also holds where its call is multiplexed.
// Arguments can't be seen there: a rule that allows by them does not hold, one that forbids holds without them.
func (s *sorter) reachesMux(r *rule) bool {
	return !r.same && (len(r.conds) == 0 || !s.enosys && !r.allows)
}

// mux gives name's number in socketcall(2) or ipc(2) the action.
func (s *sorter) mux(name string, action uint32) error {
	into, sub := muxed(name)
	if into == "" {
		return nil
	}
	nr, ok := s.arch.slot(lookup(into, 0), 0)
	if !ok {
		return nil
	}
	r := rule{action: action, conds: []cond{{arg: 0, op: opEQ, value: sub}}}
	s.extra = append(s.extra, r)
	known := s.last[0]
	err := s.apply(0, nr, &r, len(s.list)+len(s.extra)-1)
	s.last[0] = known
	return err
}

// number returns rule i of a chain.
func (s *sorter) number(i uint16) *rule {
	if int(i) < len(s.list) {
		return &s.list[i]
	}
	return &s.extra[int(i)-len(s.list)]
}

// split merges neighbours with the same outcome and fills what is between and behind the segments.
func (s *sorter) split() {
	for seg := range s.arch.segments() {
		end := s.last[seg]
		for nr := 0; nr <= end; nr++ {
			s.push(s.arch.base[seg]+uint32(nr), s.slots[seg][nr])
		}
		s.push(s.arch.base[seg]+uint32(end+1), s.unknown(seg))
	}
	if s.arch.columns[0] == colAMD64 && s.arch.base[1] == 0 && !s.newer(0) {
		s.push(x32Bit, outcome{ret: unix.SECCOMP_RET_KILL_THREAD})
		s.push(^uint32(0), outcome{ret: s.fallback}) // -1: a tracer's skipped call
	}
}

// newer reports whether numbers above the last one of a segment get ENOSYS. The
// private calls of arm are not in the order of their age.
func (s *sorter) newer(seg int) bool {
	return s.enosys && s.last[seg] >= 0 && s.arch.base[seg] != armPrivate
}

func (s *sorter) unknown(seg int) outcome {
	if s.newer(seg) {
		return outcome{ret: unix.SECCOMP_RET_ERRNO | uint32(unix.ENOSYS)}
	}
	return outcome{ret: s.fallback}
}

func (s *sorter) push(from uint32, out outcome) {
	if n := len(s.spans); n > 0 && s.spans[n-1].out == out {
		return
	}
	s.spans = append(s.spans, span{from, out})
}
