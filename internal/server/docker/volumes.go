package docker

import (
	"net/http"

	"bantam/internal/engine"

	"github.com/moby/moby/api/types/volume"
)

// volumes is what the routes of volumes need of the engine.
type volumes interface {
	Volumes(engine.Filters) ([]*engine.VolumeJSON, error)
	VolumeInspect(name string) (*engine.VolumeJSON, error)
	VolumeCreate(*engine.VolumeOptions) (*engine.VolumeJSON, error)
	VolumeRemove(name string, force bool) error
	VolumePrune(engine.Filters) (*engine.Pruned, error)
}

func (s *Server) volumeRoutes() []route {
	return []route{
		{"GET", "/volumes", s.listVolumes},
		{"GET", "/volumes/{name}", s.inspectVolume},
		{"POST", "/volumes/create", s.createVolume},
		{"POST", "/volumes/prune", s.pruneVolumes},
		{"DELETE", "/volumes/{name}", func(c *call) error { return c.done(s.volumes.VolumeRemove(c.name(), c.flag("force"))) }},
	}
}

func (s *Server) listVolumes(c *call) error {
	f, err := c.filters()
	if err != nil {
		return err
	}
	list, err := s.volumes.Volumes(f)
	if err != nil {
		return err
	}
	if list == nil {
		list = []*engine.VolumeJSON{}
	}
	return c.reply(http.StatusOK, struct {
		Volumes  []*engine.VolumeJSON
		Warnings []string
	}{list, []string{}})
}

func (s *Server) inspectVolume(c *call) error {
	v, err := s.volumes.VolumeInspect(c.name())
	if err != nil {
		return err
	}
	return c.reply(http.StatusOK, v)
}

func (s *Server) createVolume(c *call) error {
	var r volume.CreateRequest
	if _, err := c.decodeAny(&r); err != nil {
		return err
	}
	if r.ClusterVolumeSpec != nil {
		return badRequest("cluster volumes need a swarm, which this engine has none of")
	}
	v, err := s.volumes.VolumeCreate(&engine.VolumeOptions{Name: r.Name, Driver: r.Driver, Labels: r.Labels, Options: r.DriverOpts})
	if err != nil {
		return err
	}
	return c.reply(http.StatusCreated, v)
}

// pruneVolumes: until 1.42 named volumes went, too.
func (s *Server) pruneVolumes(c *call) error {
	f, err := c.filters()
	if err != nil {
		return err
	}
	if c.minor < 42 && !f.Has("all") {
		if f == nil {
			f = engine.Filters{}
		}
		f["all"] = []string{"true"}
	}
	p, err := s.volumes.VolumePrune(f)
	if err != nil {
		return err
	}
	return c.reply(http.StatusOK, struct {
		VolumesDeleted []string
		SpaceReclaimed int64
	}{p.Names, p.Space})
}
