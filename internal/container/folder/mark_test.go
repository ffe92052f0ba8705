package folder

import (
	"errors"
	"os"
	"sync"
	"testing"

	"golang.org/x/sys/unix"
)

// Marks come and go from many sides at once, and nothing stays of the last one.
func TestMarks(t *testing.T) {
	f := Folder{t.TempDir()}
	mkdir := func(path string) error { return unix.Mkdir(path, 0o700) }
	link := func(path string) error { return unix.Symlink("a/b", path) }
	var all sync.WaitGroup
	for m, make := range map[Mark]func(string) error{"folder": mkdir, renaming: link, Paused: link} {
		all.Go(func() {
			for range 500 {
				if err := f.Mark(m, make); err != nil {
					t.Error(m, err)
					return
				}
				if !f.Marked(m) && m == "folder" {
					t.Errorf("%s is not there", m)
				}
				f.Unmark(m)
			}
		})
	}
	all.Wait()
	if left, _ := os.ReadDir(f.Dir); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
	if err := f.Mark(Paused, link); err != nil {
		t.Fatal(err)
	}
	if err := f.Mark(Paused, link); !errors.Is(err, os.ErrExist) {
		t.Errorf("a second mark of that name: %v", err)
	}
	h, err := f.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	if !h.Marked() {
		t.Error("the mark is not seen")
	}
	if f.Unmark(Paused); h.Marked() {
		t.Error("the mark is still seen")
	}
	if err := (Folder{f.Dir + "/gone"}).Mark(Paused, link); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a mark of a container that is gone: %v", err)
	}
}

// A container is kept as long as somebody wants it kept and lives.
func TestKeep(t *testing.T) {
	f := Folder{Dir: t.TempDir()}
	if f.Kept() {
		t.Error("kept from the beginning")
	}
	one, err := f.Keep()
	if err != nil {
		t.Fatal(err)
	}
	two, err := f.Keep()
	if err != nil {
		t.Fatal(err)
	}
	one()
	if !f.Kept() {
		t.Error("the second one's wish went with the first")
	}
	two()
	if _, err := os.Lstat(f.MarkPath(kept)); f.Kept() || err == nil {
		t.Error("still kept")
	}
	// What a killed one leaves counts for nothing.
	if err := f.Mark(kept, func(path string) error { return unix.Mkdir(path, 0o700) }); err != nil {
		t.Fatal(err)
	}
	if f.Kept() {
		t.Error("kept by nobody")
	}
}
