package docker

import (
	"bantam/internal/engine"

	"github.com/moby/moby/api/types/build"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/image"
	apisystem "github.com/moby/moby/api/types/system"
	"github.com/moby/moby/api/types/volume"
)

// bothUsages is 1.52's answer, which has the older form beside the new one.
type bothUsages struct {
	apisystem.DiskUsage
	*usage
}

// usageSince52 sums up each kind of thing, and lists the things themselves if the call is verbose.
func (c *call) usageSince52(d *engine.DiskUsage, wants func(kind string) bool) *bothUsages {
	r, all := &bothUsages{}, c.flag("verbose")
	sums := d.Summary()
	if u := sums[0]; wants("image") {
		r.ImageUsage = &image.DiskUsage{TotalCount: int64(u.Total), ActiveCount: int64(u.Active), TotalSize: u.Size, Reclaimable: u.Reclaimable}
		if all {
			r.ImageUsage.Items = imageUsages(d.Images)
		}
	}
	if u := sums[1]; wants("container") {
		r.ContainerUsage = &container.DiskUsage{TotalCount: int64(u.Total), ActiveCount: int64(u.Active), TotalSize: u.Size, Reclaimable: u.Reclaimable}
		if all {
			r.ContainerUsage.Items = containerUsages(d.Containers)
		}
	}
	if u := sums[2]; wants("volume") {
		r.VolumeUsage = &volume.DiskUsage{TotalCount: int64(u.Total), ActiveCount: int64(u.Active), TotalSize: u.Size, Reclaimable: u.Reclaimable}
		if all {
			r.VolumeUsage.Items = volumeUsages(d.Volumes)
		}
	}
	if u := sums[3]; wants("build-cache") {
		r.BuildCacheUsage = &build.DiskUsage{TotalCount: int64(u.Total), ActiveCount: int64(u.Active), TotalSize: u.Size, Reclaimable: u.Reclaimable}
		if all {
			r.BuildCacheUsage.Items = cacheRecords(d.BuildCache)
		}
	}
	return r
}

func volumeUsages(list []*engine.VolumeJSON) []volume.Volume {
	out := make([]volume.Volume, len(list))
	for i, v := range list {
		out[i] = volume.Volume{CreatedAt: v.CreatedAt, Driver: v.Driver, Labels: v.Labels, Mountpoint: v.Mountpoint, Name: v.Name, Options: v.Options, Scope: v.Scope}
		if u := v.UsageData; u != nil {
			out[i].UsageData = &volume.UsageData{RefCount: u.RefCount, Size: u.Size}
		}
	}
	return out
}

func cacheRecords(list []engine.CacheUsage) []build.CacheRecord {
	out := make([]build.CacheRecord, len(list))
	for i, e := range cacheUsages(list) {
		out[i] = build.CacheRecord{
			ID: e.ID, Type: e.Type, Description: e.Description, InUse: e.InUse, Shared: e.Shared, Size: e.Size, CreatedAt: e.CreatedAt, LastUsedAt: e.LastUsedAt, UsageCount: e.UsageCount,
		}
	}
	return out
}
