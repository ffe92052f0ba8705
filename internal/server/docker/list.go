package docker

import (
	"net/http"

	"bantam/internal/engine"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/network"
)

func (s *Server) listContainers(c *call) error {
	f, err := c.filters()
	if err != nil {
		return err
	}
	limit, err := c.number("limit")
	if err != nil {
		return err
	}
	o := &engine.ListOptions{All: c.flag("all"), Size: c.flag("size"), Filters: f}
	if limit != nil && *limit > 0 {
		o.Last = int(*limit)
	}
	list, err := s.containers.Containers(o)
	if err != nil {
		return err
	}
	out := make([]container.Summary, len(list))
	for i := range list {
		out[i] = summary(&list[i])
	}
	return c.reply(http.StatusOK, out)
}

// summary is one line of the list.
func summary(e *engine.Container) container.Summary {
	s := container.Summary{
		ID: e.ID, Names: []string{"/" + e.Name}, Image: e.Config.Image, ImageID: e.Image, Command: e.CommandLine(), Created: e.Created.Unix(),
		Ports: []container.PortSummary{}, Labels: e.Config.Labels, State: container.ContainerState(e.Word()), Status: e.Text(),
		NetworkSettings: &container.NetworkSettingsSummary{Networks: map[string]*network.EndpointSettings{}},
		Mounts:          []container.MountPoint{},
		SizeRw:          e.SizeRw, SizeRootFs: e.SizeRootFs,
	}
	if s.Labels == nil {
		s.Labels = map[string]string{}
	}
	s.HostConfig.NetworkMode, s.HostConfig.Annotations = e.Host.NetworkMode, e.Host.Annotations
	return s
}
