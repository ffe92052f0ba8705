package engine

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"bantam/internal/image/local"
	"bantam/internal/image/manifest"
	"bantam/internal/image/reference"
)

// Image is one line of the list of images.
type Image struct {
	ID         string
	Repository string // empty for an image without a name
	Tag        string
	Digest     string
	Created    time.Time
	Size       int64
}

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
		ref, bad := reference.Parse(name)
		if bad != nil {
			return nil, fmt.Errorf("invalid reference format: %s", name)
		}
		return nil, &local.NotFound{Name: ref.Tagged().Familiar()}
	}
	if err != nil {
		return nil, err
	}
	c := &i.Config.Config
	return &image{ID: i.ID.String(), Platform: platform(&i.Config), Layers: s.Layers(&i.Config), Config: imageConfig{
		User: c.User, Env: c.Env, Entrypoint: c.Entrypoint, Cmd: c.Cmd, WorkingDir: c.WorkingDir, Labels: c.Labels, StopSignal: c.StopSignal, Healthcheck: c.Healthcheck,
		Volumes: slices.Collect(maps.Keys(c.Volumes)),
	}}, nil
}

// Images lists the images, each name on a line of its own; filter is a repository or repository:tag.
func (e *Engine) Images(filter ...string) ([]Image, error) {
	s, err := e.images()
	if err != nil {
		return nil, err
	}
	list, err := s.List()
	if err != nil {
		return nil, err
	}
	var out []Image
	for _, i := range list {
		line := Image{ID: i.ID.String(), Created: i.Created, Size: i.Size}
		if len(i.Names) == 0 && len(filter) == 0 {
			out = append(out, line)
		}
		for _, t := range i.Names {
			if len(filter) == 0 || matches(t.Reference, filter[0]) {
				line.Repository, line.Tag = t.FamiliarName(), t.Tag
				out = append(out, line)
			}
		}
	}
	return out, nil
}

func matches(t reference.Reference, filter string) bool {
	f, err := reference.Parse(filter)
	return err == nil && f.Name() == t.Name() && (f.Tag == "" || f.Tag == t.Tag)
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
		return err
	}
	if has, err := manifest.ParsePlatform(i.Platform); err == nil && has.Provides(want) {
		return nil
	}
	return &wrongPlatform{name, platform}
}

// wrongPlatform says that an image is there, but for another platform.
type wrongPlatform struct{ name, want string }

func (e *wrongPlatform) Error() string {
	return "image with reference " + e.name + " was found but does not provide the specified platform (" + e.want + ")"
}
