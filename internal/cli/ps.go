package cli

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"bantam/internal/cli/option"
	"bantam/internal/engine"
)

func (c *call) psCommand() *command {
	var all, quiet, noTrunc, latest bool
	var format string
	last := int64(-1)
	return &command{
		name: "ps", alias: []string{"container ls", "container list", "container ps"}, args: "[OPTIONS]", short: "List containers",
		options: option.Set{Interspersed: true, Options: []option.Option{
			option.Bool(&all, "all", 'a', "Show all containers (default shows just running)"),
			option.String(&format, "format", 0, formatHelp),
			option.Int(&last, "last", 'n', "Show n last created containers (includes all states) (default -1)"),
			option.Bool(&latest, "latest", 'l', "Show the latest created container (includes all states)"),
			option.Bool(&noTrunc, "no-trunc", 0, "Don't truncate output"),
			option.Bool(&quiet, "quiet", 'q', "Only display container IDs"),
		}},
		run: func([]string) int {
			if latest {
				last = 1
			}
			list, err := c.engine().List(all || last > 0)
			if err != nil {
				return c.fail(err)
			}
			if last > 0 && int64(len(list)) > last {
				list = list[:last]
			}
			if quiet && format == "" {
				format = "{{.ID}}"
			}
			l := psListing()
			for i := range list {
				l.rows = append(l.rows, psRow(&list[i], noTrunc))
			}
			return c.list(format, l)
		},
	}
}

func psListing() *listing {
	return &listing{
		headers: [][2]string{
			{"ID", "CONTAINER ID"}, {"Image", "IMAGE"}, {"Command", "COMMAND"}, {"CreatedAt", "CREATED AT"}, {"RunningFor", "CREATED"},
			{"Status", "STATUS"}, {"State", "STATE"}, {"Ports", "PORTS"}, {"Names", "NAMES"}, {"Labels", "LABELS"}, {"Mounts", "MOUNTS"}, {"Networks", "NETWORKS"},
		},
		table: "{{.ID}}\t{{.Image}}\t{{.Command}}\t{{.RunningFor}}\t{{.Status}}\t{{.Ports}}\t{{.Names}}",
	}
}

// containerRow is a row of ps; its fields and the method Label are docker's.
type containerRow struct {
	Command, CreatedAt, ID, Image, Labels, Mounts, Names, Networks, Ports, RunningFor, State, Status string

	labels map[string]string
}

// Label returns one label's value.
func (r containerRow) Label(name string) string { return r.labels[name] }

func psRow(c *engine.Container, noTrunc bool) containerRow {
	r := containerRow{
		ID: c.ID, Image: c.Config.Image, Command: c.CommandLine(),
		CreatedAt: c.Created.Local().Format("2006-01-02 15:04:05 -0700 MST"), RunningFor: engine.Ago(c.Created),
		State: c.Word(), Status: c.Text(), Names: c.Name, Networks: c.Host.NetworkMode,
		Labels: joinLabels(c.Config.Labels), labels: c.Config.Labels,
	}
	var mounts []string
	for _, m := range c.Mounts {
		mounts = append(mounts, cmp.Or(m.Name, m.Source))
	}
	r.Mounts = strings.Join(mounts, ",")
	if !noTrunc {
		r.ID = r.ID[:12]
		r.Command = ellipsis(r.Command, 20)
	}
	r.Command = strconv.Quote(r.Command)
	return r
}

func ellipsis(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	return string(r[:n-1]) + "…"
}

func joinLabels(m map[string]string) string {
	var list []string
	for k, v := range m {
		list = append(list, k+"="+v)
	}
	slices.Sort(list)
	return strings.Join(list, ",")
}
