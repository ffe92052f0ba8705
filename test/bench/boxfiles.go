package main

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
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
