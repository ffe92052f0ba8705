package local

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"bantam/internal/image/blob"
	"bantam/internal/image/digest"
	"bantam/internal/image/layer"

	"github.com/klauspost/compress/zstd"
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
	z, err := zstd.NewWriter(&zst)
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
	l, err := s.Lease()
	if err != nil {
		return "", 0, err
	}
	defer l.Close()
	layer, err := l.Layer(context.Background(), &Source{Open: opener(b), Keep: true})
	if err != nil {
		return "", 0, err
	}
	_, err = l.Add()
	return layer.DiffID, layer.Size, err
}

func opener(b []byte) func(int64) (io.ReadCloser, error) {
	return func(off int64) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b[off:])), nil }
}

// A layer comes back as it was, and its compressed blob too.
func TestLayersComeBack(t *testing.T) {
	b := tarOf(t, "hello", "world")
	for name, c := range compressed(t, b) {
		s := &Store{Root: t.TempDir()}
		id, _, err := layerOf(s, c)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, want := range [][]byte{b, c} {
			r, size, err := s.Open(digest.FromBytes(want))
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, want) || size != int64(len(want)) {
				t.Errorf("%s: %d bytes of %d, size %d, %v", name, len(got), len(want), size, err)
			}
			r.Close()
		}
		if err := os.WriteFile(s.layer(id)+"/hello", []byte("w0rld"), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := s.WriteTar(io.Discard, id); !errors.Is(err, blob.ErrCorrupt) {
			t.Errorf("%s: a changed layer is written out: %v", name, err)
		}
	}
}

// A broken download goes on where it was left, and what is wrong is not kept.
func TestResume(t *testing.T) {
	s := &Store{Root: t.TempDir()}
	b := compressed(t, tarOf(t, "hello", strings.Repeat("world", 20000)))["gzip"]
	src := &Source{Blob: digest.FromBytes(b), BlobSize: int64(len(b)), Keep: true}
	var asked []int64
	try := func(upTo int) error {
		l, err := s.Lease()
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		src.Open = func(off int64) (io.ReadCloser, error) {
			asked = append(asked, off)
			return io.NopCloser(bytes.NewReader(b[off:upTo])), nil
		}
		if _, err := l.Layer(context.Background(), src); err != nil {
			return err
		}
		_, err = l.Add()
		return err
	}
	if err := try(100); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Fatalf("a cut download: %v", err)
	}
	if err := try(len(b)); err != nil || len(asked) != 2 || asked[1] != 100 {
		t.Fatalf("resumed at %v: %v", asked, err)
	}
	if err := try(0); err != nil || len(asked) != 2 {
		t.Errorf("what is there is asked for: %v, %v", asked, err)
	}
	bad := *src
	bad.Blob = digest.FromBytes([]byte("another"))
	bad.Open = opener(b)
	l, err := s.Lease()
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if _, err := l.Layer(context.Background(), &bad); !errors.Is(err, blob.ErrCorrupt) {
		t.Errorf("a wrong digest: %v", err)
	}
	if left, _ := os.ReadDir(s.Root + "/blobs/partial"); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
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
	live, held, err := layer.Claim(s.Root + "/layers")
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
	if left, _ := os.ReadDir(s.Root + "/layers"); len(left) != 2 {
		t.Errorf("%d entries, want a layer and its recipe", len(left))
	}
}
