package engine

import (
	"cmp"
	"errors"
	"maps"
	"slices"

	"bantam/internal/image/local"
)

func (e *Engine) images() (*local.Store, error) {
	if _, err := e.containers(); err != nil { // makes the root absolute
		return nil, err
	}
	return &local.Store{Root: e.Root}, nil
}

// image finds what a container is made from; platform "" is the name's own.
func (e *Engine) image(name, platform string) (*image, error) {
	s, err := e.images()
	if err != nil {
		return nil, err
	}
	i, _, err := findFor(s, name, platform)
	var missing *local.NotFound
	if errors.As(err, &missing) {
		ref, bad := parseReference(name)
		if bad != nil {
			return nil, bad
		}
		return nil, &local.NotFound{Name: ref.Tagged().Familiar()}
	}
	if err != nil {
		return nil, err
	}
	if a := i.Artifact; a != nil {
		return nil, &NoImage{name, cmp.Or(a.ArtifactType, a.Config.MediaType)}
	}
	c := &i.Config.Config
	return &image{ID: i.ID.String(), Platform: i.Platform(), Layers: s.Layers(&i.Config), Config: imageConfig{
		User: c.User, Env: c.Env, Entrypoint: c.Entrypoint, Cmd: c.Cmd, WorkingDir: c.WorkingDir, Labels: c.Labels, StopSignal: c.StopSignal, Healthcheck: c.Healthcheck,
		Volumes:      slices.Collect(maps.Keys(c.Volumes)),
		ExposedPorts: c.ExposedPorts,
	}}, nil
}
