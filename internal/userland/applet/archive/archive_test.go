package archive

import (
	"os"
	"path/filepath"
	"sync"
	"testing"

	"bantam/internal/userland/applet"
	"golang.org/x/sys/unix"
)

func extractor(t *testing.T, root string, old bool) *Extractor {
	t.Helper()
	x := &Extractor{Call: &applet.Call{Applet: &applet.Applet{}, Out: applet.Capture(), Err: applet.Capture()}}
	if err := x.Open(root); err != nil {
		t.Fatal(err)
	}
	x.place.old = old
	return x
}

func put(x *Extractor, name string) {
	x.Put(&Entry{Name: name, Mode: unix.S_IFREG | 0o644}, func(write func([]byte) error) { write([]byte("evil")) })
}

// Someone swaps a folder for a link to elsewhere while it is extracted into.
func TestAgainstSwap(t *testing.T) {
	for _, old := range []bool{false, true} {
		root, outside := t.TempDir(), t.TempDir()
		if err := os.MkdirAll(filepath.Join(root, "t/d"), 0o755); err != nil {
			t.Fatal(err)
		}
		var stop sync.WaitGroup
		done := make(chan bool)
		stop.Go(func() {
			link, dir, aside := filepath.Join(root, "link"), filepath.Join(root, "t/d"), filepath.Join(root, "aside")
			os.Symlink(outside, link)
			for {
				select {
				case <-done:
					return
				default:
				}
				os.Rename(dir, aside)
				os.Rename(link, dir)
				os.Rename(dir, link)
				os.Rename(aside, dir)
			}
		})
		for range 500 {
			x := extractor(t, root, old)
			put(x, "t/d/f")
			put(x, "t/d/e/g")
			x.Put(&Entry{Name: "t/d/h", Target: "t/d/f", Hard: true, Mode: unix.S_IFREG}, nil)
			x.Put(&Entry{Name: "t/d", Mode: unix.S_IFDIR | 0o700}, nil)
			x.Close()
		}
		close(done)
		stop.Wait()
		if entries, err := os.ReadDir(outside); err != nil || len(entries) > 0 {
			t.Errorf("old %v: %v, %v", old, entries, err)
		}
	}
}

func TestLinks(t *testing.T) {
	for _, old := range []bool{false, true} {
		top := t.TempDir()
		root := filepath.Join(top, "root")
		os.Mkdir(root, 0o755)
		os.Symlink("..", filepath.Join(root, "up"))
		os.Symlink(top, filepath.Join(root, "absolute"))
		x := extractor(t, root, old)
		for _, name := range []string{"up/a", "absolute/b", "x/../../c", "..", "x/..", "../d"} {
			put(x, name)
		}
		put(x, "x/ok")
		if x.Close() != 1 {
			t.Error("nothing failed")
		}
		if _, err := os.Stat(filepath.Join(root, "x/ok")); err != nil {
			t.Error(err)
		}
		if entries, _ := os.ReadDir(top); len(entries) != 1 {
			t.Errorf("old %v: %v", old, entries)
		}
	}
}

func TestSafe(t *testing.T) {
	for name, want := range map[string]string{
		"a/b": "a/b", "/a": "a", "../a": "a", "x/../a": "a", "../../a": "a", "//..//a": "a", "a..b": "a..b", "": "", "/": "",
	} {
		if got := Safe(name); got != want {
			t.Errorf("%q: %q", name, got)
		}
	}
}
