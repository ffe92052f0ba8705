package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
)

// head is the first lines of the promises' table.
const head = "| what | at most | beside | asserted by |\n| --- | --- | --- | --- |\n"

// promisesTable is SPECIFICATION.md's table of promises; a test keeps the two equal.
func promisesTable() string {
	var b strings.Builder
	b.WriteString(head)
	for _, p := range promises {
		limit, beside := number(p.most)+" "+p.unitName(), "nothing"
		switch {
		case p.plus > 0:
			limit, beside = fmt.Sprintf("the peer's plus %.0f KiB", p.plus), "Debian's "+p.peer
		case p.peer != "":
			limit, beside = fmt.Sprintf("%.2f of the peer's time", p.most), "Debian's "+p.peer
		}
		switch p.peer {
		case "floor":
			beside = "decompressing side by side and writing the files"
		case "buildkit":
			beside = "BuildKit"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | `make bench` |\n", p.name, limit, beside)
	}
	return b.String()
}

// unitName is the unit of an absolute promise.
func (p promise) unitName() string {
	return cmp.Or(p.unit, "ms")
}

// promise is a line of SPECIFICATION.md that a row of the table must keep.
type promise struct {
	name string  // of the row
	peer string  // whose median is the measure, or "" for an absolute limit
	most float64 // ratio to the peer, or limit in the row's unit
	plus float64 // added to the peer's median, in the row's unit
	unit string  // of an absolute limit, or "" for ms
}

var promises = append([]promise{
	{name: "run", peer: "crun", most: 0.55},
	{name: "run", peer: "runc", most: 0.2},
	{name: "run, Docker's seccomp profile", peer: "crun", most: 0.3},
	{name: "exec", peer: "crun", most: 0.6},
	{name: "create, start, delete -f", peer: "crun", most: 0.4},
	{name: "state", peer: "crun", most: 0.7},
	{name: "run, peak resident", peer: "crun", most: 1, plus: 2048},
	{name: "bantam run --network none", most: 10},
	{name: "bantam run --network none", peer: "docker", most: 0.05},
	{name: "bantam run, default bridge", most: 18},
	{name: "docker run --rm --network none", peer: "docker", most: 0.25},
	{name: "docker exec", peer: "docker", most: 0.35},
	{name: "the answer to docker ps, 500 running", peer: "docker", most: 0.6},
	{name: "docker run, 100 at once", peer: "docker", most: 0.25},
	{name: "500 MB of lines through attach", most: 1000},
	{name: "500 MB of lines through logs", most: 1000},
	{name: "bantamd, idle, resident", most: 25, unit: "MiB"},
	{name: "bantam run, default bridge", peer: "docker", most: 0.07},
	{name: "1,000th container on a bridge by 10th", most: 1.3, unit: "times"},
	{name: "500 MB through a published port", peer: "docker", most: 1},
	{name: "500 MB between two containers", peer: "docker", most: 1},
	{name: "name lookup", most: 0.2},
	{name: "bantam version, processor time", most: 2},
	{name: "bantam exec", most: 6},
	{name: "bantam exec", peer: "docker", most: 0.1},
	{name: "bantam debug, to its prompt", most: 25},
	{name: "bantam debug, to its prompt", peer: "docker", most: 0.15},
	{name: "bantam trace, 10,000 files opened", most: 1.5, unit: "times"},
	{name: "bantam ps -a, 1,000 running", most: 30},
	{name: "start, 1,000th by 10th", most: 1.3, unit: "times"},
	{name: "monitor of an idle container, private memory", most: 1.5, unit: "MiB"},
	{name: "container, 4 in flight", most: 10},
	{name: "bantam run, 200th by 1st", most: 1.25, unit: "times"},
	{name: "200 MB/s of log lines, time by a file's", most: 1.25, unit: "times"},
}, slices.Concat(buildPromises(), boxPromises(), imagePromises())...)

// limit returns what a row may reach at most, and whether it can be told.
func (p promise) limit(r row) (float64, bool) {
	if p.peer == "" {
		return p.most, true
	}
	m, ok := r.Medians[p.peer]
	return m*p.most + p.plus, ok
}

// judge prints each promise with its verdict and returns how many are broken. A
// promise without a row counts as broken where everything was to be measured.
func judge(w io.Writer, rows []row, everything bool) (broken int) {
	for _, p := range promises {
		found := false
		for _, r := range rows {
			limit, ok := p.limit(r)
			if r.Name != p.name || !ok {
				continue
			}
			found = true
			verdict := "kept  "
			if r.our() > limit {
				verdict = "BROKEN"
				broken++
			}
			fmt.Fprintf(w, "%s  %s (%s, idle %v): %s, at most %s %s%s\n", verdict, r.Name, r.View, r.Idle, r.ours(), number(limit), r.Unit, p.against())
		}
		if !found && everything {
			fmt.Fprintf(w, "UNTOLD  %s%s: not measured here\n", p.name, p.against())
			broken++
		}
	}
	return broken
}

func (p promise) against() string {
	switch {
	case p.peer == "":
		return ""
	case p.plus > 0:
		return fmt.Sprintf(" (%s plus %.0f)", p.peer, p.plus)
	}
	return fmt.Sprintf(" (%.2f of %s)", p.most, p.peer)
}
