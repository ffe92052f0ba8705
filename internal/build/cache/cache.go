// Package cache remembers what the steps of builds made.
//
//	ROOT/build/cache/HEX    a record: KEY -> what came out. HEX is the digest of everything that
//	                        the step depends on; its modification time is that of the last use
//	ROOT/build/locks/HEX    held by the build that works on a key; others wait and then find the record
//	ROOT/build/sums/HEX     digests of a context's files (package tree)
//	ROOT/build/mounts/HEX/  folders of RUN --mount=type=cache
//	ROOT/build/steps/       what builds that run have brought in
//	ROOT/build/mnt          where a step's mounts are made, in a mount namespace of its own
//
// A record is written beside its place and renamed. Nothing is held in memory, so
// builds share it and survive each other.
package cache

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"bantam/internal/image/digest"

	"golang.org/x/sys/unix"
)

// Cache is below a root.
type Cache struct{ Root string }

// Dir is a folder of the cache.
func (c *Cache) Dir(name string) string { return c.Root + "/build/" + name }

// Record is what a step made.
type Record struct {
	Key digest.Digest `json:"-"`
	// Diff is the layer that came out; empty for a record that is only a fact.
	Diff digest.Digest `json:"diff,omitempty"`
	// Fact is a digest that was calculated: of files, of an image.
	Fact    digest.Digest `json:"fact,omitempty"`
	Size    int64         `json:"size,omitempty"` // bytes of the layer's files
	Created time.Time     `json:"created"`
	What    string        `json:"what,omitempty"` // the step as the progress shows it
	// Parent is the key of the record before it in the stage.
	Parent digest.Digest `json:"parent,omitempty"`
	// Used is the last use: the file's time.
	Used time.Time `json:"-"`
}

// maxRecord bounds a record's file.
const maxRecord = 64 << 10

// Get finds a record and notes that it is used.
func (c *Cache) Get(key digest.Digest) (*Record, bool) {
	r, err := c.read(key.Hex())
	if err != nil {
		return nil, false
	}
	now := time.Now()
	_ = os.Chtimes(c.Dir("cache/")+key.Hex(), now, now) // who prunes it meanwhile is right
	return r, true
}

func (c *Cache) read(hex string) (*Record, error) {
	path := c.Dir("cache/") + hex
	info, err := os.Lstat(path)
	if err != nil {
		return nil, err
	}
	if info.Size() > maxRecord || !info.Mode().IsRegular() {
		return nil, errors.New("not a record")
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	r := &Record{Key: digest.FromHex(hex), Used: info.ModTime()}
	if err := json.Unmarshal(b, r); err != nil {
		return nil, err
	}
	for _, d := range [...]digest.Digest{r.Diff, r.Fact, r.Parent} {
		if _, err := digest.Parse(string(d)); d != "" && err != nil {
			return nil, err
		}
	}
	return r, nil
}

// Put keeps a record. The layer that it names must be there to stay.
func (c *Cache) Put(r *Record) error {
	b, err := json.Marshal(r)
	if err != nil {
		return err
	}
	dir := c.Dir("cache")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("keep the step's result: %w", err)
	}
	f, err := os.CreateTemp(dir, ".new-")
	if err != nil {
		return fmt.Errorf("keep the step's result: %w", err)
	}
	_, err = f.Write(b)
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(f.Name(), dir+"/"+r.Key.Hex())
	}
	if err != nil {
		os.Remove(f.Name())
		return fmt.Errorf("keep the step's result: %w", err)
	}
	return nil
}

// Drop removes a record.
func (c *Cache) Drop(key digest.Digest) error {
	err := os.Remove(c.Dir("cache/") + key.Hex())
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}

// List returns all records. What can't be read is not one.
func (c *Cache) List() ([]*Record, error) {
	entries, err := os.ReadDir(c.Dir("cache"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("list the build cache: %w", err)
	}
	var list []*Record
	for _, e := range entries {
		if len(e.Name()) != 64 || !digest.IsHex(e.Name()) {
			continue
		}
		if r, err := c.read(e.Name()); err == nil {
			list = append(list, r)
		}
	}
	return list, nil
}

// Layers lists the layers that records name: roots of the garbage collection.
func (c *Cache) Layers() ([]digest.Digest, error) {
	list, err := c.List()
	if err != nil {
		return nil, err
	}
	var diffs []digest.Digest
	for _, r := range list {
		if r.Diff != "" {
			diffs = append(diffs, r.Diff)
		}
	}
	return diffs, nil
}

// Lock waits until nobody else works on the key. The kernel takes the lock from who is killed.
func (c *Cache) Lock(key digest.Digest) (free func(), err error) {
	dir := c.Dir("locks")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	path := dir + "/" + key.Hex()
	for {
		fd, err := unix.Open(path, unix.O_RDWR|unix.O_CREAT|unix.O_CLOEXEC|unix.O_NOFOLLOW, 0o600)
		if err != nil {
			return nil, fmt.Errorf("lock the step: %w", err)
		}
		for err = unix.EINTR; err == unix.EINTR; {
			err = unix.Flock(fd, unix.LOCK_EX)
		}
		var own, there unix.Stat_t
		if err == nil && unix.Fstat(fd, &own) == nil && unix.Lstat(path, &there) == nil && own.Ino == there.Ino {
			return func() {
				_ = unix.Unlink(path) // who waits sees that it has another file, and begins again
				unix.Close(fd)
			}, nil
		}
		unix.Close(fd)
		if err != nil {
			return nil, fmt.Errorf("lock the step: %w", err)
		}
	}
}
