package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"bantam/internal/testenv"
)

// buildPromises are what a build may take.
func buildPromises() []promise {
	return []promise{
		{name: "build, 20 steps from the cache", most: 40},
		{name: "build, 20 steps from the cache, by BuildKit", peer: "buildkit", most: 0.2},
		{name: "build, ten times RUN true", peer: "docker", most: 0.1},
		{name: "build, 50,000 files of which one changed", peer: "buildah", most: 0.3},
		{name: "build, a file of 2 GB, peak resident", most: 128 << 10, unit: "KiB"},
	}
}

// builds returns the rows of bantam build. Docker builds by its classic builder.
func (e *engines) builds() ([]row, error) {
	var rows []row
	for _, m := range []func() (row, error){e.buildCached, e.buildBesideBuildKit, e.buildSteps, e.buildContext, e.buildLarge} {
		r, err := m()
		if err == errNoBuildKit {
			fmt.Fprintln(os.Stderr, "bench: BuildKit is not measured:", err)
			continue
		}
		if err != nil {
			return nil, err
		}
		rows = append(rows, r)
	}
	return rows, nil
}

// context makes a folder with a Dockerfile.
func (e *engines) context(name, dockerfile string) (string, error) {
	dir := filepath.Join(e.dir, "build", name)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	return dir, os.WriteFile(filepath.Join(dir, "Dockerfile"), []byte(dockerfile), 0o644)
}

func (e *engines) builders() map[string][]string {
	b := map[string][]string{"bantam": append(append([]string{}, e.bantam...), "build", "-q", "--network", "none")}
	if e.docker != nil {
		b["docker"] = append(append([]string{}, e.docker...), "build", "-q", "--network", "none")
	}
	return b
}

// timed builds a context some times with each builder; before, if not nil, is called before each.
func (e *engines) timed(name, dir string, builders map[string][]string, runs int, before func() error, more ...string) (row, error) {
	all := map[string]samples{}
	env := append(os.Environ(), "DOCKER_BUILDKIT=0")
	for who, words := range builders {
		for range runs {
			if before != nil {
				if err := before(); err != nil {
					return row{}, err
				}
			}
			c, err := e.native.measure(0, env, append(append(append([]string{}, words...), more...), dir)...)
			if err != nil {
				return row{}, fmt.Errorf("%s by %s: %w", name, who, err)
			}
			all[who] = append(all[who], c)
		}
	}
	return newRow(name, "engine", "ms", false, milliseconds, all), nil
}

func (e *engines) buildCached() (row, error) {
	text := "FROM box\n"
	for i := range 20 {
		text += fmt.Sprintf("RUN [\"/bin/true\", \"%d\"]\n", i)
	}
	dir, err := e.context("cached", text)
	if err != nil {
		return row{}, err
	}
	for _, words := range e.builders() {
		if err := command(append(words, dir)); err != nil {
			return row{}, err
		}
	}
	return e.timed("build, 20 steps from the cache", dir, e.builders(), max(e.runs/5, 3), nil)
}

var errNoBuildKit = errors.New("BUILDKIT names no folder with buildkitd and buildctl (`go build github.com/moby/buildkit/cmd/...`)")

// buildBesideBuildKit is for who has built BuildKit, which is no package of Debian's.
func (e *engines) buildBesideBuildKit() (row, error) {
	bin := os.Getenv("BUILDKIT")
	if bin == "" {
		return row{}, errNoBuildKit
	}
	text := "FROM scratch\nADD root.tar /\n"
	for i := range 20 {
		text += fmt.Sprintf("RUN --network=none [\"/bin/true\", \"%d\"]\n", i)
	}
	dir, err := e.context("buildkit", text)
	if err != nil {
		return row{}, err
	}
	if err := rootTar(filepath.Join(dir, "root.tar")); err != nil {
		return row{}, err
	}
	ctl, err := e.startBuildKit(bin)
	if err != nil {
		return row{}, err
	}
	words := map[string][]string{
		"bantam":   e.builders()["bantam"],
		"buildkit": append(ctl, "build", "--progress", "quiet", "--frontend", "dockerfile.v0", "--local", "dockerfile="+dir, "--output", "type=image,name=bench", "--local"),
	}
	all := map[string]samples{}
	for i := range max(e.runs/5, 3) + 1 {
		for who, w := range words {
			last := dir
			if who == "buildkit" {
				last = "context=" + dir
			}
			c, err := e.native.measure(0, os.Environ(), append(append([]string{}, w...), last)...)
			if err != nil {
				return row{}, fmt.Errorf("build by %s: %w", who, err)
			}
			if i > 0 { // the first fills the cache
				all[who] = append(all[who], c)
			}
		}
	}
	return newRow("build, 20 steps from the cache, by BuildKit", "engine", "ms", false, milliseconds, all), nil
}

// startBuildKit starts its daemon and returns what stands before a verb of its client.
func (e *engines) startBuildKit(bin string) (ctl []string, err error) {
	at := filepath.Join(e.dir, "buildkit")
	socket := "unix://" + at + "/sock"
	if err := os.MkdirAll(at, 0o755); err != nil {
		return nil, err
	}
	if err := e.daemon(bin+"/buildkitd", "--addr", socket, "--root", at+"/root", "--oci-worker-snapshotter", "overlayfs", "--containerd-worker=false"); err != nil {
		return nil, err
	}
	ctl = []string{bin + "/buildctl", "--addr", socket}
	return ctl, answers("buildkitd", append(ctl, "debug", "workers"))
}

func (e *engines) buildSteps() (row, error) {
	dir, err := e.context("steps", "FROM box\n"+strings.Repeat("RUN [\"/bin/true\"]\n", 10))
	if err != nil {
		return row{}, err
	}
	return e.timed("build, ten times RUN true", dir, e.builders(), max(e.runs/20, 3), nil, "--no-cache")
}

// buildContext changes one file of many before each build.
func (e *engines) buildContext() (row, error) {
	dir, err := e.context("files", "FROM scratch\nCOPY . /app\n")
	if err != nil {
		return row{}, err
	}
	for d := range 500 {
		sub := filepath.Join(dir, strconv.Itoa(d))
		if err := os.Mkdir(sub, 0o755); err != nil {
			return row{}, err
		}
		for f := range 100 {
			if err := os.WriteFile(filepath.Join(sub, strconv.Itoa(f)), []byte(strings.Repeat(fmt.Sprintln(d, f), 20)), 0o644); err != nil {
				return row{}, err
			}
		}
	}
	builders := map[string][]string{"bantam": e.builders()["bantam"]}
	if buildah := testenv.Find("buildah"); buildah != "" {
		builders["buildah"] = []string{buildah, "--root", e.dir + "/buildah", "--runroot", e.dir + "/buildah-run", "--storage-driver", "overlay", "bud", "-q", "--layers", "--isolation", "chroot"}
	}
	n := 0
	change := func() error {
		n++
		return os.WriteFile(filepath.Join(dir, "7/7"), []byte(strconv.Itoa(n)), 0o644)
	}
	// Bantam has seen the files before; buildah remembers nothing of them.
	if err := command(append(builders["bantam"], dir)); err != nil {
		return row{}, err
	}
	// In minutes where buildah is slow, which is beyond the meter's patience; its peak says nothing here.
	all := map[string]samples{}
	for who, words := range builders {
		if err := change(); err != nil {
			return row{}, err
		}
		begin := time.Now()
		if err := command(append(words, dir)); err != nil {
			return row{}, err
		}
		all[who] = samples{{wall: time.Since(begin)}}
	}
	return newRow("build, 50,000 files of which one changed", "engine", "ms", false, milliseconds, all), nil
}

func (e *engines) buildLarge() (row, error) {
	dir, err := e.context("large", "FROM scratch\nCOPY large /large\n")
	if err != nil {
		return row{}, err
	}
	if err := os.WriteFile(dir+"/large", nil, 0o644); err != nil {
		return row{}, err
	}
	if err := os.Truncate(dir+"/large", 2<<30); err != nil {
		return row{}, err
	}
	c, err := e.native.measure(0, os.Environ(), append(e.builders()["bantam"], dir)...)
	if err != nil {
		return row{}, err
	}
	return newRow("build, a file of 2 GB, peak resident", "engine", "KiB", false, kibibytes, map[string]samples{"bantam": {c}}), nil
}
