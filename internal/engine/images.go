package engine

import (
	"errors"
	"maps"
	"slices"

	"bantam/internal/image/local"
	"bantam/internal/image/manifest"
)

func (e *Engine) images() (*local.Store, error) {
	if _, err := e.containers(); err != nil { // makes the root absolute
		return nil, err
	}
	return &local.Store{Root: e.Root}, nil
}

// image finds what a container is made from.
func (e *Engine) image(name string) (*image, error) {
	s, err := e.images()
	if err != nil {
		return nil, err
	}
	i, err := find(s, name)
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
	c := &i.Config.Config
	return &image{ID: i.ID.String(), Platform: platform(&i.Config), Layers: s.Layers(&i.Config), Config: imageConfig{
		User: c.User, Env: c.Env, Entrypoint: c.Entrypoint, Cmd: c.Cmd, WorkingDir: c.WorkingDir, Labels: c.Labels, StopSignal: c.StopSignal, Healthcheck: c.Healthcheck,
		Volumes:      slices.Collect(maps.Keys(c.Volumes)),
		ExposedPorts: c.ExposedPorts,
	}}, nil
}

// platform is an image's as docker writes it.
func platform(c *local.Config) string {
	p := c.OS + "/" + c.Architecture
	if c.Variant != "" {
		p += "/" + c.Variant
	}
	return p
}

// is checks that the image is for the platform that the user wants.
func (i *image) is(platform, name string) error {
	if platform == "" {
		return nil
	}
	want, err := manifest.ParsePlatform(platform)
	if err != nil {
		return &Invalid{err}
	}
	if has, err := manifest.ParsePlatform(i.Platform); err == nil && has.Provides(want) {
		return nil
	}
	return &WrongPlatform{name, platform}
}

// WrongPlatform says that an image is there, but for another platform.
type WrongPlatform struct{ name, want string }

func (e *WrongPlatform) Error() string {
	return "image with reference " + e.name + " was found but does not provide the specified platform (" + e.want + ")"
}
