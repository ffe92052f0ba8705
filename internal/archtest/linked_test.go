package archtest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"bantam/internal/testenv"
)

var programs = []string{"bantam", "bantam-oci", "bantamd", "box"}

// The packages linked into each program are committed: a dependency does not
// creep in, it is a line in review.
func TestLinkedPackages(t *testing.T) {
	testenv.Program(t, "go")
	for _, name := range programs {
		list, err := goList("-deps", "./cmd/"+name)
		if err != nil {
			t.Errorf("packages of %s: %v", name, err)
			continue
		}
		var linked []string
		for _, p := range list {
			if !p.Standard || !hidden(p.ImportPath) {
				linked = append(linked, p.ImportPath)
			}
		}
		slices.Sort(linked)
		file := "linked-" + name + ".txt"
		if *update {
			writeLedger(t, file, "The packages linked into "+name+".", linked)
			continue
		}
		for _, d := range difference(ledger(t, file), linked) {
			t.Errorf("%s: %s (review it, then `make ledger`)", name, d)
		}
	}
}

// hidden tells the inner packages of the standard library, which change with the toolchain.
func hidden(path string) bool {
	return strings.HasPrefix(path, "internal/") || strings.Contains(path, "/internal/") || strings.HasPrefix(path, "vendor/")
}

// difference lists what of want is missing from got and what got has beyond it.
func difference(want, got []string) []string {
	var d []string
	for _, w := range want {
		if !slices.Contains(got, w) {
			d = append(d, "no longer links "+w)
		}
	}
	for _, g := range got {
		if !slices.Contains(want, g) {
			d = append(d, "now links "+g)
		}
	}
	return d
}

// A program may grow by 2 % before its ledger must say so.
func TestBinarySizes(t *testing.T) {
	testenv.Program(t, "go")
	testenv.Need(t, "ledger-amd64", runtime.GOARCH == "amd64")
	sizes := map[string]int64{}
	for _, name := range programs {
		size, err := binarySize(t.TempDir(), name)
		if err != nil {
			t.Fatalf("size of %s: %v", name, err)
		}
		sizes[name] = size
	}
	if *update {
		var lines []string
		for _, name := range programs {
			lines = append(lines, fmt.Sprintf("%s %d", name, sizes[name]))
		}
		writeLedger(t, "sizes.txt", "Bytes of each program, linux/amd64, stripped.", lines)
		return
	}
	for _, l := range ledger(t, "sizes.txt") {
		name, text, _ := strings.Cut(l, " ")
		was, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			t.Fatalf("sizes.txt: %q: %v", l, err)
		}
		if sizes[name] > was+was/50 {
			t.Errorf("%s has %d bytes, the ledger says %d: make it smaller, or `make ledger` and say why", name, sizes[name], was)
		}
		delete(sizes, name)
	}
	for name := range sizes {
		t.Errorf("%s is missing from sizes.txt: `make ledger`", name)
	}
}

func binarySize(dir, name string) (int64, error) {
	out := filepath.Join(dir, name)
	args := []string{"build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w", "-o", out}
	if name == "box" { // as in the Makefile
		flags, err := os.ReadFile(filepath.Join("..", "..", "cmd", "box", "gcflags"))
		if err != nil {
			return 0, err
		}
		for line := range strings.Lines(string(flags)) {
			args = append(args, strings.Trim(line, "'\n"))
		}
		overlay := exec.Command("go", "run", "./packaging/shrink", "-overlay", ".cache/runtime")
		overlay.Dir = filepath.Join("..", "..")
		path, err := overlay.Output()
		if err != nil {
			return 0, fmt.Errorf("overlay of the runtime: %w", err)
		}
		args[4] += " -funcalign=1"
		args = append(args, "-overlay", strings.TrimSpace(string(path)))
	}
	cmd := exec.Command("go", append(args, "./cmd/"+name)...)
	cmd.Dir = filepath.Join("..", "..")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH=amd64")
	if text, err := cmd.CombinedOutput(); err != nil {
		return 0, fmt.Errorf("%w\n%s", err, text)
	}
	if name == "box" {
		cmd := exec.Command("go", "run", "./packaging/shrink", out)
		cmd.Dir = filepath.Join("..", "..")
		if text, err := cmd.CombinedOutput(); err != nil {
			return 0, fmt.Errorf("%w\n%s", err, text)
		}
	}
	info, err := os.Stat(out)
	if err != nil {
		return 0, err
	}
	return info.Size() - carried(name), nil
}

// carried is the size of the image in bantam and bantamd, which is there after `make` and whose
// program has a line of its own.
func carried(name string) (size int64) {
	if name != "bantam" && name != "bantamd" {
		return 0
	}
	for _, f := range []string{"box.tar.zst", "box.json"} {
		if info, err := os.Stat(filepath.Join("..", "..", "internal/image/builtin/data", f)); err == nil {
			size += info.Size()
		}
	}
	return size
}

func TestDifference(t *testing.T) {
	got := difference([]string{"a", "b"}, []string{"b", "c"})
	if want := []string{"no longer links a", "now links c"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
