package local

import (
	"encoding/json"
	"fmt"
	"os"

	"bantam/internal/image/archive"
	"bantam/internal/image/digest"
	"bantam/internal/image/layer"
	"bantam/internal/image/reference"
)

// NewImage is what Add keeps.
type NewImage struct {
	// Config is the configuration's bytes as they came; its digest is the image's id. Of an
	// artifact it is the manifest.
	Config   []byte
	Artifact bool
	// Names to give it. One with a digest says where it was pulled from or pushed to.
	Names []reference.Reference
	// Manifest and Index, which are blobs by now, are what the names stand for; "" for none.
	Manifest, Index digest.Digest
}

// Encode writes a configuration that was made here, for NewImage.
func (c *Config) Encode() ([]byte, error) {
	b, err := json.Marshal(c)
	if err != nil {
		return nil, err
	}
	_, err = decode(b) // what could not be read again
	return b, err
}

// Add publishes the layers that this lease has unpacked, then the images, then their
// names, and returns the ids. When it returns they are on the disk. Every layer of every
// image must be there or be in this lease.
func (l *Lease) Add(images ...NewImage) ([]digest.Digest, error) {
	if err := l.flush(); err != nil {
		return nil, err
	}
	free, err := l.Share()
	if err != nil {
		return nil, err
	}
	defer free()
	last := ""
	if n, err := l.publish(); err != nil {
		return nil, err
	} else if n > 0 {
		last = "/layers"
	}
	ids := make([]digest.Digest, len(images))
	for i := range images {
		if ids[i], err = l.record(&images[i]); err != nil {
			return nil, err
		}
		last = "/images/sha256"
	}
	for i, n := range images {
		if err := l.setNames(l.preferred(Target{ids[i], n.Manifest, n.Index}), n.Names); err != nil {
			return nil, err
		}
		if len(n.Names) > 0 {
			last = "/tags"
		}
	}
	if last == "" {
		return ids, nil
	}
	return ids, l.settle(last)
}

// setNames gives a target names. The caller shares the lock.
func (l *Lease) setNames(t Target, names []reference.Reference) error {
	for _, ref := range names {
		if err := l.SetName(Name{ref.Tagged(), t}); err != nil {
			return err
		}
	}
	return nil
}

// settle brings all changes up to the one of this folder to the disk.
func (l *Lease) settle(dir string) error {
	if err := layer.Settle(l.Root + dir); err != nil {
		return fmt.Errorf("flush to disk: %w", err)
	}
	return nil
}

// flush writes all files to the disk before a name says that they are there.
func (l *Lease) flush() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, st := range l.staged {
		if err := st.flush(); err != nil {
			return fmt.Errorf("flush layer %s to disk: %w", st.layer.DiffID.Short(), err)
		}
	}
	return nil
}

// publish gives the unpacked layers their names, and says how many there were. The
// caller shares the lock.
func (l *Lease) publish() (n int, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for ; len(l.staged) > 0; n++ {
		if err := l.staged[0].publish(); err != nil {
			return n, err
		}
		l.staged = l.staged[1:]
	}
	return n, nil
}

// record keeps an image's configuration or an artifact's manifest.
func (l *Lease) record(n *NewImage) (id digest.Digest, err error) {
	if n.Artifact {
		id, err = l.recordArtifact(n.Config)
	} else {
		id, err = l.recordImage(n.Config)
	}
	if err != nil {
		return "", fmt.Errorf("keep image %s: %w", digest.FromBytes(n.Config).Short(), err)
	}
	return id, nil
}

func (l *Lease) recordImage(raw []byte) (digest.Digest, error) {
	c, err := decode(raw)
	if err != nil {
		return "", err
	}
	var size int64
	for _, d := range c.RootFS.DiffIDs {
		n, _, err := l.LayerSizes(d)
		if err != nil {
			return "", err
		}
		size += n
	}
	return l.keepRecord(raw, record(recordHead, size, c.Created, raw))
}

// keepRecord writes an image's file; what the image is known by are the bytes of raw.
func (l *Lease) keepRecord(raw, content []byte) (digest.Digest, error) {
	id := digest.FromBytes(raw)
	if _, err := os.Lstat(l.image(id)); err == nil {
		return id, nil
	}
	return id, replace(l.image(id), func(tmp string) error { return writeDurably(tmp, content) })
}

// link remembers which layer a compressed blob holds.
func (s *Store) link(from, diff digest.Digest, f archive.Format) error {
	free, err := s.Share()
	if err != nil {
		return err
	}
	defer free()
	path := s.Root + "/blobs/layers/" + from.Hex()
	err = replace(path, func(tmp string) error { return os.Symlink(diff.Hex()+" "+f.String(), tmp) })
	if err != nil {
		return fmt.Errorf("keep blob %s: %w", from.Short(), err)
	}
	return nil
}

// Publish makes the layers that this lease has unpacked visible to everybody, on the disk,
// for who keeps them without an image. The lease protects them as long as it lives.
func (l *Lease) Publish() error {
	if err := l.flush(); err != nil {
		return err
	}
	free, err := l.Share()
	if err != nil {
		return err
	}
	defer free()
	if n, err := l.publish(); n == 0 || err != nil {
		return err
	}
	return layer.Settle(l.Root + "/layers")
}

// BaseDir is the folder below every image.
func (s *Store) BaseDir() string { return s.Root + "/base" }
