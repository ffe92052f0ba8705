package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// some is how many of the first and of the last starts are compared.
const some = 20

// scale starts a thousand containers that stay, and measures how that bears on starting, listing, stats and stopping.
func (e *engines) scale() (rows []row, err error) {
	var ids []string
	defer func() {
		if len(ids) > 0 {
			stop := exec.Command(e.bantam[0], slices.Concat(e.bantam[1:], []string{"rm", "-f"}, ids)...)
			if out, bad := stop.CombinedOutput(); bad != nil && err == nil {
				err = fmt.Errorf("rm -f: %w: %s", bad, out)
			}
		}
	}()
	var starts samples
	for i := range crowd {
		file := filepath.Join(e.dir, "cid"+strconv.Itoa(i))
		c, err := e.bantamDoes("run", "-d", "--network", "none", "--cidfile", file, "box", "/bin/busybox", "sleep", "100000")
		if err != nil {
			return nil, fmt.Errorf("container %d: %w", i+1, err)
		}
		id, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		ids, starts = append(ids, string(id)), append(starts, c)
	}
	first, last := starts[:some].quantile(milliseconds, 0.5), starts[crowd-some:].quantile(milliseconds, 0.5)
	rows = append(rows, ours("start, 1,000th by 10th", "times", last/first))
	time.Sleep(2 * time.Second) // monitors settle after a second
	memory, err := monitorMemory(ids)
	if err != nil {
		return nil, err
	}
	rows = append(rows, ours("monitor of an idle container, private memory", "MiB", memory))
	for _, m := range []struct {
		name string
		runs int
		args []string
	}{
		{"bantam ps -a, 1,000 running", e.runs, []string{"ps", "-a"}},
		{"bantam stats, 1,000 running", 3, []string{"stats", "--no-stream"}},
		{"bantam stop, each of 1,000", 1, slices.Concat([]string{"stop", "-t", "0"}, ids)},
	} {
		var s samples
		for range m.runs {
			c, err := e.bantamDoes(m.args...)
			if err != nil {
				return nil, err
			}
			s = append(s, c)
		}
		took := s.quantile(milliseconds, 0.5)
		if m.runs == 1 {
			took /= float64(crowd)
		}
		rows = append(rows, ours(m.name, "ms", took))
	}
	return rows, nil
}

func (e *engines) bantamDoes(args ...string) (cost, error) {
	return e.native.measure(0, os.Environ(), slices.Concat(e.bantam, args)...)
}

// ours is a row of one figure of bantam's.
func ours(name, unit string, v float64) row {
	return row{Name: name, View: "engine", Unit: unit, Runs: 1, Medians: map[string]float64{"bantam": v}, Minima: map[string]float64{"bantam": v}}
}

// monitorMemory is the median of what the monitors of these containers have for themselves, in MiB:
// Private_Clean and Private_Dirty of smaps_rollup, so that what all share counts for none.
func monitorMemory(ids []string) (float64, error) {
	parents := map[string]bool{}
	for _, id := range ids {
		parents["/containers/"+id] = true
	}
	var found []float64
	fds, _ := filepath.Glob("/proc/[0-9]*/fd/*")
	for _, fd := range fds {
		to, err := os.Readlink(fd)
		if err != nil || len(to) < 76 || !parents[to[len(to)-76:]] {
			continue
		}
		process := filepath.Dir(filepath.Dir(fd))
		if line, _ := os.ReadFile(process + "/cmdline"); !bytes.HasPrefix(line, []byte("bantam-oci\x00monitor")) {
			continue
		}
		delete(parents, to[len(to)-76:])
		if m, ok := private(process); ok {
			found = append(found, m)
		}
	}
	if len(found) < len(ids) {
		return 0, fmt.Errorf("only %d of %d monitors are to be seen", len(found), len(ids))
	}
	slices.Sort(found)
	return found[len(found)/2], nil
}

// private is a process's own memory in MiB.
func private(process string) (float64, bool) {
	b, err := os.ReadFile(process + "/smaps_rollup")
	kib := 0
	for line := range strings.Lines(string(b)) {
		f := strings.Fields(line)
		if len(f) == 3 && (f[0] == "Private_Clean:" || f[0] == "Private_Dirty:") {
			n, _ := strconv.Atoi(f[1])
			kib += n
		}
	}
	return float64(kib) / 1024, err == nil && kib > 0
}

// exec measures a further process in a container that runs, beside docker's.
func (e *engines) exec() (row, error) {
	all := map[string]samples{}
	for _, prefix := range [][]string{e.bantam, e.docker} {
		if prefix == nil {
			continue
		}
		if err := command(slices.Concat(prefix, []string{"run", "-d", "--name", "stays", "--network", "none", "box", "/bin/busybox", "sleep", "100000"})); err != nil {
			return row{}, err
		}
		defer command(slices.Concat(prefix, []string{"rm", "-f", "stays"}))
	}
	for range e.runs {
		for who, prefix := range map[string][]string{"bantam": e.bantam, "docker": e.docker} {
			if prefix == nil {
				continue
			}
			c, err := e.native.measure(0, os.Environ(), slices.Concat(prefix, []string{"exec", "stays", "/bin/true"})...)
			if err != nil {
				return row{}, err
			}
			all[who] = append(all[who], c)
		}
	}
	return newRow("bantam exec", "engine", "ms", false, milliseconds, all), nil
}
