package docker

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"

	"bantam/internal/engine"

	"github.com/moby/moby/api/types"
)

// discard takes an output that nobody wants.
var discard io.Writer = io.Discard

func encode(w io.Writer, v any) error { return json.NewEncoder(w).Encode(v) }

// encodeAs is encode for a content type: in a sequence (RFC 7464) each text begins with a record separator.
func encodeAs(kind string, w io.Writer, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if kind == types.MediaTypeJSONSequence {
		b = append([]byte{0x1e}, b...)
	}
	_, err = w.Write(append(b, '\n'))
	return err
}

// framer writes an output of a log as frames.
type framer struct {
	line
	stream byte
	b      []byte
}

func (f *framer) Write(p []byte) (int, error) {
	f.b = append(append(f.b[:0], make([]byte, headerSize)...), p...)
	if err := f.frame(f.stream, f.b); err != nil {
		return 0, err
	}
	return len(p), nil
}

func (s *Server) logs(c *call) error {
	o, err := c.logOptions()
	if err != nil {
		return err
	}
	tty, err := s.hasTerminal(c.name())
	if err != nil {
		return err
	}
	out := &logStream{call: c, mux: !tty}
	defer out.close()
	o.Out, o.Err = discard, discard
	if c.flag("stdout") {
		o.Out = &logOutput{out, [headerSize]byte{1}}
	}
	if c.flag("stderr") {
		o.Err = &logOutput{out, [headerSize]byte{2}}
	}
	o.Leave = c.r.Context().Done()
	if o.Follow {
		o.Opened = out.begin
	}
	if err := s.containers.Logs(c.name(), o); err != nil {
		return err
	}
	out.begin()
	return nil
}

func (c *call) logOptions() (*engine.LogOptions, error) {
	o := &engine.LogOptions{Follow: c.flag("follow"), Timestamps: c.flag("timestamps"), Details: c.flag("details"), Tail: -1}
	if !c.flag("stdout") && !c.flag("stderr") {
		return nil, badRequest("Bad parameters: you must choose at least one stream")
	}
	if t := c.str("tail"); t != "" && t != "all" {
		n, err := strconv.Atoi(t)
		if err != nil || n < 0 {
			n = -1 // docker takes anything else for all
		}
		o.Tail = n
	}
	for key, to := range map[string]*time.Time{"since": &o.Since, "until": &o.Until} {
		text := c.str(key)
		if text == "" || text == "0" {
			continue
		}
		t, err := engine.ParseTime(text, time.Now())
		if err != nil {
			return nil, badRequest("invalid value for \"" + key + "\": " + err.Error())
		}
		*to = t
	}
	return o, nil
}

// hasTerminal says whether a container has a terminal: its log is not framed then.
func (s *Server) hasTerminal(name string) (bool, error) {
	v, err := s.containers.Inspect(name, "container", false)
	if err != nil {
		return false, err
	}
	i, ok := v.(*engine.ContainerJSON)
	return ok && i.Config.Tty, nil
}

// logStream is the answer to a request for logs. Lines are collected, and go out when
// the buffer is full or after a moment.
type logStream struct {
	*call
	mux bool

	mu    sync.Mutex
	w     *bufio.Writer
	timer *time.Timer
	over  bool
}

// flushAfter is how long a line may wait for others.
const flushAfter = 5 * time.Millisecond

// begin sends the header.
func (l *logStream) begin() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.head()
}

// head is begin for who has locked it.
func (l *logStream) head() {
	if l.w != nil {
		return
	}
	kind := rawStream
	if l.mux && l.minor >= 42 {
		kind = multiplexed
	}
	l.call.w.Header().Set("Content-Type", kind)
	l.call.w.WriteHeader(http.StatusOK)
	l.begun = true
	l.w = bufio.NewWriterSize(l.call.w, 128<<10)
	l.flush()
}

// logOutput is one of the two outputs in an answer.
type logOutput struct {
	*logStream
	header [headerSize]byte
}

// Write sends a line as a frame.
func (o *logOutput) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.head()
	if o.timer == nil {
		o.timer = time.AfterFunc(flushAfter, o.flushLater)
	}
	if o.mux {
		binary.BigEndian.PutUint32(o.header[4:], uint32(len(p)))
		_, _ = o.w.Write(o.header[:]) // the next one has its error, too
	}
	return o.w.Write(p)
}

func (l *logStream) flushLater() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.timer = nil
	if !l.over {
		l.flush()
	}
}

func (l *logStream) flush() {
	if l.w.Flush() == nil {
		_ = http.NewResponseController(l.call.w).Flush()
	}
}

// close sends the rest: after it nothing may touch the answer.
func (l *logStream) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.over = true
	if l.timer != nil {
		l.timer.Stop()
	}
	if l.w != nil {
		_ = l.w.Flush()
	}
}
