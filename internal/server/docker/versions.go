package docker

import (
	"slices"
	"strings"
	"time"

	"bantam/internal/engine"

	"github.com/moby/moby/api/types"
	"github.com/moby/moby/api/types/image"
)

// What answers looked like before and look like since a version of the API (docs/CHANGELOG.md of
// github.com/moby/moby/api). The engine's documents have docker's older form, which bantam inspect prints.

// containerSince52 leaves out what was said for the default network beside NetworkSettings.Networks.
type containerSince52 struct {
	*engine.ContainerJSON
	Config          containerConfigSince52
	NetworkSettings struct {
		SandboxID  string
		SandboxKey string
		Ports      map[string][]engine.PortBindingJSON
		Networks   map[string]*engine.EndpointJSON
	}
}

type containerConfigSince52 struct {
	*engine.ContainerConfigJSON
	OnBuild []string `json:",omitempty"`
}

// containerFor is a container's description as the call's version has it.
func (c *call) containerFor(v any) any {
	j, ok := v.(*engine.ContainerJSON)
	if !ok || c.minor < 52 {
		return v
	}
	r := containerSince52{ContainerJSON: j, Config: containerConfigSince52{&j.Config, j.Config.OnBuild}}
	n := &j.NetworkSettings
	r.NetworkSettings.SandboxID, r.NetworkSettings.SandboxKey, r.NetworkSettings.Ports, r.NetworkSettings.Networks = n.SandboxID, n.SandboxKey, n.Ports, n.Networks
	return &r
}

// imageSince52 leaves out what an image does not say.
type imageSince52 struct {
	*engine.ImageJSON
	Parent  string `json:",omitempty"`
	Comment string `json:",omitempty"`
	Author  string `json:",omitempty"`
	Config  imageConfigSince52

	Manifests []image.ManifestSummary `json:",omitempty"`
}

type imageConfigSince52 struct {
	User         string              `json:",omitempty"`
	ExposedPorts map[string]struct{} `json:",omitempty"`
	Env          []string            `json:",omitempty"`
	Cmd          []string            `json:",omitempty"`
	Healthcheck  any                 `json:",omitempty"`
	Volumes      map[string]struct{} `json:",omitempty"`
	WorkingDir   string              `json:",omitempty"`
	Entrypoint   []string            `json:",omitempty"`
	OnBuild      []string            `json:",omitempty"`
	Labels       map[string]string   `json:",omitempty"`
	StopSignal   string              `json:",omitempty"`
}

// imageBefore52 has what docker's classic builder remembered of the container that an image was made of.
// Old clients read there what the image is like (docker-compose 1 wants ContainerConfig).
type imageBefore52 struct {
	*engine.ImageJSON
	DockerVersion   string
	Config          any
	Container       *string                     `json:",omitempty"` // until 1.44
	ContainerConfig *engine.ContainerConfigJSON `json:",omitempty"`
	VirtualSize     *int64                      `json:",omitempty"` // until 1.43
	Metadata        struct{ LastTagTime time.Time }
	Manifests       []image.ManifestSummary `json:",omitempty"` // since 1.48
}

func imageBefore(j *engine.ImageJSON, minor int) *imageBefore52 {
	r := &imageBefore52{ImageJSON: j, Config: &j.Config}
	i := &j.Config
	whole := &engine.ContainerConfigJSON{
		User: i.User, ExposedPorts: i.ExposedPorts, Env: i.Env, Cmd: i.Cmd, Healthcheck: i.Healthcheck, Volumes: i.Volumes,
		WorkingDir: i.WorkingDir, Entrypoint: i.Entrypoint, OnBuild: i.OnBuild, Labels: i.Labels, StopSignal: i.StopSignal,
	}
	if minor < 50 {
		r.Config = whole
	}
	if minor < 45 {
		r.Container, r.ContainerConfig = new(string), whole
	}
	if minor < 44 {
		r.VirtualSize = &j.Size
	}
	return r
}

// imageBefore44 says the size twice, which images once had that shared layers.
type imageBefore44 struct {
	image.Summary
	VirtualSize int64
}

// summariesFor is a list of images as the call's version has it.
func (c *call) summariesFor(list []image.Summary) any {
	if c.minor >= 44 {
		return list
	}
	old := make([]imageBefore44, len(list))
	for i := range list {
		old[i] = imageBefore44{list[i], list[i].Size}
	}
	return old
}

// imageFor is an image's description as the call's version has it.
func (c *call) imageFor(j *engine.ImageJSON, manifests []image.ManifestSummary) any {
	if c.minor < 52 {
		r := imageBefore(j, c.minor)
		r.Manifests = manifests
		return r
	}
	return &imageSince52{j, j.Parent, j.Comment, j.Author, imageConfigSince52(j.Config), manifests}
}

// eventFor leaves out what events said twice until 1.51.
func (c *call) eventFor(e *engine.Event) *engine.Event {
	if c.minor < 52 {
		return e
	}
	short := *e
	short.Status, short.ID, short.From = "", "", ""
	return &short
}

// streamType is the content type of a stream of events: what the client takes of what its version has.
func (c *call) streamType() string {
	known := []string{types.MediaTypeJSON}
	if c.minor >= 52 {
		known = append(known, types.MediaTypeNDJSON, types.MediaTypeJSONSequence)
	}
	if c.minor >= 53 {
		known = append(known, types.MediaTypeJSONLines)
	}
	for _, accept := range c.r.Header.Values("Accept") {
		for _, one := range strings.Split(accept, ",") {
			kind, _, _ := strings.Cut(one, ";")
			if kind = strings.ToLower(strings.TrimSpace(kind)); slices.Contains(known, kind) {
				return kind
			}
		}
	}
	return types.MediaTypeJSON
}
