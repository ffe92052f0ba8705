package cli

import (
	"time"

	"bantam/internal/cli/option"
	"bantam/internal/engine"
)

func (c *call) imagesCommand() *command {
	var all, digests, noTrunc, quiet bool
	var format string
	return &command{
		name: "images", alias: []string{"image ls", "image list"}, args: "[OPTIONS] [REPOSITORY[:TAG]]", short: "List images", max: 1,
		options: option.Set{Interspersed: true, Options: []option.Option{
			option.Bool(&all, "all", 'a', "Show all images: bantam keeps no intermediate ones, so this changes nothing"),
			option.Bool(&digests, "digests", 0, "Show digests"),
			option.String(&format, "format", 0, formatHelp),
			option.Bool(&noTrunc, "no-trunc", 0, "Don't truncate output"),
			option.Bool(&quiet, "quiet", 'q', "Only show image IDs"),
		}},
		run: func(args []string) int {
			list, err := c.engine().Images(args...)
			if err != nil {
				return c.fail(err)
			}
			l := imageListing(digests)
			if quiet && format == "" {
				format = "{{.ID}}"
			}
			for _, i := range list {
				l.rows = append(l.rows, rowOfImage(i, noTrunc))
			}
			return c.list(format, l)
		},
	}
}

func imageListing(digests bool) *listing {
	l := &listing{
		headers: [][2]string{
			{"Repository", "REPOSITORY"}, {"Tag", "TAG"}, {"Digest", "DIGEST"}, {"ID", "IMAGE ID"},
			{"CreatedSince", "CREATED"}, {"CreatedAt", "CREATED AT"}, {"Size", "SIZE"},
		},
		table: "{{.Repository}}\t{{.Tag}}\t{{.ID}}\t{{.CreatedSince}}\t{{.Size}}",
	}
	if digests {
		l.table = "{{.Repository}}\t{{.Tag}}\t{{.Digest}}\t{{.ID}}\t{{.CreatedSince}}\t{{.Size}}"
	}
	return l
}

// imageRow is a row of images; the fields are docker's.
type imageRow struct {
	CreatedAt, CreatedSince, Digest, ID, Repository, Size, Tag string
}

func rowOfImage(i engine.Image, noTrunc bool) imageRow {
	r := imageRow{
		ID: i.ID, Repository: none(i.Repository), Tag: none(i.Tag), Digest: none(i.Digest), Size: engine.HumanSize(i.Size),
		CreatedAt: i.Created.Local().Format("2006-01-02 15:04:05 -0700 MST"), CreatedSince: "N/A",
	}
	if i.Created.After(time.Unix(0, 0)) {
		r.CreatedSince = engine.Ago(i.Created)
	}
	if !noTrunc {
		r.ID = i.ID[len("sha256:"):][:12]
	}
	return r
}

func none(s string) string {
	if s == "" {
		return "<none>"
	}
	return s
}
