package docker

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"

	"bantam/internal/engine"

	"github.com/moby/moby/api/types/container"
)

func (s *Server) streamRoutes() []route {
	return []route{
		{"POST", "/containers/{name}/attach", s.attach},
		{"GET", "/containers/{name}/attach/ws", s.attachWebsocket},
		{"POST", "/containers/{name}/wait", s.wait},
		{"GET", "/containers/{name}/logs", s.logs},
	}
}

// waiting are the attachments to containers that have yet to be started, by the
// container's id. They are connections, all that this server keeps: killed, it loses
// them and no container.
type waiting struct {
	mu   sync.Mutex
	list map[string][]*engine.Attachment
}

func (w *waiting) add(a *engine.Attachment) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.list == nil {
		w.list = map[string][]*engine.Attachment{}
	}
	w.list[a.ID()] = append(w.list[a.ID()], a)
}

// take gives the container's to the one who starts it.
func (w *waiting) take(id string) []*engine.Attachment {
	w.mu.Lock()
	defer w.mu.Unlock()
	list := w.list[id]
	delete(w.list, id)
	return list
}

func (w *waiting) remove(a *engine.Attachment) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if list := slices.DeleteFunc(w.list[a.ID()], func(b *engine.Attachment) bool { return a == b }); len(list) > 0 {
		w.list[a.ID()] = list
	} else {
		delete(w.list, a.ID())
	}
}

// stay is the attachment's Stay, during which it can be handed to the container's start.
func (s *Server) stay(a *engine.Attachment) (int, error) {
	defer s.waiting.remove(a)
	return a.Stay()
}

// attached is a request for attachment on its way.
type attached struct {
	*tube
	a    *engine.Attachment
	logs bool
}

// beginAttach attaches before the answer, so that errors have a status and nothing is missed.
func (s *Server) beginAttach(c *call) (*attached, error) {
	stream := c.flag("stream")
	t, err := newTube(stream && c.flag("stdin"), stream && c.flag("stdout"), stream && c.flag("stderr"))
	if err != nil {
		return nil, err
	}
	if c.flag("stdout") && t.from[0] == nil || !stream && !c.flag("logs") {
		if !c.flag("logs") {
			t.close()
			return nil, badRequest("Either the stream or the logs have to be asked for")
		}
	}
	a, err := s.containers.Connect(c.name(), &engine.AttachOptions{NoStdin: t.In == nil, DetachKeys: c.str("detachKeys"), Streams: &t.Streams})
	if err != nil {
		t.close()
		return nil, err
	}
	s.waiting.add(a)
	return &attached{t, a, c.flag("logs")}, nil
}

func (s *Server) attach(c *call) error {
	at, err := s.beginAttach(c)
	if err != nil {
		return err
	}
	defer s.end(at)
	h, err := c.hijack(!at.a.TTY())
	if err != nil {
		return err
	}
	defer h.Close()
	return s.serve(c, at, h)
}

// end gives back what an attachment holds.
func (s *Server) end(at *attached) {
	s.waiting.remove(at.a)
	at.a.Close()
	at.close()
}

// serve sends the log where it was asked for, and then what comes.
func (s *Server) serve(c *call, at *attached, l line) error {
	if at.logs {
		o := &engine.LogOptions{Tail: -1, Out: discard, Err: discard}
		if c.flag("stdout") {
			o.Out = &framer{line: l, stream: 1}
		}
		if c.flag("stderr") {
			o.Err = &framer{line: l, stream: 2}
		}
		if err := s.containers.Logs(c.name(), o); err != nil {
			return err
		}
	}
	if !c.flag("stream") {
		return nil
	}
	_, _ = at.run(l, func() (int, error) { return s.stay(at.a) }) // the exit code is for wait
	return nil
}

// wait answers at once, and with the exit code once there is one.
func (s *Server) wait(c *call) error {
	a, err := s.containers.WaitFor(c.name(), strings.ToLower(c.str("condition")), c.r.Context().Done())
	if err != nil {
		return err
	}
	defer a.Close()
	s.waiting.add(a)
	out := c.stream("application/json")
	code, err := s.stay(a)
	if engine.Detached(err) {
		panic(http.ErrAbortHandler)
	}
	r := container.WaitResponse{StatusCode: int64(code)}
	var failed *engine.CodedError // the start failed, which start's own answer says
	if err != nil && !errors.As(err, &failed) {
		r.Error = &container.WaitExitError{Message: err.Error()}
	}
	return encode(out, r)
}
