package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"bantam/internal/cli/chart"
	"bantam/internal/cli/option"
	"bantam/internal/engine"
)

// benchFlags are the options of bench.
type benchFlags struct {
	engine.BenchOptions
	runs, idle                int64
	format, svg, png, command string
}

func (c *call) benchCommand() *command {
	f := &benchFlags{runs: 20, idle: 1000}
	return &command{
		name: "bench", args: "[OPTIONS] IMAGE [IMAGE...]", min: 1, max: -1, heavy: true,
		short: "Measure images side by side: start, memory, CPU, size",
		long: "Starts containers of each image and tells how long it takes until their program runs, what memory and CPU they take at\n" +
			"rest (as stats shows them), how big the image is on disk and on its way, and how many files and set-uid programs it has.",
		options: option.Set{Interspersed: true, Options: []option.Option{
			option.String(&f.command, "command", 0, "What to run in place of the image's command; it must stay, as \"sleep 1000\""),
			option.String(&f.format, "format", 0, formatHelp),
			option.Int(&f.idle, "idle", 0, "Time at rest in milliseconds (default 1000)"),
			option.String(&f.png, "png", 0, "Write a picture to this file"),
			option.Int(&f.runs, "runs", 0, "Number of starts, of which the median counts (default 20)"),
			option.String(&f.svg, "svg", 0, "Write a picture to this file"),
		}},
		run: func(args []string) int { return c.bench(args, f) },
	}
}

// shellChars are what only a shell makes sense of.
const shellChars = "\"'\\$`;|&<>(*?\t\n"

func (c *call) bench(images []string, f *benchFlags) int {
	if f.runs < 1 || f.runs > 10000 || f.idle < 10 || f.idle > 3600*1000 {
		return c.fail(errors.New("--runs must be from 1 to 10000, --idle from 10 to 3600000 ms"))
	}
	ctx, stop := untilInterrupt()
	defer stop()
	f.Runs, f.Idle = int(f.runs), time.Duration(f.idle)*time.Millisecond
	f.Command = strings.Fields(f.command)
	if f.command != "" && len(f.Command) == 0 || strings.ContainsAny(f.command, shellChars) {
		f.Command = []string{"sh", "-c", f.command}
	}
	var results []*engine.BenchResult
	for _, name := range images {
		r, err := c.engine().Bench(ctx, name, &f.BenchOptions)
		if err != nil {
			return c.fail(err)
		}
		results = append(results, r)
	}
	if err := f.pictures(c, results); err != nil {
		return c.fail(err)
	}
	if f.format == "json" {
		return c.benchJSON(results)
	}
	l := benchListing()
	for _, r := range results {
		l.rows = append(l.rows, newBenchRow(r))
	}
	return c.list(f.format, l)
}

// benchRow is a row of bench.
type benchRow struct {
	Image, Start, Fastest, Memory, CPU, PIDs, Unpacked, Compressed, Files, SetUID string
}

func benchListing() *listing {
	return &listing{
		headers: [][2]string{
			{"Image", "IMAGE"}, {"Start", "START"}, {"Fastest", "FASTEST"}, {"Memory", "MEMORY"}, {"CPU", "CPU"}, {"PIDs", "PIDS"},
			{"Unpacked", "UNPACKED"}, {"Compressed", "COMPRESSED"}, {"Files", "FILES"}, {"SetUID", "SET-UID"},
		},
		table: "{{.Image}}\t{{.Start}}\t{{.Fastest}}\t{{.Memory}}\t{{.CPU}}\t{{.PIDs}}\t{{.Unpacked}}\t{{.Compressed}}\t{{.Files}}\t{{.SetUID}}",
	}
}

func newBenchRow(r *engine.BenchResult) benchRow {
	return benchRow{
		r.Image, milliseconds(r.Start), milliseconds(r.Fastest), engine.BinarySize(int64(r.Memory)), percentText(r.CPU), strconv.FormatUint(r.Pids, 10),
		engine.HumanSize(r.Unpacked), engine.HumanSize(r.Compressed), strconv.Itoa(r.Files), strconv.Itoa(r.SetUID),
	}
}

func milliseconds(d time.Duration) string {
	return strconv.FormatFloat(float64(d)/float64(time.Millisecond), 'f', 1, 64) + "ms"
}

// benchJSON prints the numbers without units: nanoseconds, bytes, percent.
func (c *call) benchJSON(results []*engine.BenchResult) int {
	for _, r := range results {
		b, err := json.Marshal(r)
		if err != nil {
			return c.fail(err)
		}
		c.print(string(b) + "\n")
	}
	return 0
}

// pictures writes what --svg and --png ask for.
func (f *benchFlags) pictures(c *call, results []*engine.BenchResult) error {
	p := benchChart(results)
	if f.svg != "" {
		if err := picture(f.svg, p.SVG); err != nil {
			return err
		}
	}
	if f.png == "" {
		return nil
	}
	return picture(f.png, func(w io.Writer) error { return c.heavy.PNG(w, p) })
}

func picture(path string, write func(io.Writer) error) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := write(f); err != nil {
		f.Close()
		return fmt.Errorf("write %s: %w", path, err)
	}
	return f.Close()
}

func benchChart(results []*engine.BenchResult) *chart.Chart {
	p := &chart.Chart{Title: "Images side by side: shorter is better", Panels: []chart.Panel{
		{Name: "Start, from the command to the program's first instruction"}, {Name: "Memory at rest"}, {Name: "Size on disk"}, {Name: "Size in a registry"},
	}}
	for _, r := range results {
		row := newBenchRow(r)
		for i, b := range [...]chart.Bar{
			{Value: float64(r.Start), Text: row.Start}, {Value: float64(r.Memory), Text: row.Memory},
			{Value: float64(r.Unpacked), Text: row.Unpacked}, {Value: float64(r.Compressed), Text: row.Compressed},
		} {
			b.Label = r.Image
			p.Panels[i].Bars = append(p.Panels[i].Bars, b)
		}
	}
	return p
}
