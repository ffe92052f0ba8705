package docker

import (
	"io"
	"net/http"

	"bantam/internal/engine"
)

// containers is what the routes of containers need of the engine.
type containers interface {
	Lines(*engine.ListOptions, func(*engine.Container) []byte) ([][]byte, error)
	Inspect(name, kind string, size bool) (any, error)
	Create(*engine.RunOptions) (string, error)
	Start(name string, o *engine.StartOptions) (int, error)
	Stop(name string, o *engine.StopOptions) error
	Restart(name string, o *engine.StopOptions) error
	Kill(name, signal string) error
	Pause(name string) error
	Unpause(name string) error
	Rename(name, to string) error
	Remove(name string, o engine.RemoveOptions) error
	ContainerPrune(engine.Filters) (*engine.Pruned, error)
	Update(name string, o *engine.UpdateOptions) error
	Resize(name string, rows, cols uint16) error
	Connect(name string, o *engine.AttachOptions) (*engine.Attachment, error)
	WaitFor(name, condition string, leave <-chan struct{}) (*engine.Attachment, error)
	Logs(name string, o *engine.LogOptions) error
	Copy(from, to string, o *engine.CopyOptions) error
	StatPath(name, path string) (*engine.PathStat, error)
	Diff(name string) ([]engine.Change, error)
	Export(name string, w io.Writer) error
	Commit(name string, o *engine.CommitOptions) (string, error)
}

func (s *Server) containerRoutes() []route {
	return []route{
		{"GET", "/containers/json", s.listContainers},
		{"POST", "/containers/create", s.createContainer},
		{"POST", "/containers/prune", s.pruneContainers},
		{"GET", "/containers/{name}/json", s.inspectContainer},
		{"POST", "/containers/{name}/start", s.startContainer},
		{"POST", "/containers/{name}/stop", s.stopContainer},
		{"POST", "/containers/{name}/restart", s.restartContainer},
		{"POST", "/containers/{name}/kill", s.killContainer},
		{"POST", "/containers/{name}/pause", func(c *call) error { return c.done(s.containers.Pause(c.name())) }},
		{"POST", "/containers/{name}/unpause", func(c *call) error { return c.done(s.containers.Unpause(c.name())) }},
		{"POST", "/containers/{name}/rename", func(c *call) error { return c.done(s.containers.Rename(c.name(), c.str("name"))) }},
		{"POST", "/containers/{name}/update", s.updateContainer},
		{"DELETE", "/containers/{name}", s.removeContainer},
		{"POST", "/containers/{name}/resize", s.resizeContainer},
		{"GET", "/containers/{name}/changes", s.containerChanges},
		{"GET", "/containers/{name}/export", s.exportContainer},
		{"POST", "/commit", s.commit},
	}
}

func (s *Server) inspectContainer(c *call) error {
	v, err := s.containers.Inspect(c.name(), "container", c.flag("size"))
	if err != nil {
		return err
	}
	return c.reply(http.StatusOK, c.containerFor(v))
}

// startContainer gives the container those who attached to it before its start.
func (s *Server) startContainer(c *call) error {
	if c.query.Has("checkpoint") && c.str("checkpoint") != "" {
		return badRequest("checkpoints are not supported")
	}
	var idle bool
	_, err := s.containers.Start(c.name(), &engine.StartOptions{Waiting: s.waiting.take, Idle: &idle})
	return c.doneOrIdle(err, idle)
}

// doneOrIdle is done, but 304 where there was nothing to do.
func (c *call) doneOrIdle(err error, idle bool) error {
	if err == nil && idle {
		return c.empty(http.StatusNotModified)
	}
	return c.done(err)
}

func (c *call) stopOptions() (*engine.StopOptions, error) {
	t, err := c.number("t")
	return &engine.StopOptions{Signal: c.str("signal"), Timeout: t}, err
}

func (s *Server) stopContainer(c *call) error {
	o, err := c.stopOptions()
	if err != nil {
		return err
	}
	var idle bool
	o.Idle = &idle
	err = s.containers.Stop(c.name(), o)
	return c.doneOrIdle(err, idle)
}

func (s *Server) restartContainer(c *call) error {
	o, err := c.stopOptions()
	if err != nil {
		return err
	}
	return c.done(s.containers.Restart(c.name(), o))
}

func (s *Server) killContainer(c *call) error {
	return c.done(s.containers.Kill(c.name(), c.str("signal")))
}

func (s *Server) removeContainer(c *call) error {
	if c.flag("link") {
		return badRequest("links are not supported: use a network of your own, in which names resolve")
	}
	return c.done(s.containers.Remove(c.name(), engine.RemoveOptions{Force: c.flag("force"), Volumes: c.flag("v")}))
}

func (s *Server) resizeContainer(c *call) error {
	rows, cols, err := c.size()
	if err != nil {
		return err
	}
	if err := s.containers.Resize(c.name(), rows, cols); err != nil {
		return err
	}
	return c.empty(http.StatusOK)
}

// size is a terminal's size from the query.
func (c *call) size() (rows, cols uint16, err error) {
	for key, to := range map[string]*uint16{"h": &rows, "w": &cols} {
		n, err := c.number(key)
		if err != nil {
			return 0, 0, err
		}
		if n == nil || *n < 0 || *n > 1<<16-1 {
			return 0, 0, badRequest("invalid resize size: h and w have to be given, each below 65536")
		}
		*to = uint16(*n)
	}
	return rows, cols, nil
}

func (s *Server) containerChanges(c *call) error {
	list, err := s.containers.Diff(c.name())
	if err != nil {
		return err
	}
	type change struct {
		Path string
		Kind int
	}
	out := make([]change, len(list))
	for i, l := range list {
		out[i] = change{l.Path, map[string]int{"C": 0, "A": 1, "D": 2}[l.Kind]}
	}
	return c.reply(http.StatusOK, out)
}

func (s *Server) exportContainer(c *call) error {
	return s.containers.Export(c.name(), c.download("application/x-tar"))
}

// download begins an answer with the first byte of it: an error before that still has a status.
func (c *call) download(contentType string) io.Writer {
	return &download{call: c, contentType: contentType}
}

type download struct {
	*call
	contentType string
}

func (d *download) Write(b []byte) (int, error) {
	if !d.begun {
		d.w.Header().Set("Content-Type", d.contentType)
		d.begun = true
	}
	return d.w.Write(b)
}

func (s *Server) commit(c *call) error {
	if c.str("container") == "" {
		return badRequest("which container? The parameter container is missing")
	}
	o := &engine.CommitOptions{Author: c.str("author"), Message: c.str("comment"), Changes: c.query["changes"], NoPause: !c.flagOr("pause", true)}
	if o.Reference = c.str("repo"); o.Reference != "" && c.str("tag") != "" {
		o.Reference += ":" + c.str("tag")
	}
	id, err := s.containers.Commit(c.str("container"), o)
	if err != nil {
		return err
	}
	return c.reply(http.StatusCreated, map[string]string{"Id": id})
}

func (s *Server) pruneContainers(c *call) error {
	f, err := c.filters()
	if err != nil {
		return err
	}
	p, err := s.containers.ContainerPrune(f)
	if err != nil {
		return err
	}
	return c.reply(http.StatusOK, struct {
		ContainersDeleted []string
		SpaceReclaimed    int64
	}{p.Names, p.Space})
}
