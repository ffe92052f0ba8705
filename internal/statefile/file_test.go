package statefile

import (
	"os"
	"path/filepath"
	"testing"

	"bantam/internal/testenv"

	"golang.org/x/sys/unix"
)

type record struct{ A, B string }

func (r *record) members(f *Fields) {
	f.Str("A", &r.A)
	f.Str("B", &r.B)
}

// A record that exists is replaced on a disk that is full, by a longer and by a shorter one.
func TestReplaceOnFullDisk(t *testing.T) {
	testenv.Root(t)
	dir := t.TempDir()
	if err := unix.Mount("none", dir, "tmpfs", 0, "size=64k,nr_inodes=16"); err != nil {
		t.Skipf("mount: %v", err)
	}
	t.Cleanup(func() { unix.Unmount(dir, unix.MNT_DETACH) })
	put := func(r record) error { return Replace(dir, "r", Encode(r.members), 0o600, true) }
	if err := put(record{A: "first"}); err != nil {
		t.Fatal(err)
	}
	fill, err := os.Create(filepath.Join(dir, "fill"))
	if err != nil {
		t.Fatal(err)
	}
	defer fill.Close()
	for err == nil {
		_, err = fill.Write(make([]byte, 4096))
	}
	for _, want := range []record{{A: "a longer one", B: "than before"}, {A: "short"}, {B: "x"}} {
		if err := put(want); err != nil {
			t.Fatalf("%v: %v", want, err)
		}
		var got record
		if err := Read(dir+"/r", got.members); err != nil || got != want {
			t.Errorf("%v, %v instead of %v", got, err, want)
		}
	}
	if err := Replace(dir, "new", Encode((&record{A: "x"}).members), 0o600, false); err == nil {
		t.Error("a new record found room on a full disk")
	}
	if left, _ := filepath.Glob(dir + "/.*"); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}
