package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// The writer of log lines: how much, and how fast it is where nothing holds it up.
const (
	logMegabytes = 400
	logRate      = 200 // MB/s
	logRuns      = 5
)

// logs compares the time that a container takes to write lines to its log with that for
// a file on the same disk, in turns.
func (e *engines) logs() (row, error) {
	dir := filepath.Join(e.dir, "spew")
	if err := os.Mkdir(dir, 0o755); err != nil {
		return row{}, err
	}
	if err := os.Link(e.native.spew, filepath.Join(dir, "spew")); err != nil {
		return row{}, err
	}
	var ratios []float64
	for range logRuns {
		file, err := e.spew(dir, "/o/file")
		if err != nil {
			return row{}, err
		}
		log, err := e.spew(dir, "")
		if err != nil {
			return row{}, err
		}
		ratios = append(ratios, log/file)
	}
	slices.Sort(ratios)
	return row{Name: "200 MB/s of log lines, time by a file's", View: "engine", Unit: "times", Runs: logRuns,
		Medians: map[string]float64{"bantam": ratios[logRuns/2]}, Minima: map[string]float64{"bantam": ratios[0]}}, nil
}

// spew runs the writer, whose output goes to the file or, without one, to the log. It returns its time in milliseconds.
func (e *engines) spew(dir, file string) (float64, error) {
	line := fmt.Sprintf("/o/spew %d %d /o/time", logMegabytes, logRate)
	if file != "" {
		line += " >" + file
	}
	run := append(slices.Clone(e.bantam), "run", "-d", "--name", "spew", "--network", "none", "-v", dir+":/o", "box", "sh", "-c", line)
	if err := command(run); err != nil {
		return 0, err
	}
	for _, verb := range []string{"wait", "rm"} {
		if err := command(append(slices.Clone(e.bantam), verb, "spew")); err != nil {
			return 0, err
		}
	}
	os.Remove(dir + "/file")
	b, err := os.ReadFile(dir + "/time")
	if err != nil {
		return 0, err
	}
	return strconv.ParseFloat(strings.TrimSpace(string(b)), 64)
}
