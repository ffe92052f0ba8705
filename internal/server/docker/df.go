package docker

import (
	"net/http"
	"slices"
	"time"

	"bantam/internal/engine"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/image"
)

// diskUsage is what docker system df shows, in the form of the versions until 1.51. With
// type there is only that part.
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
	var r usage
	if wants("image") {
		r.LayersSize, r.Images = &d.LayersSize, imageUsages(d.Images)
	}
	if wants("container") {
		r.Containers = []container.Summary{}
		for i := range d.Containers {
			r.Containers = append(r.Containers, summary(&d.Containers[i]))
		}
	}
	if wants("volume") {
		if r.Volumes = d.Volumes; r.Volumes == nil {
			r.Volumes = []*engine.VolumeJSON{}
		}
	}
	if wants("build-cache") {
		r.BuildCache = cacheUsages(d.BuildCache)
	}
	return c.reply(http.StatusOK, r)
}

// usage has the names of docker's API before 1.52, which moby's types have no more.
type usage struct {
	LayersSize *int64
	Images     []image.Summary
	Containers []container.Summary
	Volumes    []*engine.VolumeJSON
	BuildCache []cacheUsage
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
