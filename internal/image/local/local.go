// Package local keeps images below one root: configurations by their digest, each
// layer unpacked once by its diff id, and names.
//
//	ROOT/images/sha256/HEX   OCI image configuration; its digest is the image's id
//	ROOT/images/.lock        held by who deletes, shared by who relies on an image: Store.Lock
//	ROOT/layers/HEX/         a layer's files, by diff id, shared by every image that has it
//	ROOT/base/               mount points and .dockerenv, below every image
//	ROOT/tags/NAME           symbolic link whose text is the id; NAME is the full reference, "/" as "%"
//
// Every change is made beside its place and renamed, so that a killed import leaves
// only a folder whose name begins with a dot.
package local

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"bantam/internal/image/digest"
	"bantam/internal/image/reference"
)

// Store is all images below Root.
type Store struct{ Root string }

// Image is a configuration with its id and names.
type Image struct {
	ID   digest.Digest
	Tags []reference.Reference
	Config
}

// NotFound is docker's error for an image that is not there.
type NotFound struct{ Name string }

func (e *NotFound) Error() string { return "No such image: " + e.Name }

func (s *Store) image(id digest.Digest) string { return s.Root + "/images/sha256/" + id.Hex() }

// Layers are the image's folders, topmost first, with the base below.
func (s *Store) Layers(c *Config) []string {
	var list []string
	for i := len(c.RootFS.DiffIDs) - 1; i >= 0; i-- {
		list = append(list, s.layer(c.RootFS.DiffIDs[i]))
	}
	return append(list, s.Root+"/base")
}

func (s *Store) layer(diff digest.Digest) string { return s.Root + "/layers/" + diff.Hex() }

// Find resolves a name, an id or a prefix of one.
func (s *Store) Find(text string) (*Image, error) {
	if ref, err := reference.Parse(text); err == nil {
		if to, err := os.Readlink(s.tag(ref.Tagged())); err == nil {
			id, err := digest.Parse(to)
			if err != nil {
				return nil, fmt.Errorf("read name %s: %w: import the image again", ref.Tagged().Familiar(), err)
			}
			return s.read(id)
		}
	}
	prefix := strings.TrimPrefix(text, "sha256:")
	if prefix == "" || !digest.IsHex(prefix) {
		return nil, &NotFound{text}
	}
	ids, err := s.ids()
	if err != nil {
		return nil, err
	}
	var found digest.Digest
	for _, id := range ids {
		if !strings.HasPrefix(id.Hex(), prefix) {
			continue
		}
		if found != "" {
			return nil, fmt.Errorf("multiple IDs found with provided prefix: %s", text)
		}
		found = id
	}
	if found == "" {
		return nil, &NotFound{text}
	}
	return s.read(found)
}

func (s *Store) tag(r reference.Reference) string {
	return s.Root + "/tags/" + strings.ReplaceAll(r.String(), "/", "%")
}

func (s *Store) ids() ([]digest.Digest, error) {
	entries, err := os.ReadDir(s.Root + "/images/sha256")
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("list images: %w", err)
	}
	var ids []digest.Digest
	for _, e := range entries {
		if len(e.Name()) == 64 && digest.IsHex(e.Name()) {
			ids = append(ids, digest.FromHex(e.Name()))
		}
	}
	return ids, nil
}

// tags returns the ids by name.
func (s *Store) tags() (map[digest.Digest][]reference.Reference, error) {
	entries, err := os.ReadDir(s.Root + "/tags")
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("list tags: %w", err)
	}
	m := map[digest.Digest][]reference.Reference{}
	for _, e := range entries {
		to, err := os.Readlink(s.Root + "/tags/" + e.Name())
		id, badID := digest.Parse(to)
		ref, badName := reference.Parse(strings.ReplaceAll(e.Name(), "%", "/"))
		if err == nil && badID == nil && badName == nil {
			m[id] = append(m[id], ref)
		}
	}
	return m, nil
}

// List returns every image, newest first.
func (s *Store) List() ([]*Image, error) {
	ids, err := s.ids()
	if err != nil {
		return nil, err
	}
	tags, err := s.tags()
	if err != nil {
		return nil, err
	}
	var list []*Image
	for _, id := range ids {
		i, err := s.read(id)
		if errors.Is(err, os.ErrNotExist) {
			continue // removed meanwhile
		}
		if err != nil {
			return nil, err
		}
		i.Tags = tags[id]
		list = append(list, i)
	}
	sort.SliceStable(list, func(a, b int) bool { return list[a].Created.After(list[b].Created) })
	return list, nil
}

// Add keeps an image and, where ref is not nil, gives it the name.
func (s *Store) Add(c *Config, ref *reference.Reference) (digest.Digest, error) {
	b, err := json.Marshal(c)
	if err != nil {
		return "", err
	}
	if _, err := decode(b); err != nil { // what could not be read again
		return "", fmt.Errorf("keep image: %w", err)
	}
	id := digest.FromBytes(b)
	if err := replace(s.image(id), func(tmp string) error { return writeDurably(tmp, b) }); err != nil {
		return "", fmt.Errorf("keep image %s: %w", id.Short(), err)
	}
	if ref == nil {
		return id, nil
	}
	path := s.tag(ref.Tagged())
	if err := replace(path, func(tmp string) error { return os.Symlink(id.String(), tmp) }); err != nil {
		return "", fmt.Errorf("tag image %s as %s: %w", id.Short(), ref.Familiar(), err)
	}
	return id, nil
}

// replace makes a file beside its place and renames it.
func replace(path string, make func(tmp string) error) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o710); err != nil {
		return err
	}
	dir, err := os.MkdirTemp(filepath.Dir(path), ".new-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	tmp := dir + "/new"
	if err := make(tmp); err != nil {
		return err
	}
	return os.Rename(tmp, path)
}

func writeDurably(path string, b []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o640)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := f.Write(b); err != nil {
		return err
	}
	return f.Sync()
}

// Untag takes a name away.
func (s *Store) Untag(r reference.Reference) error {
	if err := os.Remove(s.tag(r.Tagged())); err != nil {
		return fmt.Errorf("untag %s: %w", r.Familiar(), err)
	}
	return nil
}

// Delete removes an image and the layers that no other image has. The caller has the Lock.
func (s *Store) Delete(i *Image) ([]digest.Digest, error) {
	if err := os.Remove(s.image(i.ID)); err != nil {
		return nil, fmt.Errorf("delete image %s: %w", i.ID.Short(), err)
	}
	rest, err := s.List()
	if err != nil {
		return nil, err
	}
	used := map[digest.Digest]bool{}
	for _, r := range rest {
		for _, d := range r.RootFS.DiffIDs {
			used[d] = true
		}
	}
	var gone []digest.Digest
	for _, d := range i.RootFS.DiffIDs {
		if used[d] {
			continue
		}
		if err := os.RemoveAll(s.layer(d)); err != nil {
			return gone, fmt.Errorf("delete layer %s: %w", d.Short(), err)
		}
		gone = append(gone, d)
	}
	return gone, nil
}
