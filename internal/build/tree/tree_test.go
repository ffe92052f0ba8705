package tree

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// treeOf makes files; a name that ends in a slash is a folder, "a -> b" a link.
func treeOf(t testing.TB, names ...string) (*Tree, string) {
	t.Helper()
	dir := t.TempDir()
	for _, n := range names {
		from, to, link := strings.Cut(n, " -> ")
		path := filepath.Join(dir, from)
		err := os.MkdirAll(filepath.Dir(path), 0o755)
		switch {
		case err != nil:
		case link:
			err = os.Symlink(to, path)
		case strings.HasSuffix(n, "/"):
			err = os.MkdirAll(path, 0o755)
		default:
			err = os.WriteFile(path, []byte(n), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	fd, err := unix.Open(dir, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	return &Tree{FD: fd}, dir
}

func walked(t *testing.T, tree *Tree, at string) []string {
	t.Helper()
	var list []string
	if err := tree.Walk(at, func(e *Entry) error { list = append(list, e.Path); return nil }); err != nil {
		t.Fatal(err)
	}
	return list
}

func TestWalkLeavesOutWhatIsIgnored(t *testing.T) {
	files := []string{"a", "b.log", "keep.log", "dir/x", "dir/y.log", "dir/sub/z", "other/deep/wanted", "other/deep/not"}
	for patterns, want := range map[string]string{
		"":                                    " a b.log dir dir/sub dir/sub/z dir/x dir/y.log keep.log other other/deep other/deep/not other/deep/wanted",
		"*.log\n!keep.log":                    " a dir dir/sub dir/sub/z dir/x dir/y.log keep.log other other/deep other/deep/not other/deep/wanted",
		"**/*.log":                            " a dir dir/sub dir/sub/z dir/x other other/deep other/deep/not other/deep/wanted",
		"dir\nother\n!other/deep/wanted":      " a b.log keep.log other other/deep other/deep/wanted",
		"*\n!dir/sub":                         " dir dir/sub dir/sub/z",
		"# comment\n\n/a\nb.log\ndir/\nother": " keep.log",
	} {
		tree, _ := treeOf(t, files...)
		var err error
		if tree.Ignore, err = ReadIgnore(".dockerignore", strings.NewReader(patterns)); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(walked(t, tree, ""), " "); got != want {
			t.Errorf("%q: %q, want %q", patterns, got, want)
		}
	}
}

func TestSources(t *testing.T) {
	tree, _ := treeOf(t, "a", "dir/b", "dir/c", "deep/x/one", "deep/y/one", "in -> dir", "up -> ../../../../dir/b", "abs -> /dir", "out -> /etc/passwd", "loop -> loop", "void -> nowhere")
	for source, want := range map[string]string{
		"a": "a", "/a": "a", "./dir/../a": "a", "../../a": "a", "dir": "dir", ".": "", "in/b": "dir/b", "up": "dir/b", "abs": "dir", "dir/*": "dir/b dir/c", "deep/*/one": "deep/x/one deep/y/one",
		"d*/[bx]": "deep/x dir/b", "z*": "", "in/*": "dir/b dir/c",
	} {
		list, err := tree.Sources(source)
		var got []string
		for _, s := range list {
			got = append(got, s.Path)
		}
		if err != nil || strings.Join(got, " ") != want {
			t.Errorf("%s: %q, %v, want %q", source, got, err, want)
		}
	}
	for _, source := range []string{"b", "out", "void", "a/x", "loop", "v*"} {
		if list, err := tree.Sources(source); err == nil {
			t.Errorf("%s: %v", source, list)
		}
	}
}

func TestSumsRememberWhatHasNotChanged(t *testing.T) {
	tree, dir := treeOf(t, "a", "b")
	old := time.Now().Add(-time.Hour)
	for _, n := range []string{"a", "b"} {
		if err := os.Chtimes(filepath.Join(dir, n), old, old); err != nil {
			t.Fatal(err)
		}
	}
	keep := t.TempDir()
	hash := func() int {
		tree.Sums = OpenSums(keep, dir)
		tree.Sums.now += int64(time.Hour) // the change times are those of now
		for _, p := range walked(t, tree, "")[1:] {
			e := &Entry{Path: p}
			if err := unix.Lstat(filepath.Join(dir, p), &e.Stat); err != nil {
				t.Fatal(err)
			}
			if _, err := tree.Content(e); err != nil {
				t.Fatal(err)
			}
		}
		if err := tree.Sums.Save(); err != nil {
			t.Fatal(err)
		}
		return tree.Sums.Hashed()
	}
	if got := []int{hash(), hash()}; !slices.Equal(got, []int{2, 0}) {
		t.Errorf("hashed %v, want 2 and then none", got)
	}
	if err := os.WriteFile(filepath.Join(dir, "b"), []byte("c"), 0o644); err != nil {
		t.Fatal(err)
	}
	if n := hash(); n != 1 {
		t.Errorf("hashed %d after one change", n)
	}
	if err := os.WriteFile(tree.Sums.file, []byte("bantam sums 1 \"x\"\n1 2 3 4 zz a\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if n := hash(); n != 2 {
		t.Errorf("hashed %d with a broken file", n)
	}
}

// What changed in the very moment of the build is not remembered.
func TestSumsDoNotTrustTheMoment(t *testing.T) {
	tree, dir := treeOf(t, "a")
	tree.Sums = OpenSums(t.TempDir(), dir)
	e := &Entry{Path: "a"}
	if err := unix.Lstat(filepath.Join(dir, "a"), &e.Stat); err != nil {
		t.Fatal(err)
	}
	if _, err := tree.Content(e); err != nil {
		t.Fatal(err)
	}
	if len(tree.Sums.new) != 0 {
		t.Error("a file that may still change is remembered")
	}
}

// Whatever the patterns, they compile or are refused, and a walk agrees with Has.
func FuzzIgnore(f *testing.F) {
	for _, s := range []string{"*\n!dir", "**/x", "a/**/b\n!a/c", "[", "\\", "# c", "!", "dir/\n!dir/*/z", "/../x"} {
		f.Add(s)
	}
	tree, _ := treeOf(f, "a", "dir/x", "dir/sub/z", "a.log")
	f.Fuzz(func(t *testing.T, text string) {
		i, err := ReadIgnore(".dockerignore", strings.NewReader(text))
		if err != nil {
			return
		}
		tree.Ignore = i
		err = tree.Walk("", func(e *Entry) error {
			hit, err := i.Has(e.Path)
			if err == nil && hit && !e.IsDir() {
				t.Errorf("%q: %s is ignored and was walked", text, e.Path)
			}
			return err
		})
		if err != nil && !errors.Is(err, filepath.ErrBadPattern) {
			t.Logf("%q: %v", text, err)
		}
	})
}
