package killed

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// state is a set of what a container may be.
type state int

const (
	absent state = 1 << iota
	created
	running
	paused
	exited

	present = created | running | paused | exited
	ended   = created | exited
)

func (s state) String() string {
	var list []string
	for i, name := range [...]string{"absent", "created", "running", "paused", "exited"} {
		if s&(1<<i) != 0 {
			list = append(list, name)
		}
	}
	return strings.Join(list, "|")
}

func (s state) certain() bool { return s&(s-1) == 0 }

// subject is a container that one worker alone changes, and what is known of it.
type subject struct {
	name      string
	may       state
	lines     []string // it has written these, each acknowledged
	networked bool     // it is or was connected to a network that others remove
	log       []string // what was done with it, for a failure's report
}

// worker does one thing after the other, as a user in a terminal would.
type worker struct {
	rig      *rig
	number   int
	count    int
	random   *rand.Rand
	killed   float64 // the part of operations during which something is killed
	subjects []*subject
	past     []*subject // they are no more
}

// keep is how many containers a worker has at most.
const keep = 3

// step chooses an operation that suits what there is, and a kill or none.
func (w *worker) step() {
	for {
		o := &operations[w.random.IntN(len(operations))]
		s := w.choose(o)
		if s == nil {
			continue
		}
		w.count++
		w.do(o, s)
		w.subjects = slices.DeleteFunc(w.subjects, func(s *subject) bool {
			if s.may == absent {
				w.past = append(w.past, s)
			}
			return s.may == absent
		})
		return
	}
}

// choose finds a container for the operation; those in doubt serve for all.
func (w *worker) choose(o *operation) *subject {
	if o.from == absent {
		if len(w.subjects) >= keep {
			return nil
		}
		s := &subject{name: fmt.Sprintf("w%d-%d", w.number, w.count), may: absent}
		w.subjects = append(w.subjects, s)
		return s
	}
	var fit []*subject
	for _, s := range w.subjects {
		if s.may&o.from != 0 && (!o.exact || s.may == o.from) {
			fit = append(fit, s)
		}
	}
	if len(fit) == 0 {
		return nil
	}
	return fit[w.random.IntN(len(fit))]
}

// do runs an operation and learns from its outcome.
func (w *worker) do(o *operation, s *subject) {
	before := s.may
	// A network that it was connected to may be no more: then it can't be started, as with docker.
	s.networked = s.networked || o.name == "network connect"
	sure := before.certain() && !o.loose && !(s.networked && o.to == running)
	args, want := o.args(w, s)
	k := w.draw()
	out := w.rig.run(s, k, o.name, args)
	s.log = append(s.log, fmt.Sprintf("%s  %s%s -> %d%s", before, strings.Join(args, " "), k, out.code, out.text()))
	switch {
	case out.code == want:
		if o.acknowledged != nil {
			o.acknowledged(w, s)
		}
		s.may = o.result(before)
		if out.meddled && o.name == "run --rm" {
			s.may |= present &^ paused
		}
	case !out.meddled && sure:
		w.rig.t.Errorf("%s: exit code %d, want %d\n%s", o.name, out.code, want, strings.Join(s.log, "\n"))
	default:
		s.may |= o.result(before) | o.via
		if o.cut != nil {
			o.cut(w, s)
		}
	}
}

// draw chooses what is killed, and when: a part of the operation's usual time.
func (w *worker) draw() kill {
	if w.random.Float64() >= w.killed {
		return kill{}
	}
	return kill{what: 1 + w.random.IntN(3), when: w.random.Float64() * 1.3}
}
