package docker

import (
	"net/http"
	"slices"
	"time"

	"bantam/internal/engine"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/image"
)

// diskUsage is what docker system df shows. With type there is only that part.
func (s *Server) diskUsage(c *call) error {
	kinds := c.query["type"]
	for _, k := range kinds {
		if !slices.Contains([]string{"container", "image", "volume", "build-cache"}, k) {
			return badRequest("unknown object type: " + k)
		}
	}
	d, err := s.system.DiskUsage()
	if err != nil {
		return err
	}
	wants := func(kind string) bool { return len(kinds) == 0 || slices.Contains(kinds, kind) }
	if c.minor >= 52 {
		r := c.usageSince52(d, wants)
		if c.minor > 52 || c.flag("verbose") {
			return c.reply(http.StatusOK, r.DiskUsage)
		}
		r.usage = c.usageBefore(d, wants)
		return c.reply(http.StatusOK, r)
	}
	return c.reply(http.StatusOK, c.usageBefore(d, wants))
}

// usageBefore has the form of the versions until 1.51.
func (c *call) usageBefore(d *engine.DiskUsage, wants func(kind string) bool) *usage {
	r := &usage{}
	if wants("image") {
		r.LayersSize, r.Images = &d.LayersSize, c.summariesFor(imageUsages(d.Images))
	}
	if wants("container") {
		r.Containers = containerUsages(d.Containers)
	}
	if wants("volume") {
		if r.Volumes = d.Volumes; r.Volumes == nil {
			r.Volumes = []*engine.VolumeJSON{}
		}
	}
	if wants("build-cache") {
		r.BuildCache = cacheUsages(d.BuildCache)
	}
	if c.minor < 42 {
		r.BuilderSize = &d.Summary()[3].Size
	}
	return r
}

// usage has the names of docker's API before 1.52, which moby's types have no more.
type usage struct {
	LayersSize *int64
	Images     any
	Containers []container.Summary
	Volumes    []*engine.VolumeJSON
	BuildCache []cacheUsage

	BuilderSize *int64 `json:",omitempty"` // until 1.41
}

type cacheUsage struct {
	ID          string
	Type        string
	Description string
	InUse       bool
	Shared      bool
	Size        int64
	CreatedAt   time.Time
	LastUsedAt  *time.Time
	UsageCount  int
}

func containerUsages(list []engine.Container) []container.Summary {
	out := make([]container.Summary, len(list))
	for i := range list {
		out[i] = summary(&list[i])
	}
	return out
}

func imageUsages(list []engine.ImageUsage) []image.Summary {
	out := make([]image.Summary, len(list))
	for i := range list {
		out[i] = imageSummary(&list[i].Image)
		out[i].SharedSize, out[i].Containers = list[i].SharedSize, int64(list[i].Containers)
	}
	return out
}

func cacheUsages(list []engine.CacheUsage) []cacheUsage {
	out := make([]cacheUsage, len(list))
	for i, e := range list {
		out[i] = cacheUsage{ID: e.ID, Type: e.Type, Description: e.Description, InUse: e.InUse, Shared: e.Shared, Size: e.Size, CreatedAt: e.Created}
		if !e.LastUsed.IsZero() {
			out[i].LastUsedAt, out[i].UsageCount = &e.LastUsed, 1
		}
	}
	return out
}
