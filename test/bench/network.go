package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"bantam/internal/testenv"
)

// onBridge measures a run on the default bridge beside Docker's.
func (e *engines) onBridge() ([]row, error) {
	var rows []row
	for _, idle := range []time.Duration{0, 100 * time.Millisecond} {
		all := map[string]samples{}
		for range e.runs {
			if err := e.pair(all, idle, "bridge"); err != nil {
				return nil, err
			}
		}
		rows = append(rows, newRow("bantam run, default bridge", "engine", "ms", idle > 0, milliseconds, all))
	}
	return rows, nil
}

// crowd is how many containers run at once at the end of a curve.
const crowd = 1000

// thousand starts containers with a published port each, and compares the last fifty with the first.
func (e *engines) thousand() (row, error) {
	var s samples
	defer func() {
		list := exec.Command(e.bantam[0], append(e.bantam[1:len(e.bantam):len(e.bantam)], "ps", "-aq")...)
		if ids, err := list.Output(); err == nil {
			_ = command(append(append(append([]string{}, e.bantam...), "rm", "-f"), strings.Fields(string(ids))...))
		}
	}()
	for i := range crowd {
		c, err := e.native.measure(0, os.Environ(), append(append([]string{}, e.bantam...), "run", "-d", "-p", fmt.Sprintf("%d:80", 20000+i), "box", "/bin/busybox", "sleep", "1000")...)
		if err != nil {
			return row{}, err
		}
		s = append(s, c)
	}
	ratio := s[crowd-50:].quantile(milliseconds, 0.5) / s[10:60].quantile(milliseconds, 0.5)
	return row{Name: "1,000th container on a bridge by 10th", View: "engine", Unit: "times", Runs: crowd,
		Medians: map[string]float64{"bantam": ratio}, Minima: map[string]float64{"bantam": ratio}}, nil
}

// throughput fetches 500 MB through a published port, by the host's loopback.
func (e *engines) throughput() (row, error) {
	www := filepath.Join(e.dir, "www")
	if err := os.MkdirAll(www, 0o755); err != nil {
		return row{}, err
	}
	if err := os.Truncate(www+"/zero", 500<<20); err != nil {
		if err := os.WriteFile(www+"/zero", nil, 0o644); err != nil {
			return row{}, err
		}
		if err := os.Truncate(www+"/zero", 500<<20); err != nil {
			return row{}, err
		}
	}
	all := map[string]samples{}
	for port, who := range map[string]string{"18080": "bantam", "18081": "docker"} {
		prefix := map[string][]string{"bantam": e.bantam, "docker": e.docker}[who]
		if prefix == nil {
			continue
		}
		call := func(args ...string) error { return command(append(append([]string{}, prefix...), args...)) }
		if err := call("run", "-d", "--name", "server", "-p", port+":80", "-v", www+":/www", "box", "/bin/busybox", "httpd", "-f", "-p", "80", "-h", "/www"); err != nil {
			return row{}, err
		}
		get := []string{testenv.Find("busybox"), "wget", "-q", "-O", "/dev/null", "http://127.0.0.1:" + port + "/zero"}
		for end := time.Now().Add(time.Minute); command(get) != nil && time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		}
		for range 5 {
			c, err := e.native.measure(0, os.Environ(), get...)
			if err != nil {
				return row{}, err
			}
			all[who] = append(all[who], c)
		}
		if err := call("rm", "-f", "server"); err != nil {
			return row{}, err
		}
	}
	return newRow("500 MB through a published port", "engine", "ms", false, milliseconds, all), nil
}
