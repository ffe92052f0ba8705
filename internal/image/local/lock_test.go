package local

import (
	"context"
	"errors"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"bantam/internal/image/digest"
)

// add imports b as an image of its own: the time makes its configuration differ.
func add(s *Store, b []byte, created time.Time) (id digest.Digest, err error) {
	l, err := s.Lease()
	if err != nil {
		return "", err
	}
	defer l.Close()
	layer, err := l.Layer(context.Background(), &Source{Open: opener(b)})
	if err != nil {
		return "", err
	}
	c := &Config{Created: created}
	c.RootFS.Type, c.RootFS.DiffIDs = "layers", []digest.Digest{layer.DiffID}
	raw, err := c.Encode()
	if err != nil {
		return "", err
	}
	ids, err := l.Add(NewImage{Config: raw})
	if err != nil {
		return "", err
	}
	return ids[0], nil
}

// remove deletes an image after it has seen that its layer is there.
func remove(s *Store, id digest.Digest) error {
	free, err := s.Lock()
	if err != nil {
		return err
	}
	defer free()
	i, err := s.Find(id.String())
	if err != nil {
		return err
	}
	for _, l := range s.Layers(&i.Config)[:len(i.RootFS.DiffIDs)] {
		if _, err := os.Stat(l); err != nil {
			return err
		}
	}
	if err := s.Delete(i.ID); err != nil {
		return err
	}
	_, err = s.CollectLocked(nil)
	return err
}

// Importers of one archive delete what they imported; an image never lacks its layer.
func TestImportAgainstDelete(t *testing.T) {
	s := &Store{Root: t.TempDir()}
	b := tarOf(t, "hello", "world")
	var wg sync.WaitGroup
	for worker := range 4 {
		wg.Go(func() {
			for round := range 25 {
				id, err := add(s, b, time.Unix(int64(worker), int64(round)).UTC())
				if err != nil {
					t.Errorf("import: %v", err)
					return
				}
				if err := remove(s, id); err != nil {
					t.Errorf("delete: %v", err)
					return
				}
			}
		})
	}
	wg.Wait()
	if err := s.DeleteGone(); err != nil {
		t.Fatal(err)
	}
	for _, d := range []string{"/leases", "/layers", "/images/sha256"} {
		if left, err := os.ReadDir(s.Root + d); err != nil || len(left) != 0 {
			t.Errorf("%s has %v, %v; want nothing", d, left, err)
		}
	}
}

func TestLockOfAnEmptyRoot(t *testing.T) {
	s := &Store{Root: t.TempDir() + "/absent"}
	for _, lock := range []func() (func(), error){s.Share, s.Lock} {
		free, err := lock()
		if err != nil {
			t.Fatal(err)
		}
		free()
	}
	if _, err := os.Stat(s.Root); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("locking made the root: %v", err)
	}
}

func TestLockWaitsForEveryShare(t *testing.T) {
	s := &Store{Root: t.TempDir()}
	if err := os.Mkdir(s.Root+"/images", 0o700); err != nil {
		t.Fatal(err)
	}
	first, err := s.Share()
	if err != nil {
		t.Fatal(err)
	}
	second, err := s.Share()
	if err != nil {
		t.Fatal(err)
	}
	var shared atomic.Int32
	shared.Store(2)
	locked := make(chan struct{})
	go func() {
		defer close(locked)
		free, err := s.Lock()
		if err != nil {
			t.Error(err)
			return
		}
		defer free()
		if n := shared.Load(); n != 0 {
			t.Errorf("locked while %d share", n)
		}
	}()
	for _, free := range []func(){first, second} {
		shared.Add(-1)
		free()
	}
	<-locked
}

// What is collected is counted, whichever of a layer's files the folder lists first.
func TestCollectedBytes(t *testing.T) {
	s := &Store{Root: t.TempDir()}
	want := int64(0)
	for i := range 24 {
		_, size, err := layerOf(s, tarOf(t, "f", strings.Repeat("x", i+1)))
		if err != nil {
			t.Fatal(err)
		}
		want += size
	}
	c, err := s.Collect(nil)
	if err != nil || len(c.Layers) != 24 || c.Bytes != want {
		t.Errorf("%+v, %v: want %d bytes", c, err, want)
	}
}
