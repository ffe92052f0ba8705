package main

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"bantam/internal/image/layer"
	"bantam/internal/testenv"

	"golang.org/x/sys/unix"
)

var date = time.Unix(1_700_000_000, 0).UTC()

func TestReproducible(t *testing.T) {
	box := testenv.Bin(t, "box")
	a, err := build(box, true, date)
	if err != nil {
		t.Fatal(err)
	}
	b, err := build(box, true, date)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(a.layer, b.layer) || !bytes.Equal(a.config, b.config) {
		t.Error("two builds of one program differ")
	}
	other, err := build(box, true, date.Add(time.Second))
	if err != nil {
		t.Fatal(err)
	}
	if a.id() == other.id() {
		t.Error("the date is not in the image")
	}
}

// unpacked is the image's file system in a folder.
func unpacked(t *testing.T) string {
	t.Helper()
	i, err := build(testenv.Bin(t, "box"), true, date)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	fd, err := unix.Open(dir, unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	if _, err := layer.Unpack(fd, bytes.NewReader(i.layer), layer.Options{Rootless: os.Getuid() != 0}); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestEveryLinkLeadsToBox(t *testing.T) {
	dir := unpacked(t)
	links := 0
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.Type() != fs.ModeSymlink {
			return err
		}
		links++
		to, err := filepath.EvalSymlinks(path)
		if err != nil || to != filepath.Join(dir, "bin/box") {
			t.Errorf("%s leads to %s: %v", path, to, err)
		}
		return nil
	})
	if err != nil || links < 3 {
		t.Errorf("%d links: %v", links, err)
	}
}

func TestTerminalsAreTerminfo(t *testing.T) {
	infocmp := testenv.Program(t, "infocmp")
	dir := unpacked(t)
	for _, e := range terminals {
		out, err := exec.Command(infocmp, "-A", dir+"/usr/share/terminfo", "-1", e.name).CombinedOutput()
		if err != nil || !bytes.Contains(out, []byte("bel=^G,")) || !bytes.Contains(out, []byte("cols#80,")) {
			t.Errorf("%s: %v\n%s", e.name, err, out)
		}
	}
}
