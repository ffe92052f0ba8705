package local

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"bantam/internal/image/blob"
	"bantam/internal/image/digest"
	"bantam/internal/image/layer"
	"bantam/internal/image/manifest"
)

// Collected is what the garbage collector has removed.
type Collected struct {
	Layers []digest.Digest
	Blobs  []digest.Digest
	Bytes  int64 // of the layers' files and of the blobs
}

// Keep tells more roots, for instance the layers that containers stand on. It is called with
// the lock held.
type Keep func() ([]digest.Digest, error)

// gone begins the name of what was removed and is still being deleted.
const gone = ".gone-"

// Collect removes layers and blobs that nothing refers to. Images are roots, with a name or
// without: Delete removes them.
func (s *Store) Collect(keep Keep) (*Collected, error) {
	free, err := s.Lock()
	if err != nil {
		return nil, err
	}
	out, err := s.CollectLocked(keep)
	free()
	if err != nil {
		return out, err
	}
	return out, s.DeleteGone()
}

// Delete removes an image, whatever its names. The caller has the Lock, and calls CollectLocked
// for what only that image had.
func (s *Store) Delete(id digest.Digest) error {
	if err := os.Remove(s.image(id)); err != nil {
		return fmt.Errorf("delete image %s: %w", id.Short(), err)
	}
	return nil
}

// CollectLocked is Collect for who has the Lock. What goes has only lost its name:
// DeleteGone does the rest, without the lock.
func (s *Store) CollectLocked(keep Keep) (*Collected, error) {
	m := &marker{store: s, marked: map[digest.Digest]bool{}}
	if err := m.roots(keep); err != nil {
		return nil, err
	}
	out := &Collected{}
	s.unfinished()
	if err := s.sweepLayers(m, out); err != nil {
		return out, err
	}
	return out, s.sweepBlobs(m, out)
}

type marker struct {
	store  *Store
	marked map[digest.Digest]bool
}

func (m *marker) roots(keep Keep) error {
	if keep != nil {
		more, err := keep()
		if err != nil {
			return err
		}
		for _, d := range more {
			m.marked[d] = true
		}
	}
	if err := m.images(); err != nil {
		return err
	}
	for _, dir := range [...]string{"/leases", "/repositories"} {
		if err := m.folder(m.store.Root + dir); err != nil {
			return err
		}
	}
	blobs, err := m.store.layerBlobs()
	for _, b := range blobs {
		if m.marked[b.DiffID] {
			m.marked[b.Digest] = true
		}
	}
	return err
}

// images marks the images' layers and what names stand for. A configuration that can't
// be read stops everything: nobody knows what it needs.
func (m *marker) images() error {
	ids, err := m.store.IDs()
	if err != nil {
		return err
	}
	for _, id := range ids {
		i, err := m.store.read(id)
		if err != nil {
			return fmt.Errorf("%w: nothing is removed: try `bantam system fsck --repair`", err)
		}
		for _, d := range i.RootFS.DiffIDs {
			m.marked[d] = true
		}
		if i.Artifact != nil {
			m.mark(id)
		}
	}
	names, err := m.store.Names()
	for _, n := range names {
		m.mark(n.Manifest)
		m.markIndex(n.Index)
	}
	return err
}

// markIndex marks an index and what is here of it. A manifest whose image was removed goes, and
// so does what attests something about it.
func (m *marker) markIndex(d digest.Digest) {
	if d == "" || m.marked[d] {
		return
	}
	parts, above, err := m.store.Parts(d)
	if err != nil {
		m.mark(d) // whatever it is
		return
	}
	m.marked[d] = true
	for _, a := range above {
		m.marked[a.Digest] = true
	}
	here := map[digest.Digest]bool{}
	for _, p := range parts {
		here[p.Digest] = p.Image != ""
	}
	for _, p := range parts {
		if about := p.Attests(); here[p.Digest] || p.Doc != nil && !p.Doc.IsImage() && (about == "" || here[about]) {
			m.mark(p.Digest)
		}
	}
}

// folder marks what leases and repositories name. A lease whose owner is gone is removed.
func (m *marker) folder(root string) error {
	layer.Sweep(root)
	return filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if os.IsNotExist(err) {
			return nil
		}
		if err == nil && len(d.Name()) == 64 && digest.IsHex(d.Name()) {
			m.mark(digest.FromHex(d.Name()))
		}
		return err
	})
}

// mark marks content and, if it is a manifest or an index, what that refers to. A digest
// can't stand in what it is made of, so there is no circle.
func (m *marker) mark(d digest.Digest) {
	if d == "" || m.marked[d] {
		return
	}
	m.marked[d] = true
	size, err := m.store.Blobs().Size(d)
	if err != nil || size > manifest.MaxSize {
		return
	}
	b, err := m.store.Blobs().Read(d, manifest.MaxSize)
	if err != nil {
		return
	}
	doc, err := manifest.Decode(b)
	if err != nil {
		return // a layer or a configuration
	}
	for _, r := range doc.References() {
		m.mark(r.Digest)
	}
}

func (s *Store) sweepLayers(m *marker, out *Collected) error {
	names, err := blob.Names(s.Root + "/layers")
	if err != nil {
		return fmt.Errorf("list layers: %w", err)
	}
	slices.Sort(names) // a layer before its recipe, which knows its size
	for _, n := range names {
		if err := s.sweepLayer(m, n, out); err != nil {
			return err
		}
	}
	return nil
}

// sweepLayer takes the name from an entry of the layers' folder that nothing refers to: a
// layer, or its recipe or displaced files, which may be all that a killed command has left.
func (s *Store) sweepLayer(m *marker, entry string, out *Collected) error {
	hex, part, _ := strings.Cut(entry, ".")
	if len(hex) != 64 || !digest.IsHex(hex) {
		return nil
	}
	d := digest.FromHex(hex)
	if m.marked[d] && (part == "" || s.HasLayer(d)) {
		return nil
	}
	if part == "" {
		size, _, _ := s.LayerSizes(d) // unknown where a killed command took the recipe
		out.Layers, out.Bytes = append(out.Layers, d), out.Bytes+size
	}
	dir := s.Root + "/layers/"
	if err := os.Rename(dir+entry, dir+gone+entry+"-"+fmt.Sprint(time.Now().UnixNano())); err != nil && !os.IsNotExist(err) {
		return fmt.Errorf("delete layer %s: %w", d.Short(), err)
	}
	return nil
}

func (s *Store) sweepBlobs(m *marker, out *Collected) error {
	blobs := s.Blobs()
	list, err := blobs.List()
	if err != nil {
		return err
	}
	for _, d := range list {
		if m.marked[d] {
			continue
		}
		size, _ := blobs.Size(d)
		if err := blobs.Remove(d); err != nil {
			return err
		}
		out.Blobs, out.Bytes = append(out.Blobs, d), out.Bytes+size
	}
	links, err := s.layerBlobs()
	for _, l := range links {
		if !blobs.Has(l.Digest) {
			os.Remove(s.Root + "/blobs/layers/" + l.Digest.Hex())
		}
	}
	return err
}

// DeleteGone deletes the files of what was removed, by this command or a killed one, the
// folders of killed commands, and old partial blobs.
func (s *Store) DeleteGone() error {
	dir := s.Root + "/layers"
	names, err := blob.Names(dir)
	if err != nil {
		return err
	}
	for _, n := range names {
		if strings.HasPrefix(n, gone) {
			if err := layer.Remove(dir + "/" + n); err != nil {
				return err
			}
		}
	}
	layer.Sweep(dir)
	return s.Blobs().Clean(time.Now().Add(-stale).Unix())
}

// unfinished removes what killed commands were about to rename. Whoever renames shares
// the lock that the caller holds.
func (s *Store) unfinished() {
	for _, d := range [...]string{"/tags", "/images/sha256", "/blobs/layers"} {
		left, _ := filepath.Glob(s.Root + d + "/.new-*")
		for _, l := range left {
			_ = os.RemoveAll(l) // not worth an error
		}
	}
}

// stale is the age at which a partial blob is given up.
const stale = 24 * time.Hour
