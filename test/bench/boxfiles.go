package main

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// boxInput makes the files that the applets are measured over, the same each time:
// text, 100 MB of words and numbers; changed, in which every 5,000th line is another;
// tree, 5,000 files in 50 folders.
func boxInput(dir string) error {
	text, err := os.Create(filepath.Join(dir, "text"))
	if err != nil {
		return err
	}
	defer text.Close()
	changed, err := os.Create(filepath.Join(dir, "changed"))
	if err != nil {
		return err
	}
	defer changed.Close()
	a, b := bufio.NewWriter(text), bufio.NewWriter(changed)
	writeWords(a, b)
	if err := a.Flush(); err != nil {
		return err
	}
	if err := b.Flush(); err != nil {
		return err
	}
	for i := range 5000 {
		folder := filepath.Join(dir, "tree", strconv.Itoa(i/100))
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(folder, "file"+strconv.Itoa(i)), nil, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// writeWords writes the lines of text and changed.
func writeWords(text, changed *bufio.Writer) {
	words := strings.Fields("alpha bravo charlie delta echo foxtrot golf hotel india juliett kilo lima mike november")
	r := rand.New(rand.NewPCG(1, 2))
	word := func() string { return words[r.IntN(len(words))] }
	for size, i := 0, 1; size < 100_000_000; i++ {
		line := fmt.Sprintf("%s %s %d %s\n", word(), word(), r.IntN(1_000_000), word())
		if i%1_000_000 == 0 {
			line = "a needle 1 here\n"
		}
		size += len(line)
		text.WriteString(line)
		if i%5000 == 0 {
			line = fmt.Sprintf("changed %d\n", i)
		}
		changed.WriteString(line)
	}
}

// memory is what an idle process of box has for itself alone.
func (u *userland) memory(string) ([]row, error) {
	all := map[string][]float64{}
	for range few {
		for name, path := range map[string]string{"box": u.box, "busybox": u.busybox} {
			m, err := privateMemory(path, "sleep", "100")
			if err != nil {
				return nil, err
			}
			all[name] = append(all[name], m)
		}
	}
	r := row{Name: "box sleep, private memory", View: "box", Unit: "MiB", Runs: few, Medians: map[string]float64{}, Minima: map[string]float64{}}
	for name, values := range all {
		slices.Sort(values)
		r.Medians[name], r.Minima[name] = values[len(values)/2], values[0]
	}
	return []row{r}, nil
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
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	sum := 0.0
	for _, m := range regexp.MustCompile(`(?m)^Private_(?:Clean|Dirty): *(\d+) kB`).FindAllSubmatch(text, -1) {
		n, err := strconv.ParseFloat(string(m[1]), 64)
		if err != nil {
			return 0, err
		}
		sum += n / 1024
	}
	if sum == 0 {
		return 0, fmt.Errorf("%s: no private memory in smaps_rollup", strings.Join(args, " "))
	}
	return sum, nil
}

var imageLine = regexp.MustCompile(`(?m)^(box\S*) .* (\d+\.\d+) MB unpacked, (\d+\.\d+) MB compressed`)

// sizes are those of bin/box and of the images that `make images` makes.
func (u *userland) sizes(only string) ([]row, error) {
	out, err := exec.Command("make", "-s", "images").CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("make images: %w: %s", err, out)
	}
	info, err := os.Stat(u.box)
	if err != nil {
		return nil, err
	}
	rows := []row{sizeRow("box program", float64(info.Size())/1e6)}
	images := imageLine.FindAllStringSubmatch(string(out), -1)
	if len(images) == 0 {
		return nil, fmt.Errorf("make images prints no sizes: %s", out)
	}
	for _, m := range images {
		for i, kind := range []string{"unpacked", "compressed"} {
			size, err := strconv.ParseFloat(m[2+i], 64)
			if err != nil {
				return nil, err
			}
			rows = append(rows, sizeRow("box image "+m[1]+", "+kind, size))
		}
	}
	return chosen(rows, only), nil
}

func sizeRow(name string, megabytes float64) row {
	m := map[string]float64{"box": megabytes}
	return row{Name: name, View: "box", Unit: "MB", Runs: 1, Medians: m, Minima: m}
}
