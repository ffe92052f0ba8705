package monitor

import (
	"bytes"
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
}

// sink is the attached command's descriptor. A writer that stops reading must not
// stop the log once the command is gone: wake ends a wait for it.
type sink struct {
	fd    int
	plain bool // a regular file or the like: never blocks for long
	wake  int  // copy of the client's eventfd, readable when the command is gone
}

func newSink(fd, wake int) *sink {
	var st unix.Stat_t
	err := unix.Fstat(fd, &st)
	kind := st.Mode & unix.S_IFMT
	own, dup := unix.FcntlInt(uintptr(wake), unix.F_DUPFD_CLOEXEC, 0)
	if dup != nil {
		own = -1 // poll passes it over
	}
	return &sink{fd: fd, wake: own, plain: err == nil && kind == unix.S_IFREG}
}

// pipeAtom is what a pipe takes whole once poll calls it writable (pipe(7), PIPE_BUF).
const pipeAtom = 4096

// write passes output on; after an error, or once the command is gone, the sink is closed.
func (s *sink) write(b []byte) {
	for len(b) > 0 && s.fd >= 0 {
		n := len(b)
		if !s.plain {
			if !s.writable() {
				s.close()
				return
			}
			n = min(n, pipeAtom)
		}
		n, err := unix.Write(s.fd, b[:n])
		switch {
		case err == unix.EINTR || err == unix.EAGAIN:
		case err != nil:
			s.close()
		default:
			b = b[n:]
		}
	}
}

func (s *sink) writable() bool {
	p := [2]unix.PollFd{{Fd: int32(s.fd), Events: unix.POLLOUT}, {Fd: int32(s.wake), Events: unix.POLLIN}}
	for {
		_, err := unix.Poll(p[:], -1)
		if err == unix.EINTR {
			continue
		}
		return err == nil && p[1].Revents == 0
	}
}

func (s *sink) close() {
	if s != nil && s.fd >= 0 {
		unix.Close(s.fd)
		unix.Close(s.wake)
		s.fd, s.wake = -1, -1
	}
}

// output copies a container's streams to the log and to the attached command
// until all of them end. It runs in a goroutine of its own and owns what it is given.
type output struct {
	streams []*stream // those that have not ended
	all     []*stream
	from    [2]int     // of the streams, for whoever keeps them for another monitor
	mu      sync.Mutex // guards the sinks of the streams
	ended   [2]bool
	log     logging.Log
	logErr  error
	done    chan struct{}
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
		if to.fd >= 0 {
			live = append(live, to)
		}
	}
	s.to = live
	return live
}

// end closes what took the stream.
func (o *output) end(s *stream) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.ended[s.number] = true
	for _, to := range s.to {
		to.close()
	}
}

func (o *output) run() {
	defer close(o.done)
	for len(o.streams) > 0 {
		p := make([]unix.PollFd, len(o.streams))
		for i, s := range o.streams {
			p[i] = unix.PollFd{Fd: int32(s.from), Events: unix.POLLIN}
		}
		if _, err := unix.Poll(p, -1); err != nil && err != unix.EINTR {
			break
		}
		live := o.streams[:0]
		for i, s := range o.streams {
			if p[i].Revents == 0 || o.copy(s) {
				live = append(live, s)
			}
		}
		o.streams = live
	}
	o.keep(o.log.Close())
}

// copy moves what there is; false at the stream's end.
func (o *output) copy(s *stream) bool {
	n, err := unix.Read(s.from, o.buf[:])
	switch {
	case err == unix.EINTR || err == unix.EAGAIN:
		return true
	case err != nil || n <= 0: // EIO is a terminal's end of file
		if len(s.line) > 0 {
			o.add(s, s.line, time.Now())
			o.flush()
		}
		unix.Close(s.from)
		o.end(s)
		return false
	}
	for _, to := range o.sinks(s) {
		to.write(o.buf[:n])
	}
	o.lines(s, o.buf[:n])
	o.flush()
	return true
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
	o.keep(o.log.Add(&logging.Entry{Stream: s.name, Line: line, Time: now, Part: s.piece(line, now)}))
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
