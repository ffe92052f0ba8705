package monitor

import (
	"bytes"
	"slices"
	"strconv"
	"sync"
	"time"

	"bantam/internal/container/logging"

	"golang.org/x/sys/unix"
)

// maxLine is where docker breaks long lines.
const maxLine = 16 << 10

// stream is one output of the container.
type stream struct {
	name   string
	number int
	from   int // read end of the pipe, or the terminal's master end
	to     []*sink
	line   []byte        // an unfinished line
	part   *logging.Part // of a long line, the last piece that was logged
	wide   bool          // its pipe has been made as big as it gets
}

// output copies a container's streams to the log and to the attached commands until all of them end. It
// does so from the monitor's own loop as long as that never has to wait for it; a container that writes without pause, a command that doesn't read and a
// slow log get a goroutine, and with it two threads. A container that rests has a monitor of one thread.
type output struct {
	streams []*stream // those that have not ended
	all     []*stream
	from    [2]int     // of the streams
	mu      sync.Mutex // guards the sinks of the streams, and that they have not ended
	ended   [2]bool
	log     logging.Log
	logErr  error
	apart   bool // it has its goroutine
	busy    int  // how often in a row there was something
	served  time.Time
	done    chan struct{}
	entry   logging.Entry // the one that is added, so that a line costs no memory of its own
	buf     [64 << 10]byte
}

func newOutput(streams []*stream, log logging.Log) *output {
	o := &output{streams: streams, log: log, done: make(chan struct{}), from: [2]int{-1, -1}}
	for i, s := range streams {
		s.number = i
		o.from[i] = s.from
	}
	o.all = append(o.all, streams...)
	return o
}

// connect gives a command's outputs the streams from now on. A stream that has ended
// closes them.
func (o *output) connect(sinks [2]*sink) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for i, to := range sinks {
		switch {
		case to == nil:
		case i < len(o.all) && !o.ended[i]:
			o.all[i].to = append(o.all[i].to, to)
		default:
			to.close()
		}
	}
}

// sinks are those that still take the stream.
func (o *output) sinks(s *stream) []*sink {
	o.mu.Lock()
	defer o.mu.Unlock()
	live := s.to[:0]
	for _, to := range s.to {
		if !to.closed() {
			live = append(live, to)
		}
	}
	s.to = live
	return live
}

// lend gives both streams' ends away, for whoever keeps them for another monitor, unless one has ended or never was there.
func (o *output) lend(to func(fds ...int)) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.ended[0] || o.ended[1] || o.from[0] < 0 || o.from[1] < 0 {
		to()
	} else {
		to(o.from[0], o.from[1])
	}
}

// end closes a stream and what took it.
func (o *output) end(s *stream) {
	o.mu.Lock()
	defer o.mu.Unlock()
	unix.Close(s.from)
	o.ended[s.number] = true
	for _, to := range s.to {
		to.close()
	}
}

// begin starts the copying.
func (o *output) begin() {
	if _, quick := o.log.(logging.Quick); !quick {
		o.depart()
	}
}

// depart gives it a goroutine, which first writes what a sink had no room for.
func (o *output) depart(left ...unwritten) {
	o.apart = true
	go func() {
		for _, l := range left {
			l.to.write(l.bytes)
		}
		o.run()
	}()
}

// unwritten is what is due to a sink that was full.
type unwritten struct {
	to    *sink
	bytes []byte
}

// finish waits until all streams have ended.
func (o *output) finish() {
	if !o.apart {
		o.run()
	}
	<-o.done
}

// polled adds the streams that the monitor's loop looks after; serve is told of them.
func (o *output) polled(p []unix.PollFd) []unix.PollFd {
	if o == nil || o.apart {
		return p
	}
	for _, s := range o.streams {
		p = append(p, unix.PollFd{Fd: int32(s.from), Events: unix.POLLIN})
	}
	return p
}

// busyRounds is how often in a row a container may write before its output gets a goroutine.
const busyRounds = 64

// slowRound is how long the loop may be held up before, by a slow disk or for want of a processor. Tests wait longer.
var slowRound = 50 * time.Millisecond

// serve copies what there is, but never waits.
func (o *output) serve(polled []unix.PollFd) {
	var begun time.Time
	for i, s := range slices.Clone(o.streams) {
		if polled[i].Revents == 0 {
			continue
		}
		if begun.IsZero() {
			begun = time.Now()
		}
		to := o.sinks(s)
		if slices.ContainsFunc(to, func(t *sink) bool { return !t.plain }) {
			o.depart()
			return
		}
		var left []unwritten
		_, more := o.copy(s, func(b []byte) {
			for _, t := range to {
				if rest := t.try(b); len(rest) > 0 {
					left = append(left, unwritten{t, rest})
				}
			}
		})
		if !more {
			o.streams = slices.DeleteFunc(o.streams, func(of *stream) bool { return of == s })
		}
		if len(left) > 0 {
			o.depart(left...)
			return
		}
	}
	if begun.IsZero() {
		return
	}
	if begun.Sub(o.served) > restless {
		o.busy = 0
	}
	o.busy++
	if o.served = time.Now(); o.busy > busyRounds || o.served.Sub(begun) > slowRound {
		o.depart()
	}
}

func (o *output) run() {
	defer close(o.done)
	var p [2]unix.PollFd
	for len(o.streams) > 0 {
		for i, s := range o.streams {
			p[i] = unix.PollFd{Fd: int32(s.from), Events: unix.POLLIN}
		}
		asked := time.Now()
		if _, err := unix.Poll(p[:len(o.streams)], -1); err != nil && err != unix.EINTR {
			break
		}
		waited := time.Since(asked)
		live, most := o.streams[:0], 0
		for i, s := range o.streams {
			if p[i].Revents == 0 {
				live = append(live, s)
			} else if n, more := o.copy(s, func(b []byte) {
				for _, to := range o.sinks(s) {
					to.write(b)
				}
			}); more {
				live, most = append(live, s), max(most, n)
			}
		}
		o.streams = live
		if waited < restless && most < len(o.buf) {
			_ = unix.Nanosleep(&unix.Timespec{Nsec: int64(nap)}, nil)
		}
	}
	o.keep(o.log.Close())
}

// A container that writes small pieces without pause is left alone for the time of a nap, in which they gather in its
// pipe. Woken for each of them, the two would take turns on the CPU and be slower by half.
const nap = 300 * time.Microsecond

// restless is how soon after the last output the next one comes. A test is more patient.
var restless = 100 * time.Microsecond

// copy moves what there is to the commands, by give, and to the log, and says how much; more is false at the stream's end.
func (o *output) copy(s *stream, give func([]byte)) (n int, more bool) {
	n, err := unix.Read(s.from, o.buf[:])
	switch {
	case err == unix.EINTR || err == unix.EAGAIN:
		return 0, true
	case err != nil || n <= 0: // EIO is a terminal's end of file
		if len(s.line) > 0 {
			o.add(s, s.line, time.Now())
			o.flush()
		}
		o.end(s)
		return 0, false
	}
	if n == len(o.buf) && !s.wide {
		// Where it is refused the pipe stays as it is.
		_, _ = unix.FcntlInt(uintptr(s.from), unix.F_SETPIPE_SZ, widePipe)
		s.wide = true
	}
	give(o.buf[:n])
	o.lines(s, o.buf[:n])
	o.flush()
	return n, true
}

// lines adds an entry for each line that ended, and keeps the rest.
func (o *output) lines(s *stream, b []byte) {
	now := time.Now()
	for len(b) > 0 {
		end := bytes.IndexByte(b, '\n') + 1
		room := maxLine - len(s.line)
		if end == 0 && len(b) < room {
			s.line = append(s.line, b...)
			return
		}
		if end == 0 || end > room {
			end = room
		}
		if len(s.line) == 0 {
			o.add(s, b[:end], now)
		} else {
			s.line = append(s.line, b[:end]...)
			o.add(s, s.line, now)
			s.line = s.line[:0]
		}
		b = b[end:]
	}
}

func (o *output) add(s *stream, line []byte, now time.Time) {
	o.entry = logging.Entry{Stream: s.name, Line: line, Time: now, Part: s.piece(line, now)}
	o.keep(o.log.Add(&o.entry))
}

// piece says which piece of a long line this one is; nil for a line that is whole.
func (s *stream) piece(line []byte, now time.Time) *logging.Part {
	last := line[len(line)-1] == '\n'
	before := s.part
	switch {
	case last && before == nil:
		return nil
	case before == nil:
		s.part = &logging.Part{ID: strconv.FormatInt(now.UnixNano(), 16) + s.name, Ordinal: 1}
	default:
		s.part = &logging.Part{ID: before.ID, Ordinal: before.Ordinal + 1, Last: last}
	}
	part := s.part
	if last {
		s.part = nil
	}
	return part
}

// flush writes what was added.
func (o *output) flush() { o.keep(o.log.Flush()) }

// keep keeps the first error for the record: a full disk must not stop the container.
func (o *output) keep(err error) {
	if o.logErr == nil {
		o.logErr = err
	}
}
