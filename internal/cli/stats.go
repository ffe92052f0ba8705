package cli

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"bantam/internal/cli/option"
	"bantam/internal/engine"
)

func (c *call) statsCommand() *command {
	var o engine.StatsOptions
	var noTrunc bool
	var format string
	return &command{
		name: "stats", alias: []string{"container stats"}, args: "[OPTIONS] [CONTAINER...]", max: -1,
		short: "Display a live stream of container(s) resource usage statistics",
		options: option.Set{Interspersed: true, Options: []option.Option{
			option.Bool(&o.All, "all", 'a', "Show all containers (default shows just running)"),
			option.String(&format, "format", 0, formatHelp),
			option.Bool(&o.Once, "no-stream", 0, "Disable streaming stats and only pull the first result"),
			option.Bool(&noTrunc, "no-trunc", 0, "Do not truncate output"),
		}},
		run: func(args []string) int {
			o.Names, o.Brief = args, true
			err := c.engine().Stats(context.Background(), &o, func(list []engine.Stat) error { return c.showStats(list, format, noTrunc, o.Once) })
			if err == errShown {
				return 1
			}
			if err != nil {
				return c.fail(err)
			}
			return 0
		},
	}
}

// errShown ends a stream for a reason that the user has been told.
var errShown = errors.New("a format that makes no sense")

// statsRow is a row of stats; its fields are docker's.
type statsRow struct {
	BlockIO, CPUPerc, Container, ID, MemPerc, MemUsage, Name, NetIO, PIDs string
}

// showStats prints the table; as a stream it goes over the one before it.
func (c *call) showStats(list []engine.Stat, format string, noTrunc, once bool) error {
	l := &listing{
		headers: [][2]string{
			{"Container", "CONTAINER"}, {"ID", "CONTAINER ID"}, {"Name", "NAME"}, {"CPUPerc", "CPU %"}, {"MemUsage", "MEM USAGE / LIMIT"},
			{"MemPerc", "MEM %"}, {"NetIO", "NET I/O"}, {"BlockIO", "BLOCK I/O"}, {"PIDs", "PIDS"},
		},
		table: "{{.ID}}\t{{.Name}}\t{{.CPUPerc}}\t{{.MemUsage}}\t{{.MemPerc}}\t{{.NetIO}}\t{{.BlockIO}}\t{{.PIDs}}",
	}
	for i := range list {
		l.rows = append(l.rows, newStatsRow(&list[i], noTrunc))
	}
	var b strings.Builder
	own := *c
	own.out = &b
	if own.list(format, l) != 0 {
		return errShown
	}
	if once {
		return c.write(b.String())
	}
	return c.write("\033[H" + strings.ReplaceAll(b.String(), "\n", "\033[K\n") + "\033[J")
}

func newStatsRow(s *engine.Stat, noTrunc bool) statsRow {
	pair := func(a, b uint64, size func(int64) string) string { return size(int64(a)) + " / " + size(int64(b)) }
	rx, tx := s.NetworkBytes()
	read, written := s.BlockBytes()
	r := statsRow{
		Container: s.Asked, ID: s.ID, Name: s.Name, CPUPerc: percentText(s.CPUPercent(s.Before)),
		MemUsage: pair(s.Memory(), s.MemoryLimit, engine.BinarySize), MemPerc: percentText(s.MemoryPercent()),
		NetIO: pair(rx, tx, engine.HumanSize), BlockIO: pair(read, written, engine.HumanSize), PIDs: strconv.FormatUint(s.Pids(), 10),
	}
	if !noTrunc {
		r.ID = r.ID[:12]
	}
	return r
}

func percentText(f float64) string { return strconv.FormatFloat(f, 'f', 2, 64) + "%" }
