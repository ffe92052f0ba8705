package local

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"bantam/internal/image/archive"
	"bantam/internal/image/digest"
)

func tarOf(t testing.TB, name, body string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	h := &tar.Header{Name: name, Mode: 0o644, Size: int64(len(body)), Uid: os.Geteuid(), Gid: os.Getegid()}
	if err := w.WriteHeader(h); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte(body)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// compressed returns b in the formats that can be written here.
func compressed(t testing.TB, b []byte) map[string][]byte {
	t.Helper()
	var gz, zst bytes.Buffer
	w := gzip.NewWriter(&gz)
	z, err := archive.NewWriter(&zst)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []interface {
		Write([]byte) (int, error)
		Close() error
	}{w, z} {
		if _, err := c.Write(b); err != nil {
			t.Fatal(err)
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return map[string][]byte{"plain": b, "gzip": gz.Bytes(), "zstd": zst.Bytes()}
}

// layerOf unpacks b and keeps no image of it.
func layerOf(s *Store, b []byte) (id digest.Digest, size int64, err error) {
	err = s.Unpack(bytes.NewReader(b), func(d digest.Digest, n int64) error {
		id, size = d, n
		return nil
	})
	return id, size, err
}

func TestDiffIDIsOfThePlainTar(t *testing.T) {
	b := tarOf(t, "hello", "world")
	for name, c := range compressed(t, b) {
		s := &Store{Root: t.TempDir()}
		id, size, err := layerOf(s, c)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if want := digest.FromBytes(b); id != want || size != 5 {
			t.Errorf("%s: %s, %d bytes; want %s, 5", name, id, size, want)
		}
		if got, err := os.ReadFile(s.layer(id) + "/hello"); err != nil || string(got) != "world" {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

func TestEmptyFileIsALayer(t *testing.T) {
	s := &Store{Root: t.TempDir()}
	id, size, err := layerOf(s, nil)
	if err != nil || size != 0 || id != digest.FromBytes(nil) {
		t.Errorf("%s, %d, %v", id, size, err)
	}
}

func TestFailedImportLeavesNothing(t *testing.T) {
	for name, c := range compressed(t, tarOf(t, "hello", string(make([]byte, 20000)))) {
		s := &Store{Root: t.TempDir()}
		if _, _, err := layerOf(s, c[:len(c)/2]); err == nil {
			t.Errorf("%s: half an archive was imported", name)
		}
		if left, _ := os.ReadDir(s.Root + "/layers"); len(left) != 0 {
			t.Errorf("%s: left behind: %v", name, left)
		}
	}
}

func TestLeftoversOfKilledImportsAreCollected(t *testing.T) {
	s := &Store{Root: t.TempDir()}
	dead := s.Root + "/layers/.new-dead/folder"
	if err := os.MkdirAll(dead, 0o755); err != nil {
		t.Fatal(err)
	}
	live, held, err := claim(s.Root + "/layers")
	if err != nil {
		t.Fatal(err)
	}
	defer os.NewFile(uintptr(held), live).Close()
	if _, _, err := layerOf(s, tarOf(t, "a", "b")); err != nil {
		t.Fatal(err)
	}
	left, _ := filepath.Glob(s.Root + "/layers/.new-*")
	if len(left) != 1 || left[0] != live {
		t.Errorf("left %v, want only %s, which is in use", left, live)
	}
}

func TestConcurrentImportsOfOneArchive(t *testing.T) {
	s := &Store{Root: t.TempDir()}
	b := tarOf(t, "hello", "world")
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if id, _, err := layerOf(s, b); err != nil || id != digest.FromBytes(b) {
				t.Errorf("%s, %v", id, err)
			}
		})
	}
	wg.Wait()
	if left, _ := os.ReadDir(s.Root + "/layers"); len(left) != 1 {
		t.Errorf("%d layers, want 1", len(left))
	}
}
