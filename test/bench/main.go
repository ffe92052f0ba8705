// Command bench measures Bantam beside the runtimes and engines of Debian's
// packages and prints the table of SPECIFICATION.md and each promise's verdict.
//
//	make bench                          everything
//	go run ./test/bench -view v1 -table one view
//	go run ./test/bench -only box       the userland alone, beside busybox and dash
//	go run ./test/bench -only network   bridges, ports and names alone
//
// Contestants take turns within one run, so that the machine's moods meet all of
// them. Every figure is a median; each measurement is taken back to back and with
// 100 ms of idle before it, after which what waits for RCU gets dearer.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"bantam/internal/testenv"
)

func main() {
	view := flag.String("view", "", "measure in this view, in a mount namespace made for it")
	table := flag.Bool("table", false, "with -view: enter the view first, print a table")
	runs := flag.Int("runs", 50, "runs of each contestant")
	only := flag.String("only", "", "only measurements whose name has this prefix: of a runtime (run, exec), an engine (bantam run, network), or a view")
	out := flag.String("json", filepath.Join("bin", "bench.json"), "file for the figures")
	write := flag.String("write", "", "put the figures into this file (SPECIFICATION.md), between its marks")
	from := flag.String("from", "", "files of figures that were measured before, separated by commas, in place of measuring")
	flag.IntVar(&crowd, "crowd", crowd, "containers at the end of a curve (less is for trying out)")
	flag.IntVar(&peerCrowd, "peer-crowd", peerCrowd, "docker's containers at the end of its curve")
	flag.Parse()
	if *view == "engine" {
		testenv.OwnNetwork() // bridges and rules are not the machine's
	}
	args := []string{"-runs", fmt.Sprint(*runs), "-only", *only, "-crowd", fmt.Sprint(crowd), "-peer-crowd", fmt.Sprint(peerCrowd)}
	switch {
	case *from != "":
		rows, err := measured(*from)
		if err != nil {
			fmt.Fprintln(os.Stderr, "bench:", err)
			os.Exit(1)
		}
		os.Exit(told(rows, *out, *write, false))
	case *view == "":
		chosen := viewsOf(*only)
		if len(chosen) == 0 {
			fmt.Fprintf(os.Stderr, "bench: no measurement's name begins with %q; there are %s\n", *only, strings.Join(names(), ", "))
			os.Exit(1)
		}
		os.Exit(everything(chosen, args, *out, *write, *only == ""))
	case *table:
		os.Exit(everything([]string{*view}, args, *out, *write, false))
	}
	runtime.LockOSThread() // the mount namespace is this thread's and its children's
	rows, err := measureView(*view, *runs, *only)
	if err := errors.Join(err, json.NewEncoder(os.Stdout).Encode(rows)); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// everything measures in the views, prints the tables and judges them. Where it is not
// all, what is not measured keeps its figures in the file to write.
func everything(views, args []string, out, write string, all bool) int {
	if os.Geteuid() != 0 || testenv.Find("gcc") == "" || testenv.Find("runc") == "" || testenv.Find("busybox") == "" {
		fmt.Fprintln(os.Stderr, "bench: needs root and the programs gcc, runc and busybox: `make packages`")
		return 1
	}
	var rows []row
	failed := 0
	for _, v := range views {
		r, err := inView(v, args)
		if err != nil {
			fmt.Fprintln(os.Stderr, "bench:", err)
			failed++
		}
		rows = append(rows, r...)
	}
	return max(min(failed, 1), told(rows, out, write, all && failed == 0))
}

// measured reads files of figures.
func measured(files string) ([]row, error) {
	var rows []row
	for name := range strings.SplitSeq(files, ",") {
		b, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		var some []row
		if err := json.Unmarshal(b, &some); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		rows = append(rows, some...)
	}
	return rows, nil
}

// told prints the tables, judges them and keeps them; it returns the exit status.
func told(rows []row, out, write string, all bool) int {
	for _, t := range tables {
		if mine := t.rows(rows); len(mine) > 0 {
			t.print(os.Stdout, mine)
			fmt.Println()
		}
	}
	failed := judge(os.Stdout, rows, all)
	if err := keep(rows, out, write, all); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		failed++
	}
	return min(failed, 1)
}

// measureView measures in a view, in the mount namespace that inView made for it.
func measureView(view string, runs int, only string) ([]row, error) {
	dir, err := os.MkdirTemp("", "bantam-bench-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	n, err := compileNative(dir)
	if err != nil {
		return nil, err
	}
	if err := enterView(view); err != nil {
		return nil, err
	}
	if view == boxView {
		return measureBox(n, runs, only)
	}
	if view == imagesView {
		return measureImages(n, dir, runs)
	}
	if view == "engine" {
		e, err := newEngines(n, dir, runs)
		if err != nil {
			return nil, err
		}
		defer e.close()
		return e.measure(only)
	}
	if err := makeBundles(dir); err != nil {
		return nil, err
	}
	all := runtimes(n, dir)
	var rows []row
	for _, m := range measurements(dir) {
		if !strings.HasPrefix(m.name, only) {
			continue
		}
		r, err := measureRuntimes(m, all, view, runs)
		if err != nil {
			return nil, err
		}
		rows = append(rows, r...)
	}
	return rows, nil
}

// measureRuntimes takes one measurement of every runtime that can do it.
func measureRuntimes(m measurement, all []*contestant, view string, runs int) ([]row, error) {
	able := slices.DeleteFunc(slices.Clone(all), func(r *contestant) bool { return !able(m, r, view) })
	defer func() {
		for _, r := range able {
			if m.close != nil {
				m.close(r)
			}
		}
	}()
	var rows []row
	for _, idle := range []time.Duration{0, 100 * time.Millisecond} {
		taken := map[string]samples{}
		for i := 0; i < runs; i++ {
			for _, r := range able {
				c, err := m.sample(r, idle)
				if err != nil {
					return nil, fmt.Errorf("%s of %s: %w", m.name, r.name, err)
				}
				taken[r.name] = append(taken[r.name], c)
			}
		}
		rows = append(rows, newRow(m.name, view, "ms", idle > 0, milliseconds, taken))
		if m.name == "run" && idle == 0 {
			rows = append(rows, newRow("run, peak resident", view, "KiB", false, kibibytes, taken))
		}
	}
	return rows, nil
}

// able sets a measurement up for a runtime and tries it once. A peer that cannot
// do it on this machine is left out, with a line that says so.
func able(m measurement, r *contestant, view string) bool {
	var err error
	if m.setUp != nil {
		err = m.setUp(r)
	}
	if err == nil {
		_, err = m.sample(r, 0)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "bench: %s is not measured with %s in view %s: %v\n", m.name, r.name, view, err)
	}
	return err == nil
}
