package cli

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"bantam/internal/cli/option"
	"bantam/internal/engine"
)

func (c *call) historyCommand() *command {
	human := true
	var noTrunc, quiet bool
	var format, platform string
	return &command{
		name: "history", alias: []string{"image history"}, args: "[OPTIONS] IMAGE", short: "Show the history of an image", min: 1, max: 1,
		options: option.Set{Interspersed: true, Options: []option.Option{
			option.String(&format, "format", 0, formatHelp),
			option.Bool(&human, "human", 'H', "Print sizes and dates in human readable format (default true)"),
			option.Bool(&noTrunc, "no-trunc", 0, "Don't truncate output"),
			option.String(&platform, "platform", 0, `Show history for the given platform. Formatted as "os[/arch[/variant]]" (e.g., "linux/amd64")`),
			option.Bool(&quiet, "quiet", 'q', "Only show image IDs"),
		}},
		run: func(args []string) int {
			list, err := c.engine().History(args[0], platform)
			if err != nil {
				return c.fail(err)
			}
			if quiet && format == "" {
				format = "{{.ID}}"
			}
			l := historyListing(human)
			for i := range list {
				l.rows = append(l.rows, &historyRow{&list[i], human, noTrunc})
			}
			return c.list(format, l)
		},
	}
}

func historyListing(human bool) *listing {
	l := &listing{
		headers: [][2]string{
			{"ID", "IMAGE"}, {"CreatedSince", "CREATED"}, {"CreatedAt", "CREATED AT"}, {"CreatedBy", "CREATED BY"}, {"Size", "SIZE"}, {"Comment", "COMMENT"},
		},
		table: "{{.ID}}\t{{.CreatedSince}}\t{{.CreatedBy}}\t{{.Size}}\t{{.Comment}}",
	}
	if !human {
		l.table = "{{.ID}}\t{{.CreatedAt}}\t{{.CreatedBy}}\t{{.Size}}\t{{.Comment}}"
	}
	return l
}

// historyRow is a row of history; its methods are docker's fields.
type historyRow struct {
	line           *engine.HistoryLine
	human, noTrunc bool
}

func (r *historyRow) ID() string {
	if rest, ok := strings.CutPrefix(r.line.ID, "sha256:"); ok && !r.noTrunc {
		return rest[:12]
	}
	return r.line.ID
}
func (r *historyRow) CreatedAt() string { return r.line.Created.Format(time.RFC3339) }
func (r *historyRow) CreatedSince() string {
	switch {
	case !r.human:
		return r.CreatedAt()
	case !r.line.Created.After(time.Unix(0, 0)):
		return "N/A"
	}
	return engine.Ago(r.line.Created)
}
func (r *historyRow) CreatedBy() string {
	by := strings.ReplaceAll(r.line.CreatedBy, "\t", " ")
	if r.noTrunc {
		return by
	}
	return ellipsis(by, 45)
}
func (r *historyRow) Size() string {
	if !r.human {
		return strconv.FormatInt(r.line.Size, 10)
	}
	return engine.HumanSize(r.line.Size)
}
func (r *historyRow) Comment() string { return r.line.Comment }

// MarshalJSON is for {{json .}}.
func (r *historyRow) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]string{"Comment": r.Comment(), "CreatedAt": r.CreatedAt(), "CreatedBy": r.CreatedBy(), "CreatedSince": r.CreatedSince(), "ID": r.ID(), "Size": r.Size()})
}
