package transfer

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"bantam/internal/userland/applet"
	"golang.org/x/sys/unix"
)

func copier() *Copier {
	c := &applet.Call{Name: "cp", Applet: &applet.Applet{}, Out: applet.Capture(), Err: applet.Capture()}
	return &Copier{Call: c, Recurse: true}
}

func put(t *testing.T, path, content string) {
	t.Helper()
	os.MkdirAll(filepath.Dir(path), 0o755)
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

// swap exchanges dir and a link to outside again and again until done is closed.
func swap(dir, outside string, done chan bool) {
	aside, link := dir+".aside", dir+".link"
	os.Symlink(outside, link)
	for {
		select {
		case <-done:
			return
		default:
		}
		unix.Renameat2(unix.AT_FDCWD, dir, unix.AT_FDCWD, link, unix.RENAME_EXCHANGE)
		os.Rename(dir, aside)
		os.Rename(aside, dir)
	}
}

// Someone swaps a folder of the destination for a link to elsewhere: nothing may be
// written there.
func TestDestinationSwapped(t *testing.T) {
	root, outside := t.TempDir(), t.TempDir()
	for _, name := range []string{"d/a", "d/b", "d/e/c", "d/e/f/g"} {
		put(t, filepath.Join(root, "s", name), "new")
		put(t, filepath.Join(root, "t", name), "old")
	}
	put(t, filepath.Join(outside, "a"), "canary")
	put(t, filepath.Join(outside, "e/c"), "canary")
	against(t, filepath.Join(root, "t/d"), outside, func() {
		k := copier()
		k.Preserve = true
		k.Copy(filepath.Join(root, "s"), filepath.Join(root, "t"))
	})
	names, _ := filepath.Glob(outside + "/*")
	if len(names) != 2 {
		t.Errorf("outside: %q", names)
	}
	for _, name := range []string{"a", "e/c"} {
		if got, err := os.ReadFile(filepath.Join(outside, name)); string(got) != "canary" {
			t.Errorf("%s: %q %v", name, got, err)
		}
	}
}

// Someone swaps a folder of the source for a link to elsewhere: nothing may be read there.
func TestSourceSwapped(t *testing.T) {
	root, outside := t.TempDir(), t.TempDir()
	for _, name := range []string{"d/a", "d/b", "d/e/c"} {
		put(t, filepath.Join(root, "s", name), "mine")
		put(t, filepath.Join(outside, strings.TrimPrefix(name, "d/")), "secret")
	}
	against(t, filepath.Join(root, "s/d"), outside, func() {
		to := filepath.Join(root, "t")
		os.RemoveAll(to)
		copier().Copy(filepath.Join(root, "s"), to)
		filepath.Walk(to, func(path string, info os.FileInfo, err error) error {
			if err == nil && info.Mode().IsRegular() {
				if got, _ := os.ReadFile(path); string(got) == "secret" {
					t.Errorf("%s was read outside", path)
				}
			}
			return nil
		})
	})
}

func against(t *testing.T, dir, outside string, f func()) {
	t.Helper()
	done := make(chan bool)
	var swapping sync.WaitGroup
	swapping.Go(func() { swap(dir, outside, done) })
	for range 200 {
		f()
	}
	close(done)
	swapping.Wait()
}

func TestContent(t *testing.T) {
	root := t.TempDir()
	for _, size := range []int64{0, 1, smallFile - 1, smallFile, smallFile + 1, 3<<20 + 7} {
		from, to := filepath.Join(root, "from"), filepath.Join(root, "to")
		data := []byte(strings.Repeat("0123456789abcdef", int(size/16)+1))[:size]
		os.WriteFile(from, data, 0o640)
		if !copier().Copy(from, to) {
			t.Fatal(size)
		}
		if got, err := os.ReadFile(to); err != nil || string(got) != string(data) {
			t.Errorf("%d: %d bytes, %v", size, len(got), err)
		}
	}
}

func TestSparse(t *testing.T) {
	root := t.TempDir()
	from, to := filepath.Join(root, "from"), filepath.Join(root, "to")
	f, err := os.Create(from)
	if err != nil {
		t.Fatal(err)
	}
	f.WriteAt([]byte("one"), 1<<20)
	f.WriteAt([]byte("two"), 5<<20)
	f.Truncate(9 << 20)
	f.Close()
	if !copier().Copy(from, to) {
		t.Fatal("failed")
	}
	a, _ := os.ReadFile(from)
	b, _ := os.ReadFile(to)
	var st unix.Stat_t
	unix.Stat(to, &st)
	if string(a) != string(b) || st.Blocks*512 > 1<<20 {
		t.Errorf("%d bytes in %d blocks", len(b), st.Blocks)
	}
}
