package cli

import (
	"strconv"

	"bantam/internal/cli/option"
	"bantam/internal/engine"
)

func (c *call) systemDfCommand() *command {
	var verbose bool
	var format string
	return &command{
		name: "system df", args: "[OPTIONS]", short: "Show disk usage",
		options: option.Set{Interspersed: true, Options: []option.Option{
			option.String(&format, "format", 0, formatHelp),
			option.Bool(&verbose, "verbose", 'v', "Show detailed information on space usage"),
		}},
		run: func([]string) int {
			d, err := c.engine().DiskUsage()
			switch {
			case err != nil:
				return c.fail(err)
			case verbose && format != "":
				return c.formatted(format, dfDetails(d))
			case verbose:
				return c.showDetails(dfDetails(d))
			}
			l := &listing{
				headers: [][2]string{{"Type", "TYPE"}, {"TotalCount", "TOTAL"}, {"Active", "ACTIVE"}, {"Size", "SIZE"}, {"Reclaimable", "RECLAIMABLE"}},
				table:   "{{.Type}}\t{{.TotalCount}}\t{{.Active}}\t{{.Size}}\t{{.Reclaimable}}",
			}
			for _, u := range d.Summary() {
				l.rows = append(l.rows, dfRow(u))
			}
			return c.list(format, l)
		},
	}
}

// useRow is a row of system df; its fields are docker's.
type useRow struct{ Active, Reclaimable, Size, TotalCount, Type string }

func dfRow(u engine.Use) useRow {
	r := useRow{strconv.Itoa(u.Active), engine.Size(u.Reclaimable), engine.Size(u.Size), strconv.Itoa(u.Total), u.Type}
	if u.Size > 0 && u.Type != "Build Cache" {
		r.Reclaimable += " (" + strconv.FormatInt(u.Reclaimable*100/u.Size, 10) + "%)"
	}
	return r
}

// details are the lists of system df -v; the names are docker's.
type details struct {
	Images     []*imageRow
	Containers []containerRow
	Volumes    []volumeUse
	BuildCache []cacheUse
}

type volumeUse struct{ Name, Driver, Links, Mountpoint, Size string }

type cacheUse struct{ ID, CacheType, CreatedSince, Description, InUse, LastUsedSince, Shared, Size string }

func dfDetails(d *engine.DiskUsage) *details {
	v := &details{Images: []*imageRow{}, Containers: []containerRow{}, Volumes: []volumeUse{}, BuildCache: []cacheUse{}}
	for _, i := range d.Images {
		for _, line := range engine.Lines([]engine.Image{i.Image}, false) {
			r := newImageRow(&line, false)
			r.Size, r.SharedSize, r.UniqueSize = engine.Size(i.Size), engine.Size(i.SharedSize), engine.Size(i.Size-i.SharedSize)
			r.VirtualSize, r.Containers = r.Size, strconv.Itoa(i.Containers)
			v.Images = append(v.Images, r)
		}
	}
	for i := range d.Containers {
		r := psRow(&d.Containers[i], false)
		r.Size = engine.Size(d.Containers[i].SizeRw)
		v.Containers = append(v.Containers, r)
	}
	for _, o := range d.Volumes {
		u := volumeUse{o.Name, o.Driver, strconv.FormatInt(o.UsageData.RefCount, 10), o.Mountpoint, "N/A"}
		if o.UsageData.Size >= 0 {
			u.Size = engine.Size(o.UsageData.Size)
		}
		v.Volumes = append(v.Volumes, u)
	}
	for _, b := range d.BuildCache {
		v.BuildCache = append(v.BuildCache, cacheUse{
			ID: b.ID, CacheType: b.Type, CreatedSince: engine.Ago(b.Created), Description: b.Description, InUse: strconv.FormatBool(b.InUse),
			LastUsedSince: engine.Ago(b.LastUsed), Shared: strconv.FormatBool(b.Shared), Size: engine.Size(b.Size),
		})
	}
	return v
}

// showDetails prints docker's four tables.
func (c *call) showDetails(v *details) int {
	for _, t := range [...]struct {
		title string
		list  *listing
	}{
		{"Images space usage:", &listing{
			headers: [][2]string{{"Repository", "REPOSITORY"}, {"Tag", "TAG"}, {"ID", "IMAGE ID"}, {"CreatedSince", "CREATED"}, {"Size", "SIZE"}, {"SharedSize", "SHARED SIZE"}, {"UniqueSize", "UNIQUE SIZE"}, {"Containers", "CONTAINERS"}},
			table:   "{{.Repository}}\t{{.Tag}}\t{{.ID}}\t{{.CreatedSince}}\t{{.Size}}\t{{.SharedSize}}\t{{.UniqueSize}}\t{{.Containers}}", rows: rowsOf(v.Images)}},
		{"\nContainers space usage:", &listing{
			headers: [][2]string{{"ID", "CONTAINER ID"}, {"Image", "IMAGE"}, {"Command", "COMMAND"}, {"LocalVolumes", "LOCAL VOLUMES"}, {"Size", "SIZE"}, {"RunningFor", "CREATED"}, {"Status", "STATUS"}, {"Names", "NAMES"}},
			table:   "{{.ID}}\t{{.Image}}\t{{.Command}}\t{{.LocalVolumes}}\t{{.Size}}\t{{.RunningFor}}\t{{.Status}}\t{{.Names}}", rows: rowsOf(v.Containers)}},
		{"\nLocal Volumes space usage:", &listing{
			headers: [][2]string{{"Name", "VOLUME NAME"}, {"Links", "LINKS"}, {"Size", "SIZE"}},
			table:   "{{.Name}}\t{{.Links}}\t{{.Size}}", rows: rowsOf(v.Volumes)}},
		{"\nBuild cache usage:", &listing{
			headers: [][2]string{{"ID", "CACHE ID"}, {"CacheType", "CACHE TYPE"}, {"Size", "SIZE"}, {"CreatedSince", "CREATED"}, {"LastUsedSince", "LAST USED"}, {"Shared", "SHARED"}},
			table:   "{{.ID}}\t{{.CacheType}}\t{{.Size}}\t{{.CreatedSince}}\t{{.LastUsedSince}}\t{{.Shared}}", rows: rowsOf(v.BuildCache)}},
	} {
		c.print(t.title + "\n\n")
		if code := c.list("", t.list); code != 0 {
			return code
		}
	}
	return 0
}

func rowsOf[T any](list []T) []any {
	rows := make([]any, len(list))
	for i := range list {
		rows[i] = list[i]
	}
	return rows
}
