package cli

import (
	"strconv"
	"strings"

	"bantam/internal/cli/option"
	"bantam/internal/engine"
	"bantam/internal/image/remote"
)

func (c *call) searchCommand() *command {
	o := engine.SearchOptions{}
	var filters []string
	var format string
	var noTrunc bool
	limit := int64(25)
	return &command{
		name: "search", args: "[OPTIONS] TERM", short: "Search Docker Hub for images", min: 1, max: 1, heavy: true,
		long: "REGISTRY/TERM searches another registry; one that has no search has its catalog searched.",
		options: option.Set{Interspersed: true, Options: sorted(append(accessOptions(&o.Access),
			option.List(&filters, "filter", 'f', checkSearchFilter, "Filter output based on conditions provided (is-official=true|false, stars=N)"),
			option.String(&format, "format", 0, formatHelp),
			option.Int(&limit, "limit", 0, "Max number of search results (default 25)"),
			option.Bool(&noTrunc, "no-trunc", 0, "Don't truncate output"),
		))},
		run: func(args []string) int {
			if limit < 1 || limit > 100 {
				return c.fail(&option.UsageError{Text: "invalid limit " + strconv.FormatInt(limit, 10) + ": must be between 1 and 100"})
			}
			o.Term, o.Limit = args[0], int(limit)
			ctx, stop := untilInterrupt()
			defer stop()
			found, err := c.engine().Search(ctx, &o)
			if err != nil {
				return c.fail(err)
			}
			return c.list(format, searchListing(found, filters, noTrunc))
		},
	}
}

func checkSearchFilter(v string) error {
	name, value, _ := strings.Cut(v, "=")
	var err error
	switch name {
	case "is-official":
		_, err = strconv.ParseBool(value)
	case "stars":
		_, err = strconv.Atoi(value)
	default:
		return &option.UsageError{Text: "invalid filter '" + name + "'"}
	}
	if err != nil {
		return &option.UsageError{Text: "invalid filter '" + v + "'"}
	}
	return nil
}

// searchRow is a row of search; the fields are docker's.
type searchRow struct {
	Name, Description, StarCount, IsOfficial, IsAutomated string
}

func searchListing(found []remote.Found, filters []string, noTrunc bool) *listing {
	l := &listing{
		headers: [][2]string{{"Name", "NAME"}, {"Description", "DESCRIPTION"}, {"StarCount", "STARS"}, {"IsOfficial", "OFFICIAL"}, {"IsAutomated", "AUTOMATED"}},
		table:   "{{.Name}}\t{{.Description}}\t{{.StarCount}}\t{{.IsOfficial}}",
	}
	for _, f := range found {
		if !passesSearch(f, filters) {
			continue
		}
		text := strings.NewReplacer("\n", " ", "\r", " ").Replace(f.Description)
		if r := []rune(text); !noTrunc && len(r) > 45 {
			text = string(r[:44]) + "…"
		}
		row := searchRow{Name: f.Name, Description: text, StarCount: strconv.Itoa(f.Stars)}
		if f.Official {
			row.IsOfficial = "[OK]"
		}
		l.rows = append(l.rows, row)
	}
	return l
}

func passesSearch(f remote.Found, filters []string) bool {
	for _, filter := range filters {
		name, value, _ := strings.Cut(filter, "=")
		switch name {
		case "is-official":
			if want, _ := strconv.ParseBool(value); want != f.Official {
				return false
			}
		case "stars":
			if least, _ := strconv.Atoi(value); f.Stars < least {
				return false
			}
		}
	}
	return true
}
