package docker

import (
	"encoding/base64"
	"encoding/json"
	"net/http"

	"bantam/internal/container/folder"
	"bantam/internal/engine"

	"github.com/moby/moby/api/types/container"
)

func (s *Server) archiveRoutes() []route {
	return []route{
		{"HEAD", "/containers/{name}/archive", s.statArchive},
		{"GET", "/containers/{name}/archive", s.getArchive},
		{"PUT", "/containers/{name}/archive", s.putArchive},
	}
}

// statHeader carries the description of a path.
const statHeader = "X-Docker-Container-Path-Stat"

// path is the parameter of that name. The container's name must be one: with a dot in
// front it would be the host's path in the words of docker cp.
func (c *call) path() (string, error) {
	if folder.CheckName(c.name()) != nil {
		return "", &folder.NotFound{Name: c.name()}
	}
	if c.str("path") == "" {
		return "", badRequest("missing parameter: path")
	}
	return c.str("path"), nil
}

func (c *call) describe(p *engine.PathStat) {
	b, _ := json.Marshal(container.PathStat(*p))
	c.w.Header().Set(statHeader, base64.StdEncoding.EncodeToString(b))
}

func (s *Server) statArchive(c *call) error {
	path, err := c.path()
	if err != nil {
		return err
	}
	p, err := s.containers.StatPath(c.name(), path)
	if err != nil {
		return err
	}
	c.describe(p)
	return c.empty(http.StatusOK)
}

func (s *Server) getArchive(c *call) error {
	path, err := c.path()
	if err != nil {
		return err
	}
	return s.containers.Copy(c.name()+":"+path, "-", &engine.CopyOptions{Archive: true, Out: c.download("application/x-tar"), Found: c.describe})
}

func (s *Server) putArchive(c *call) error {
	path, err := c.path()
	if err != nil {
		return err
	}
	err = s.containers.Copy("-", c.name()+":"+path, &engine.CopyOptions{
		Archive: true, In: c.r.Body, NoOverwriteDirNonDir: c.flag("noOverwriteDirNonDir"), UserOwner: c.flag("copyUIDGID"),
	})
	if err != nil {
		return err
	}
	return c.empty(http.StatusOK)
}
