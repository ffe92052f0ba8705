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
	var quiet, noTrunc, latest bool
	var o engine.ListOptions
	var format string
	last := int64(-1)
	return &command{
		name: "ps", alias: []string{"container ls", "container list", "container ps"}, args: "[OPTIONS]", short: "List containers",
		options: option.Set{Interspersed: true, Options: []option.Option{
			option.Bool(&o.All, "all", 'a', "Show all containers (default shows just running)"),
			option.Filter(&o.Filters, "Filter output based on conditions provided"),
			option.String(&format, "format", 0, formatHelp),
			option.Int(&last, "last", 'n', "Show n last created containers (includes all states) (default -1)"),
			option.Bool(&latest, "latest", 'l', "Show the latest created container (includes all states)"),
			option.Bool(&noTrunc, "no-trunc", 0, "Don't truncate output"),
			option.Bool(&quiet, "quiet", 'q', "Only display container IDs"),
			option.Bool(&o.Size, "size", 's', "Display total file sizes"),
		}},
		run: func([]string) int {
			if latest {
				last = 1
			}
			o.Last = int(max(last, 0))
			o.Size = o.Size || strings.Contains(format, ".Size")
			rows, err := engine.Rows(c.engine(), &o, func(c *engine.Container) any { return psRow(c, noTrunc) })
			if err != nil {
				return c.fail(err)
			}
			if quiet && format == "" {
				format = "{{.ID}}"
			}
			l := psListing()
			if o.Size {
				l.table += "\t{{.Size}}"
			}
			l.rows = rows
			return c.list(format, l)
		},
	}
}

func psListing() *listing {
	return &listing{
		headers: [][2]string{
			{"ID", "CONTAINER ID"}, {"Image", "IMAGE"}, {"Command", "COMMAND"}, {"CreatedAt", "CREATED AT"}, {"RunningFor", "CREATED"},
			{"Status", "STATUS"}, {"State", "STATE"}, {"Ports", "PORTS"}, {"Size", "SIZE"}, {"Names", "NAMES"}, {"Labels", "LABELS"}, {"LocalVolumes", "LOCAL VOLUMES"}, {"Mounts", "MOUNTS"}, {"Networks", "NETWORKS"},
		},
		table: "{{.ID}}\t{{.Image}}\t{{.Command}}\t{{.RunningFor}}\t{{.Status}}\t{{.Ports}}\t{{.Names}}",
	}
}

// containerRow is a row of ps; its fields and the method Label are docker's.
type containerRow struct {
	Command, CreatedAt, ID, Image, Labels, LocalVolumes, Mounts, Names, Networks, Ports, RunningFor, Size, State, Status string

	labels map[string]string
}

// Label returns one label's value.
func (r containerRow) Label(name string) string { return r.labels[name] }

func psRow(c *engine.Container, noTrunc bool) containerRow {
	r := containerRow{
		ID: c.ID, Image: c.Config.Image, Command: c.CommandLine(),
		CreatedAt: c.Created.Local().Format("2006-01-02 15:04:05 -0700 MST"), RunningFor: engine.Ago(c.Created),
		State: c.Word(), Status: c.Text(), Names: c.Name, Networks: c.Host.NetworkMode,
		LocalVolumes: "0", Labels: joinLabels(c.Config.Labels), labels: c.Config.Labels,
	}
	r.Ports = portsText(c.Ports())
	if len(c.Record.Networks) > 0 {
		r.Networks = networkNames(c)
	}
	r.Size = engine.HumanSize(c.SizeRw)
	if c.SizeRootFs > 0 {
		r.Size += " (virtual " + engine.HumanSize(c.SizeRootFs) + ")"
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

func networkNames(c *engine.Container) string {
	var list []string
	for _, n := range c.Record.Networks {
		list = append(list, n.NetworkName)
	}
	return strings.Join(list, ",")
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
