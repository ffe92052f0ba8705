package engine

import (
	"slices"
	"time"

	"bantam/internal/build/cache"
	"bantam/internal/image/digest"
	"bantam/internal/image/local"
)

// DiskUsage is what docker system df shows.
type DiskUsage struct {
	LayersSize int64 // bytes of all layers, shared ones once
	Images     []ImageUsage
	Containers []Container // with their sizes
	Volumes    []*VolumeJSON
	BuildCache []CacheUsage
}

// ImageUsage is an image, how much of it other images have too, and who uses it.
type ImageUsage struct {
	Image
	SharedSize int64
	Containers int
}

// CacheUsage is one entry of the build cache.
type CacheUsage struct {
	ID, Type          string
	Description       string
	InUse, Shared     bool
	Size              int64
	Created, LastUsed time.Time
}

// DiskUsage measures what images, containers and volumes take.
func (e *Engine) DiskUsage() (*DiskUsage, error) {
	d := &DiskUsage{}
	var err error
	if d.Containers, err = e.Containers(&ListOptions{All: true, Size: true}); err != nil {
		return nil, err
	}
	if err = e.imageUsage(d); err != nil {
		return nil, err
	}
	d.Volumes, err = e.VolumeUsages()
	return d, err
}

// layerUse counts a layer.
type layerUse struct {
	size   int64
	images int
}

// imageUsage fills in the images' part and the build cache's, which has layers of images.
func (e *Engine) imageUsage(d *DiskUsage) error {
	s, err := e.images()
	if err != nil {
		return err
	}
	list, err := e.Images(&ImagesOptions{})
	if err != nil {
		return err
	}
	by, err := namesByImage(s)
	if err != nil {
		return err
	}
	users := map[string]int{}
	for i := range d.Containers {
		users[d.Containers[i].Image]++
	}
	layers := map[digest.Digest]*layerUse{}
	stacks := make([][]digest.Digest, len(list))
	for i := range list {
		full, err := s.Find(list[i].ID)
		if err != nil {
			continue // removed meanwhile
		}
		stacks[i] = slices.Clip(full.Config.RootFS.DiffIDs)
		others, err := members(s, by[list[i].ID], full.ID)
		if err != nil {
			return err
		}
		for _, o := range others {
			list[i].Size += o.Size
			users[list[i].ID] += users[o.ID.String()]
			stacks[i] = union(stacks[i], o.RootFS.DiffIDs)
		}
		for _, l := range stacks[i] {
			if layers[l] == nil {
				size, _, _ := s.LayerSizes(l) // without a recipe nobody knows
				layers[l] = &layerUse{size: size}
				d.LayersSize += size
			}
			layers[l].images++
		}
	}
	for i := range list {
		u := ImageUsage{Image: list[i], Containers: users[list[i].ID]}
		for _, l := range stacks[i] {
			if layers[l].images > 1 {
				u.SharedSize += layers[l].size
			}
		}
		d.Images = append(d.Images, u)
	}
	return e.cacheUsage(d, layers)
}

func namesByImage(s *local.Store) (map[string][]local.Name, error) {
	names, err := s.Names()
	by := map[string][]local.Name{}
	for _, n := range names {
		by[n.Image.String()] = append(by[n.Image.String()], n)
	}
	return by, err
}

func union(list, more []digest.Digest) []digest.Digest {
	for _, d := range more {
		if !slices.Contains(list, d) {
			list = append(list, d)
		}
	}
	return list
}

// cacheUsage lists the layers that builds remember. One that an image has, too, is shared:
// it takes no room of its own.
func (e *Engine) cacheUsage(d *DiskUsage, layers map[digest.Digest]*layerUse) error {
	list, err := (&cache.Cache{Root: e.Root}).List()
	for _, r := range list {
		if r.Diff != "" {
			d.BuildCache = append(d.BuildCache, CacheUsage{
				ID: r.Key.Hex(), Type: "regular", Description: r.What, Shared: layers[r.Diff] != nil, Size: r.Size, Created: r.Created, LastUsed: r.Used,
			})
		}
	}
	return err
}

// Use sums up one kind of thing.
type Use struct {
	Type          string
	Total, Active int
	Size          int64
	Reclaimable   int64
}

// Summary is docker's table: images, containers, volumes, build cache.
func (d *DiskUsage) Summary() []Use {
	return []Use{d.images(), d.containers(), d.volumes(), d.cache()}
}

func (d *DiskUsage) images() Use {
	u := Use{Type: "Images", Size: d.LayersSize, Reclaimable: d.LayersSize}
	for _, i := range d.Images {
		u.Total++
		if i.Containers > 0 {
			u.Active++
			u.Reclaimable -= i.Size - i.SharedSize
		}
	}
	u.Reclaimable = max(u.Reclaimable, 0)
	return u
}

func (d *DiskUsage) containers() Use {
	u := Use{Type: "Containers", Total: len(d.Containers)}
	for i := range d.Containers {
		c := &d.Containers[i]
		u.Size += c.SizeRw
		switch c.Word() {
		case "running", "paused", "restarting":
			u.Active++
		default:
			u.Reclaimable += c.SizeRw
		}
	}
	return u
}

func (d *DiskUsage) volumes() Use {
	u := Use{Type: "Local Volumes", Total: len(d.Volumes)}
	for _, v := range d.Volumes {
		size := max(v.UsageData.Size, 0)
		u.Size += size
		if v.UsageData.RefCount > 0 {
			u.Active++
		} else {
			u.Reclaimable += size
		}
	}
	return u
}

func (d *DiskUsage) cache() Use {
	u := Use{Type: "Build Cache", Total: len(d.BuildCache)}
	for _, c := range d.BuildCache {
		if !c.Shared {
			u.Size += c.Size
		}
		if c.InUse {
			u.Active++
		} else if !c.Shared {
			u.Reclaimable += c.Size
		}
	}
	return u
}
