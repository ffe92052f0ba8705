package cli

import (
	"encoding/json"
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
			option.Bool(&all, "all", 'a', "Show all images: bantam keeps no intermediate ones, so this changes nothing"),
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
				return c.imageTree(filters)
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
		l.rows = append(l.rows, &imageRow{line: &lines[i], noTrunc: noTrunc})
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

// imageRow is a row of images; its methods are docker's fields.
type imageRow struct {
	line    *engine.ImageLine
	noTrunc bool
}

func (r *imageRow) ID() string {
	if r.noTrunc {
		return r.line.ID
	}
	return r.line.ID[len("sha256:"):][:12]
}
func (r *imageRow) Repository() string { return none(r.line.Repository) }
func (r *imageRow) Tag() string        { return none(r.line.Tag) }
func (r *imageRow) Digest() string     { return none(r.line.Digest) }
func (r *imageRow) Size() string       { return engine.HumanSize(r.line.Size) }
func (r *imageRow) CreatedSince() string {
	if !r.line.Created.After(time.Unix(0, 0)) {
		return "N/A"
	}
	return engine.Ago(r.line.Created)
}
func (r *imageRow) CreatedAt() string {
	return r.line.Created.Local().Format("2006-01-02 15:04:05 -0700 MST")
}

// Containers and the two sizes are what docker knows after `system df -v` only.
func (r *imageRow) Containers() string  { return "N/A" }
func (r *imageRow) SharedSize() string  { return "N/A" }
func (r *imageRow) UniqueSize() string  { return "N/A" }
func (r *imageRow) VirtualSize() string { return r.Size() }

// MarshalJSON is for {{json .}}: docker's fields, sorted.
func (r *imageRow) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]string{
		"Containers": r.Containers(), "CreatedAt": r.CreatedAt(), "CreatedSince": r.CreatedSince(), "Digest": r.Digest(), "ID": r.ID(),
		"Repository": r.Repository(), "SharedSize": r.SharedSize(), "Size": r.Size(), "Tag": r.Tag(), "UniqueSize": r.UniqueSize(), "VirtualSize": r.VirtualSize(),
	})
}

func none(s string) string {
	if s == "" {
		return "<none>"
	}
	return s
}
