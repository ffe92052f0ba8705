package cli

import (
	"strings"
	"time"

	"bantam/internal/cli/option"
	"bantam/internal/engine"
)

func (c *call) imagesCommand() *command {
	var all, digests, noTrunc, quiet, tree bool
	var format string
	var filters engine.Filters
	return &command{
		name: "images", alias: []string{"image ls", "image list"}, args: "[OPTIONS] [REPOSITORY[:TAG]]", short: "List images", max: 1,
		options: option.Set{Interspersed: true, Options: []option.Option{
			option.Bool(&all, "all", 'a', "With --tree, show platforms that are not here, too (bantam keeps no intermediate images)"),
			option.Bool(&digests, "digests", 0, "Show digests"),
			option.Filter(&filters, "Filter output based on conditions provided: dangling, label, before, since, reference, until"),
			option.String(&format, "format", 0, formatHelp),
			option.Bool(&noTrunc, "no-trunc", 0, "Don't truncate output"),
			option.Bool(&quiet, "quiet", 'q', "Only show image IDs"),
			option.Bool(&tree, "tree", 0, "List images with their platforms and content, as a tree"),
		}},
		run: func(args []string) int {
			for _, a := range args {
				_ = filters.Add("reference=" + a)
			}
			if tree {
				if quiet || noTrunc || digests || format != "" {
					c.complain("bantam: --tree goes with --all and --filter alone")
					return 1
				}
				return c.imageTree(filters, all)
			}
			list, err := c.engine().Images(&engine.ImagesOptions{Filters: filters})
			if err != nil {
				return c.fail(err)
			}
			return c.listImages(engine.Lines(list, digests || strings.Contains(format, ".Digest")), format, digests, noTrunc, quiet)
		},
	}
}

func (c *call) listImages(lines []engine.ImageLine, format string, digests, noTrunc, quiet bool) int {
	if quiet && format == "" {
		format = "{{.ID}}"
	}
	l := imageListing(digests)
	for i := range lines {
		l.rows = append(l.rows, newImageRow(&lines[i], noTrunc))
	}
	return c.list(format, l)
}

func imageListing(digests bool) *listing {
	l := &listing{
		headers: [][2]string{
			{"Repository", "REPOSITORY"}, {"Tag", "TAG"}, {"Digest", "DIGEST"}, {"ID", "IMAGE ID"},
			{"CreatedSince", "CREATED"}, {"CreatedAt", "CREATED AT"}, {"Size", "SIZE"},
			{"Containers", "CONTAINERS"}, {"SharedSize", "SHARED SIZE"}, {"UniqueSize", "UNIQUE SIZE"}, {"VirtualSize", "SIZE"},
		},
		table: "{{.Repository}}\t{{.Tag}}\t{{.ID}}\t{{.CreatedSince}}\t{{.Size}}",
	}
	if digests {
		l.table = "{{.Repository}}\t{{.Tag}}\t{{.Digest}}\t{{.ID}}\t{{.CreatedSince}}\t{{.Size}}"
	}
	return l
}

// imageRow is a row of images: docker's fields, sorted as its JSON has them. (Methods would do, too, but
// a template calls them by reflection, which is a third of what a long list costs.) Containers and
// the sizes that are shared or not are what docker knows after `system df -v` only.
type imageRow struct {
	Containers, CreatedAt, CreatedSince, Digest, ID, Repository, SharedSize, Size, Tag, UniqueSize, VirtualSize string
}

func newImageRow(l *engine.ImageLine, noTrunc bool) *imageRow {
	r := &imageRow{
		Containers: "N/A", CreatedAt: l.Created.Local().Format("2006-01-02 15:04:05 -0700 MST"), CreatedSince: "N/A", Digest: none(l.Digest), ID: l.ID,
		Repository: none(l.Repository), SharedSize: "N/A", Size: engine.HumanSize(l.Size), Tag: none(l.Tag), UniqueSize: "N/A",
	}
	r.VirtualSize = r.Size
	if !noTrunc {
		r.ID = l.ID[len("sha256:"):][:12]
	}
	if l.Created.After(time.Unix(0, 0)) {
		r.CreatedSince = engine.Ago(l.Created)
	}
	return r
}

func none(s string) string {
	if s == "" {
		return "<none>"
	}
	return s
}
