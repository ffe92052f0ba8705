package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"bantam/internal/testenv"
)

// api measures docker's client against bantamd beside dockerd.
func (e *engines) api() ([]row, error) {
	if e.docker == nil {
		return nil, nil
	}
	socket := filepath.Join(e.dir, "bantamd.sock")
	host := "unix://" + socket
	// Beside this program's bantam, with its root.
	if err := e.daemon("bin/bantamd", "--data-root", filepath.Join(e.dir, "bantam"), "-H", host); err != nil {
		return nil, err
	}
	daemon := e.daemons[len(e.daemons)-1]
	ours := []string{testenv.Find("docker"), "-H", host}
	if err := answers("bantamd", append(ours, "version")); err != nil {
		return nil, err
	}
	both := []client{{"bantam", ours, socket}, {"docker", e.docker, filepath.Join(e.dir, "docker", "d.sock")}}
	idle, err := residentOf(daemon.Process.Pid)
	if err != nil {
		return nil, err
	}
	rows := []row{{Name: "bantamd, idle, resident", View: "engine", Unit: "MiB", Runs: 1, Medians: map[string]float64{"bantam": idle}, Minima: map[string]float64{"bantam": idle}}}
	run, err := e.clients("docker run --rm --network none", both, "run", "--rm", "--network", "none", "box", "/bin/true")
	if err != nil {
		return nil, err
	}
	for _, c := range both {
		if err := command(append(slices.Clone(c.line), "run", "-d", "--name", "bench-exec", "--network", "none", "box", "/bin/busybox", "sleep", "1000")); err != nil {
			return nil, err
		}
		defer command(append(slices.Clone(c.line), "rm", "-f", "bench-exec"))
	}
	exec, err := e.clients("docker exec", both, "exec", "bench-exec", "/bin/true")
	if err != nil {
		return nil, err
	}
	streams, err := e.streams(both)
	if err != nil {
		return nil, err
	}
	crowd, err := e.crowded(both)
	return slices.Concat(rows, []row{run, exec}, streams, crowd), err
}

// clients lets the contestants take turns.
func (e *engines) clients(name string, contestants []client, args ...string) (row, error) {
	all := map[string]samples{}
	for range e.runs {
		for _, c := range contestants {
			cost, err := e.native.measure(0, os.Environ(), slices.Concat(c.line, args)...)
			if err != nil {
				return row{}, err
			}
			all[c.name] = append(all[c.name], cost)
		}
	}
	return newRow(name, "engine", "ms", false, milliseconds, all), nil
}

// residentOf is what a process has in memory, in MiB.
func residentOf(pid int) (float64, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(b), "VmRSS:")
	var kib float64
	if _, err := fmt.Sscan(rest, &kib); err != nil {
		return 0, fmt.Errorf("resident memory of process %d: %w", pid, err)
	}
	return kib / 1024, nil
}
