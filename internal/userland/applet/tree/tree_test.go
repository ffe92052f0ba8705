package tree

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

func make1(t *testing.T, root string, names ...string) {
	t.Helper()
	for _, name := range names {
		path := filepath.Join(root, name)
		var err error
		if from, to, link := strings.Cut(name, "->"); link {
			err = os.Symlink(to, filepath.Join(root, from))
		} else if strings.HasSuffix(name, "/") {
			err = os.MkdirAll(path, 0o755)
		} else {
			err = os.WriteFile(path, []byte(name), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func list(w *Walk, operand string) []string {
	var seen []string
	w.Visit = func(n *Node) Next {
		seen = append(seen, fmt.Sprintf("%s %d", n.Path(), n.Type))
		return Into
	}
	w.Leave = func(n *Node) Next {
		seen = append(seen, n.Path()+" left")
		return Into
	}
	w.Failed = func(n *Node, err error) { seen = append(seen, n.Path()+": "+err.Error()) }
	w.Run(operand)
	slices.Sort(seen)
	return seen
}

func TestWalk(t *testing.T) {
	root := t.TempDir()
	make1(t, root, "d/", "d/f", "l->d", "d/up->..", "nowhere->x")
	t.Chdir(root)
	want := []string{". 4", ". left", "./d 4", "./d left", "./d/f 8", "./d/up 10", "./l 10", "./nowhere 10"}
	if got := list(&Walk{}, "."); !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	got := list(&Walk{Follow: Always, Dangling: true}, ".")
	for _, w := range []string{"./l/f 8", "./nowhere 10", "./d/up: too many levels of symbolic links", "./d/up 4"} {
		if !slices.Contains(got, w) {
			t.Errorf("no %q in %q", w, got)
		}
	}
	if got := list(&Walk{Follow: Operands}, "l"); !slices.Equal(got, []string{"l 4", "l left", "l/f 8", "l/up 10"}) {
		t.Errorf("got %q", got)
	}
	if got := list(&Walk{}, "none"); !slices.Equal(got, []string{"none: no such file or directory"}) {
		t.Errorf("got %q", got)
	}
}

// A tree deeper than PATH_MAX and than there are descriptors.
func TestDeep(t *testing.T) {
	root := t.TempDir()
	const depth = 3000
	var s Stack
	if err := s.Enter(root, true); err != nil {
		t.Fatal(err)
	}
	for range depth {
		if err := unix.Mkdirat(s.Top(), "folder", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := s.Enter("folder", false); err != nil {
			t.Fatal(err)
		}
	}
	s.Close()
	before := openFiles(t)
	count, left := 0, 0
	w := Walk{
		Visit:  func(n *Node) Next { count++; return Into },
		Leave:  func(n *Node) Next { left++; return Into },
		Failed: func(n *Node, err error) { t.Errorf("depth %d: %v", n.Depth, err) },
	}
	w.Run(root)
	if count != depth+1 || left != count {
		t.Errorf("visited %d, left %d", count, left)
	}
	r := Removal{Failed: func(path string, err error) { t.Errorf("%d: %v", len(path), err) }}
	if !r.Remove(root) {
		t.Error("not removed")
	}
	if after := openFiles(t); after != before {
		t.Errorf("%d descriptors before, %d after", before, after)
	}
	os.Mkdir(root, 0o755)
}

func openFiles(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

// Someone swaps a folder for a link to elsewhere while the tree is removed.
func TestRemoveAgainstSwap(t *testing.T) {
	root, outside := t.TempDir(), t.TempDir()
	make1(t, outside, "canary", "sub/", "sub/canary")
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
	for range 300 {
		os.MkdirAll(filepath.Join(root, "t/d/sub"), 0o755)
		os.WriteFile(filepath.Join(root, "t/d/canary"), nil, 0o644)
		r := Removal{Failed: func(string, error) {}}
		r.Remove(filepath.Join(root, "t"))
	}
	close(done)
	stop.Wait()
	for _, name := range []string{"canary", "sub/canary"} {
		if _, err := os.Stat(filepath.Join(outside, name)); err != nil {
			t.Error(err)
		}
	}
}

func TestChmodRefusesLinks(t *testing.T) {
	root := t.TempDir()
	make1(t, root, "f", "l->f")
	for _, chmod := range []func(int, string, uint32) error{Chmod, chmodByFd} {
		if err := chmod(unix.AT_FDCWD, root+"/f", 0o600); err != nil {
			t.Error(err)
		}
		if err := chmod(unix.AT_FDCWD, root+"/l", 0o777); err != syscall.ELOOP {
			t.Error(err)
		}
	}
	if st, _ := os.Stat(root + "/f"); st.Mode() != 0o600 {
		t.Error(st.Mode())
	}
}

func TestMovedAway(t *testing.T) {
	root := t.TempDir()
	make1(t, root, "a/b/", "c/")
	var s Stack
	for _, name := range []string{root, "a", "b"} {
		if err := s.Enter(name, false); err != nil {
			t.Fatal(err)
		}
	}
	s.closeOne()
	s.closeOne()
	os.Rename(root+"/a/b", root+"/c/b")
	if err := s.Leave(); err != ErrMoved {
		t.Errorf("got %v", err)
	}
	s.Close()
}
