package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// memory is what an idle sleep takes: of a container, as `stats` counts it (the control
// group's usage without the inactive part of the file cache), and by the pages of the
// program that no other process shares.
func (u *userland) memory(only string) ([]row, error) {
	programs := map[string]string{"box": u.box, "busybox": u.busybox}
	bantam, err := filepath.Abs("bin/bantam")
	if err != nil {
		return nil, err
	}
	engine := []string{bantam, "--root", filepath.Join(u.dir, "bantam")}
	for name, path := range programs {
		if err := importSleep(engine, name, path, filepath.Join(u.dir, "image-"+name)); err != nil {
			return nil, err
		}
	}
	var rows []row
	for _, m := range []struct {
		name    string
		measure func(name string) (float64, error)
	}{
		{"box sleep in a container, by stats", func(name string) (float64, error) { return containerMemory(engine, name) }},
		{"box sleep, private memory", func(name string) (float64, error) { return privateMemory(programs[name], "sleep", "100") }},
	} {
		r := row{Name: m.name, View: "box", Unit: "MiB", Runs: few, Medians: map[string]float64{}, Minima: map[string]float64{}}
		for name := range programs {
			var values []float64
			for range few {
				v, err := m.measure(name)
				if err != nil {
					return nil, err
				}
				values = append(values, v)
			}
			slices.Sort(values)
			r.Medians[name], r.Minima[name] = values[len(values)/2], values[0]
		}
		rows = append(rows, r)
	}
	return chosen(rows, only), nil
}

// importSleep makes an image of a program that is to be sleep.
func importSleep(engine []string, name, program, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	text, err := os.ReadFile(program)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "sleep"), text, 0o755); err != nil {
		return err
	}
	tar := dir + ".tar"
	if err := command([]string{"tar", "-cf", tar, "-C", dir, "sleep"}); err != nil {
		return err
	}
	return command(append(slices.Clone(engine), "import", tar, name))
}

// containerMemory runs sleep in a container and returns what stats says in MiB.
func containerMemory(engine []string, image string) (float64, error) {
	bantam := func(args ...string) (string, error) {
		args = append(slices.Clone(engine), args...)
		out, err := exec.Command(args[0], args[1:]...).Output()
		if err != nil {
			return "", fmt.Errorf("%s: %w", strings.Join(args, " "), err)
		}
		return strings.TrimSpace(string(out)), nil
	}
	id, err := bantam("run", "-d", "--network", "none", image, "/sleep", "1000")
	if err != nil {
		return 0, err
	}
	defer bantam("rm", "-f", id)
	time.Sleep(500 * time.Millisecond)
	text, err := bantam("stats", "--no-stream", "--format", "{{.MemUsage}}", id)
	if err != nil {
		return 0, err
	}
	return mebibytes(text)
}

var usage = regexp.MustCompile(`^([0-9.]+)(B|[KMG]iB) /`)

// mebibytes reads stats' "944KiB / 23.5GiB".
func mebibytes(text string) (float64, error) {
	m := usage.FindStringSubmatch(text)
	if m == nil {
		return 0, fmt.Errorf("stats: memory of %q", text)
	}
	v, err := strconv.ParseFloat(m[1], 64)
	return v * map[string]float64{"B": 1.0 / (1 << 20), "KiB": 1.0 / (1 << 10), "MiB": 1, "GiB": 1 << 10}[m[2]], err
}

// privateMemory starts a program and returns its private memory in MiB once it idles.
func privateMemory(args ...string) (float64, error) {
	cmd := exec.Command(args[0], args[1:]...)
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	defer cmd.Wait()
	defer cmd.Process.Kill()
	time.Sleep(500 * time.Millisecond)
	v, ok := private("/proc/" + strconv.Itoa(cmd.Process.Pid))
	if !ok {
		return 0, fmt.Errorf("%s: no private memory in smaps_rollup", strings.Join(args, " "))
	}
	return v, nil
}
