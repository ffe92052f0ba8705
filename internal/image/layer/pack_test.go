package layer

import (
	"archive/tar"
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"bantam/internal/testenv"

	"golang.org/x/sys/unix"
)

func open(t *testing.T, dir string) int {
	t.Helper()
	fd, err := unix.Open(dir, unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	return fd
}

// A layer that was unpacked and is written again, and again, is the same to the byte.
func TestPackRoundTrip(t *testing.T) {
	testenv.Root(t)
	dir := t.TempDir()
	for _, d := range []string{"a/b", "empty", "sticky"} {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range map[string]string{"a/file": "text", "a/b/large": strings.Repeat("x", 300<<10), "z\nname": "", "setuid": "s"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o640); err != nil {
			t.Fatal(err)
		}
	}
	for _, err := range []error{
		os.Symlink("/outside/../x", filepath.Join(dir, "a/link")), os.Link(filepath.Join(dir, "a/file"), filepath.Join(dir, "hard")),
		unix.Mkfifo(filepath.Join(dir, "fifo"), 0o600), unix.Mknod(filepath.Join(dir, "null"), unix.S_IFCHR|0o666, int(unix.Mkdev(1, 3))),
		os.Chmod(filepath.Join(dir, "setuid"), 0o4755|os.ModeSetuid), os.Chown(filepath.Join(dir, "a/file"), 3000000000, 7),
		os.Chtimes(filepath.Join(dir, "a/file"), time.Unix(5, 6), time.Unix(1, 123456789)), unix.Setxattr(filepath.Join(dir, "a/file"), "user.colour", []byte("red\x00"), 0),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	var first bytes.Buffer
	if err := Pack(&first, open(t, dir), PackOptions{}); err != nil {
		t.Fatal(err)
	}
	again := t.TempDir()
	if _, err := Unpack(open(t, again), bytes.NewReader(first.Bytes()), Options{}); err != nil {
		t.Fatal(err)
	}
	var second bytes.Buffer
	if err := Pack(&second, open(t, again), PackOptions{}); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first.Bytes(), second.Bytes()) {
		t.Errorf("differ:\n%s\n%s", names(t, first.Bytes()), names(t, second.Bytes()))
	}
}

func names(t *testing.T, b []byte) string {
	var list []string
	for r := tar.NewReader(bytes.NewReader(b)); ; {
		h, err := r.Next()
		if err != nil {
			return strings.Join(list, "\n")
		}
		list = append(list, h.FileInfo().Mode().String()+" "+h.Name+" "+h.Linkname+" "+h.ModTime.String())
	}
}

// An upper folder of overlayfs becomes a layer, with the image's whiteouts.
func TestPackOverlay(t *testing.T) {
	testenv.Root(t)
	dir := t.TempDir()
	for _, err := range []error{
		os.MkdirAll(filepath.Join(dir, "d/new"), 0o755), unix.Mknod(filepath.Join(dir, "d/gone"), unix.S_IFCHR, 0),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	testenv.Need(t, "trusted-xattr", unix.Setxattr(filepath.Join(dir, "d/new"), "trusted.overlay.opaque", []byte("y"), 0) == nil)
	var b bytes.Buffer
	if err := Pack(&b, open(t, dir), PackOptions{Overlay: true}); err != nil {
		t.Fatal(err)
	}
	again := t.TempDir()
	if _, err := Unpack(open(t, again), bytes.NewReader(b.Bytes()), Options{}); err != nil {
		t.Fatal(err)
	}
	if !isWhiteout(open(t, filepath.Join(again, "d")), "gone") {
		t.Errorf("no whiteout:\n%s", names(t, b.Bytes()))
	}
	if !isOpaque(open(t, filepath.Join(again, "d/new"))) {
		t.Errorf("not opaque:\n%s", names(t, b.Bytes()))
	}
}

func TestPackFile(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "f"), []byte("text"), 0o600); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := PackFile(&b, open(t, dir), "f", "other"); err != nil {
		t.Fatal(err)
	}
	if got := names(t, b.Bytes()); !strings.HasPrefix(got, "-rw------- other ") {
		t.Error(got)
	}
	if err := PackFile(&b, open(t, dir), "nope", "x"); err != unix.ENOENT {
		t.Errorf("a file that isn't there: %v", err)
	}
}
