package docker

import (
	"net/http"
	"sync"

	"bantam/internal/engine"

	"github.com/moby/moby/api/types/common"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/strslice"
)

// execs is what the routes of further processes need of the engine.
type execs interface {
	ExecCreate(name string, o *engine.ExecOptions, stdout, stderr bool) (string, error)
	ExecFind(id string) (*engine.ReadyExec, error)
	ExecInspect(id string) (*engine.ExecInfo, error)
}

func (s *Server) execRoutes() []route {
	return []route{
		{"POST", "/containers/{name}/exec", s.createExec},
		{"POST", "/exec/{id}/start", s.startExec},
		{"POST", "/exec/{id}/resize", s.resizeExec},
		{"GET", "/exec/{id}/json", s.inspectExec},
	}
}

// started are the processes that somebody is attached to, by id: their terminals belong
// to these connections.
type started struct {
	mu   sync.Mutex
	list map[string]*engine.Execution
}

func (s *started) set(id string, x *engine.Execution) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.list == nil {
		s.list = map[string]*engine.Execution{}
	}
	if s.list[id] = x; x == nil {
		delete(s.list, id)
	}
}

// resize gives a process's terminal a size; false: nobody is attached to it.
func (s *started) resize(id string, rows, cols uint16) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x := s.list[id]
	if x == nil {
		return false, nil
	}
	return true, x.Resize(rows, cols)
}

// execRequest takes a command as one word, too, as old clients send it.
type execRequest struct {
	container.ExecCreateRequest
	Cmd strslice.StrSlice
}

func (s *Server) createExec(c *call) error {
	var r execRequest
	if err := c.decode(&r); err != nil {
		return err
	}
	id, err := s.execs.ExecCreate(c.name(), &engine.ExecOptions{
		Command: r.Cmd, Env: r.Env, User: r.User, Workdir: r.WorkingDir, Stdin: r.AttachStdin, TTY: r.Tty, Privileged: r.Privileged, DetachKeys: r.DetachKeys,
	}, r.AttachStdout, r.AttachStderr)
	if err != nil {
		return err
	}
	return c.reply(http.StatusCreated, common.IDResponse{ID: id})
}

func (s *Server) startExec(c *call) error {
	var r container.ExecStartRequest
	if _, err := c.decodeAny(&r); err != nil {
		return err
	}
	ready, err := s.execs.ExecFind(c.name())
	if err != nil {
		return err
	}
	if r.Detach {
		x, err := ready.Start(nil)
		if err != nil {
			return err
		}
		x.Close()
		return c.empty(http.StatusOK)
	}
	h, err := c.hijack(!ready.TTY())
	if err != nil {
		return err
	}
	defer h.Close()
	if err := s.attendExec(h, ready, &r); err != nil {
		_ = h.frame(1, append(make([]byte, headerSize), err.Error()+"\r\n"...))
	}
	return nil
}

// attendExec starts a process for a client whose connection is taken over already, as docker does: while it starts, the client
// makes itself ready. What goes wrong is printed where its output would be.
func (s *Server) attendExec(h *hijacked, ready *engine.ReadyExec, r *container.ExecStartRequest) error {
	t, err := newTube(true, true, true)
	if err != nil {
		return err
	}
	defer t.close()
	x, err := ready.Start(&t.Streams)
	if err != nil {
		return err
	}
	defer x.Close()
	if ready.TTY() && r.Tty && r.ConsoleSize != nil {
		_ = x.Resize(uint16(r.ConsoleSize[0]), uint16(r.ConsoleSize[1]))
	}
	id := ready.ID()
	s.started.set(id, x)
	defer s.started.set(id, nil)
	_, _ = t.run(h, x.Attend) // the exit code is kept for inspect
	return nil
}

func (s *Server) resizeExec(c *call) error {
	rows, cols, err := c.size()
	if err != nil {
		return err
	}
	known, err := s.started.resize(c.name(), rows, cols)
	if !known && err == nil {
		if _, err = s.execs.ExecInspect(c.name()); err == nil {
			err = &statusError{http.StatusConflict, "exec " + c.name() + " is not attached, so it has no terminal"}
		}
	}
	if err != nil {
		return err
	}
	return c.empty(http.StatusOK)
}

func (s *Server) inspectExec(c *call) error {
	i, err := s.execs.ExecInspect(c.name())
	if err != nil {
		return err
	}
	r := container.ExecInspectResponse{
		ID: i.ID, Running: i.Running, OpenStdin: i.AttachStdin, OpenStdout: i.AttachStdout, OpenStderr: i.AttachStderr,
		ContainerID: i.ContainerID, DetachKeys: []byte(i.DetachKeys), Pid: i.Pid,
		ProcessConfig: &container.ExecProcessConfig{Tty: i.Tty, Entrypoint: i.Command[0], Arguments: i.Command[1:], Privileged: &i.Privileged, User: i.User},
	}
	if i.Started && !i.Running {
		r.ExitCode = &i.ExitCode
	}
	return c.reply(http.StatusOK, r)
}
